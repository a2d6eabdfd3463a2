"""Determines what a unit owes for a month, and reverses it by authority (缴费核定与冲销, E05)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import policy, queries
from services.enrolment.codes import BillState, EntryKind, Payer, PayerKind, Scheme
from services.enrolment.models import (
    Bill,
    CollectionEntry,
    Contribution,
    Determination,
    DeterminationLine,
    Employer,
)
from services.enrolment.operations.bills import issue_bill
from services.enrolment.rules.contributions import Due, determine, divide, month_of
from services.kit.clock import business_date
from services.kit.identity import Identity
from services.kit.ids import new_id
from services.kit.problems import Conflict, Refused, Text


class WindowClosed(Refused):
    """Today lies outside the determination window of the month (不在核定业务期内, R1-04)."""

    slug = "determination-window-closed"
    title = Text("不在核定业务期内", "Outside the determination window")
    detail = Text(
        "{period} 的核定业务期为 {opens_on} 至 {closes_on}，不得自行延长。",
        "The window of {period} runs from {opens_on} to {closes_on} and is not extended by hand.",
    )


class AlreadyDetermined(Conflict):
    """The month is determined (该月已核定)."""

    slug = "already-determined"
    title = Text("该月已核定", "The month is determined already")
    detail = Text(
        "{period} 已核定，不得重复核定；确有错误的，由另一人冲销后重新核定。",
        "{period} is determined; if it is wrong, let a second person reverse it first.",
    )


class NobodyInsured(Refused):
    """The unit has no insured staff in that month (该月无参保人员)."""

    slug = "nobody-insured"
    title = Text("该月无参保人员", "Nobody is insured in that month")
    detail = Text("{period} 没有参保人员，请先申报人员增加。", "Declare the staff of {period} first.")


class SamePerson(Refused):
    """The second person must be another one (须由另一人办理, X5)."""

    slug = "second-person-needed"
    title = Text("须由另一人办理", "A second person is needed")
    detail = Text(
        "核定人不能冲销自己的核定，请由另一名经办人员办理。",
        "Who determined may not reverse; ask a colleague.",
    )


class MoneyReceived(Conflict):
    """Money was received on the bill (账单已有到账)."""

    slug = "money-received"
    title = Text("账单已有到账，不能冲销", "Money was received; it cannot be reversed")
    detail = Text(
        "账单已收 {received} 元，请按退费程序办理。", "{received} yuan were received; use a refund."
    )


class AlreadyReversed(Conflict):
    """The determination is reversed already (已冲销)."""

    slug = "already-reversed"
    title = Text("核定已冲销", "The determination is reversed already")
    detail = Text("该核定已冲销，无需再次办理。", "Nothing is left to do.")


async def determine_month(
    session: AsyncSession, *, employer: Employer, period: date, caller: Identity, now: datetime
) -> Determination:
    """Σ base × rate per scheme and payer for a month; makes the bill. The unit is locked.

    Raises WindowClosed, AlreadyDetermined, NobodyInsured, ParameterNotConfigured.
    """
    today = business_date(now)
    window = policy.determination_window(period, area=employer.area)
    if not window.holds(today):
        raise WindowClosed(period=f"{period:%Y-%m}", opens_on=window.opens_on, closes_on=window.closes_on)
    insured = await queries.list_insured(session, employer.employer_id, month=period)
    if not insured:
        raise NobodyInsured(period=f"{period:%Y-%m}")
    dues = await _dues(session, employer, insured, period)
    determination = await _add(session, employer, period, dues, caller=caller, now=now)
    for due in dues:
        session.add(_line(determination, due))
        session.add_all(_parts(determination, due, insured))
    due_days = policy.PARAMETERS.get("employer_bill_due_days", on=period, area=employer.area).integer
    await issue_bill(
        session,
        bill=Bill(
            payer_kind=PayerKind.EMPLOYER,
            payer_id=employer.employer_id,
            payer_name=employer.name,
            period=f"{period:%Y-%m}",
            area=employer.area,
            amount=determination.total,
            received=Decimal("0.00"),
            state=BillState.DETERMINED,
            issued_on=today,
            due_on=today + timedelta(days=due_days),
            determination_id=determination.determination_id,
        ),
        by=caller.subject,
        now=now,
    )
    await session.flush()
    return determination


async def _dues(
    session: AsyncSession, employer: Employer, insured: Sequence[queries.InsuredBase], period: date
) -> list[Due]:
    schemes = await queries.list_schemes(session, employer.employer_id)
    rates = policy.rates(
        schemes=schemes, injury_class=employer.injury_class, area=employer.area, on=month_of(period)
    )
    return determine(bases=[person.base for person in insured], rates=rates)


async def _add(
    session: AsyncSession,
    employer: Employer,
    period: date,
    dues: Sequence[Due],
    *,
    caller: Identity,
    now: datetime,
) -> Determination:
    determination = Determination(
        determination_id=new_id(),
        employer_id=employer.employer_id,
        period=period,
        total=sum((due.amount for due in dues), Decimal("0.00")),
        determined_on=business_date(now),
        determined_by=caller.subject,
        determined_at=now,
    )
    try:
        async with session.begin_nested():
            session.add(determination)
            await session.flush()
    except IntegrityError as error:
        raise AlreadyDetermined(period=f"{period:%Y-%m}") from error
    return determination


def _line(determination: Determination, due: Due) -> DeterminationLine:
    return DeterminationLine(
        line_id=new_id(),
        determination_id=determination.determination_id,
        scheme=Scheme(due.rate.scheme),
        payer=Payer(due.rate.payer),
        base_sum=due.base_sum,
        heads=due.heads,
        rate=due.rate.value,
        amount=due.amount,
        rate_version=due.rate.version,
        rate_source=due.rate.source,
    )


def _parts(
    determination: Determination, due: Due, insured: Sequence[queries.InsuredBase]
) -> list[Contribution]:
    """The line by person, by base; the parts sum to the line."""
    amounts = divide(due.amount, weights=[person.base for person in insured])
    return [
        Contribution(
            determination_id=determination.determination_id,
            person_id=person.person_id,
            scheme=Scheme(due.rate.scheme),
            payer=Payer(due.rate.payer),
            period=determination.period,
            base=person.base,
            amount=amount,
        )
        for person, amount in zip(insured, amounts, strict=True)
    ]


async def reverse_determination(
    session: AsyncSession, *, determination: Determination, reason: str, caller: Identity, now: datetime
) -> Determination:
    """Takes a determination back by a second person with a reason (R1-05); the row is locked.

    Raises AlreadyReversed, SamePerson, MoneyReceived.
    """
    if determination.reversed_at is not None:
        raise AlreadyReversed
    if determination.determined_by == caller.subject:
        raise SamePerson
    bill = await queries.get_bill_of_determination(session, determination.determination_id, lock=True)
    if bill.received:
        raise MoneyReceived(received=f"{bill.received:.2f}")
    determination.reversed_because, determination.reversed_by = reason, caller.subject
    determination.reversed_at = now
    bill.state = BillState.REVERSED
    session.add_all([determination, bill])
    session.add(
        CollectionEntry(
            bill_id=bill.bill_id,
            kind=EntryKind.DUE_REVERSED,
            amount=bill.amount,
            entered_on=business_date(now),
            entered_by=caller.subject,
            entered_at=now,
        )
    )
    await session.flush()
    return determination
