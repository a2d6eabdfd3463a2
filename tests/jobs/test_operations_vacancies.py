"""Employers and vacancies on a real database; each test is rolled back."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import operations, problems, procedures
from services.jobs.codes import (
    EmployerKind,
    VacancyState,
)
from services.jobs.models import Vacancy
from services.kit.procedures import CaseState, Decision, Move, decide_step, withdraw_case
from services.kit.procedures.problems import StepTakenBySamePerson
from tests.conftest import caller
from tests.jobs import build
from tests.jobs.build import CLERK, NOW, REVIEWER, TODAY
from tests.jobs.verbs import submit, told


class TestEmployers:
    async def test_registers_a_credit_code_once(self, jobs_session: AsyncSession) -> None:
        known = await build.employer(jobs_session)
        with pytest.raises(problems.EmployerExists):
            await self._register(jobs_session, known.credit_code, CLERK)

    async def test_lets_a_system_register_only_itself(self, jobs_session: AsyncSession) -> None:
        system = caller("jobs:vacancy", kind="system", organisation="91990101MA00000019")
        with pytest.raises(problems.EmployerNotFound):
            await self._register(jobs_session, "91990101MA00000027", system)
        assert (await self._register(jobs_session, "91990101MA00000019", system)).state == "registered"

    async def test_are_verified_by_another_person(self, jobs_session: AsyncSession) -> None:
        employer = await self._register(jobs_session, "91990101MA00000035", CLERK)
        with pytest.raises(problems.EmployerVerifiedBySubmitter):
            await self._verify(jobs_session, employer.employer_id, CLERK)
        verified = await self._verify(jobs_session, employer.employer_id, REVIEWER)
        assert (verified.state, verified.verified_on) == ("verified", TODAY)

    async def _register(self, session: AsyncSession, code: str, by: Any) -> Any:
        return await operations.register_employer(
            session,
            credit_code=code,
            name="样例",
            kind=EmployerKind.PRIVATE,
            contact_name="甲",
            caller=by,
            today=TODAY,
        )

    async def _verify(self, session: AsyncSession, employer_id: Any, by: Any) -> Any:
        return await operations.verify_employer(
            session, employer_id=employer_id, accepted=True, reason="", caller=by, today=TODAY
        )


class TestVacancyPublication:
    async def test_publishes_after_review_by_another_person(self, jobs_session: AsyncSession) -> None:
        vacancy = await submit(jobs_session, caller("jobs:vacancy", subject="both", roles=("jobs_reviewer",)))
        assert vacancy.case_id is not None
        with pytest.raises(StepTakenBySamePerson):
            await build.approve(
                jobs_session, vacancy.case_id, caller("jobs:review", subject="both", roles=("jobs_reviewer",))
            )
        assert vacancy.state == VacancyState.SUBMITTED
        await build.approve(jobs_session, vacancy.case_id, REVIEWER)
        assert (vacancy.state, vacancy.published_on) == ("published", TODAY)
        (event,) = await told(jobs_session, "jobs.vacancy.published")
        assert (event["vacancy_id"], event["places"]) == (str(vacancy.vacancy_id), 2)

    async def test_is_refused_to_an_unverified_employer(self, jobs_session: AsyncSession) -> None:
        with pytest.raises(problems.EmployerNotVerified):
            await submit(jobs_session, of=await build.employer(jobs_session, verified=False))

    async def test_refuses_discriminating_words(self, jobs_session: AsyncSession) -> None:
        with pytest.raises(problems.VacancyDiscriminates) as refused:
            await submit(jobs_session, duties="限男性，流水线装配")
        assert refused.value.members["words"] == ["限男性"]

    @pytest.mark.parametrize("days", [0, -1, 181])
    async def test_refuses_impossible_dates(self, jobs_session: AsyncSession, days: int) -> None:
        with pytest.raises(problems.VacancyDatesWrong):
            await submit(jobs_session, valid_until=TODAY + timedelta(days=days))

    async def test_mends_a_returned_vacancy_in_the_same_case(self, jobs_session: AsyncSession) -> None:
        vacancy = await submit(jobs_session)
        assert vacancy.case_id is not None
        returned = Decision(move=Move.RETURN, reason="工资写不清")
        case = await decide_step(
            jobs_session,
            procedures.DESK,
            case_id=vacancy.case_id,
            decision=returned,
            caller=REVIEWER,
            now=NOW,
        )
        await operations.resubmit_vacancy(
            jobs_session,
            vacancy_id=vacancy.vacancy_id,
            terms=build.terms(wage_most=Decimal("5000.00")),
            caller=CLERK,
            now=NOW,
        )
        assert (case.state, vacancy.wage_most) == (CaseState.IN_REVIEW, Decimal("5000.00"))
        await build.approve(jobs_session, case.id, REVIEWER)
        assert vacancy.state == VacancyState.PUBLISHED

    async def test_cannot_be_changed_while_it_is_reviewed(self, jobs_session: AsyncSession) -> None:
        from services.kit.procedures.problems import CaseClosed

        vacancy = await submit(jobs_session)
        with pytest.raises(CaseClosed):
            await operations.resubmit_vacancy(
                jobs_session, vacancy_id=vacancy.vacancy_id, terms=build.terms(), caller=CLERK, now=NOW
            )

    async def test_ends_with_a_rejection_or_a_withdrawal(self, jobs_session: AsyncSession) -> None:
        rejected, withdrawn = await submit(jobs_session), await submit(jobs_session)
        assert rejected.case_id is not None
        assert withdrawn.case_id is not None
        decision = Decision(move=Move.REJECT, reason="虚假岗位")
        desk = procedures.DESK
        await decide_step(
            jobs_session, desk, case_id=rejected.case_id, decision=decision, caller=REVIEWER, now=NOW
        )
        await withdraw_case(jobs_session, desk, case_id=withdrawn.case_id, reason="", caller=CLERK, now=NOW)
        assert (rejected.state, withdrawn.state) == ("refused", "refused")

    async def test_closes_when_the_employer_needs_nobody_any_more(self, jobs_session: AsyncSession) -> None:
        published, submitted = await build.vacancy(jobs_session), await submit(jobs_session)
        for one in (published, submitted):
            await self._close(jobs_session, one, CLERK)
            assert str(one.state) == "closed"
        with pytest.raises(problems.VacancyNotOpen):
            await self._close(jobs_session, published, CLERK)

    async def test_is_closed_by_its_own_employer_only(self, jobs_session: AsyncSession) -> None:
        vacancy = await build.vacancy(jobs_session)
        rival = caller("jobs:vacancy", kind="system", organisation="91990101MA00000019")
        with pytest.raises(problems.EmployerNotFound):
            await self._close(jobs_session, vacancy, rival)

    async def _close(self, session: AsyncSession, vacancy: Vacancy, by: Any) -> None:
        await operations.close_vacancy(
            session, vacancy_id=vacancy.vacancy_id, reason="已从别处招到", caller=by, now=NOW
        )

    async def test_expires_after_its_last_day(self, jobs_session: AsyncSession) -> None:
        vacancy = await build.vacancy(jobs_session, valid_until=TODAY)
        await operations.expire_vacancies(jobs_session, today=TODAY)
        assert str(vacancy.state) == "published"
        await operations.expire_vacancies(jobs_session, today=TODAY + timedelta(days=1))
        assert str(vacancy.state) == "expired"
