"""Introductions (职业介绍)."""

from uuid import UUID

from fastapi import APIRouter

from services.jobs import operations, problems, queries
from services.jobs.api.callers import Matcher, Reader
from services.jobs.api.rendering import introduction_read
from services.jobs.schemas.vacancies import (
    InterviewCreate,
    IntroductionCreate,
    IntroductionRead,
    ResultCreate,
)
from services.kit import clock
from services.kit.db import DbSession
from services.kit.idempotency import Once
from services.kit.problems import answers

router = APIRouter(tags=["introductions"])
ENDED = (problems.IntroductionNotFound, problems.IntroductionEnded)


@router.post(
    "/introductions",
    status_code=201,
    responses=answers(
        problems.VacancyNotFound,
        problems.VacancyNotOpen,
        problems.SeekerNotFound,
        problems.SeekerNotAvailable,
        problems.IntroducedAlready,
    ),
)
async def introduce_seeker(
    body: IntroductionCreate, session: DbSession, caller: Matcher, once: Once
) -> IntroductionRead:
    """职业介绍 · introduce a person to a vacancy, free of charge."""
    introduction = await operations.introduce(session, **dict(body), caller=caller, today=clock.today())
    return once.keep(introduction_read(introduction), status=201)


@router.get("/introductions/{introduction_id}", responses=answers(problems.IntroductionNotFound))
async def get_introduction(introduction_id: UUID, session: DbSession, caller: Reader) -> IntroductionRead:
    """介绍详情 · one introduction with the match that led to it."""
    return introduction_read(await queries.get_introduction(session, introduction_id, caller=caller))


@router.post("/introductions/{introduction_id}/interview", responses=answers(*ENDED))
async def schedule_interview(
    introduction_id: UUID, body: InterviewCreate, session: DbSession, caller: Matcher, once: Once
) -> IntroductionRead:
    """约定面试 · fix the interview."""
    introduction = await operations.schedule_interview(
        session, introduction_id=introduction_id, at=body.at, caller=caller
    )
    return once.keep(introduction_read(introduction))


@router.post("/introductions/{introduction_id}/result", responses=answers(*ENDED, problems.VacancyNotOpen))
async def record_result(
    introduction_id: UUID, body: ResultCreate, session: DbSession, caller: Matcher, once: Once
) -> IntroductionRead:
    """介绍结果 · hired, or not and why; a hire takes the place and updates the register."""
    if body.not_hired is None:
        introduction = await operations.record_hire(
            session, introduction_id=introduction_id, caller=caller, now=clock.now()
        )
    else:
        introduction = await operations.record_refusal(
            session,
            introduction_id=introduction_id,
            because=body.not_hired,
            remark=body.remark,
            caller=caller,
            today=clock.today(),
        )
    return once.keep(introduction_read(introduction))
