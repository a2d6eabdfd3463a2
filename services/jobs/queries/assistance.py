"""Requests for employment assistance."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import problems
from services.jobs.codes import AssistanceState
from services.jobs.models import AssistanceOffer, AssistanceRequest, FollowUp
from services.kit.identity import Identity
from services.kit.paging import PageRequest, page


def _broken(today: date) -> ColumnElement[bool]:
    """Past the promised day and not placed, while the promise holds."""
    return and_(
        col(AssistanceRequest.promise_holds),
        col(AssistanceRequest.due_on) < today,
        col(AssistanceRequest.placed_on).is_(None),
        col(AssistanceRequest.state).in_([AssistanceState.VERIFIED, AssistanceState.OFFERED]),
    )


async def get_request(
    session: AsyncSession, request_id: UUID, *, caller: Identity, for_update: bool = False
) -> AssistanceRequest:
    """The request, of the caller's area. Raises AssistanceNotFound."""
    statement = select(AssistanceRequest).where(
        AssistanceRequest.request_id == request_id, AssistanceRequest.area == caller.area
    )
    if for_update:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    request = (await session.exec(statement)).one_or_none()
    if request is None:
        raise problems.AssistanceNotFound
    return request


async def find_open_request(session: AsyncSession, seeker_id: UUID) -> AssistanceRequest | None:
    """The person's request that is neither closed nor refused."""
    statement = select(AssistanceRequest).where(
        AssistanceRequest.seeker_id == seeker_id,
        col(AssistanceRequest.state).not_in([AssistanceState.CLOSED, AssistanceState.REFUSED]),
    )
    return (await session.exec(statement)).one_or_none()


async def list_own_requests(session: AsyncSession, seeker_id: UUID) -> Sequence[AssistanceRequest]:
    """All requests of one person, newest first."""
    statement = (
        select(AssistanceRequest)
        .where(AssistanceRequest.seeker_id == seeker_id)
        .order_by(col(AssistanceRequest.request_id).desc())
    )
    return (await session.exec(statement)).all()


async def list_requests(
    session: AsyncSession,
    *,
    caller: Identity,
    query: PageRequest,
    today: date,
    state: AssistanceState | None = None,
    overdue: bool = False,
    seeker_id: UUID | None = None,
) -> tuple[list[AssistanceRequest], str | None]:
    """Requests of the caller's area, newest first; `overdue` asks for broken promises (超期)."""
    statement = select(AssistanceRequest).where(AssistanceRequest.area == caller.area)
    if state is not None:
        statement = statement.where(AssistanceRequest.state == state)
    if seeker_id is not None:
        statement = statement.where(AssistanceRequest.seeker_id == seeker_id)
    if overdue:
        statement = statement.where(_broken(today))
    return await page(session, statement, key=(col(AssistanceRequest.request_id),), query=query)


async def count_broken_promises(session: AsyncSession, *, today: date) -> int:
    """How many promises are broken over all areas."""
    return (
        await session.exec(select(func.count()).select_from(AssistanceRequest).where(_broken(today)))
    ).one()


async def list_offers(session: AsyncSession, request_id: UUID) -> Sequence[AssistanceOffer]:
    """The offers of a request, oldest first."""
    statement = (
        select(AssistanceOffer)
        .where(AssistanceOffer.request_id == request_id)
        .order_by(col(AssistanceOffer.offer_id))
    )
    return (await session.exec(statement)).all()


async def find_waiting_offer(session: AsyncSession, request_id: UUID) -> AssistanceOffer | None:
    """The offer that waits for an answer."""
    statement = select(AssistanceOffer).where(
        AssistanceOffer.request_id == request_id, col(AssistanceOffer.accepted).is_(None)
    )
    return (await session.exec(statement)).one_or_none()


async def count_refused_offers(session: AsyncSession, request_id: UUID) -> int:
    """How many offers the person refused."""
    statement = select(func.count()).where(
        col(AssistanceOffer.request_id) == request_id, col(AssistanceOffer.accepted).is_(False)
    )
    return (await session.exec(statement)).one()


async def list_follow_ups(session: AsyncSession, request_id: UUID) -> Sequence[FollowUp]:
    """The follow-up entries of a request, oldest first."""
    statement = select(FollowUp).where(FollowUp.request_id == request_id).order_by(col(FollowUp.follow_up_id))
    return (await session.exec(statement)).all()
