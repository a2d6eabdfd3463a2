"""Public notices run their days; broken promises are told of once."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from services.kit import metrics
from services.kit.procedures import (
    CaseState,
    Move,
    ProcedureCase,
    object_to_notice,
    problems,
    tell_overdue,
)
from tests.kit.procedures.desk import CLERK, DESK, MONDAY, PUBLISHER, REVIEWER, decided, opened, subjects


class TestNotice:
    async def _on_notice(self, session: AsyncSession) -> ProcedureCase:
        case = await opened(session)
        await decided(session, case, CLERK)
        return await decided(session, case, REVIEWER)

    async def test_runs_its_days_before_anything_is_decided(self, desk_session: AsyncSession) -> None:
        case = await self._on_notice(desk_session)
        with pytest.raises(problems.NoticeRunning):
            await decided(desk_session, case, PUBLISHER, now=MONDAY + timedelta(days=18))
        await decided(desk_session, case, PUBLISHER, now=MONDAY + timedelta(days=19))
        assert case.state == CaseState.APPROVED

    async def test_answers_an_objection_before_it_closes(self, desk_session: AsyncSession) -> None:
        case = await self._on_notice(desk_session)
        await object_to_notice(
            desk_session, DESK, case_id=case.id, reason="情况不实", caller=CLERK, now=MONDAY
        )
        after = MONDAY + timedelta(days=21)
        with pytest.raises(problems.ReasonMissing):
            await decided(desk_session, case, PUBLISHER, now=after)
        await decided(desk_session, case, PUBLISHER, now=after, reason="经核查，异议不成立")
        with pytest.raises(problems.NoNoticeRunning):
            await object_to_notice(
                desk_session, DESK, case_id=case.id, reason="迟到", caller=CLERK, now=after
            )


class TestOverdue:
    async def test_is_told_once_for_each_due_day(self, desk_session: AsyncSession) -> None:
        case = await opened(desk_session)
        await tell_overdue(desk_session, DESK, today=date(2026, 3, 23))
        assert await subjects(desk_session) == []
        for _ in range(2):
            await tell_overdue(desk_session, DESK, today=date(2026, 3, 24))
        assert await subjects(desk_session) == ["guides.case.overdue"]
        assert metrics.REGISTRY.get_sample_value("cases_overdue", {"procedure": case.procedure}) == 1

    async def test_forgets_a_returned_case(self, desk_session: AsyncSession) -> None:
        await decided(desk_session, await opened(desk_session), CLERK, Move.RETURN, reason="请补")
        await tell_overdue(desk_session, DESK, today=date(2026, 6, 1))
        assert await subjects(desk_session) == []

    async def test_promises_nothing_where_the_holidays_are_unknown(self, desk_session: AsyncSession) -> None:
        with pytest.raises(problems.CalendarMissing) as refused:
            await opened(desk_session, now=datetime(2099, 12, 1, tzinfo=UTC))
        assert refused.value.members["year"] == 2099
