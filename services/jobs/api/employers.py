"""Employers (用人单位)."""

from uuid import UUID

from fastapi import APIRouter
from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import operations, problems, queries
from services.jobs.api.callers import Reader, Recruiter, Reviewer
from services.jobs.codes import EmployerState
from services.jobs.models import Employer
from services.jobs.schemas.vacancies import EmployerCreate, EmployerRead, VerificationCreate
from services.kit import clock
from services.kit.db import DbSession
from services.kit.idempotency import Once
from services.kit.paging import CursorRefused, Page, PageQuery
from services.kit.problems import answers

router = APIRouter(tags=["employers"])


@router.post(
    "/employers",
    status_code=201,
    responses=answers(problems.EmployerExists, problems.EmployerNotFound),
)
async def register_employer(
    body: EmployerCreate, session: DbSession, caller: Recruiter, once: Once
) -> EmployerRead:
    """单位注册 · register an employer; a system registers its own credit code only."""
    employer = await operations.register_employer(session, **dict(body), caller=caller, today=clock.today())
    return once.keep(EmployerRead.model_validate(employer), status=201)


@router.get("/employers", responses=answers(CursorRefused))
async def list_employers(
    session: DbSession, caller: Reader, query: PageQuery, state: EmployerState | None = None
) -> Page[EmployerRead]:
    """单位列表 · employers of the caller's area."""
    rows, following = await queries.list_employers(session, caller=caller, query=query, state=state)
    return Page(items=[EmployerRead.model_validate(row) for row in rows], next=following)


@router.get("/employers/{employer_id}", responses=answers(problems.EmployerNotFound))
async def get_employer(employer_id: UUID, session: DbSession, caller: Reader) -> EmployerRead:
    """单位详情 · one employer with the number of its hires."""
    return await _detail(session, await queries.get_employer(session, employer_id, caller=caller))


@router.post(
    "/employers/{employer_id}/verification",
    responses=answers(problems.EmployerNotFound, problems.EmployerVerifiedBySubmitter, problems.ReasonNeeded),
)
async def verify_employer(
    employer_id: UUID, body: VerificationCreate, session: DbSession, caller: Reviewer, once: Once
) -> EmployerRead:
    """单位核验 · verify licence and agent; not by the person who registered it."""
    employer = await operations.verify_employer(
        session, employer_id=employer_id, **dict(body), caller=caller, today=clock.today()
    )
    return once.keep(await _detail(session, employer))


async def _detail(session: AsyncSession, employer: Employer) -> EmployerRead:
    workers = await queries.count_workers(session, employer.employer_id)
    return EmployerRead.model_validate(employer).model_copy(update={"workers": workers})
