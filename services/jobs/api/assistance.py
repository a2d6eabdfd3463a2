"""Employment assistance (就业援助962110)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import operations, problems, queries
from services.jobs.api.callers import Matcher, Reader, Registrar
from services.jobs.api.rendering import is_overdue, request_read
from services.jobs.codes import AssistanceState
from services.jobs.models import AssistanceRequest
from services.jobs.schemas.assistance import (
    AnswerCreate,
    AssistanceCreate,
    AssistanceDetailRead,
    AssistanceRead,
    AssistanceVerificationCreate,
    ClosureCreate,
    FollowUpCreate,
    FollowUpRead,
    OfferCreate,
    OfferRead,
)
from services.kit import clock
from services.kit.db import DbSession
from services.kit.idempotency import Once
from services.kit.paging import CursorRefused, Page, PageQuery
from services.kit.problems import answers

router = APIRouter(tags=["assistance"])
STAGE = (problems.AssistanceNotFound, problems.AssistanceStageWrong)


@router.post(
    "/assistance-requests",
    status_code=201,
    responses=answers(problems.SeekerNotFound, problems.AssistanceOpen),
)
async def apply_for_assistance(
    body: AssistanceCreate, session: DbSession, caller: Registrar, once: Once
) -> AssistanceDetailRead:
    """援助申请 · take a request by call or at the counter."""
    request = await operations.apply_for_assistance(session, **dict(body), caller=caller, now=clock.now())
    return once.keep(await _detail(session, request), status=201)


@router.get("/assistance-requests", responses=answers(CursorRefused))
async def list_assistance_requests(
    session: DbSession,
    caller: Reader,
    query: PageQuery,
    state: AssistanceState | None = None,
    overdue: Annotated[bool, Query(description="承诺超期 · promises past their day")] = False,
) -> Page[AssistanceRead]:
    """援助列表 · requests of the caller's area."""
    rows, following = await queries.list_requests(
        session, caller=caller, query=query, today=clock.today(), state=state, overdue=overdue
    )
    return Page(items=[request_read(row, today=clock.today()) for row in rows], next=following)


@router.get("/assistance-requests/{request_id}", responses=answers(problems.AssistanceNotFound))
async def get_assistance_request(
    request_id: UUID, session: DbSession, caller: Reader
) -> AssistanceDetailRead:
    """援助详情 · one request with its clock, offers and follow-ups."""
    return await _detail(session, await queries.get_request(session, request_id, caller=caller))


@router.post(
    "/assistance-requests/{request_id}/verification",
    responses=answers(*STAGE, problems.NotCertified, problems.ReasonNeeded),
)
async def verify_assistance(
    request_id: UUID, body: AssistanceVerificationCreate, session: DbSession, caller: Registrar, once: Once
) -> AssistanceDetailRead:
    """核实情况 · when confirmed, the promise of two working days starts."""
    request = await operations.verify_request(
        session, request_id=request_id, **dict(body), caller=caller, today=clock.today()
    )
    return once.keep(await _detail(session, request))


@router.post(
    "/assistance-requests/{request_id}/offers",
    status_code=201,
    responses=answers(
        *STAGE,
        problems.OfferWaiting,
        problems.VacancyNotFound,
        problems.VacancyNotOpen,
        problems.SeekerNotAvailable,
        problems.IntroducedAlready,
    ),
)
async def offer_vacancy(
    request_id: UUID, body: OfferCreate, session: DbSession, caller: Matcher, once: Once
) -> AssistanceDetailRead:
    """推荐岗位 · offer a suitable vacancy."""
    await operations.offer_vacancy(
        session, request_id=request_id, vacancy_id=body.vacancy_id, caller=caller, today=clock.today()
    )
    request = await queries.get_request(session, request_id, caller=caller)
    return once.keep(await _detail(session, request), status=201)


@router.post(
    "/assistance-requests/{request_id}/answer",
    responses=answers(*STAGE, problems.OfferMissing, problems.ReasonNeeded, problems.VacancyNotOpen),
)
async def answer_offer(
    request_id: UUID, body: AnswerCreate, session: DbSession, caller: Matcher, once: Once
) -> AssistanceDetailRead:
    """岗位答复 · the person takes the post, or refuses it and ends the promise."""
    request = await operations.answer_offer(
        session, request_id=request_id, **dict(body), caller=caller, now=clock.now()
    )
    return once.keep(await _detail(session, request))


@router.post("/assistance-requests/{request_id}/follow-ups", status_code=201, responses=answers(*STAGE))
async def record_follow_up(
    request_id: UUID, body: FollowUpCreate, session: DbSession, caller: Registrar, once: Once
) -> FollowUpRead:
    """回访登记 · enter a follow-up."""
    entry = await operations.follow_up(
        session, request_id=request_id, **dict(body), caller=caller, today=clock.today()
    )
    return once.keep(FollowUpRead.model_validate(entry), status=201)


@router.post(
    "/assistance-requests/{request_id}/closure",
    responses=answers(*STAGE, problems.FollowUpMissing, problems.ReasonNeeded),
)
async def close_assistance(
    request_id: UUID, body: ClosureCreate, session: DbSession, caller: Registrar, once: Once
) -> AssistanceDetailRead:
    """办结 · close the request after its follow-up."""
    request = await operations.close_request(
        session, request_id=request_id, remark=body.remark, caller=caller, today=clock.today()
    )
    return once.keep(await _detail(session, request))


async def _detail(session: AsyncSession, request: AssistanceRequest) -> AssistanceDetailRead:
    offers = await queries.list_offers(session, request.request_id)
    follow_ups = await queries.list_follow_ups(session, request.request_id)
    return AssistanceDetailRead.model_validate(request).model_copy(
        update={
            "overdue": is_overdue(request, today=clock.today()),
            "offers": [OfferRead.model_validate(one) for one in offers],
            "follow_ups": [FollowUpRead.model_validate(one) for one in follow_ups],
        }
    )
