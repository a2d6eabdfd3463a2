"""Employers, vacancies, introductions."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import problems
from services.jobs.codes import EmployerState, VacancyState
from services.jobs.models import Employer, HiringRecord, Introduction, Seeker, Vacancy
from services.kit.areas import covered
from services.kit.identity import Identity
from services.kit.paging import PageRequest, page

CANDIDATES = 1000


def _own(caller: Identity) -> ColumnElement[bool]:
    """Which employers the caller may see: a system its own, staff their area."""
    if caller.kind == "system":
        return col(Employer.credit_code) == caller.organisation
    return col(Employer.area) == caller.area


async def find_employer_by_credit_code(session: AsyncSession, credit_code: str) -> Employer | None:
    """The employer of that credit code."""
    return (await session.exec(select(Employer).where(Employer.credit_code == credit_code))).one_or_none()


async def get_employer(
    session: AsyncSession, employer_id: UUID, *, caller: Identity | None = None, for_update: bool = False
) -> Employer:
    """The employer; with a caller, only one that he may see. Raises EmployerNotFound."""
    statement = select(Employer).where(Employer.employer_id == employer_id)
    if caller is not None:
        statement = statement.where(_own(caller))
    if for_update:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    employer = (await session.exec(statement)).one_or_none()
    if employer is None:
        raise problems.EmployerNotFound
    return employer


async def list_employers(
    session: AsyncSession, *, caller: Identity, query: PageRequest, state: EmployerState | None = None
) -> tuple[list[Employer], str | None]:
    """Employers that the caller may see, newest first."""
    statement = select(Employer).where(_own(caller))
    if state is not None:
        statement = statement.where(Employer.state == state)
    return await page(session, statement, key=(col(Employer.employer_id),), query=query)


async def count_workers(session: AsyncSession, employer_id: UUID) -> int:
    """How many workers the employer hired through the bureau (录用备案人数)."""
    statement = select(func.count()).where(col(HiringRecord.employer_id) == employer_id)
    return (await session.exec(statement)).one()


async def get_vacancy(
    session: AsyncSession, vacancy_id: UUID, *, caller: Identity | None = None, for_update: bool = False
) -> Vacancy:
    """The vacancy; with a caller, a published one or one of an employer that he may see. Raises VacancyNotFound."""
    statement = select(Vacancy).where(Vacancy.vacancy_id == vacancy_id)
    if caller is not None:
        employer = select(Employer.employer_id).where(
            Employer.employer_id == Vacancy.employer_id, _own(caller)
        )
        shown = col(Vacancy.state).in_([VacancyState.PUBLISHED, VacancyState.FILLED])
        statement = statement.where(or_(shown, employer.exists()) if caller.kind != "citizen" else shown)
    if for_update:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    vacancy = (await session.exec(statement)).one_or_none()
    if vacancy is None:
        raise problems.VacancyNotFound
    return vacancy


async def list_vacancies(
    session: AsyncSession,
    *,
    caller: Identity,
    query: PageRequest,
    state: VacancyState | None = None,
    employer_id: UUID | None = None,
) -> tuple[list[Vacancy], str | None]:
    """Vacancies of the employers that the caller may see, in every state, newest first."""
    employers = select(Employer.employer_id).where(_own(caller))
    statement = select(Vacancy).where(col(Vacancy.employer_id).in_(employers))
    if state is not None:
        statement = statement.where(Vacancy.state == state)
    if employer_id is not None:
        statement = statement.where(Vacancy.employer_id == employer_id)
    return await page(session, statement, key=(col(Vacancy.vacancy_id),), query=query)


def _open(today: date) -> ColumnElement[bool]:
    return and_(
        col(Vacancy.state) == VacancyState.PUBLISHED,
        col(Vacancy.valid_until) >= today,
        col(Vacancy.taken) < col(Vacancy.places),
    )


async def list_published(
    session: AsyncSession,
    *,
    query: PageRequest,
    today: date,
    area: str | None = None,
    occupation: str | None = None,
) -> tuple[list[tuple[Vacancy, str]], str | None]:
    """The public list (公共招聘): open vacancies with their employer's name, of an area or occupation group."""
    statement = select(Vacancy).where(_open(today))
    if area is not None:
        statement = statement.where(covered(col(Vacancy.area), area))
    if occupation is not None:
        statement = statement.where(col(Vacancy.occupation).startswith(occupation, autoescape=True))
    rows, following = await page(session, statement, key=(col(Vacancy.vacancy_id),), query=query)
    names = await _names(session, [row.employer_id for row in rows])
    return [(row, names[row.employer_id]) for row in rows], following


async def _names(session: AsyncSession, employer_ids: Sequence[UUID]) -> dict[UUID, str]:
    statement = select(Employer.employer_id, Employer.name).where(col(Employer.employer_id).in_(employer_ids))
    return dict((await session.exec(statement)).all())


async def list_lapsed(session: AsyncSession, *, today: date) -> Sequence[Vacancy]:
    """Published vacancies whose last day is over, locked."""
    statement = (
        select(Vacancy)
        .where(Vacancy.state == VacancyState.PUBLISHED, Vacancy.valid_until < today)
        .order_by(col(Vacancy.vacancy_id))
        .limit(CANDIDATES)
        .with_for_update(skip_locked=True)
    )
    return (await session.exec(statement)).all()


async def list_vacancies_for(session: AsyncSession, seeker: Seeker, *, today: date) -> Sequence[Vacancy]:
    """Open vacancies near a seeker: same major occupation group, a shared skill, a wanted city, or all if he left
    these open."""
    near: list[ColumnElement[bool]] = [col(Vacancy.skills).bool_op("&&")(seeker.skills)]
    near += [col(Vacancy.occupation).startswith(code.partition("-")[0]) for code in seeker.occupations]
    near += [col(Vacancy.area).startswith(area[:4]) for area in seeker.areas]
    statement = select(Vacancy).where(_open(today))
    if seeker.occupations and seeker.areas:
        statement = statement.where(or_(*near))
    statement = statement.order_by(col(Vacancy.published_on), col(Vacancy.vacancy_id)).limit(CANDIDATES)
    return (await session.exec(statement)).all()


async def get_introduction(
    session: AsyncSession, introduction_id: UUID, *, caller: Identity | None = None, for_update: bool = False
) -> Introduction:
    """The introduction; with a caller, only of a seeker of his area. Raises IntroductionNotFound."""
    statement = select(Introduction).where(Introduction.introduction_id == introduction_id)
    if caller is not None:
        statement = statement.where(
            col(Introduction.seeker_id).in_(select(Seeker.seeker_id).where(Seeker.area == caller.area))
        )
    if for_update:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    introduction = (await session.exec(statement)).one_or_none()
    if introduction is None:
        raise problems.IntroductionNotFound
    return introduction


async def find_open_introduction(
    session: AsyncSession, *, vacancy_id: UUID, seeker_id: UUID
) -> Introduction | None:
    """The running introduction of that person to that vacancy."""
    statement = select(Introduction).where(
        Introduction.vacancy_id == vacancy_id,
        Introduction.seeker_id == seeker_id,
        col(Introduction.state).in_(["introduced", "interview"]),
    )
    return (await session.exec(statement)).one_or_none()


async def list_introductions(
    session: AsyncSession, *, seeker_id: UUID | None = None, vacancy_id: UUID | None = None
) -> Sequence[Introduction]:
    """Introductions of a person or to a vacancy, newest first."""
    statement = select(Introduction)
    if seeker_id is not None:
        statement = statement.where(Introduction.seeker_id == seeker_id)
    if vacancy_id is not None:
        statement = statement.where(Introduction.vacancy_id == vacancy_id)
    return (await session.exec(statement.order_by(col(Introduction.introduction_id).desc()).limit(200))).all()
