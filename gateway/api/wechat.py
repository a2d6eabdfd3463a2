"""Citizens through WeChat: sign-in, real-name binding, unbinding."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from gateway import queries, wechat
from gateway.api.acting import acted_as, owner_session
from gateway.api.sessions import read_of
from gateway.limits import TooManyRequests
from gateway.proxy import ServiceBroken, ServiceTimeout, ServiceUnavailable
from gateway.roles import BIND, SELF
from gateway.schemas import BindingCreate, SessionRead, WechatSessionCreate
from gateway.sessions import identity_of_user
from gateway.wechat import (
    BindingAttemptsUsed,
    BindingRefused,
    Person,
    PersonBoundElsewhere,
    WechatBusy,
    WechatCodeInvalid,
    WechatMisconfigured,
    WechatUserBlocked,
)
from services.kit import clock
from services.kit.db import DbSession
from services.kit.identity import Identity, anyone, requires
from services.kit.problems import Problem, answers

router = APIRouter(prefix="/wechat", tags=["wechat"])


@router.post(
    "/sessions",
    status_code=201,
    dependencies=[anyone()],
    responses=answers(WechatBusy, WechatCodeInvalid, WechatUserBlocked, WechatMisconfigured, TooManyRequests),
)
async def sign_in_citizen(request: Request, body: WechatSessionCreate) -> SessionRead:
    """微信登录 · the code of wx.login; without a binding the token can only bind."""
    state, now = request.app.state, clock.now()
    openid = await state.wechat.openid(body.code)
    async with state.sessions.begin() as session:
        user = await wechat.meet(session, openid=openid, now=now)
        identity = identity_of_user(user, state.roles.scopes)
        signed = state.desk.begin(session, identity, owner=str(user.id), now=now)
    acted_as(request, identity)
    return read_of(signed, bound=identity.person_id is not None)


@router.post(
    "/binding",
    status_code=201,
    responses=answers(
        BindingRefused,
        BindingAttemptsUsed,
        PersonBoundElsewhere,
        ServiceUnavailable,
        ServiceTimeout,
        ServiceBroken,
    ),
)
async def bind(
    request: Request, body: BindingCreate, caller: Annotated[Identity, requires(BIND)]
) -> SessionRead:
    """实名绑定 · name and id number against the register; the answer holds the tokens of a citizen."""
    state, user_id = request.app.state, UUID(caller.subject.removeprefix("wechat:"))
    person = await _person(request, body, user_id)
    now = clock.now()
    async with state.sessions.begin() as session:
        user = await wechat.bind(session, user_id=user_id, person=person, name=body.name, now=now)
        ended = await queries.end_sessions(session, owner=str(user_id), now=now)
        identity = identity_of_user(user, state.roles.scopes)
        signed = state.desk.begin(session, identity, owner=str(user_id), now=now)
    for session_id in ended:
        state.revoked.add(session_id)
    acted_as(request, identity)
    return read_of(signed, bound=True)


async def _person(request: Request, body: BindingCreate, user_id: UUID) -> Person:
    state = request.app.state
    async with state.sessions.begin() as session:
        left = await wechat.take_attempt(
            session, user_id=user_id, today=clock.today(), most=state.settings.binding_attempts
        )
    try:
        person: Person | None = await state.register.person(
            name=body.name, id_number=body.id_number, request_id=request.state.request_id
        )
    except Problem:
        async with state.sessions.begin() as session:
            await wechat.give_back_attempt(session, user_id=user_id)
        raise
    if person is None:
        raise BindingRefused(left=left)
    return person


@router.delete("/binding", status_code=204, responses=answers(queries.BindingNotFound))
async def unbind(
    request: Request, session: DbSession, caller: Annotated[Identity, requires(SELF)]
) -> Response:
    """解除绑定 · by the citizen; all his sessions end."""
    if caller.person_id is None or caller.kind != "citizen":
        raise queries.BindingNotFound
    await _unbind(request, session, caller.person_id)
    request.app.state.revoked.add(owner_session(request))
    return Response(status_code=204)


@router.delete("/bindings/{person_id}", status_code=204, responses=answers(queries.BindingNotFound))
async def unbind_person(
    request: Request,
    session: DbSession,
    person_id: UUID,
    caller: Annotated[Identity, requires("gateway:accounts")],
) -> Response:
    """窗口解绑 · by the administrator, for a lost phone."""
    await _unbind(request, session, person_id, within=caller.area)
    return Response(status_code=204)


async def _unbind(
    request: Request, session: DbSession, person_id: UUID, *, within: str | None = None
) -> None:
    for ended in await wechat.unbind(session, person_id=person_id, within=within, now=clock.now()):
        request.app.state.revoked.add(ended)
