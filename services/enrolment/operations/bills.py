"""Issues bills and credits what came in (账单、到账确认, E06)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import events, queries
from services.enrolment.codes import BillState, EntryKind, PayerKind, Standing
from services.enrolment.models import Bill, CollectionEntry, Employer, Receipt
from services.enrolment.operations.employers import change_standing
from services.enrolment.operations.starting import start_after_payment
from services.enrolment.schemas import ReceiptCreate
from services.kit.clock import business_date
from services.kit.events import publish
from services.kit.identity import Identity
from services.kit.ids import new_id
from services.kit.problems import Conflict, Refused, Text

ZERO = Decimal("0.00")


class AmountDiffers(Refused):
    """The amount is not the open amount (到账金额与未缴金额不符)."""

    slug = "amount-differs-from-open"
    title = Text("到账金额与未缴金额不符", "The amount is not the open amount")
    detail = Text(
        "账单未缴 {open} 元，到账 {amount} 元：多缴不能入账；部分缴款请注明 partial。",
        "{open} yuan are open, {amount} came in: more is refused; for a part payment say partial.",
    )


class ReceiptUsed(Conflict):
    """The receipt number is credited already (凭证号已入账)."""

    slug = "receipt-used"
    title = Text("凭证号已入账", "The receipt is credited already")
    detail = Text(
        "凭证号 {receipt_number} 已入账，不能重复使用。", "{receipt_number} is credited; it counts once."
    )


class BillClosed(Conflict):
    """The bill is paid or reversed (账单已缴或已冲销)."""

    slug = "bill-closed"
    title = Text("账单已缴清或已冲销", "The bill is paid or reversed")
    detail = Text("账单当前状态为 {state}，不能再入账。", "The bill is {state}; nothing can be credited.")


class PaidBeforeIssued(Refused):
    """The payment date lies before the bill or in the future (到账日期有误)."""

    slug = "payment-date-wrong"
    title = Text("到账日期有误", "The payment date is wrong")
    detail = Text(
        "到账日期 {paid_on} 应在出账日 {issued_on} 与今天之间。",
        "{paid_on} must lie between {issued_on} and today.",
    )


def open_amount(bill: Bill) -> Decimal:
    """What is still to be paid, in yuan (未缴金额)."""
    return ZERO if bill.state == BillState.REVERSED else bill.amount - bill.received


async def issue_bill(session: AsyncSession, *, bill: Bill, by: str, now: datetime) -> None:
    """Adds a bill and its due entry (应收) to the ledger."""
    session.add(bill)
    await session.flush()
    session.add(
        CollectionEntry(
            bill_id=bill.bill_id,
            kind=EntryKind.DUE,
            amount=bill.amount,
            entered_on=bill.issued_on,
            entered_by=by,
            entered_at=now,
        )
    )
    await session.flush()


@dataclass(frozen=True)
class Credited:
    """A receipt and its bill afterwards."""

    receipt: Receipt
    bill: Bill


async def credit_bill(
    session: AsyncSession, *, bill: Bill, draft: ReceiptCreate, caller: Identity, now: datetime
) -> Credited:
    """Credits money that came in, by its receipt only (R1-10a); the bill is locked.

    Paid in full the bill turns 已缴, cover starts, the unit is released. Raises BillClosed, AmountDiffers,
    PaidBeforeIssued, ReceiptUsed.
    """
    _check(bill, draft, today=business_date(now))
    receipt = await _add_receipt(session, bill, draft, caller=caller, now=now)
    bill.received += draft.amount
    session.add(bill)
    session.add(
        CollectionEntry(
            bill_id=bill.bill_id,
            kind=EntryKind.RECEIVED,
            amount=draft.amount,
            receipt_id=receipt.receipt_id,
            entered_on=business_date(now),
            entered_by=caller.subject,
            entered_at=now,
        )
    )
    if bill.received == bill.amount:
        await _settled(session, bill, receipt, by=caller.subject, now=now)
    await session.flush()
    return Credited(receipt, bill)


def _check(bill: Bill, draft: ReceiptCreate, *, today: date) -> None:
    if bill.state in (BillState.PAID, BillState.REVERSED):
        raise BillClosed(state=BillState(bill.state).label)
    open_now = open_amount(bill)
    fits = ZERO < draft.amount < open_now if draft.partial else draft.amount == open_now
    if not fits:
        raise AmountDiffers(open=f"{open_now:.2f}", amount=f"{draft.amount:.2f}")
    if not bill.issued_on <= draft.paid_on <= today:
        raise PaidBeforeIssued(paid_on=draft.paid_on, issued_on=bill.issued_on)


async def _add_receipt(
    session: AsyncSession, bill: Bill, draft: ReceiptCreate, *, caller: Identity, now: datetime
) -> Receipt:
    receipt = Receipt(
        receipt_id=new_id(),
        bill_id=bill.bill_id,
        recorded_by=caller.subject,
        recorded_at=now,
        **draft.model_dump(exclude={"partial"}),
    )
    try:
        async with session.begin_nested():
            session.add(receipt)
            await session.flush()
    except IntegrityError as error:
        raise ReceiptUsed(receipt_number=draft.receipt_number) from error
    return receipt


async def _settled(session: AsyncSession, bill: Bill, receipt: Receipt, *, by: str, now: datetime) -> None:
    bill.state, bill.paid_on = BillState.PAID, receipt.paid_on
    session.add(bill)
    await session.flush()
    publish(session, _paid(bill, receipt))
    employer = await _employer_of(session, bill)
    await start_after_payment(session, bill=bill, employer=employer, paid_on=receipt.paid_on, by=by)
    if employer is not None:
        await _release(session, employer, by=by, now=now)


def _paid(bill: Bill, receipt: Receipt) -> events.BillPaid:
    return events.BillPaid(
        bill_id=bill.bill_id,
        payer_kind=bill.payer_kind,
        payer_id=bill.payer_id,
        payer_name=bill.payer_name,
        period=bill.period,
        amount=bill.amount,
        receipt_number=receipt.receipt_number,
        paid_on=receipt.paid_on,
        area=bill.area,
    )


async def _employer_of(session: AsyncSession, bill: Bill) -> Employer | None:
    if bill.payer_kind != PayerKind.EMPLOYER or bill.payer_id is None:
        return None
    return await queries.get_employer(session, bill.payer_id, lock=True)


async def _release(session: AsyncSession, employer: Employer, *, by: str, now: datetime) -> None:
    """A blocked unit is released when nothing is overdue any more (解除封锁, R1-09)."""
    if employer.standing != Standing.BLOCKED or await queries.sum_arrears(session, employer.employer_id):
        return
    await change_standing(
        session, employer=employer, standing=Standing.NORMAL, reason="欠费已全部缴清", by=by, now=now
    )
