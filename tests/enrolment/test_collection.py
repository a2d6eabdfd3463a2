"""Money in, arrears, block and release, on a real database."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import queries
from services.enrolment.codes import (
    BillState,
    ReceiptKind,
    Standing,
)
from services.enrolment.models import Bill, Receipt
from services.enrolment.operations import (
    arrears,
    bills,
    employers,
)
from tests.enrolment import build
from tests.enrolment.steps import FOUR, credited, receipt

JAN_2009 = date(2009, 1, 1)


class TestCredit:
    @pytest.mark.proves("E06")
    async def test_8900_turns_paid_with_a_receipt_number_only(self, enrolment_session: AsyncSession) -> None:
        unit, _ = await build.staffed(enrolment_session, bases=["5000"] * 20, month=JAN_2009, schemes=FOUR)
        determination = await build.determined(enrolment_session, unit, month=JAN_2009)
        bill = await queries.get_bill_of_determination(enrolment_session, determination.determination_id)
        with pytest.raises(ValueError, match="receipt_number"):
            receipt("8900.00", date(2009, 1, 20), number="")
        with pytest.raises(DBAPIError, match="ck_receipt_number"):
            async with enrolment_session.begin_nested():
                enrolment_session.add(_receipt_without_number(bill))
                await enrolment_session.flush()
        await arrears.mark_overdue(enrolment_session, now=build.at(bill.due_on + timedelta(days=1)))
        await enrolment_session.refresh(bill)
        assert bill.state == BillState.OVERDUE
        paid_on = bill.due_on + timedelta(days=2)
        await credited(enrolment_session, bill, receipt("8900.00", paid_on), on=paid_on)
        assert (bill.state, bill.received) == (BillState.PAID, Decimal("8900.00"))
        assert await queries.sum_arrears(enrolment_session, unit.employer_id) == 0
        entries = await queries.list_entries(enrolment_session, bill.bill_id)
        assert [(entry.kind, entry.amount) for entry in entries] == [
            ("due", Decimal("8900.00")),
            ("received", Decimal("8900.00")),
        ]

    async def test_another_amount_than_the_open_one_is_refused(self, enrolment_session: AsyncSession) -> None:
        unit, _ = await build.staffed(enrolment_session, bases=["5000"], month=date(2026, 3, 1))
        determination = await build.determined(enrolment_session, unit, month=date(2026, 3, 1))
        bill = await queries.get_bill_of_determination(enrolment_session, determination.determination_id)
        day = date(2026, 3, 20)
        for amount, partial in (("350.01", False), ("349.99", False), ("350.00", True), ("0.00", True)):
            with pytest.raises(bills.AmountDiffers) as refused:
                await credited(enrolment_session, bill, receipt(amount, day, partial=partial), on=day)
            assert refused.value.members["open"] == "350.00"
        part = await credited(
            enrolment_session, bill, receipt("100.00", day, number="SP-1", partial=True), on=day
        )
        assert bills.open_amount(part.bill) == Decimal("250.00")
        assert part.bill.state == BillState.DETERMINED
        rest = await credited(enrolment_session, bill, receipt("250.00", day, number="SP-2"), on=day)
        assert rest.bill.state == BillState.PAID

    async def test_a_receipt_counts_once(self, enrolment_session: AsyncSession) -> None:
        day = date(2026, 3, 20)
        units = [
            (await build.staffed(enrolment_session, bases=["5000"], month=date(2026, 3, 1)))[0]
            for _ in range(2)
        ]
        first, second = [
            await queries.get_bill_of_determination(
                enrolment_session,
                (await build.determined(enrolment_session, unit, month=date(2026, 3, 1))).determination_id,
            )
            for unit in units
        ]
        await credited(enrolment_session, first, receipt("350.00", day), on=day)
        with pytest.raises(bills.ReceiptUsed):
            await credited(enrolment_session, second, receipt("350.00", day), on=day)
        assert second.received == 0

    async def test_a_payment_before_the_bill_or_tomorrow_is_refused(
        self, enrolment_session: AsyncSession
    ) -> None:
        unit, _ = await build.staffed(enrolment_session, bases=["5000"], month=date(2026, 3, 1))
        determination = await build.determined(enrolment_session, unit, month=date(2026, 3, 1))
        bill = await queries.get_bill_of_determination(enrolment_session, determination.determination_id)
        for paid_on in (date(2026, 3, 9), date(2026, 3, 21)):
            with pytest.raises(bills.PaidBeforeIssued):
                await credited(enrolment_session, bill, receipt("350.00", paid_on), on=date(2026, 3, 20))


def _receipt_without_number(bill: Bill) -> Receipt:
    return Receipt(
        bill_id=bill.bill_id,
        receipt_number=" ",
        kind=ReceiptKind.TAX_RECEIPT,
        amount=bill.amount,
        paid_on=bill.issued_on,
        recorded_by="x",
        recorded_at=build.at(bill.issued_on),
    )


class TestArrears:
    @pytest.mark.proves("E08")
    async def test_a_unit_with_one_fen_of_arrears_is_not_released(
        self, enrolment_session: AsyncSession
    ) -> None:
        month = date(2026, 3, 1)
        unit, _ = await build.staffed(enrolment_session, bases=["5000"], month=month)
        determination = await build.determined(enrolment_session, unit, month=month)
        bill = await queries.get_bill_of_determination(enrolment_session, determination.determination_id)
        day = bill.due_on
        await credited(enrolment_session, bill, receipt("349.99", day, number="SA-1", partial=True), on=day)
        await arrears.mark_overdue(enrolment_session, now=build.at(bill.due_on + timedelta(days=1)))
        await enrolment_session.refresh(unit)
        assert unit.standing == Standing.BLOCKED
        with pytest.raises(employers.ArrearsOpen) as refused:
            await employers.change_standing(
                enrolment_session,
                employer=unit,
                standing=Standing.NORMAL,
                reason="申请解除",
                by="somebody",
                now=build.at(day),
            )
        assert refused.value.members["arrears"] == "0.01"
        later = bill.due_on + timedelta(days=3)
        await credited(enrolment_session, bill, receipt("0.01", later, number="SA-2"), on=later)
        assert str(unit.standing) == Standing.NORMAL
        changes = await queries.list_standing_changes(enrolment_session, unit.employer_id)
        assert [(change.old_value, change.new_value, change.changed_by) for change in changes] == [
            ("normal", "blocked", "clock"),
            ("blocked", "normal", "cashier"),
        ]
