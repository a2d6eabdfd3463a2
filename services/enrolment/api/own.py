"""What a citizen reads about himself (个人参保查询, E46); every reading is logged."""

from fastapi import APIRouter
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import queries
from services.enrolment.api.common import Citizen, fields_of
from services.enrolment.models import Person
from services.enrolment.operations.people import log_access
from services.enrolment.problems import NotBound, PersonNotFound
from services.enrolment.schemas import ContributionRead, CoveragePeriodRead, OwnCoverageRead, PersonRead
from services.kit import clock
from services.kit.db import DbSession
from services.kit.identity import Identity
from services.kit.paging import Page, PageQuery
from services.kit.problems import answers

router = APIRouter(prefix="/my", tags=["my"])


async def _myself(session: AsyncSession, caller: Identity, query: str) -> Person:
    if caller.person_id is None:
        raise NotBound
    person = await queries.get_person(session, caller.person_id)
    log_access(session, person=person, query=query, caller=caller, now=clock.now())
    return person


@router.get("/coverage", responses=answers(NotBound, PersonNotFound))
async def get_own_coverage(session: DbSession, caller: Citizen) -> OwnCoverageRead:
    """我的参保 · the caller's own coverage, today and over time."""
    person = await _myself(session, caller, "get_own_coverage")
    today = clock.today()
    periods = [
        row
        for row in await queries.list_coverage(session, person.person_id)
        if row.valid_until != row.valid_from
    ]
    running = [
        row.scheme
        for row in periods
        if row.valid_from <= today and (row.valid_until is None or today < row.valid_until)
    ]
    return OwnCoverageRead(
        person=PersonRead.model_validate(person),
        on=today,
        covered_by=running,
        periods=[CoveragePeriodRead.model_validate(row) for row in periods],
    )


@router.get("/contributions", responses=answers(NotBound, PersonNotFound))
async def list_own_contributions(
    session: DbSession, caller: Citizen, query: PageQuery
) -> Page[ContributionRead]:
    """我的缴费 · the caller's own contributions, newest first."""
    person = await _myself(session, caller, "list_own_contributions")
    rows, following = await queries.list_contributions(session, person.person_id, query=query)
    items = [ContributionRead(paid=paid, **fields_of(row, ContributionRead)) for row, paid in rows]
    return Page(items=items, next=following)
