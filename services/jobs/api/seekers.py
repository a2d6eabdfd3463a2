"""The real-name register (就业实名制)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import operations, problems, queries
from services.jobs.api.callers import Matcher, Owner, Reader, Registrar, own_person
from services.jobs.api.rendering import introduction_read, match_read, request_read
from services.jobs.codes import EmploymentState, HardshipCategory
from services.jobs.models import Seeker
from services.jobs.operations import Survey
from services.jobs.schemas.assistance import OwnRegistrationRead
from services.jobs.schemas.seekers import (
    CertificationRead,
    ChangeRead,
    SeekerCreate,
    SeekerDetailRead,
    SeekerRead,
    SeekerUpdate,
)
from services.jobs.schemas.vacancies import MatchRead
from services.kit import clock
from services.kit.db import DbSession
from services.kit.idempotency import Once
from services.kit.paging import CursorRefused, Page, PageQuery
from services.kit.problems import answers
from services.kit.vault import PersonalVault

router = APIRouter(tags=["seekers"])


@router.post("/seekers", status_code=201, responses=answers(problems.PersonNotFound, problems.SeekerExists))
async def register_seeker(
    body: SeekerCreate, session: DbSession, caller: Registrar, vault: PersonalVault, once: Once
) -> SeekerDetailRead:
    """实名登记 · enter a worker once; the person is known from enrolment."""
    survey = {
        name: value for name, value in dict(body).items() if name not in ("id_number", "unemployed_since")
    }
    seeker = await operations.register_seeker(
        session,
        id_number_index=vault.index(body.id_number),
        survey=Survey(**survey),
        unemployed_since=body.unemployed_since,
        caller=caller,
        now=clock.now(),
    )
    return once.keep(await _detail(session, seeker), status=201)


@router.get("/seekers", responses=answers(CursorRefused))
async def list_seekers(
    session: DbSession,
    caller: Reader,
    query: PageQuery,
    state: EmploymentState | None = None,
    category: Annotated[
        HardshipCategory | None, Query(description="有效认定类别 · certified and in force")
    ] = None,
    without_placement: Annotated[bool, Query(description="安置去向为空 · no placement yet")] = False,
) -> Page[SeekerRead]:
    """登记台帐 · registrations of the caller's area."""
    rows, following = await queries.list_seekers(
        session,
        caller=caller,
        query=query,
        today=clock.today(),
        state=state,
        category=category,
        without_placement=without_placement,
    )
    known = await queries.list_seekers_with_person(session, [row.seeker_id for row in rows])
    items = [
        _named(row, known[row.seeker_id][1].name, known[row.seeker_id][1].id_number_masked) for row in rows
    ]
    return Page(items=items, next=following)


@router.get("/seekers/{seeker_id}", responses=answers(problems.SeekerNotFound))
async def get_seeker(seeker_id: UUID, session: DbSession, caller: Reader) -> SeekerDetailRead:
    """登记详情 · one registration with its history."""
    return await _detail(session, await queries.get_seeker(session, seeker_id, caller=caller))


@router.patch("/seekers/{seeker_id}", responses=answers(problems.SeekerNotFound))
async def change_seeker(
    seeker_id: UUID, body: SeekerUpdate, session: DbSession, caller: Registrar, once: Once
) -> SeekerDetailRead:
    """信息变更 · change surveyed fields; the employment state follows."""
    changes = {name: getattr(body, name) for name in body.model_fields_set if name != "reason"}
    seeker = await operations.change_seeker(
        session, seeker_id=seeker_id, changes=changes, reason=body.reason, caller=caller, now=clock.now()
    )
    return once.keep(await _detail(session, seeker))


@router.get(
    "/seekers/{seeker_id}/matches",
    responses=answers(problems.SeekerNotFound, problems.SeekerNotAvailable),
)
async def match_seeker(
    seeker_id: UUID,
    session: DbSession,
    caller: Matcher,
    size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> list[MatchRead]:
    """岗位推荐 · open vacancies for a person, best first, each score explained."""
    seeker = await queries.get_seeker(session, seeker_id, caller=caller)
    return await _matches(session, seeker, today=clock.today(), size=size)


@router.get("/my/registration", responses=answers(problems.SeekerNotFound))
async def get_own_registration(session: DbSession, caller: Owner) -> OwnRegistrationRead:
    """我的就业登记 · what the register says of the caller himself."""
    seeker = await _own(session, own_person(caller))
    introductions = await queries.list_introductions(session, seeker_id=seeker.seeker_id)
    requests = await queries.list_own_requests(session, seeker.seeker_id)
    return OwnRegistrationRead(
        registration=await _detail(session, seeker),
        introductions=[introduction_read(one) for one in introductions],
        assistance=[request_read(one, today=clock.today()) for one in requests],
    )


@router.get("/my/matches", responses=answers(problems.SeekerNotFound, problems.SeekerNotAvailable))
async def list_own_matches(
    session: DbSession, caller: Owner, size: Annotated[int, Query(ge=1, le=100)] = 20
) -> list[MatchRead]:
    """为我推荐 · open vacancies for the caller himself, each score explained."""
    return await _matches(session, await _own(session, own_person(caller)), today=clock.today(), size=size)


async def _own(session: AsyncSession, person_id: UUID) -> Seeker:
    seeker = await queries.find_seeker_of(session, person_id)
    if seeker is None:
        raise problems.SeekerNotFound
    return seeker


async def _matches(session: AsyncSession, seeker: Seeker, *, today: date, size: int) -> list[MatchRead]:
    found = await operations.match_seeker(session, seeker=seeker, today=today, most=size)
    person = await queries.find_person(session, seeker.person_id)
    return [match_read(one, seeker_name=person.name if person else "") for one in found]


async def _detail(session: AsyncSession, seeker: Seeker) -> SeekerDetailRead:
    person = await queries.find_person(session, seeker.person_id)
    read = SeekerDetailRead.model_validate(seeker)
    certifications = await queries.list_certifications(session, seeker.seeker_id)
    return read.model_copy(
        update={
            "name": person.name if person else "",
            "id_number": person.id_number_masked if person else "",
            "state_label": read.state.label,
            "certifications": [CertificationRead.model_validate(one) for one in certifications],
            "changes": [
                ChangeRead.model_validate(one)
                for one in await queries.list_changes(session, seeker.seeker_id)
            ],
        }
    )


def _named(seeker: Seeker, name: str, id_number: str) -> SeekerRead:
    read = SeekerRead.model_validate(seeker)
    return read.model_copy(update={"name": name, "id_number": id_number, "state_label": read.state.label})
