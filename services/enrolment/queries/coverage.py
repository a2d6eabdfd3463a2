"""Coverage periods and contribution records (待遇期、缴费记录)."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment.codes import BillState, Scheme
from services.enrolment.models import Bill, Contribution, Coverage, Determination, EmployerScheme, Employment
from services.enrolment.queries.common import in_force
from services.kit.paging import PageRequest, page


async def list_coverage(
    session: AsyncSession, person_id: UUID, *, scheme: Scheme | None = None
) -> Sequence[Coverage]:
    """A person's coverage periods, oldest first."""
    statement = select(Coverage).where(Coverage.person_id == person_id)
    if scheme is not None:
        statement = statement.where(Coverage.scheme == scheme)
    ordered = statement.order_by(col(Coverage.scheme), col(Coverage.valid_from), col(Coverage.coverage_id))
    return (await session.exec(ordered)).all()


async def list_coverage_of(session: AsyncSession, person_ids: Collection[UUID]) -> dict[UUID, list[Coverage]]:
    """The coverage periods of several people."""
    statement = (
        select(Coverage)
        .where(col(Coverage.person_id).in_(person_ids))
        .order_by(col(Coverage.scheme), col(Coverage.valid_from), col(Coverage.coverage_id))
    )
    found: dict[UUID, list[Coverage]] = {person_id: [] for person_id in person_ids}
    for period in (await session.exec(statement)).all():
        found[period.person_id].append(period)
    return found


async def list_employer_coverage(
    session: AsyncSession, person_id: UUID, employer_id: UUID, *, ending_after: date
) -> Sequence[Coverage]:
    """The person's coverage through a unit that still runs on or after a day."""
    statement = select(Coverage).where(
        Coverage.person_id == person_id,
        Coverage.employer_id == employer_id,
        or_(col(Coverage.valid_until).is_(None), col(Coverage.valid_until) > ending_after),
    )
    return (await session.exec(statement)).all()


async def list_in_employee_scheme(
    session: AsyncSession, person_ids: Collection[UUID], *, on: date
) -> set[UUID]:
    """Who of these is in the employee scheme: covered by it on the day, or employed by a unit insured in it."""
    covered = select(Coverage.person_id).where(
        col(Coverage.person_id).in_(person_ids),
        Coverage.scheme == Scheme.EMPLOYEE_MEDICAL,
        in_force(Coverage.valid_from, Coverage.valid_until, on),
    )
    employed = (
        select(Employment.person_id)
        .join(EmployerScheme, col(EmployerScheme.employer_id) == col(Employment.employer_id))
        .where(
            col(Employment.person_id).in_(person_ids),
            in_force(Employment.started_on, Employment.ended_on, on),
            EmployerScheme.scheme == Scheme.EMPLOYEE_MEDICAL,
        )
    )
    return {*(await session.exec(covered)).all(), *(await session.exec(employed)).all()}


async def list_paid_months(
    session: AsyncSession, person_id: UUID, *, scheme: Scheme, first: date, last: date
) -> dict[date, Decimal]:
    """The months for which the person's contribution is paid, each with the base (the sum over units)."""
    statement: Any = (
        select(col(Contribution.period), col(Contribution.base), col(Contribution.determination_id))
        .join(Bill, col(Bill.determination_id) == col(Contribution.determination_id))
        .where(
            Contribution.person_id == person_id,
            Contribution.scheme == scheme,
            col(Contribution.period) >= first,
            col(Contribution.period) <= last,
            Bill.state == BillState.PAID,
        )
        .distinct()
    )
    bases: dict[date, Decimal] = {}
    for period, base, _ in (await session.exec(statement)).all():
        bases[period] = bases.get(period, Decimal(0)) + base
    return bases


async def list_contributions(
    session: AsyncSession, person_id: UUID, *, query: PageRequest
) -> tuple[list[tuple[Contribution, bool]], str | None]:
    """A person's contributions with whether they are paid, newest first; reversed ones are left out."""
    statement: Any = (
        select(Contribution)
        .join(Determination, col(Determination.determination_id) == col(Contribution.determination_id))
        .where(Contribution.person_id == person_id, col(Determination.reversed_at).is_(None))
    )
    rows, following = await page(
        session, statement, key=(col(Contribution.period), col(Contribution.contribution_id)), query=query
    )
    determinations = {row.determination_id for row in rows}
    paid = select(Bill.determination_id).where(
        col(Bill.determination_id).in_(determinations), Bill.state == BillState.PAID
    )
    settled = set((await session.exec(paid)).all())
    return [(row, row.determination_id in settled) for row in rows], following
