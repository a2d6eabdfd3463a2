"""The verbs of the job service on a real database; each test is rolled back."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import operations, problems, procedures, queries
from services.jobs.codes import (
    AssistanceState,
    EmployerKind,
    EmploymentState,
    FollowUpResult,
    HardshipCategory,
    NotHired,
    Sex,
    VacancyState,
)
from services.jobs.models import HiringRecord, Seeker, Vacancy
from services.kit import metrics
from services.kit.events import Envelope, Outbox
from services.kit.ids import new_id
from services.kit.paging import PageRequest
from services.kit.procedures import CaseState, Decision, Move, decide_step, withdraw_case
from services.kit.procedures.problems import DocumentNotListed, DocumentsMissing, StepTakenBySamePerson
from tests.conftest import caller
from tests.jobs import build
from tests.jobs.build import CLERK, NOW, REVIEWER, TODAY

FIRST_PAGE = PageRequest(after=None, size=50)


async def told(session: AsyncSession, subject: str) -> list[dict[str, Any]]:
    rows = await session.exec(
        select(Outbox.body).where(Outbox.subject == subject).order_by(col(Outbox.created_at))
    )
    return [Envelope.from_bytes(body).data for body in rows.all()]


class TestRegisterSeeker:
    async def test_classifies_the_person(self, jobs_session: AsyncSession) -> None:
        seeker = await build.seeker(jobs_session)
        assert (seeker.state, seeker.unemployed_since) == ("unemployed", TODAY)

    @pytest.mark.proves("J02")
    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            ({"land_per_head": Decimal("0.29"), "farms_own_land": True}, EmploymentState.UNEMPLOYED),
            ({"land_per_head": Decimal("0.30"), "farms_own_land": True}, EmploymentState.EMPLOYED),
            (
                {"land_per_head": Decimal("1.50"), "farms_own_land": True, "wants_other_work": True},
                EmploymentState.EMPLOYED_SEEKING,
            ),
        ],
    )
    async def test_draws_the_line_at_three_tenths_of_a_mu(
        self, jobs_session: AsyncSession, told: dict[str, Any], expected: EmploymentState
    ) -> None:
        seeker = await build.seeker(jobs_session, **told)
        assert seeker.state == expected

    async def test_refuses_a_second_entry_of_the_same_id(self, jobs_session: AsyncSession) -> None:
        person = await build.person(jobs_session)
        first = await build.seeker(jobs_session, of=person)
        with pytest.raises(problems.SeekerExists) as refused:
            await build.seeker(jobs_session, of=person)
        assert refused.value.members["seeker_id"] == first.seeker_id

    async def test_refuses_a_second_entry_in_the_database_too(self, jobs_session: AsyncSession) -> None:
        seeker = await build.seeker(jobs_session)
        columns = "person_id, area, hukou, able, willing, works, farms_own_land, wants_other_work, state"
        copy = f"""INSERT INTO seeker (seeker_id, {columns}, state_reason, unemployed_since, registered_by,
                                       registered_on, version)
                   SELECT gen_random_uuid(), {columns}, '', unemployed_since, 'x', registered_on, 1
                     FROM seeker WHERE seeker_id = :one"""
        with pytest.raises(IntegrityError, match="uq_seeker_person_id"):
            await (await jobs_session.connection()).execute(text(copy), {"one": seeker.seeker_id})

    async def test_refuses_a_person_that_enrolment_never_told_of(self, jobs_session: AsyncSession) -> None:
        with pytest.raises(problems.PersonUnknown):
            await operations.register_seeker(
                jobs_session, id_number_index="ff" * 32, survey=build.survey(), caller=CLERK, now=NOW
            )

    async def test_sees_an_employment_that_was_told_before(self, jobs_session: AsyncSession) -> None:
        person = await build.person(jobs_session)
        await employ(jobs_session, person.person_id, version=1, started_on="2026-01-01")
        seeker = await build.seeker(jobs_session, of=person)
        assert (seeker.state, seeker.employer_name) == ("employed", "样例建材有限公司")


async def employ(session: AsyncSession, person_id: Any, *, version: int, **period: Any) -> None:
    employments = [{"employer_name": "样例建材有限公司", "ended_on": None} | period]
    await operations.copy_employments(
        session, person_id=person_id, version=version, employments=employments, today=TODAY, now=NOW
    )


class TestDynamicManagement:
    async def test_follows_an_insured_employment_without_a_new_survey(
        self, jobs_session: AsyncSession
    ) -> None:
        seeker = await build.seeker(jobs_session)
        await employ(jobs_session, seeker.person_id, version=1, started_on="2026-03-01")
        assert (seeker.state, seeker.placement, seeker.unemployed_since) == (
            "employed",
            "样例建材有限公司",
            None,
        )
        await employ(
            jobs_session, seeker.person_id, version=2, started_on="2026-03-01", ended_on="2026-03-02"
        )
        assert (seeker.state, seeker.unemployed_since) == ("unemployed", TODAY)

    async def test_ignores_a_stale_event(self, jobs_session: AsyncSession) -> None:
        seeker = await build.seeker(jobs_session)
        await employ(
            jobs_session, seeker.person_id, version=3, started_on="2026-03-01", ended_on="2026-03-02"
        )
        await employ(jobs_session, seeker.person_id, version=2, started_on="2026-03-01")
        assert seeker.state == EmploymentState.UNEMPLOYED

    async def test_logs_old_and_new_values(self, jobs_session: AsyncSession) -> None:
        seeker = await build.seeker(jobs_session)
        await operations.change_seeker(
            jobs_session,
            seeker_id=seeker.seeker_id,
            changes={"willing": False},
            reason="本人电话告知",
            caller=CLERK,
            now=NOW,
        )
        survey, change = await queries.list_changes(jobs_session, seeker.seeker_id)
        assert survey.changed == {"state": [None, "unemployed"]}
        assert change.changed["willing"] == [True, False]
        assert change.changed["state"] == ["unemployed", "outside"]
        assert (change.reason, change.changed_by) == ("本人电话告知", "clerk")

    async def test_leaves_another_area_alone(self, jobs_session: AsyncSession) -> None:
        seeker = await build.seeker(jobs_session)
        with pytest.raises(problems.SeekerNotFound):
            await operations.change_seeker(
                jobs_session,
                seeker_id=seeker.seeker_id,
                changes={"able": False},
                reason="x",
                caller=caller("jobs:register", area="990102"),
                now=NOW,
            )


class TestHardshipCertification:
    async def test_is_granted_by_the_second_review(self, jobs_session: AsyncSession) -> None:
        seeker = await build.seeker(jobs_session)
        case = await build.hardship_case(jobs_session, seeker.person_id)
        assert (case.step, case.due_on, case.promised_on) == (
            "first_review",
            date(2026, 3, 5),
            date(2026, 3, 11),
        )
        await build.approve(jobs_session, case.id, CLERK)
        assert await queries.find_certification(jobs_session, seeker.seeker_id, on=TODAY) is None
        case = await build.approve(jobs_session, case.id, REVIEWER)
        found = await queries.find_certification(jobs_session, seeker.seeker_id, on=TODAY)
        assert found is not None
        assert (found.number, found.valid_until) == (case.outcome["number"], date(2029, 3, 2))
        assert [one["sentence"] for one in found.working] == ["已登记失业", "45周岁，已满40周岁"]
        assert any(version.startswith("hardship_age") for version in found.parameters)
        (event,) = await told(jobs_session, "jobs.certification.granted")
        assert (event["certification_id"], event["category"]) == (str(found.certification_id), "age_40_50")
        assert len(await told(jobs_session, "jobs.case.decided")) == 1

    async def test_refuses_the_same_person_for_the_second_review(self, jobs_session: AsyncSession) -> None:
        both = caller("jobs:review", subject="both", roles=("jobs_clerk", "jobs_reviewer"))
        seeker = await build.seeker(jobs_session)
        case = await build.hardship_case(jobs_session, seeker.person_id)
        await build.approve(jobs_session, case.id, both)
        with pytest.raises(StepTakenBySamePerson):
            await build.approve(jobs_session, case.id, both)

    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO procedure_actor (case_id, actor, step) VALUES (:case, 'clerk', 'second_review')",
            """INSERT INTO procedure_step (id, case_id, step, actor, actor_name, move, to_state, reason, made_at)
               VALUES (gen_random_uuid(), :case, 'second_review', 'clerk', '甲', 'approve', 'approved', '', now())""",
        ],
    )
    async def test_refuses_the_same_person_by_sql_too(
        self, jobs_session: AsyncSession, statement: str
    ) -> None:
        seeker = await build.seeker(jobs_session)
        case = await build.hardship_case(jobs_session, seeker.person_id)
        await build.approve(jobs_session, case.id, CLERK)
        with pytest.raises(IntegrityError, match=r"procedure_actor|procedure_step_case_id_actor"):
            await (await jobs_session.connection()).execute(text(statement), {"case": case.id})

    async def test_names_missing_documents_and_takes_no_cancelled_proof(
        self, jobs_session: AsyncSession
    ) -> None:
        seeker = await build.seeker(jobs_session)
        with pytest.raises(DocumentsMissing) as refused:
            await build.hardship_case(
                jobs_session, seeker.person_id, category=HardshipCategory.DISABLED, documents=build.PAPERS[:1]
            )
        assert refused.value.members["missing"] == ["identity_card", "disability_certificate"]
        papers = [*build.PAPERS, {"code": "village_unemployment_proof"}]
        with pytest.raises(DocumentNotListed):
            await build.hardship_case(jobs_session, seeker.person_id, documents=papers)

    async def test_says_which_condition_fails(self, jobs_session: AsyncSession) -> None:
        person = await build.person(jobs_session, sex=Sex.MALE, birth_on=date(1976, 3, 3))
        await build.seeker(jobs_session, of=person)
        with pytest.raises(problems.NotHardship) as refused:
            await build.hardship_case(jobs_session, person.person_id)
        assert refused.value.members["failed"] == ["49周岁，未满50周岁"]

    async def test_reads_the_allowance_from_enrolment(self, jobs_session: AsyncSession) -> None:
        seeker = await build.seeker(jobs_session)
        category = HardshipCategory.MINIMUM_LIVING
        with pytest.raises(problems.NotHardship):
            await build.hardship_case(jobs_session, seeker.person_id, category=category)
        period = {"category": "minimum_living_allowance", "valid_from": "2026-01-01", "valid_until": None}
        await operations.copy_assistance(
            jobs_session, person_id=seeker.person_id, version=1, categories=[period]
        )
        assert (await build.hardship_case(jobs_session, seeker.person_id, category=category)).serial

    async def test_looks_at_the_whole_family(self, jobs_session: AsyncSession) -> None:
        seeker = await build.seeker(jobs_session)
        spouse = await build.person(jobs_session, name="样例配偶")
        category, papers = (
            HardshipCategory.ZERO_EMPLOYMENT_FAMILY,
            [*build.PAPERS, {"code": "household_register"}],
        )
        await employ(jobs_session, spouse.person_id, version=1, started_on="2026-01-01")
        with pytest.raises(problems.NotHardship) as refused:
            await build.hardship_case(
                jobs_session,
                seeker.person_id,
                category=category,
                documents=papers,
                family=(spouse.person_id,),
            )
        assert "样例配偶" in str(refused.value.members["failed"])
        await employ(
            jobs_session, spouse.person_id, version=2, started_on="2026-01-01", ended_on="2026-02-01"
        )
        await build.hardship_case(
            jobs_session, seeker.person_id, category=category, documents=papers, family=(spouse.person_id,)
        )

    async def test_checks_the_conditions_again_on_the_day_of_the_grant(
        self, jobs_session: AsyncSession
    ) -> None:
        seeker = await build.seeker(jobs_session)
        case = await build.hardship_case(jobs_session, seeker.person_id)
        await build.approve(jobs_session, case.id, CLERK)
        await employ(jobs_session, seeker.person_id, version=1, started_on="2026-03-01")
        with pytest.raises(problems.NotHardship):
            await build.approve(jobs_session, case.id, REVIEWER)

    async def test_is_not_granted_twice(self, jobs_session: AsyncSession) -> None:
        seeker = await build.seeker(jobs_session)
        await build.certified(jobs_session, seeker)
        with pytest.raises(problems.CertifiedAlready):
            await build.hardship_case(jobs_session, seeker.person_id)


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


async def submit(session: AsyncSession, by: Any = CLERK, **told: Any) -> Vacancy:
    employer = told.pop("of", None) or await build.employer(session)
    return await operations.submit_vacancy(
        session, employer_id=employer.employer_id, terms=build.terms(**told), caller=by, now=NOW
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

    async def test_expires_after_its_last_day(self, jobs_session: AsyncSession) -> None:
        vacancy = await build.vacancy(jobs_session, valid_until=TODAY)
        await operations.expire_vacancies(jobs_session, today=TODAY)
        assert str(vacancy.state) == "published"
        await operations.expire_vacancies(jobs_session, today=TODAY + timedelta(days=1))
        assert str(vacancy.state) == "expired"


FITTING: dict[str, Any] = {
    "occupations": ["6-31-01-03"],
    "skills": ["装配", "质检"],
    "areas": ["990101"],
    "wage": Decimal("3500.00"),
}


class TestMatching:
    async def test_lists_the_best_first_in_a_fixed_order(self, jobs_session: AsyncSession) -> None:
        vacancy = await build.vacancy(jobs_session)
        weak = await build.seeker(jobs_session, **FITTING | {"skills": ["装配"]})
        best = await build.seeker(jobs_session, **FITTING)
        equal = await build.seeker(jobs_session, **FITTING)
        found = await operations.match_vacancy(
            jobs_session, vacancy_id=vacancy.vacancy_id, caller=CLERK, today=TODAY, most=20
        )
        assert [one.seeker.seeker_id for one in found] == [best.seeker_id, equal.seeker_id, weak.seeker_id]
        assert [str(one.match.score) for one in found] == ["95.00", "95.00", "82.50"]

    async def test_leaves_out_who_does_not_seek_and_who_is_far(self, jobs_session: AsyncSession) -> None:
        vacancy = await build.vacancy(jobs_session)
        await build.seeker(jobs_session, **FITTING | {"works": True})
        await build.seeker(jobs_session, **FITTING | {"willing": False})
        await build.seeker(jobs_session, by=caller("jobs:register", area="990102"), **FITTING)
        far: dict[str, Any] = {"occupations": ["2-01-01-01"], "skills": ["教学"], "areas": ["110101"]}
        await build.seeker(jobs_session, **far)
        found = await operations.match_vacancy(
            jobs_session, vacancy_id=vacancy.vacancy_id, caller=CLERK, today=TODAY, most=20
        )
        assert found == []

    async def test_prefers_certified_people_on_public_interest_posts(
        self, jobs_session: AsyncSession
    ) -> None:
        vacancy = await build.vacancy(jobs_session, public_interest=True)
        await build.seeker(jobs_session, **FITTING)
        certified = await build.seeker(jobs_session, **FITTING)
        await build.certified(jobs_session, certified)
        found = await operations.match_vacancy(
            jobs_session, vacancy_id=vacancy.vacancy_id, caller=CLERK, today=TODAY, most=20
        )
        assert [(one.seeker.seeker_id == certified.seeker_id, str(one.match.score)) for one in found] == [
            (True, "100.00"),
            (False, "90.00"),
        ]

    async def test_finds_vacancies_for_a_person(self, jobs_session: AsyncSession) -> None:
        near = await build.vacancy(jobs_session)
        await build.vacancy(jobs_session, occupation="2-01-01-01", skills=["教学"], area="110101")
        await build.vacancy(jobs_session, valid_until=TODAY - timedelta(days=1))
        seeker = await build.seeker(jobs_session, **FITTING)
        found = await operations.match_seeker(jobs_session, seeker=seeker, today=TODAY, most=20)
        assert [one.vacancy.vacancy_id for one in found] == [near.vacancy_id]

    async def test_scores_both_ways_the_same(self, jobs_session: AsyncSession) -> None:
        vacancy, seeker = await build.vacancy(jobs_session), await build.seeker(jobs_session, **FITTING)
        (one,) = await operations.match_vacancy(
            jobs_session, vacancy_id=vacancy.vacancy_id, caller=CLERK, today=TODAY, most=20
        )
        (other,) = await operations.match_seeker(jobs_session, seeker=seeker, today=TODAY, most=20)
        kept = (await build.introduction(jobs_session, seeker, vacancy)).match
        assert one.match == other.match
        assert kept["score"] == str(one.match.score)


class TestIntroductions:
    async def test_a_hire_takes_the_place_and_updates_the_register(self, jobs_session: AsyncSession) -> None:
        vacancy, seeker = await build.vacancy(jobs_session, places=1), await build.seeker(jobs_session)
        introduction = await build.introduction(jobs_session, seeker, vacancy)
        await operations.record_hire(
            jobs_session, introduction_id=introduction.introduction_id, caller=CLERK, now=NOW
        )
        assert (introduction.state, introduction.ended_on) == ("hired", TODAY)
        assert (vacancy.taken, vacancy.state) == (1, "filled")
        assert (seeker.state, seeker.placement) == ("employed", "样例制造有限公司")
        assert await queries.count_workers(jobs_session, vacancy.employer_id) == 1
        assert (await jobs_session.exec(select(col(HiringRecord.hired_on)))).all() == [TODAY]

    async def test_a_refusal_keeps_its_reason(self, jobs_session: AsyncSession) -> None:
        vacancy, seeker = await build.vacancy(jobs_session), await build.seeker(jobs_session)
        introduction = await build.introduction(jobs_session, seeker, vacancy)
        await operations.schedule_interview(
            jobs_session, introduction_id=introduction.introduction_id, at=NOW, caller=CLERK
        )
        assert introduction.state == "interview"
        await operations.record_refusal(
            jobs_session,
            introduction_id=introduction.introduction_id,
            because=NotHired.SKILLS,
            remark="焊接证未取得",
            caller=CLERK,
            today=TODAY,
        )
        assert (introduction.state, introduction.not_hired, vacancy.taken) == ("not_hired", "skills", 0)
        with pytest.raises(problems.IntroductionEnded):
            await operations.record_hire(
                jobs_session, introduction_id=introduction.introduction_id, caller=CLERK, now=NOW
            )

    async def test_runs_once_for_a_person_and_a_vacancy(self, jobs_session: AsyncSession) -> None:
        vacancy, seeker = await build.vacancy(jobs_session), await build.seeker(jobs_session)
        await build.introduction(jobs_session, seeker, vacancy)
        with pytest.raises(problems.IntroducedAlready):
            await build.introduction(jobs_session, seeker, vacancy)

    async def test_needs_an_open_vacancy_and_a_seeking_person(self, jobs_session: AsyncSession) -> None:
        working = await build.seeker(jobs_session, works=True)
        with pytest.raises(problems.SeekerNotAvailable):
            await build.introduction(jobs_session, working, await build.vacancy(jobs_session))
        lapsed = await build.vacancy(jobs_session, valid_until=TODAY - timedelta(days=1))
        with pytest.raises(problems.VacancyNotOpen):
            await build.introduction(jobs_session, await build.seeker(jobs_session), lapsed)

    async def test_keeps_hiring_records_as_they_were(self, jobs_session: AsyncSession) -> None:
        vacancy, seeker = await build.vacancy(jobs_session), await build.seeker(jobs_session)
        introduction = await build.introduction(jobs_session, seeker, vacancy)
        await operations.record_hire(
            jobs_session, introduction_id=introduction.introduction_id, caller=CLERK, now=NOW
        )
        with pytest.raises(IntegrityError, match="append-only"):
            await (await jobs_session.connection()).execute(text("DELETE FROM hiring_record"))


class TestAssistance:
    async def verified(self, session: AsyncSession, *, on: date = TODAY) -> tuple[Any, Seeker]:
        seeker = await build.seeker(session)
        await build.certified(session, seeker, on=min(on, TODAY), until=date(2030, 1, 1))
        request = await build.request(session, seeker)
        await operations.verify_request(
            session, request_id=request.request_id, confirmed=True, remark="", caller=CLERK, today=on
        )
        return request, seeker

    async def answer(self, session: AsyncSession, request: Any, *, accepted: bool) -> None:
        vacancy = await build.vacancy(session)
        key = {"request_id": request.request_id, "caller": CLERK}
        await operations.offer_vacancy(session, vacancy_id=vacancy.vacancy_id, today=TODAY, **key)
        await operations.answer_offer(
            session, accepted=accepted, reason="" if accepted else "嫌远", now=NOW, **key
        )

    @pytest.mark.proves("J06", "W16")
    async def test_is_due_in_two_working_days_and_closes_only_after_a_follow_up(
        self, jobs_session: AsyncSession
    ) -> None:
        """Verified on Friday 2006-03-03, due on Tuesday 2006-03-07."""
        request, _ = await self.verified(jobs_session, on=date(2006, 3, 3))
        assert request.due_on == date(2006, 3, 7)
        await self.answer(jobs_session, request, accepted=True)
        key = {"request_id": request.request_id, "caller": CLERK, "today": TODAY}
        with pytest.raises(problems.FollowUpMissing):
            await operations.close_request(jobs_session, remark="", **key)
        await operations.follow_up(jobs_session, result=FollowUpResult.STABLE, remark="在岗", **key)
        await operations.close_request(jobs_session, remark="", **key)
        assert request.state == AssistanceState.CLOSED

    async def test_cannot_be_closed_without_a_follow_up_by_sql(self, jobs_session: AsyncSession) -> None:
        await self.verified(jobs_session)
        close = "UPDATE assistance_request SET state = 'closed', closed_on = '2026-03-03'"
        with pytest.raises(IntegrityError, match="followed_up"):
            await (await jobs_session.connection()).execute(text(close))

    async def test_places_the_person_and_updates_the_register(self, jobs_session: AsyncSession) -> None:
        request, seeker = await self.verified(jobs_session)
        await self.answer(jobs_session, request, accepted=True)
        assert (request.state, request.placed_on) == ("placed", TODAY)
        assert seeker.state == EmploymentState.EMPLOYED

    async def test_wants_the_follow_up_after_the_placement(self, jobs_session: AsyncSession) -> None:
        request, _ = await self.verified(jobs_session)
        key = {"request_id": request.request_id, "caller": CLERK, "today": TODAY}
        await operations.follow_up(jobs_session, result=FollowUpResult.CONTINUES, remark="等待", **key)
        await self.answer(jobs_session, request, accepted=True)
        with pytest.raises(problems.FollowUpMissing):
            await operations.close_request(jobs_session, remark="", **key)

    async def test_ends_the_promise_of_who_picks_and_chooses(self, jobs_session: AsyncSession) -> None:
        request, _ = await self.verified(jobs_session)
        await self.answer(jobs_session, request, accepted=False)
        assert (request.state, request.promise_holds) == ("verified", False)
        assert request.promise_ended_because
        late = await queries.list_requests(
            jobs_session, caller=CLERK, query=FIRST_PAGE, today=date(2026, 4, 1), overdue=True
        )
        assert late == ([], None)

    async def test_lists_broken_promises(self, jobs_session: AsyncSession) -> None:
        request, _ = await self.verified(jobs_session)
        for today, found in ((date(2026, 3, 4), []), (date(2026, 3, 5), [request])):
            rows, _ = await queries.list_requests(
                jobs_session, caller=CLERK, query=FIRST_PAGE, today=today, overdue=True
            )
            assert rows == found
            await operations.count_broken_promises(jobs_session, today=today)
            told = metrics.REGISTRY.get_sample_value("cases_overdue", {"procedure": "employment-assistance"})
            assert told == len(found)

    async def test_promises_nothing_to_who_is_not_certified(self, jobs_session: AsyncSession) -> None:
        request = await build.request(jobs_session, await build.seeker(jobs_session))
        with pytest.raises(problems.NotCertified):
            await operations.verify_request(
                jobs_session,
                request_id=request.request_id,
                confirmed=True,
                remark="",
                caller=CLERK,
                today=TODAY,
            )

    async def test_has_one_open_request_a_person(self, jobs_session: AsyncSession) -> None:
        _, seeker = await self.verified(jobs_session)
        with pytest.raises(problems.AssistanceOpen):
            await build.request(jobs_session, seeker)

    async def test_lets_nobody_go_unplaced_without_a_reason(self, jobs_session: AsyncSession) -> None:
        request, _ = await self.verified(jobs_session)
        key = {"request_id": request.request_id, "caller": CLERK, "today": TODAY}
        await operations.follow_up(jobs_session, result=FollowUpResult.UNREACHED, remark="三次未接", **key)
        with pytest.raises(problems.ReasonNeeded):
            await operations.close_request(jobs_session, remark=" ", **key)
        await operations.close_request(jobs_session, remark="本人迁往外地", **key)


class TestLedger:
    async def test_lists_who_has_no_placement_yet(self, jobs_session: AsyncSession) -> None:
        waiting, placed = await build.seeker(jobs_session), await build.seeker(jobs_session)
        for one in (waiting, placed):
            await build.certified(jobs_session, one)
        await build.seeker(jobs_session)
        await employ(jobs_session, placed.person_id, version=1, started_on="2026-03-01")
        rows, _ = await queries.list_seekers(
            jobs_session,
            caller=CLERK,
            query=FIRST_PAGE,
            today=TODAY,
            category=HardshipCategory.AGE_40_50,
            without_placement=True,
        )
        assert [row.seeker_id for row in rows] == [waiting.seeker_id]


async def test_copies_nothing_from_nobody(jobs_session: AsyncSession) -> None:
    await employ(jobs_session, new_id(), version=1, started_on="2026-01-01")
    assert (await jobs_session.exec(select(Seeker))).all() == []
