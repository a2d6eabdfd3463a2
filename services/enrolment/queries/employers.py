"""Units, their staff and bases (参保单位、职工、缴费基数)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import problems
from services.enrolment.codes import (
    BillState,
    Scheme,
)
from services.enrolment.models import (
    Bill,
    ContributionBase,
    Employer,
    EmployerScheme,
    Employment,
    Person,
    StandingChange,
)
from services.enrolment.queries.common import Rows, employer_seen_by, in_force, one_or_none
from services.kit.identity import Identity
from services.kit.paging import PageRequest, page


async def get_employer(
    session: AsyncSession, employer_id: UUID, *, caller: Identity | None = None, lock: bool = False
) -> Employer:
    """The unit, as far as the caller may see it. Raises EmployerNotFound."""
    statement = select(Employer).where(Employer.employer_id == employer_id)
    if caller is not None:
        statement = statement.where(employer_seen_by(caller))
    found: Employer | None = await one_or_none(session, statement, lock=lock)
    if found is None:
        raise problems.EmployerNotFound
    return found


async def list_employers(
    session: AsyncSession,
    *,
    caller: Identity,
    credit_code: str | None,
    standing: str | None,
    query: PageRequest,
) -> Rows:
    """Units that the caller may see, newest first."""
    statement = select(Employer).where(employer_seen_by(caller))
    if credit_code:
        statement = statement.where(Employer.credit_code == credit_code)
    if standing:
        statement = statement.where(Employer.standing == standing)
    return await page(session, statement, key=(col(Employer.employer_id),), query=query)


async def count_employers(session: AsyncSession, *, area: str, on: date) -> int:
    """How many units of the area were registered by that day."""
    statement = select(func.count()).where(col(Employer.area) == area, col(Employer.registered_on) <= on)
    return (await session.exec(statement)).one()


async def list_schemes(session: AsyncSession, employer_id: UUID) -> list[Scheme]:
    """The schemes of a unit, in the order of the code list."""
    found = (
        await session.exec(select(EmployerScheme.scheme).where(EmployerScheme.employer_id == employer_id))
    ).all()
    return [scheme for scheme in Scheme if scheme in found]


async def list_schemes_of(session: AsyncSession, employer_ids: Collection[UUID]) -> dict[UUID, list[Scheme]]:
    """The schemes of several units."""
    statement = select(EmployerScheme).where(col(EmployerScheme.employer_id).in_(employer_ids))
    chosen = [(row.employer_id, row.scheme) for row in (await session.exec(statement)).all()]
    return {unit: [scheme for scheme in Scheme if (unit, scheme) in chosen] for unit in employer_ids}


async def sum_arrears(session: AsyncSession, employer_id: UUID) -> Decimal:
    """What the unit's overdue bills still leave open, in yuan (欠费)."""
    statement: Any = select(func.coalesce(func.sum(Bill.amount - Bill.received), 0)).where(
        Bill.payer_id == employer_id, Bill.state == BillState.OVERDUE
    )
    return Decimal((await session.exec(statement)).one())


async def list_staff(
    session: AsyncSession, employer_id: UUID, *, on: date, query: PageRequest
) -> tuple[list[tuple[Employment, Person, Decimal | None]], str | None]:
    """The unit's insured staff on a day with the base in force, newest first."""
    employed = select(Employment).where(
        Employment.employer_id == employer_id, in_force(Employment.started_on, Employment.ended_on, on)
    )
    rows, following = await page(session, employed, key=(col(Employment.employment_id),), query=query)
    people = await _people(session, [row.person_id for row in rows])
    bases = await bases_on(session, [row.employment_id for row in rows], on=on)
    return [(row, people[row.person_id], bases.get(row.employment_id)) for row in rows], following


async def _people(session: AsyncSession, person_ids: Collection[UUID]) -> dict[UUID, Person]:
    found = (await session.exec(select(Person).where(col(Person.person_id).in_(person_ids)))).all()
    return {person.person_id: person for person in found}


async def find_employment(
    session: AsyncSession, employer_id: UUID, person_id: UUID, *, lock: bool = False
) -> Employment | None:
    """The person's running employment with the unit."""
    statement = select(Employment).where(
        Employment.employer_id == employer_id,
        Employment.person_id == person_id,
        col(Employment.ended_on).is_(None),
    )
    found: Employment | None = await one_or_none(session, statement, lock=lock)
    return found


async def list_employed(session: AsyncSession, employer_id: UUID, person_ids: Collection[UUID]) -> set[UUID]:
    """Who of these has a running employment with the unit."""
    statement = select(Employment.person_id).where(
        Employment.employer_id == employer_id,
        col(Employment.person_id).in_(person_ids),
        col(Employment.ended_on).is_(None),
    )
    return set((await session.exec(statement)).all())


async def list_employments(session: AsyncSession, person_id: UUID) -> Sequence[tuple[Employment, Employer]]:
    """All employments of a person with the units, oldest first."""
    statement = (
        select(Employment, Employer)
        .join(Employer, col(Employer.employer_id) == col(Employment.employer_id))
        .where(Employment.person_id == person_id)
        .order_by(col(Employment.started_on), col(Employment.employment_id))
    )
    return (await session.exec(statement)).all()


async def bases_on(
    session: AsyncSession, employment_ids: Collection[UUID], *, on: date
) -> dict[UUID, Decimal]:
    """The contribution base of each employment on a day."""
    statement = select(ContributionBase).where(
        col(ContributionBase.employment_id).in_(employment_ids),
        in_force(ContributionBase.valid_from, ContributionBase.valid_until, on),
    )
    return {base.employment_id: base.amount for base in (await session.exec(statement)).all()}


async def list_bases(session: AsyncSession, employment_id: UUID) -> Sequence[ContributionBase]:
    """All bases of an employment, oldest first."""
    statement = (
        select(ContributionBase)
        .where(ContributionBase.employment_id == employment_id)
        .order_by(col(ContributionBase.valid_from), col(ContributionBase.base_id))
    )
    return (await session.exec(statement)).all()


@dataclass(frozen=True)
class InsuredBase:
    """One insured person of a month with the base."""

    person_id: UUID
    base: Decimal


async def list_insured(session: AsyncSession, employer_id: UUID, *, month: date) -> list[InsuredBase]:
    """Whom the unit owes contributions for in a month, with the bases, in a fixed order."""
    statement: Any = (
        select(Employment, ContributionBase)
        .join(ContributionBase, col(ContributionBase.employment_id) == col(Employment.employment_id))
        .where(
            Employment.employer_id == employer_id,
            in_force(Employment.started_on, Employment.ended_on, month),
            in_force(ContributionBase.valid_from, ContributionBase.valid_until, month),
        )
        .order_by(col(Employment.person_id))
    )
    rows = (await session.exec(statement)).all()
    return [InsuredBase(employment.person_id, base.amount) for employment, base in rows]


async def list_standing_changes(session: AsyncSession, employer_id: UUID) -> Sequence[StandingChange]:
    """When and why the unit was blocked and released, oldest first."""
    statement = (
        select(StandingChange)
        .where(StandingChange.employer_id == employer_id)
        .order_by(col(StandingChange.change_id))
    )
    return (await session.exec(statement)).all()
