"""Vacancies (招聘岗位) and who fits them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.jobs import operations, problems, queries
from services.jobs.api.callers import Matcher, Reader, Recruiter
from services.jobs.api.rendering import match_read
from services.jobs.codes import VacancyState
from services.jobs.operations import VacancyTerms
from services.jobs.schemas.seekers import Occupation
from services.jobs.schemas.vacancies import (
    MatchRead,
    PublishedVacancyRead,
    VacancyClosureCreate,
    VacancyCreate,
    VacancyRead,
    VacancyTermsCreate,
)
from services.kit import clock
from services.kit.db import DbSession
from services.kit.idempotency import Once
from services.kit.identifiers import AreaCode
from services.kit.identity import anyone
from services.kit.paging import CursorRefused, Page, PageQuery
from services.kit.problems import answers

router = APIRouter(tags=["vacancies"])
TERMS = (problems.VacancyDiscriminates, problems.VacancyDatesWrong, problems.EmployerNotVerified)


@router.get("/published-vacancies", dependencies=[anyone()], responses=answers(CursorRefused))
async def list_published_vacancies(
    session: DbSession, query: PageQuery, area: AreaCode | None = None, occupation: Occupation | None = None
) -> Page[PublishedVacancyRead]:
    """公共招聘 · open vacancies for everybody; an area code ending in zeros means the whole city or province."""
    rows, following = await queries.list_published(
        session, query=query, today=clock.today(), area=area, occupation=occupation
    )
    items = [
        PublishedVacancyRead.model_validate(row).model_copy(update={"employer_name": name})
        for row, name in rows
    ]
    return Page(items=items, next=following)


@router.post("/vacancies", status_code=201, responses=answers(*TERMS, problems.EmployerNotFound))
async def submit_vacancy(
    body: VacancyCreate, session: DbSession, caller: Recruiter, once: Once
) -> VacancyRead:
    """岗位报送 · hand a vacancy in; its review case is opened with it."""
    vacancy = await operations.submit_vacancy(
        session, employer_id=body.employer_id, terms=_terms(body), caller=caller, now=clock.now()
    )
    return once.keep(VacancyRead.model_validate(vacancy), status=201)


@router.put(
    "/vacancies/{vacancy_id}",
    responses=answers(*TERMS, problems.VacancyNotFound, problems.VacancyNotOpen),
)
async def resubmit_vacancy(
    vacancy_id: UUID, body: VacancyTermsCreate, session: DbSession, caller: Recruiter, once: Once
) -> VacancyRead:
    """岗位补正 · mend a vacancy that was returned; the same case goes on."""
    vacancy = await operations.resubmit_vacancy(
        session, vacancy_id=vacancy_id, terms=_terms(body), caller=caller, now=clock.now()
    )
    return once.keep(VacancyRead.model_validate(vacancy))


@router.post(
    "/vacancies/{vacancy_id}/closure",
    responses=answers(
        problems.VacancyNotFound,
        problems.EmployerNotFound,
        problems.VacancyNotOpen,
        problems.ReasonNeeded,
    ),
)
async def close_vacancy(
    vacancy_id: UUID, body: VacancyClosureCreate, session: DbSession, caller: Recruiter, once: Once
) -> VacancyRead:
    """岗位关闭 · the employer needs nobody any more."""
    vacancy = await operations.close_vacancy(
        session, vacancy_id=vacancy_id, reason=body.reason, caller=caller, now=clock.now()
    )
    return once.keep(VacancyRead.model_validate(vacancy))


@router.get("/my/vacancies", responses=answers(CursorRefused))
async def list_own_vacancies(
    session: DbSession, caller: Recruiter, query: PageQuery, state: VacancyState | None = None
) -> Page[VacancyRead]:
    """本单位岗位 · the vacancies of the calling employer, in every state."""
    rows, following = await queries.list_vacancies(session, caller=caller, query=query, state=state)
    return Page(items=[VacancyRead.model_validate(row) for row in rows], next=following)


@router.get("/vacancies", responses=answers(CursorRefused))
async def list_vacancies(
    session: DbSession,
    caller: Reader,
    query: PageQuery,
    state: VacancyState | None = None,
    employer_id: UUID | None = None,
) -> Page[VacancyRead]:
    """岗位列表 · vacancies of the area's employers, in every state."""
    rows, following = await queries.list_vacancies(
        session, caller=caller, query=query, state=state, employer_id=employer_id
    )
    return Page(items=[VacancyRead.model_validate(row) for row in rows], next=following)


@router.get("/vacancies/{vacancy_id}", responses=answers(problems.VacancyNotFound))
async def get_vacancy(vacancy_id: UUID, session: DbSession, caller: Reader) -> VacancyRead:
    """岗位详情 · one vacancy."""
    return VacancyRead.model_validate(await queries.get_vacancy(session, vacancy_id, caller=caller))


@router.get(
    "/vacancies/{vacancy_id}/matches",
    responses=answers(problems.VacancyNotFound, problems.VacancyNotOpen),
)
async def match_vacancy(
    vacancy_id: UUID,
    session: DbSession,
    caller: Matcher,
    size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[MatchRead]:
    """人岗匹配 · people of the caller's area for a vacancy, best first, each score explained."""
    found = await operations.match_vacancy(
        session, vacancy_id=vacancy_id, caller=caller, today=clock.today(), most=size
    )
    people = await queries.list_seekers_with_person(session, [one.seeker.seeker_id for one in found])
    return [match_read(one, seeker_name=people[one.seeker.seeker_id][1].name) for one in found]


def _terms(body: VacancyTermsCreate) -> VacancyTerms:
    return VacancyTerms(**{name: value for name, value in dict(body).items() if name != "employer_id"})
