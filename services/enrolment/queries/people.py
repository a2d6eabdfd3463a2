"""People, their corrections, who read them (参保人)."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import problems
from services.enrolment.models import (
    Person,
    PersonCorrection,
    RecordAccess,
)
from services.enrolment.queries.common import Rows, one_or_none
from services.kit.paging import PageRequest, page


async def find_person_by_index(
    session: AsyncSession, index: str, *, area: str | None = None
) -> Person | None:
    """The person with that blind index of the id number, within the area when one is given."""
    statement = select(Person).where(Person.id_number_index == index)
    if area is not None:
        statement = statement.where(Person.area == area)
    found: Person | None = await one_or_none(session, statement)
    return found


async def get_person(
    session: AsyncSession, person_id: UUID, *, area: str | None = None, lock: bool = False
) -> Person:
    """The person, within the area when one is given. Raises PersonNotFound."""
    statement = select(Person).where(Person.person_id == person_id)
    if area is not None:
        statement = statement.where(Person.area == area)
    found: Person | None = await one_or_none(session, statement, lock=lock)
    if found is None:
        raise problems.PersonNotFound
    return found


async def lock_people(session: AsyncSession, person_ids: Collection[UUID]) -> list[Person]:
    """The people, locked in one order, so that two requests cannot wait for each other."""
    statement = (
        select(Person)
        .where(col(Person.person_id).in_(person_ids))
        .order_by(col(Person.person_id))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return list((await session.exec(statement)).all())


async def list_people_by_index(session: AsyncSession, indexes: Collection[str]) -> Sequence[Person]:
    """The people with these blind indexes, wherever they are registered."""
    return (await session.exec(select(Person).where(col(Person.id_number_index).in_(indexes)))).all()


async def list_people(
    session: AsyncSession, *, area: str, name: str | None, hukou: str | None, query: PageRequest
) -> Rows:
    """People of the area, newest first; `name` is a beginning of the name."""
    statement = select(Person).where(Person.area == area)
    if name:
        statement = statement.where(col(Person.name).startswith(name, autoescape=True))
    if hukou:
        statement = statement.where(Person.hukou == hukou)
    return await page(session, statement, key=(col(Person.person_id),), query=query)


async def list_corrections(session: AsyncSession, person_id: UUID) -> Sequence[PersonCorrection]:
    """The correction log of a person, oldest first."""
    statement = (
        select(PersonCorrection)
        .where(PersonCorrection.person_id == person_id)
        .order_by(col(PersonCorrection.correction_id))
    )
    return (await session.exec(statement)).all()


async def list_accesses(session: AsyncSession, person_id: UUID, *, query: PageRequest) -> Rows:
    """Who read the person's record, newest first."""
    statement = select(RecordAccess).where(RecordAccess.person_id == person_id)
    return await page(session, statement, key=(col(RecordAccess.access_id),), query=query)
