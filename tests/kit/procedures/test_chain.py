"""A case runs: opened, decided, returned, corrected, withdrawn, published and objected to."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.kit.db import Sessions
from services.kit.ids import new_id
from services.kit.problems import Invalid
from services.kit.procedures import (
    CaseKind,
    CaseState,
    Move,
    Papers,
    Procedure,
    ProcedureCase,
    ProcedureStep,
    correct_case,
    problems,
    withdraw_case,
)
from tests.conftest import caller
from tests.kit.procedures.desk import (
    BOARD,
    CLERK,
    DESK,
    FIRST,
    MONDAY,
    PERMIT_AGAIN,
    PERSON,
    PUBLISHER,
    REVIEWER,
    SECOND,
    TRANSFER,
    TooFewYears,
    decided,
    opened,
    person,
    subjects,
)


class TestDeclaration:
    def test_refuses_a_chain_that_names_a_step_twice(self) -> None:
        with pytest.raises(ValueError, match="twice"):
            Procedure(**{**TRANSFER.__dict__, "steps": [FIRST, FIRST]})

    def test_refuses_a_special_chain_that_is_not_longer(self) -> None:
        with pytest.raises(ValueError, match="longer"):
            Procedure(**{**TRANSFER.__dict__, "special_steps": [FIRST, SECOND, BOARD]})


class TestOpening:
    async def test_starts_the_clock_of_the_first_step(self, desk_session: AsyncSession) -> None:
        case = await opened(desk_session)
        assert (case.state, case.step, case.due_on) == ("in_review", "first_review", date(2026, 3, 23))
        assert case.number == f"990101-2026-{case.serial:06d}"

    async def test_promises_the_sum_of_its_steps(self, desk_session: AsyncSession) -> None:
        """000 R61: 初审 15, 审核 30, 公示 15 working days."""
        case = await opened(desk_session)
        # To 23 March; to 8 May (清明, 劳动节 off); notice 8-27 May (9 May is worked), closed the day after.
        assert case.promised_on == date(2026, 5, 28)

    async def test_names_all_missing_documents_at_once(self, desk_session: AsyncSession) -> None:
        with pytest.raises(problems.DocumentsMissing) as refused:
            await opened(desk_session, papers=Papers(data={"years_of_permit": 8, "married": True}))
        assert refused.value.members["missing"] == ["permit", "marriage"]

    async def test_asks_a_conditional_document_only_on_its_condition(
        self, desk_session: AsyncSession
    ) -> None:
        assert (await opened(desk_session)).documents == [{"code": "permit", "reference": "P-1"}]

    async def test_takes_no_cancelled_certificate_and_nothing_outside_the_list(
        self, desk_session: AsyncSession
    ) -> None:
        for code in ("no_crime", "anything"):
            papers = Papers(data={"years_of_permit": 8}, documents=[{"code": "permit"}, {"code": code}])
            with pytest.raises(problems.DocumentNotListed):
                await opened(desk_session, papers=papers)

    async def test_refuses_a_form_that_does_not_fit(self, desk_session: AsyncSession) -> None:
        with pytest.raises(Invalid) as refused:
            await opened(desk_session, papers=Papers(data={"years": 8}))
        fields = {fault["field"] for fault in refused.value.members["errors"]}  # type: ignore[attr-defined]
        assert fields == {"data.years", "data.years_of_permit"}

    async def test_lets_a_citizen_apply_for_himself_only(self, desk_session: AsyncSession) -> None:
        with pytest.raises(problems.NotOwnApplication):
            await opened(desk_session, caller=caller("guides:apply", kind="citizen", person_id=new_id()))
        await opened(desk_session, caller=caller("guides:apply", kind="citizen", person_id=PERSON))

    async def test_asks_the_procedure_itself(self, desk_session: AsyncSession) -> None:
        with pytest.raises(TooFewYears):
            await opened(
                desk_session, papers=Papers(data={"years_of_permit": 6}, documents=[{"code": "permit"}])
            )

    async def test_refuses_a_second_open_case_of_the_same_subject(self, desk_session: AsyncSession) -> None:
        first = await opened(desk_session)
        with pytest.raises(problems.CaseOpen) as refused:
            await opened(desk_session)
        assert refused.value.members["number"] == first.number

    async def test_refuses_a_second_open_case_in_the_database_too(self, desk_sessions: Sessions) -> None:
        both = asyncio.gather(*(self._open(desk_sessions) for _ in range(2)), return_exceptions=True)
        assert sorted(type(result).__name__ for result in await both) == ["IntegrityError", "ProcedureCase"]

    async def _open(self, sessions: Sessions) -> ProcedureCase:
        async with sessions.begin() as session:
            case = await opened(session)
            await asyncio.sleep(0.2)
            return case


class TestChain:
    async def test_has_its_effect_with_the_last_step(self, desk_session: AsyncSession) -> None:
        case = await opened(desk_session)
        await decided(desk_session, case, CLERK)
        await decided(desk_session, case, REVIEWER)
        assert (case.step, case.notice_ends_on) == ("notice", date(2026, 3, 20))
        case = await decided(desk_session, case, PUBLISHER, now=MONDAY + timedelta(days=21))
        assert (case.state, case.due_on, case.open_subject_id) == ("approved", None, None)
        assert case.outcome == {"granted_on": "2026-03-23", "granted_by": "p1"}
        assert await subjects(desk_session) == ["guides.case.decided"]

    async def test_special_cases_need_the_longer_chain(self, desk_session: AsyncSession) -> None:
        case = await opened(desk_session, kind=CaseKind.SPECIAL)
        await decided(desk_session, case, CLERK)
        await decided(desk_session, case, REVIEWER)
        assert case.step == "board"
        with pytest.raises(problems.MinuteMissing):
            await decided(desk_session, case, person("b1", "board"), participants=["甲"], minute="第7号")
        await decided(desk_session, case, person("b1", "board"), participants=["甲", "乙"], minute="第7号")
        assert case.step == "notice"

    async def test_records_who_when_from_where_and_why(self, desk_session: AsyncSession) -> None:
        case = await opened(desk_session)
        await decided(desk_session, case, CLERK, Move.RETURN, reason="居住证已过期", missing=["permit"])
        entries = (await desk_session.exec(select(ProcedureStep).order_by(ProcedureStep.id))).all()  # type: ignore[arg-type]
        apply, returned = entries
        assert (apply.move, apply.from_state, apply.actor) == ("apply", None, "c1")
        assert (returned.step, returned.move, returned.from_state, returned.to_state, returned.reason) == (
            "first_review",
            "return",
            "in_review",
            "returned",
            "居住证已过期",
        )
        assert returned.made_at == MONDAY
        assert returned.due_on == date(2026, 3, 23)

    async def test_rejects_with_a_reason(self, desk_session: AsyncSession) -> None:
        case = await opened(desk_session)
        with pytest.raises(problems.ReasonMissing):
            await decided(desk_session, case, CLERK, Move.REJECT, reason="  ")
        await decided(desk_session, case, CLERK, Move.REJECT, reason="不符合条件")
        assert case.state == CaseState.REJECTED
        with pytest.raises(problems.CaseClosed):
            await decided(desk_session, case, REVIEWER)

    async def test_refuses_a_decision_on_another_step_than_the_one_seen(
        self, desk_session: AsyncSession
    ) -> None:
        case = await opened(desk_session)
        await decided(desk_session, case, CLERK)
        with pytest.raises(problems.CaseClosed):
            await decided(desk_session, case, person("x", "clerk", "reviewer"), step="first_review")

    @pytest.mark.parametrize("kind", ["citizen", "system"])
    async def test_shows_nothing_to_a_caller_bound_to_nobody(
        self, desk_session: AsyncSession, kind: Any
    ) -> None:
        case = await opened(desk_session)
        with pytest.raises(problems.CaseNotFound):
            await decided(desk_session, case, person("c1", "clerk", kind=kind))

    async def test_leaves_a_case_of_another_area_alone(self, desk_session: AsyncSession) -> None:
        case = await opened(desk_session)
        with pytest.raises(problems.CaseNotFound):
            await decided(desk_session, case, person("c9", "clerk", area="990102"))


class TestCorrection:
    async def test_continues_the_same_case_at_the_step_that_returned_it(
        self, desk_session: AsyncSession
    ) -> None:
        case = await opened(desk_session)
        number = case.number
        await decided(desk_session, case, CLERK)
        await decided(desk_session, case, REVIEWER, Move.RETURN, reason="居住证不清晰", missing=["permit"])
        assert (case.state, case.due_on, case.missing) == ("returned", None, ["permit"])
        later = MONDAY + timedelta(days=7)
        await correct_case(desk_session, DESK, case_id=case.id, papers=PERMIT_AGAIN, caller=CLERK, now=later)
        assert (case.number, case.state, case.step) == (number, "in_review", "second_review")
        assert case.documents == [{"code": "permit", "reference": "P-2"}]
        assert case.due_on == date(2026, 4, 21)

    async def test_needs_every_document_that_the_return_named(self, desk_session: AsyncSession) -> None:
        case = await opened(desk_session)
        await decided(desk_session, case, CLERK, Move.RETURN, reason="请补", missing=["permit", "marriage"])
        with pytest.raises(problems.DocumentsMissing) as refused:
            await correct_case(
                desk_session, DESK, case_id=case.id, papers=PERMIT_AGAIN, caller=CLERK, now=MONDAY
            )
        assert refused.value.members["missing"] == ["marriage"]

    async def test_cannot_ask_for_a_cancelled_certificate(self, desk_session: AsyncSession) -> None:
        case = await opened(desk_session)
        with pytest.raises(problems.DocumentNotListed):
            await decided(desk_session, case, CLERK, Move.RETURN, reason="请补", missing=["no_crime"])

    async def test_logs_the_old_and_the_new_value(self, desk_session: AsyncSession) -> None:
        case = await opened(desk_session)
        await decided(desk_session, case, CLERK, Move.RETURN, reason="年限有误")
        papers = Papers(data={"years_of_permit": 9})
        await correct_case(desk_session, DESK, case_id=case.id, papers=papers, caller=CLERK, now=MONDAY)
        entry = (
            await desk_session.exec(select(ProcedureStep).where(ProcedureStep.move == Move.CORRECT))
        ).one()
        assert entry.details["changed"] == {"years_of_permit": [8, 9]}

    async def test_is_refused_while_nothing_was_returned(self, desk_session: AsyncSession) -> None:
        case = await opened(desk_session)
        with pytest.raises(problems.CaseClosed):
            await correct_case(
                desk_session, DESK, case_id=case.id, papers=PERMIT_AGAIN, caller=CLERK, now=MONDAY
            )


class TestWithdrawal:
    async def test_ends_the_case_and_lets_a_new_one_begin(self, desk_session: AsyncSession) -> None:
        case = await opened(desk_session)
        await withdraw_case(desk_session, DESK, case_id=case.id, reason="改日再办", caller=CLERK, now=MONDAY)
        assert case.state == CaseState.WITHDRAWN
        assert (await opened(desk_session)).id != case.id
        with pytest.raises(problems.CaseClosed):
            await withdraw_case(desk_session, DESK, case_id=case.id, reason="", caller=CLERK, now=MONDAY)
