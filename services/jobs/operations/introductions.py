"""Introductions (职业介绍): to the interview, and to its result. Free of charge for everybody."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import problems, queries
from services.jobs.codes import ChangeCause, Channel, IntroductionState, NotHired, VacancyState
from services.jobs.models import HiringRecord, Introduction, Vacancy
from services.jobs.operations.matching import check_open, check_seeking, matched
from services.jobs.operations.seekers import settle_state
from services.kit.clock import business_date
from services.kit.identity import Identity

RUNNING = (IntroductionState.INTRODUCED, IntroductionState.INTERVIEW)


async def introduce(
    session: AsyncSession,
    *,
    vacancy_id: UUID,
    seeker_id: UUID,
    channel: Channel,
    caller: Identity,
    today: date,
) -> Introduction:
    """Introduces a person to a vacancy and keeps the match that led to it.

    Raises VacancyNotFound, VacancyNotOpen, SeekerNotFound, SeekerNotAvailable, IntroducedAlready.
    """
    vacancy = await queries.get_vacancy(session, vacancy_id, caller=caller)
    check_open(vacancy, today=today)
    seeker = await queries.get_seeker(session, seeker_id, caller=caller)
    check_seeking(seeker)
    running = await queries.find_open_introduction(session, vacancy_id=vacancy_id, seeker_id=seeker_id)
    if running is not None:
        raise problems.IntroducedAlready(introduction_id=running.introduction_id)
    introduction = Introduction(
        vacancy_id=vacancy_id,
        seeker_id=seeker_id,
        channel=channel,
        state=IntroductionState.INTRODUCED,
        match=await matched(session, seeker=seeker, vacancy=vacancy, today=today),
        introduced_by=caller.subject,
        introduced_on=today,
    )
    session.add(introduction)
    await session.flush()
    return introduction


async def schedule_interview(
    session: AsyncSession, *, introduction_id: UUID, at: datetime, caller: Identity
) -> Introduction:
    """Fixes the interview (面试), on site or remote by the introduction's channel. Raises IntroductionEnded."""
    introduction = await _running(session, introduction_id, caller=caller)
    introduction.state, introduction.interview_at = IntroductionState.INTERVIEW, at
    session.add(introduction)
    await session.flush()
    return introduction


async def record_refusal(
    session: AsyncSession,
    *,
    introduction_id: UUID,
    because: NotHired,
    remark: str,
    caller: Identity,
    today: date,
) -> Introduction:
    """The person was not hired, with the reason (未录用). Raises IntroductionEnded."""
    introduction = await _running(session, introduction_id, caller=caller)
    introduction.state, introduction.not_hired = IntroductionState.NOT_HIRED, because
    introduction.remark, introduction.ended_on = remark, today
    session.add(introduction)
    await session.flush()
    return introduction


async def record_hire(
    session: AsyncSession, *, introduction_id: UUID, caller: Identity, now: datetime
) -> Introduction:
    """The person was hired (录用): the place is taken, the employer's worker base grows, the register is updated.

    Raises IntroductionNotFound, IntroductionEnded, VacancyNotOpen when no place is left.
    """
    today = business_date(now)
    introduction = await _running(session, introduction_id, caller=caller)
    vacancy = await _take_place(session, introduction.vacancy_id)
    introduction.state, introduction.ended_on = IntroductionState.HIRED, today
    employer = await queries.get_employer(session, vacancy.employer_id)
    session.add_all(
        [
            introduction,
            HiringRecord(
                employer_id=employer.employer_id,
                seeker_id=introduction.seeker_id,
                vacancy_id=vacancy.vacancy_id,
                introduction_id=introduction.introduction_id,
                hired_on=today,
            ),
        ]
    )
    seeker = await queries.get_seeker(session, introduction.seeker_id, for_update=True)
    await settle_state(
        session,
        seeker=seeker,
        changes={"works": True, "employer_name": employer.name, "placement": employer.name},
        cause=ChangeCause.HIRE,
        reason=f"经介绍录用：{vacancy.title}",
        changed_by=caller.subject,
        today=today,
        now=now,
    )
    return introduction


async def _running(session: AsyncSession, introduction_id: UUID, *, caller: Identity) -> Introduction:
    introduction = await queries.get_introduction(session, introduction_id, caller=caller, for_update=True)
    if introduction.state not in RUNNING:
        raise problems.IntroductionEnded(state=IntroductionState(introduction.state).label)
    return introduction


async def _take_place(session: AsyncSession, vacancy_id: UUID) -> Vacancy:
    """One place of the vacancy is taken; somebody introduced before it expired or closed may still be hired."""
    vacancy = await queries.get_vacancy(session, vacancy_id, for_update=True)
    if vacancy.state not in (VacancyState.PUBLISHED, VacancyState.EXPIRED, VacancyState.CLOSED):
        raise problems.VacancyNotOpen(state=VacancyState(vacancy.state).label)
    vacancy.taken += 1
    if vacancy.taken == vacancy.places:
        vacancy.state = VacancyState.FILLED
    vacancy.version += 1
    session.add(vacancy)
    await session.flush()
    return vacancy
