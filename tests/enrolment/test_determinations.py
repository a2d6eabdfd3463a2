"""What a unit owes for a month, on a real database."""

from datetime import date
from decimal import Decimal

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import queries
from services.enrolment.codes import (
    BillState,
    InjuryClass,
    Scheme,
)
from services.enrolment.operations import (
    determinations,
)
from tests.conftest import caller
from tests.enrolment import build
from tests.enrolment.steps import FOUR

JAN_2009 = date(2009, 1, 1)


class TestDetermination:
    @pytest.mark.proves("W02", "E07")
    @pytest.mark.parametrize(
        ("month", "expected"),
        [(date(2008, 12, 1), "10800.00"), (JAN_2009, "8900.00"), (date(2010, 1, 1), "10800.00")],
    )
    async def test_a_unit_of_class_2_with_base_sum_100000(
        self, enrolment_session: AsyncSession, month: date, expected: str
    ) -> None:
        unit, _ = await build.staffed(
            enrolment_session,
            bases=["5000"] * 20,
            month=month,
            schemes=FOUR,
            injury_class=InjuryClass.CLASS_2,
        )
        determination = await build.determined(enrolment_session, unit, month=month)
        assert determination.total == Decimal(expected)

    @pytest.mark.proves("E05")
    async def test_january_2009_gives_8900_by_scheme_and_the_window_stays_closed(
        self, enrolment_session: AsyncSession
    ) -> None:
        unit, _ = await build.staffed(enrolment_session, bases=["5000"] * 20, month=JAN_2009, schemes=FOUR)
        with pytest.raises(determinations.WindowClosed):
            await build.determined(enrolment_session, unit, month=JAN_2009, on=date(2009, 2, 1))
        determination = await build.determined(enrolment_session, unit, month=JAN_2009)
        lines = await queries.list_determination_lines(enrolment_session, determination.determination_id)
        assert {line.scheme: line.amount for line in lines} == {
            Scheme.EMPLOYEE_MEDICAL: 6000,
            Scheme.UNEMPLOYMENT: 1500,
            Scheme.MATERNITY: 600,
            Scheme.WORK_INJURY: 800,
        }
        assert determination.total == Decimal("8900.00")
        assert all("L649" in line.rate_source for line in lines)
        bill = await queries.get_bill_of_determination(enrolment_session, determination.determination_id)
        assert (bill.state, bill.amount) == (BillState.DETERMINED, Decimal("8900.00"))
        with pytest.raises(determinations.AlreadyDetermined):
            await build.determined(enrolment_session, unit, month=JAN_2009)

    async def test_the_parts_by_person_sum_to_each_line(self, enrolment_session: AsyncSession) -> None:
        month = date(2026, 3, 1)
        unit, team = await build.staffed(
            enrolment_session, bases=["3333.33", "4444.44", "5555.55"], month=month, schemes=FOUR
        )
        determination = await build.determined(enrolment_session, unit, month=month)
        lines = await queries.list_determination_lines(enrolment_session, determination.determination_id)
        parts: dict[str, Decimal] = {}
        for who in team:
            rows, _ = await queries.list_contributions(
                enrolment_session, who.person_id, query=build.FIRST_PAGE
            )
            for row, _paid in rows:
                parts[row.scheme] = parts.get(row.scheme, Decimal(0)) + row.amount
        assert parts == {line.scheme: line.amount for line in lines}
        assert determination.total == build.total([line.amount for line in lines])

    async def test_only_a_second_person_reverses_and_only_before_money_came_in(
        self, enrolment_session: AsyncSession
    ) -> None:
        month = date(2026, 3, 1)
        unit, _ = await build.staffed(enrolment_session, bases=["5000"], month=month)
        determination = await build.determined(enrolment_session, unit, month=month, by="first")

        async def reverse(by: str) -> None:
            await determinations.reverse_determination(
                enrolment_session,
                determination=determination,
                reason="基数有误",
                caller=caller("enrolment:assess", subject=by),
                now=build.at(month),
            )

        with pytest.raises(determinations.SamePerson):
            await reverse("first")
        await reverse("second")
        bill = await queries.get_bill_of_determination(enrolment_session, determination.determination_id)
        assert bill.state == BillState.REVERSED
        entries = await queries.list_entries(enrolment_session, bill.bill_id)
        assert [entry.kind for entry in entries] == ["due", "due_reversed"]
        again = await build.determined(enrolment_session, unit, month=month)
        assert again.total == determination.total
