"""Bills, receipts, the collection ledger, yearly enrolments (账单、到账、年度参保)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import problems
from services.enrolment.codes import BillState, PayerKind
from services.enrolment.models import (
    Bill,
    CollectionEntry,
    Employer,
    EnrolmentMember,
    ResidentEnrolment,
)
from services.enrolment.queries.common import Rows, one_or_none
from services.kit.identity import Identity
from services.kit.paging import PageRequest, page


def _seen_by(caller: Identity) -> ColumnElement[bool]:
    """Staff see the bills of their area, a unit's system its own."""
    if caller.kind == "staff":
        return col(Bill.area) == caller.area
    if caller.kind == "system":
        own = select(Employer.employer_id).where(Employer.credit_code == (caller.organisation or ""))
        return col(Bill.payer_id).in_(own)
    return false()


async def get_bill(session: AsyncSession, bill_id: UUID, *, caller: Identity, lock: bool = False) -> Bill:
    """The bill, as far as the caller may see it. Raises BillNotFound."""
    found: Bill | None = await one_or_none(
        session, select(Bill).where(Bill.bill_id == bill_id, _seen_by(caller)), lock=lock
    )
    if found is None:
        raise problems.BillNotFound
    return found


async def get_bill_of_determination(
    session: AsyncSession, determination_id: UUID, *, lock: bool = False
) -> Bill:
    """The bill of a determination. Raises BillNotFound."""
    statement = select(Bill).where(Bill.determination_id == determination_id)
    found: Bill | None = await one_or_none(session, statement, lock=lock)
    if found is None:
        raise problems.BillNotFound
    return found


async def list_bills(
    session: AsyncSession,
    *,
    caller: Identity,
    query: PageRequest,
    state: BillState | None = None,
    payer_kind: PayerKind | None = None,
    payer_id: UUID | None = None,
    period: str | None = None,
) -> Rows:
    """Bills that the caller may see, newest first."""
    statement = select(Bill).where(_seen_by(caller))
    wanted = {Bill.state: state, Bill.payer_kind: payer_kind, Bill.payer_id: payer_id, Bill.period: period}
    for column, value in wanted.items():
        if value is not None:
            statement = statement.where(col(column) == value)
    return await page(session, statement, key=(col(Bill.bill_id),), query=query)


async def list_entries(session: AsyncSession, bill_id: UUID) -> Sequence[CollectionEntry]:
    """The ledger of a bill, oldest first."""
    statement = (
        select(CollectionEntry)
        .where(CollectionEntry.bill_id == bill_id)
        .order_by(col(CollectionEntry.entry_id))
    )
    return (await session.exec(statement)).all()


async def lock_due_bills(session: AsyncSession, *, today: date, most: int) -> Sequence[Bill]:
    """Unpaid bills after their due date, locked; a bill that somebody pays just now is left for the next round."""
    statement = (
        select(Bill)
        .where(Bill.state == BillState.DETERMINED, col(Bill.due_on) < today)
        .order_by(col(Bill.due_on), col(Bill.bill_id))
        .limit(most)
        .with_for_update(key_share=True, skip_locked=True)
    )
    return (await session.exec(statement)).all()


# Yearly enrolments of households


async def get_enrolment(
    session: AsyncSession, enrolment_id: UUID, *, area: str | None = None
) -> ResidentEnrolment:
    """The yearly enrolment, within the area when one is given. Raises EnrolmentNotFound."""
    statement = select(ResidentEnrolment).where(ResidentEnrolment.enrolment_id == enrolment_id)
    if area is not None:
        statement = statement.where(ResidentEnrolment.area == area)
    found: ResidentEnrolment | None = await one_or_none(session, statement)
    if found is None:
        raise problems.EnrolmentNotFound
    return found


async def list_enrolments(session: AsyncSession, *, area: str, year: int | None, query: PageRequest) -> Rows:
    """Yearly enrolments of the area, newest first."""
    statement = select(ResidentEnrolment).where(ResidentEnrolment.area == area)
    if year is not None:
        statement = statement.where(ResidentEnrolment.year == year)
    return await page(session, statement, key=(col(ResidentEnrolment.enrolment_id),), query=query)


async def list_enrolment_members(session: AsyncSession, enrolment_id: UUID) -> Sequence[EnrolmentMember]:
    """The members of a yearly enrolment, enrolled and excluded."""
    statement = (
        select(EnrolmentMember)
        .where(EnrolmentMember.enrolment_id == enrolment_id)
        .order_by(col(EnrolmentMember.person_id))
    )
    return (await session.exec(statement)).all()


async def list_enrolment_bills(session: AsyncSession, enrolment_id: UUID) -> Sequence[Bill]:
    """The bills of a yearly enrolment: the household's, and civil affairs' when somebody is aided."""
    statement = select(Bill).where(Bill.enrolment_id == enrolment_id).order_by(col(Bill.bill_id))
    return (await session.exec(statement)).all()


@dataclass(frozen=True)
class Financing:
    """What a year's enrolled headcount brings in, in yuan (筹资)."""

    heads: int
    personal: Decimal
    aided: Decimal
    government: Decimal


async def sum_financing(session: AsyncSession, *, area: str, year: int) -> Financing:
    """Heads and shares of all enrolled of an area and year."""
    statement: Any = (
        select(
            func.count(),
            *(
                func.coalesce(func.sum(column), 0)
                for column in (EnrolmentMember.personal, EnrolmentMember.aided, EnrolmentMember.government)
            ),
        )
        .join(ResidentEnrolment, col(ResidentEnrolment.enrolment_id) == col(EnrolmentMember.enrolment_id))
        .where(
            ResidentEnrolment.area == area,
            ResidentEnrolment.year == year,
            col(EnrolmentMember.exclusion).is_(None),
        )
    )
    return Financing(*(await session.exec(statement)).one())


async def lock_unbilled_shares(session: AsyncSession, *, area: str, year: int) -> Sequence[EnrolmentMember]:
    """Enrolled members whose government share is not billed yet, locked."""
    statement = (
        select(EnrolmentMember)
        .join(ResidentEnrolment, col(ResidentEnrolment.enrolment_id) == col(EnrolmentMember.enrolment_id))
        .where(
            ResidentEnrolment.area == area,
            ResidentEnrolment.year == year,
            col(EnrolmentMember.exclusion).is_(None),
            col(EnrolmentMember.government) > 0,
            col(EnrolmentMember.subsidy_bill_id).is_(None),
        )
        .order_by(col(EnrolmentMember.person_id))
        .with_for_update(key_share=True, of=EnrolmentMember)
    )
    return (await session.exec(statement)).all()
