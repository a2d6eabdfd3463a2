"""Persons, seekers, certifications."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, text
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import problems
from services.jobs.codes import EmploymentState, HardshipCategory
from services.jobs.models import (
    AssistanceCopy,
    Certification,
    EmploymentCopy,
    Introduction,
    Person,
    Seeker,
    SeekerChange,
    Vacancy,
)
from services.kit.identity import Identity
from services.kit.paging import PageRequest, page

SEEKING = (EmploymentState.UNEMPLOYED, EmploymentState.EMPLOYED_SEEKING)
CANDIDATES = 1000


async def find_person(session: AsyncSession, person_id: UUID) -> Person | None:
    """The copy of a person, if enrolment told of him."""
    return await session.get(Person, person_id, populate_existing=True)


async def find_person_by_id_number(session: AsyncSession, index: str) -> Person | None:
    """The person whose id number has this blind index."""
    return (await session.exec(select(Person).where(Person.id_number_index == index))).one_or_none()


async def find_employments(session: AsyncSession, person_id: UUID) -> EmploymentCopy | None:
    """The employments of a person as enrolment last told them."""
    return await session.get(EmploymentCopy, person_id, populate_existing=True)


async def find_assistance(session: AsyncSession, person_id: UUID) -> AssistanceCopy | None:
    """The assistance categories of a person as enrolment last told them."""
    return await session.get(AssistanceCopy, person_id, populate_existing=True)


async def list_people_in_work(
    session: AsyncSession, person_ids: Sequence[UUID], *, on: date
) -> Sequence[tuple[UUID, str]]:
    """Those of the persons who work on that day, by their insured employment or their registration: id and name."""
    insured = text(
        """EXISTS (SELECT 1 FROM employment_copy c, jsonb_array_elements(c.employments) e
                    WHERE c.person_id = person.person_id AND (e->>'started_on')::date <= :on
                      AND coalesce((e->>'ended_on')::date > :on, true))"""
    ).bindparams(on=on)
    registered = select(Seeker.seeker_id).where(Seeker.person_id == Person.person_id, Seeker.works).exists()
    statement = (
        select(Person.person_id, Person.name)
        .where(col(Person.person_id).in_(person_ids), or_(insured, registered))
        .order_by(col(Person.person_id))
    )
    return (await session.exec(statement)).all()


async def get_seeker(
    session: AsyncSession, seeker_id: UUID, *, caller: Identity | None = None, for_update: bool = False
) -> Seeker:
    """The registration; with a caller, only one of his area. Raises SeekerNotFound."""
    statement = select(Seeker).where(Seeker.seeker_id == seeker_id)
    if caller is not None:
        statement = statement.where(Seeker.area == caller.area)
    if for_update:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    seeker = (await session.exec(statement)).one_or_none()
    if seeker is None:
        raise problems.SeekerNotFound
    return seeker


async def find_seeker_of(
    session: AsyncSession, person_id: UUID, *, for_update: bool = False
) -> Seeker | None:
    """The registration of a person, if there is one."""
    statement = select(Seeker).where(Seeker.person_id == person_id)
    if for_update:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return (await session.exec(statement)).one_or_none()


async def list_seekers(
    session: AsyncSession,
    *,
    caller: Identity,
    query: PageRequest,
    today: date,
    state: EmploymentState | None = None,
    category: HardshipCategory | None = None,
    without_placement: bool = False,
) -> tuple[list[Seeker], str | None]:
    """Registrations of the caller's area (台帐). `without_placement` asks for those with an empty 安置去向."""
    statement = select(Seeker).where(Seeker.area == caller.area)
    if state is not None:
        statement = statement.where(Seeker.state == state)
    if category is not None:
        statement = statement.where(
            col(Seeker.seeker_id).in_(select(Certification.seeker_id).where(_in_force(today, category)))
        )
    if without_placement:
        statement = statement.where(col(Seeker.placement).is_(None))
    return await page(session, statement, key=(col(Seeker.seeker_id),), query=query)


async def list_seekers_with_person(
    session: AsyncSession, seeker_ids: Sequence[UUID]
) -> dict[UUID, tuple[Seeker, Person]]:
    """Registrations with their persons, by id."""
    statement = (
        select(Seeker, Person)
        .join(Person, col(Person.person_id) == Seeker.person_id)
        .where(col(Seeker.seeker_id).in_(seeker_ids))
    )
    return {seeker.seeker_id: (seeker, person) for seeker, person in (await session.exec(statement)).all()}


async def list_seekers_for(
    session: AsyncSession, vacancy: Vacancy, *, caller: Identity, today: date
) -> Sequence[tuple[Seeker, list[str]]]:
    """Candidates for a vacancy in the caller's area with their valid hardship categories, in a fixed order.

    Eligible are those who seek work, can and want; near are those who share the major occupation group, a skill or
    the city, or left these open. Everything else is left to the score.
    """
    categories = (
        select(func.array_agg(col(Certification.category)))
        .where(Certification.seeker_id == Seeker.seeker_id, _in_force(today))
        .scalar_subquery()
    )
    running = select(Introduction.introduction_id).where(
        Introduction.seeker_id == Seeker.seeker_id,
        Introduction.vacancy_id == vacancy.vacancy_id,
        col(Introduction.state).in_(["introduced", "interview"]),
    )
    statement: Any = (
        select(Seeker, categories)
        .where(
            Seeker.area == caller.area,
            col(Seeker.state).in_(SEEKING),
            Seeker.able,
            Seeker.willing,
            ~running.exists(),
            or_(
                col(Seeker.skills).bool_op("&&")(vacancy.skills),
                func.cardinality(Seeker.occupations) == 0,
                _any_starts(Seeker.occupations, vacancy.occupation.partition("-")[0]),
                func.cardinality(Seeker.areas) == 0,
                _any_starts(Seeker.areas, vacancy.area[:4]),
            ),
        )
        .order_by(col(Seeker.registered_on), col(Seeker.seeker_id))
        .limit(CANDIDATES)
    )
    return [(seeker, list(found or [])) for seeker, found in (await session.exec(statement)).all()]


def _any_starts(words: Any, beginning: str) -> ColumnElement[bool]:
    word = func.unnest(words).column_valued("word")
    return select(word).where(func.starts_with(word, beginning)).exists()


async def find_certification(
    session: AsyncSession, seeker_id: UUID, *, on: date, category: HardshipCategory | None = None
) -> Certification | None:
    """The certification in force on that day (of that category, or the longest valid)."""
    statement = (
        select(Certification)
        .where(Certification.seeker_id == seeker_id, _in_force(on, category))
        .order_by(col(Certification.valid_until).desc())
        .limit(1)
    )
    return (await session.exec(statement)).one_or_none()


async def list_categories(session: AsyncSession, seeker_id: UUID, *, on: date) -> Sequence[str]:
    """The hardship categories in force on that day."""
    statement = select(Certification.category).where(Certification.seeker_id == seeker_id, _in_force(on))
    return (await session.exec(statement)).all()


async def list_certifications(session: AsyncSession, seeker_id: UUID) -> Sequence[Certification]:
    """All certifications of a registration, newest first."""
    statement = (
        select(Certification)
        .where(Certification.seeker_id == seeker_id)
        .order_by(col(Certification.certification_id).desc())
    )
    return (await session.exec(statement)).all()


async def list_changes(session: AsyncSession, seeker_id: UUID) -> Sequence[SeekerChange]:
    """What was changed in a registration, oldest first."""
    statement = (
        select(SeekerChange).where(SeekerChange.seeker_id == seeker_id).order_by(col(SeekerChange.change_id))
    )
    return (await session.exec(statement)).all()


def _in_force(on: date, category: HardshipCategory | None = None) -> ColumnElement[bool]:
    in_force = (col(Certification.granted_on) <= on) & (col(Certification.valid_until) > on)
    return in_force if category is None else in_force & (col(Certification.category) == category)
