"""Publishes a person's state: the version goes up under the person's row lock, the event carries everything."""

from collections.abc import Collection
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import events, queries
from services.enrolment.models import Coverage, Person
from services.kit.events import publish


def _next_version(session: AsyncSession, person: Person) -> int:
    person.version += 1
    session.add(person)
    return person.version


def publish_person(session: AsyncSession, *, person: Person) -> None:
    """Tells the others of a person's record as it stands."""
    publish(
        session,
        events.PersonRegistered(
            person_id=person.person_id,
            version=person.version,
            name=person.name,
            sex=person.sex,
            birth_on=person.birth_on,
            id_number_index=person.id_number_index,
            id_number_masked=person.id_number_masked,
            area=person.area,
        ),
    )


async def publish_coverage(session: AsyncSession, *, people: Collection[Person]) -> None:
    """Tells the others of the coverage of these (locked) people as it stands; empty periods are left out."""
    await session.flush()
    coverages = await queries.list_coverage_of(session, [person.person_id for person in people])
    for person in people:
        publish(
            session,
            events.CoverageChanged(
                person_id=person.person_id,
                version=_next_version(session, person),
                area=person.area,
                coverages=[_coverage(row) for row in coverages[person.person_id] if not _is_empty(row)],
            ),
        )


def _is_empty(row: Coverage) -> bool:
    return row.valid_until == row.valid_from


def _coverage(row: Coverage) -> events.CoverageState:
    return events.CoverageState(scheme=row.scheme, valid_from=row.valid_from, valid_until=row.valid_until)


async def publish_assistance(session: AsyncSession, *, person: Person) -> None:
    """Tells the others of the assistance categories of a (locked) person as they stand."""
    await session.flush()
    rows = await queries.list_assistance(session, person.person_id)
    publish(
        session,
        events.AssistanceChanged(
            person_id=person.person_id,
            version=_next_version(session, person),
            categories=[
                events.CategoryState(
                    category=row.category, valid_from=row.valid_from, valid_until=row.valid_until
                )
                for row in rows
            ],
        ),
    )


async def publish_employment(session: AsyncSession, *, people: Collection[Person]) -> None:
    """Tells the others of the employments of these (locked) people as they stand."""
    await session.flush()
    for person in people:
        publish(
            session,
            events.EmploymentChanged(
                person_id=person.person_id,
                version=_next_version(session, person),
                employments=await _employments(session, person.person_id),
            ),
        )


async def _employments(session: AsyncSession, person_id: UUID) -> list[events.EmploymentState]:
    return [
        events.EmploymentState(
            employer_id=employer.employer_id,
            employer_name=employer.name,
            credit_code=employer.credit_code,
            started_on=employment.started_on,
            ended_on=employment.ended_on,
        )
        for employment, employer in await queries.list_employments(session, person_id)
        if employment.ended_on is None or employment.ended_on > employment.started_on
    ]
