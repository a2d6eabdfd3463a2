"""Employment assistance with its promise (就业援助962110): 不挑不选，两个工作日安排上岗."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import policy, problems, queries
from services.jobs.codes import AssistanceChannel, AssistanceState, Channel, FollowUpResult, NotHired
from services.jobs.models import AssistanceOffer, AssistanceRequest, FollowUp
from services.jobs.operations.introductions import introduce, record_hire, record_refusal
from services.jobs.rules.placement import Stage, may_move, promise_after_refusals
from services.kit import metrics
from services.kit.clock import business_date
from services.kit.identity import Identity
from services.kit.procedures import due_on

METRIC = "employment-assistance"


async def apply_for_assistance(
    session: AsyncSession,
    *,
    seeker_id: UUID,
    channel: AssistanceChannel,
    need: str,
    caller: Identity,
    now: datetime,
) -> AssistanceRequest:
    """Takes a request by call or at the counter, with its time (援助申请). Raises SeekerNotFound, AssistanceOpen."""
    seeker = await queries.get_seeker(session, seeker_id, caller=caller, for_update=True)
    running = await queries.find_open_request(session, seeker_id)
    if running is not None:
        raise problems.AssistanceOpen(number=running.number)
    request = AssistanceRequest(
        seeker_id=seeker.seeker_id,
        area=seeker.area,
        channel=channel,
        need=need,
        state=AssistanceState.APPLIED,
        received_by=caller.subject,
        received_at=now,
    )
    session.add(request)
    await session.flush()
    return request


async def verify_request(
    session: AsyncSession, *, request_id: UUID, confirmed: bool, remark: str, caller: Identity, today: date
) -> AssistanceRequest:
    """Checks the person's situation (核实情况); when it is confirmed the promise clock starts.

    The day of the verification is not counted (X3). Raises AssistanceStageWrong, NotCertified, ReasonNeeded.
    """
    request = await _at(session, request_id, Stage.VERIFIED, caller=caller)
    if not confirmed:
        if not remark.strip():
            raise problems.ReasonNeeded
        return await _moved(session, request, Stage.REFUSED, remark=remark)
    if await queries.find_certification(session, request.seeker_id, on=today) is None:
        raise problems.NotCertified
    days = policy.PARAMETERS.get("placement_promise_days", on=today, area=request.area).integer
    request.verified_by, request.verified_on = caller.subject, today
    request.due_on = due_on(today, working_days=days)
    return await _moved(session, request, Stage.VERIFIED, remark=remark)


async def offer_vacancy(
    session: AsyncSession, *, request_id: UUID, vacancy_id: UUID, caller: Identity, today: date
) -> AssistanceOffer:
    """Offers a suitable vacancy (推荐岗位) and introduces the person to it. Raises as introduce, AssistanceStageWrong."""
    request = await _at(session, request_id, Stage.OFFERED, caller=caller)
    if await queries.find_waiting_offer(session, request_id) is not None:
        raise problems.OfferWaiting
    introduction = await introduce(
        session,
        vacancy_id=vacancy_id,
        seeker_id=request.seeker_id,
        channel=Channel.ENTRUSTED,
        caller=caller,
        today=today,
    )
    offer = AssistanceOffer(
        request_id=request_id,
        introduction_id=introduction.introduction_id,
        offered_by=caller.subject,
        offered_on=today,
    )
    session.add(offer)
    await _moved(session, request, Stage.OFFERED)
    return offer


async def answer_offer(
    session: AsyncSession, *, request_id: UUID, accepted: bool, reason: str, caller: Identity, now: datetime
) -> AssistanceRequest:
    """The person takes the offered post (安排上岗) or refuses it; who picks and chooses ends the promise.

    Raises AssistanceStageWrong, OfferMissing, ReasonNeeded, VacancyNotOpen.
    """
    request = await _at(session, request_id, Stage.PLACED, caller=caller)
    offer = await queries.find_waiting_offer(session, request_id)
    if offer is None:
        raise problems.OfferMissing
    if not accepted and not reason.strip():
        raise problems.ReasonNeeded
    today = business_date(now)
    offer.accepted, offer.answered_on, offer.reason = accepted, today, reason
    session.add(offer)
    await session.flush()
    if accepted:
        await record_hire(session, introduction_id=offer.introduction_id, caller=caller, now=now)
        request.placed_on, request.followed_up_on = (
            today,
            None,
        )  # the follow-up that counts comes after the placement
        return await _moved(session, request, Stage.PLACED)
    await record_refusal(
        session,
        introduction_id=offer.introduction_id,
        because=NotHired.DECLINED,
        remark=reason,
        caller=caller,
        today=today,
    )
    return await _refused(session, request, today=today)


async def follow_up(
    session: AsyncSession,
    *,
    request_id: UUID,
    result: FollowUpResult,
    remark: str,
    caller: Identity,
    today: date,
) -> FollowUp:
    """Enters a follow-up visit or call (回访登记). Raises AssistanceStageWrong when nothing was done yet."""
    request = await queries.get_request(session, request_id, caller=caller, for_update=True)
    if not may_move(Stage(request.state), to=Stage.CLOSED):
        raise problems.AssistanceStageWrong(state=AssistanceState(request.state).label)
    entry = FollowUp(
        request_id=request_id, result=result, remark=remark, made_by=caller.subject, made_on=today
    )
    request.followed_up_on = today
    session.add_all([entry, request])
    await session.flush()
    return entry


async def close_request(
    session: AsyncSession, *, request_id: UUID, remark: str, caller: Identity, today: date
) -> AssistanceRequest:
    """Closes the request (办结) after a follow-up entry; who was not placed is let go with a reason only.

    Raises AssistanceStageWrong, FollowUpMissing, ReasonNeeded.
    """
    request = await _at(session, request_id, Stage.CLOSED, caller=caller)
    if request.followed_up_on is None:
        raise problems.FollowUpMissing
    if request.placed_on is None and not remark.strip():
        raise problems.ReasonNeeded
    request.closed_on = today
    return await _moved(session, request, Stage.CLOSED, remark=remark)


async def count_broken_promises(session: AsyncSession, *, today: date) -> None:
    """Sets the metric of promises past their day."""
    broken = await queries.count_broken_promises(session, today=today)
    metrics.cases_overdue.labels(procedure=METRIC).set(broken)


async def _refused(session: AsyncSession, request: AssistanceRequest, *, today: date) -> AssistanceRequest:
    refusals = await queries.count_refused_offers(session, request.request_id)
    allowed = policy.PARAMETERS.get("placement_refusals_allowed", on=today, area=request.area).integer
    promise = promise_after_refusals(refusals, allowed=allowed)
    request.promise_holds, request.promise_ended_because = promise.holds, promise.reason
    return await _moved(session, request, Stage.VERIFIED)


async def _at(session: AsyncSession, request_id: UUID, to: Stage, *, caller: Identity) -> AssistanceRequest:
    request = await queries.get_request(session, request_id, caller=caller, for_update=True)
    if not may_move(Stage(request.state), to=to):
        raise problems.AssistanceStageWrong(state=AssistanceState(request.state).label)
    return request


async def _moved(
    session: AsyncSession, request: AssistanceRequest, to: Stage, *, remark: str = ""
) -> AssistanceRequest:
    request.state = AssistanceState(to.value)
    request.remark = remark or request.remark
    session.add(request)
    await session.flush()
    return request
