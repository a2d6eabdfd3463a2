"""Households and assistance categories (户、救助身份)."""

from collections.abc import Collection, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import problems
from services.enrolment.codes import (
    AssistanceCategory,
)
from services.enrolment.models import (
    Assistance,
    Household,
    HouseholdMember,
    Person,
)
from services.enrolment.queries.common import Rows, in_force, one_or_none
from services.kit.paging import PageRequest, page


async def get_household(
    session: AsyncSession, household_id: UUID, *, area: str, lock: bool = False
) -> Household:
    """The household of the area. Raises HouseholdNotFound."""
    statement = select(Household).where(Household.household_id == household_id, Household.area == area)
    found: Household | None = await one_or_none(session, statement, lock=lock)
    if found is None:
        raise problems.HouseholdNotFound
    return found


async def list_households(session: AsyncSession, *, area: str, query: PageRequest) -> Rows:
    """Households of the area, newest first."""
    statement = select(Household).where(Household.area == area)
    return await page(session, statement, key=(col(Household.household_id),), query=query)


async def list_members(session: AsyncSession, household_id: UUID) -> Sequence[tuple[HouseholdMember, Person]]:
    """The present members of a household with their persons, in the order they came."""
    statement = (
        select(HouseholdMember, Person)
        .join(Person, col(Person.person_id) == col(HouseholdMember.person_id))
        .where(HouseholdMember.household_id == household_id, col(HouseholdMember.left_on).is_(None))
        .order_by(col(HouseholdMember.member_id))
    )
    return (await session.exec(statement)).all()


async def find_membership(session: AsyncSession, person_id: UUID) -> HouseholdMember | None:
    """The person's present household membership."""
    found: HouseholdMember | None = await one_or_none(
        session,
        select(HouseholdMember).where(
            HouseholdMember.person_id == person_id, col(HouseholdMember.left_on).is_(None)
        ),
    )
    return found


async def list_assistance(session: AsyncSession, person_id: UUID) -> Sequence[Assistance]:
    """All assistance periods of a person, oldest first."""
    statement = (
        select(Assistance)
        .where(Assistance.person_id == person_id)
        .order_by(col(Assistance.valid_from), col(Assistance.assistance_id))
    )
    return (await session.exec(statement)).all()


async def list_assistance_in_force(
    session: AsyncSession, person_ids: Collection[UUID], *, on: date
) -> Sequence[Assistance]:
    """The assistance categories that these people have on a day."""
    statement = select(Assistance).where(
        col(Assistance.person_id).in_(person_ids), in_force(Assistance.valid_from, Assistance.valid_until, on)
    )
    return (await session.exec(statement)).all()


async def find_assistance_overlap(
    session: AsyncSession, person_id: UUID, category: AssistanceCategory, *, start: date, end: date | None
) -> Assistance | None:
    """A period of that category which meets [start, end)."""
    statement = select(Assistance).where(
        Assistance.person_id == person_id,
        Assistance.category == category,
        or_(col(Assistance.valid_until).is_(None), col(Assistance.valid_until) > start),
    )
    if end is not None:
        statement = statement.where(col(Assistance.valid_from) < end)
    return (await session.exec(statement.limit(1))).first()


async def get_assistance(session: AsyncSession, assistance_id: UUID, *, area: str) -> Assistance:
    """The record, of a person of the area. Raises AssistanceNotFound."""
    statement = (
        select(Assistance)
        .join(Person, col(Person.person_id) == col(Assistance.person_id))
        .where(Assistance.assistance_id == assistance_id, Person.area == area)
    )
    found: Assistance | None = await one_or_none(session, statement)
    if found is None:
        raise problems.AssistanceNotFound
    return found
