"""When employees are covered, on a real database."""

from datetime import date, timedelta

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import queries
from services.enrolment.codes import (
    Scheme,
)
from services.enrolment.models import Coverage
from services.enrolment.operations import (
    coverage,
    records,
)
from services.enrolment.rules.coverage import Period
from tests.conftest import caller
from tests.enrolment import build
from tests.enrolment.steps import FOUR, covered, paid_month


class TestEmployeeCoverage:
    async def test_starts_with_the_paid_month_for_every_scheme(self, enrolment_session: AsyncSession) -> None:
        month = date(2026, 3, 1)
        unit, (who,) = await build.staffed(enrolment_session, bases=["5000"], month=month, schemes=FOUR)
        assert not await covered(enrolment_session, who, Scheme.EMPLOYEE_MEDICAL, month)
        await paid_month(enrolment_session, unit, month)
        for scheme in FOUR:
            assert await covered(enrolment_session, who, scheme, month)
        assert not await covered(enrolment_session, who, Scheme.EMPLOYEE_MEDICAL, month - timedelta(days=1))

    async def test_the_next_paid_month_adds_nothing(self, enrolment_session: AsyncSession) -> None:
        unit, (who,) = await build.staffed(enrolment_session, bases=["5000"], month=date(2026, 3, 1))
        for month in (date(2026, 3, 1), date(2026, 4, 1)):
            await paid_month(enrolment_session, unit, month)
        assert len(await queries.list_coverage(enrolment_session, who.person_id)) == 1

    async def test_a_late_payment_does_not_reach_into_the_past(self, enrolment_session: AsyncSession) -> None:
        unit, (who,) = await build.staffed(enrolment_session, bases=["5000"], month=date(2026, 3, 1))
        await paid_month(enrolment_session, unit, date(2026, 3, 1), on=date(2026, 6, 3))
        assert not await covered(enrolment_session, who, Scheme.EMPLOYEE_MEDICAL, date(2026, 6, 30))
        assert await covered(enrolment_session, who, Scheme.EMPLOYEE_MEDICAL, date(2026, 7, 1))

    async def test_the_past_is_corrected_with_a_reason_and_never_twice(
        self, enrolment_session: AsyncSession
    ) -> None:
        who = await build.person(enrolment_session)
        past = Period(valid_from=date(2025, 1, 1), valid_until=date(2026, 1, 1))

        async def correct(period: Period) -> Coverage:
            return await coverage.correct_coverage(
                enrolment_session,
                person=who.row,
                scheme=Scheme.RESIDENT_MEDICAL,
                period=period,
                reason="补录历史参保",
                caller=caller("enrolment:assess"),
            )

        await correct(past)
        answer = await records.coverage_on(
            enrolment_session, person_id=who.person_id, scheme=Scheme.RESIDENT_MEDICAL, on=date(2025, 6, 1)
        )
        assert answer.covered and answer.reason == "补录历史参保"
        with pytest.raises(coverage.CoverageOverlaps):
            await correct(Period(valid_from=date(2025, 12, 31)))
        with pytest.raises(coverage.DatesOutOfOrder):
            await correct(Period(valid_from=date(2027, 1, 1), valid_until=date(2027, 1, 1)))

    async def test_the_database_refuses_overlapping_periods_itself(
        self, enrolment_session: AsyncSession
    ) -> None:
        who = await build.person(enrolment_session)

        async def add(start: date, end: date | None) -> None:
            async with enrolment_session.begin_nested():
                enrolment_session.add(
                    Coverage(
                        person_id=who.person_id,
                        scheme=Scheme.PENSION,
                        valid_from=start,
                        valid_until=end,
                        reason="直接写入",
                        recorded_by="x",
                    )
                )
                await enrolment_session.flush()

        await add(date(2026, 1, 1), date(2026, 7, 1))
        await add(date(2026, 7, 1), None)
        with pytest.raises(DBAPIError, match="overlap"):
            await add(date(2026, 6, 30), date(2026, 7, 1))
