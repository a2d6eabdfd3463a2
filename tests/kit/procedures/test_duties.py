"""Who may take which step: one person one step, business apart from finance, nobody his own case."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.kit.db import Sessions
from services.kit.identity import Identity
from services.kit.ids import new_id
from services.kit.procedures import (
    CaseState,
    Move,
    Papers,
    ProcedureActor,
    ProcedureCase,
    correct_case,
    problems,
)
from tests.kit.procedures.desk import (
    CLERK,
    DESK,
    MONDAY,
    PERMIT_AGAIN,
    PERSON,
    REVIEWER,
    decided,
    opened,
    person,
)


class TestSeparationOfDuties:
    async def test_refuses_the_same_person_at_another_step(self, desk_session: AsyncSession) -> None:
        both = person("both", "clerk", "reviewer")
        case = await opened(desk_session)
        await decided(desk_session, case, both)
        with pytest.raises(problems.StepTakenBySamePerson):
            await decided(desk_session, case, both)

    async def test_refuses_it_after_a_return_too(self, desk_session: AsyncSession) -> None:
        both = person("both", "clerk", "reviewer")
        case = await opened(desk_session)
        await decided(desk_session, case, both, Move.RETURN, reason="补充", missing=["permit"])
        await correct_case(desk_session, DESK, case_id=case.id, papers=PERMIT_AGAIN, caller=CLERK, now=MONDAY)
        await decided(desk_session, case, CLERK)
        with pytest.raises(problems.StepTakenBySamePerson):
            await decided(desk_session, case, both)

    async def test_lets_the_same_person_look_at_his_own_step_again(self, desk_session: AsyncSession) -> None:
        case = await opened(desk_session)
        await decided(desk_session, case, CLERK, Move.RETURN, reason="补充", missing=["permit"])
        await correct_case(desk_session, DESK, case_id=case.id, papers=PERMIT_AGAIN, caller=CLERK, now=MONDAY)
        await decided(desk_session, case, CLERK)
        assert case.step == "second_review"

    @pytest.mark.parametrize("table", ["procedure_actor", "procedure_step"])
    async def test_is_kept_by_the_database_when_code_forgets(
        self, desk_session: AsyncSession, table: str
    ) -> None:
        case = await opened(desk_session)
        await decided(desk_session, case, CLERK)
        actor = "INSERT INTO procedure_actor (case_id, actor, step) VALUES (:case, 'c1', 'second_review')"
        entry = """INSERT INTO procedure_step (id, case_id, step, actor, actor_name, move, to_state, reason, made_at)
                   VALUES (:id, :case, 'second_review', 'c1', '甲', 'approve', 'in_review', '', now())"""
        with pytest.raises(IntegrityError, match=r"case_id_actor|pk_procedure_actor"):
            await (await desk_session.connection()).execute(
                text(actor if table == "procedure_actor" else entry), {"case": case.id, "id": new_id()}
            )

    @pytest.mark.parametrize(
        "change", ["UPDATE procedure_step SET reason = 'x'", "DELETE FROM procedure_actor"]
    )
    async def test_keeps_history_as_it_was(self, desk_session: AsyncSession, change: str) -> None:
        await decided(desk_session, await opened(desk_session), CLERK)
        with pytest.raises(IntegrityError, match="append-only"):
            await (await desk_session.connection()).execute(text(change))

    async def test_keeps_the_opener_out_where_the_procedure_says_so(self, desk_session: AsyncSession) -> None:
        case = await opened(desk_session, procedure_code="permit-payment", papers=Papers())
        with pytest.raises(problems.StepTakenBySamePerson):
            await decided(desk_session, case, CLERK)
        await decided(desk_session, case, person("c2", "clerk"))

    async def test_refuses_business_and_finance_in_one_hand(self, desk_session: AsyncSession) -> None:
        case = await opened(desk_session, procedure_code="permit-payment", papers=Papers())
        both = person("both", "clerk", "finance")
        with pytest.raises(problems.DutiesIncompatible):
            await decided(desk_session, case, both)
        await decided(desk_session, case, person("c2", "clerk"))
        with pytest.raises(problems.DutiesIncompatible):
            await decided(desk_session, case, both)
        await decided(desk_session, case, person("f1", "finance"))
        assert case.state == CaseState.APPROVED

    async def test_refuses_a_role_that_the_step_is_not_for(self, desk_session: AsyncSession) -> None:
        with pytest.raises(problems.RoleMissing):
            await decided(desk_session, await opened(desk_session), REVIEWER)

    async def test_refuses_the_applicant_himself(self, desk_session: AsyncSession) -> None:
        with pytest.raises(problems.OwnCase):
            await decided(desk_session, await opened(desk_session), person("c1", "clerk", person_id=PERSON))

    async def test_lets_one_of_two_reviewers_at_once_have_the_step(self, desk_sessions: Sessions) -> None:
        async with desk_sessions.begin() as session:
            case = await opened(session)
        officers = [person("a", "clerk", "reviewer"), person("b", "clerk", "reviewer")]
        results = await asyncio.gather(
            *(self._decide(desk_sessions, case, officer) for officer in officers), return_exceptions=True
        )
        assert sorted(type(result).__name__ for result in results) == ["CaseClosed", "ProcedureCase"]
        async with desk_sessions() as session:
            assert len((await session.exec(select(ProcedureActor))).all()) == 1

    async def _decide(self, sessions: Sessions, case: ProcedureCase, officer: Identity) -> ProcedureCase:
        async with sessions.begin() as session:
            done = await decided(session, case, officer, step="first_review")
            await asyncio.sleep(0.2)
            return done
