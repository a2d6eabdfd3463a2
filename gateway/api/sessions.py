"""Sign-in, renewal and sign-out; tokens for systems."""

import base64
import binascii
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response

from gateway import queries
from gateway.accounts import (
    AccountDisabled,
    AccountLocked,
    ClientRefused,
    OneTimeCodeRefused,
    OneTimeCodeRequired,
    SignInRefused,
    secret_matches,
)
from gateway.api.acting import acted_as, owner_session
from gateway.credentials import SignInBusy, matches
from gateway.roles import SELF
from gateway.schemas import CallerRead, SessionCreate, SessionRead, SessionRefresh, TokenRead
from gateway.sessions import RefreshRefused, SignedIn, identity_of_account
from services.kit import clock
from services.kit.db import DbSession
from services.kit.identity import Identity, anyone, requires
from services.kit.problems import Problem, Text, answers

router = APIRouter(tags=["sessions"])


class GrantUnsupported(Problem):
    """Another grant than client_credentials (RFC 6749 unsupported_grant_type) (不支持的授权类型)."""

    slug = "grant-unsupported"
    title = Text("不支持的授权类型", "Unsupported grant type")
    detail = Text("请使用 grant_type=client_credentials。", "Use grant_type=client_credentials.")

    def __init__(self) -> None:
        super().__init__(error="unsupported_grant_type")


def read_of(signed: SignedIn, *, bound: bool | None = None) -> SessionRead:
    """The answer of a sign-in."""
    return SessionRead(
        access_token=signed.access_token,
        expires_in=signed.expires_in,
        refresh_token=signed.refresh_token,
        password_change_required=signed.password_change_required,
        bound=bound,
    )


@router.post(
    "/sessions",
    status_code=201,
    dependencies=[anyone()],
    responses=answers(
        SignInRefused, AccountLocked, AccountDisabled, OneTimeCodeRequired, OneTimeCodeRefused, SignInBusy
    ),
)
async def sign_in(request: Request, body: SessionCreate) -> SessionRead:
    """工作人员登录 · staff sign in with account, password and, if enrolled, a one-time code."""
    state, now = request.app.state, clock.now()
    async with state.sessions() as session:
        account = await queries.find_account_named(session, body.account.strip().lower())
        known = account.password_hash if account else None
    # Not within a transaction: hashing takes tens of milliseconds.
    matched = await matches(body.password.get_secret_value(), known)
    async with state.sessions.begin() as session:
        account, problem = await state.credentials.sign_in(
            session, name=body.account, matched=matched, code=body.one_time_code, now=now
        )
        if account is not None:
            acted_as(request, identity_of_account(account, state.roles.scopes))
        signed = state.desk.begin_staff(session, account, now=now) if account and not problem else None
    if signed is None:
        raise problem or SignInRefused(most=state.settings.lockout_failures)
    return read_of(signed)


@router.post("/sessions/refresh", dependencies=[anyone()], responses=answers(RefreshRefused))
async def refresh_session(request: Request, body: SessionRefresh) -> SessionRead:
    """续期 · new tokens; the refresh token works once."""
    state = request.app.state
    async with state.sessions.begin() as session:
        renewed = await state.desk.renew(session, body.refresh_token, now=clock.now())
    if isinstance(renewed, Problem):
        raise renewed
    acted_as(request, renewed.identity)
    bound = renewed.identity.person_id is not None if renewed.identity.kind == "citizen" else None
    return read_of(renewed, bound=bound)


@router.get("/sessions/current")
async def get_session(caller: Annotated[Identity, requires(SELF)]) -> CallerRead:
    """我是谁 · who the token says you are."""
    return CallerRead(
        subject=caller.subject,
        kind=caller.kind,
        name=caller.name,
        roles=sorted(caller.roles),
        scopes=sorted(caller.scopes),
        area=caller.area,
        organisation=caller.organisation,
        person_id=caller.person_id,
    )


@router.delete("/sessions/current", status_code=204)
async def sign_out(
    request: Request, session: DbSession, caller: Annotated[Identity, requires(SELF)]
) -> Response:
    """退出 · ends this session on every gateway."""
    current = owner_session(request)
    await queries.end_sessions(session, one=UUID(current), now=clock.now())
    request.app.state.revoked.add(current)
    return Response(status_code=204)


@router.post("/token", dependencies=[anyone()], responses=answers(ClientRefused, GrantUnsupported))
async def issue_token(
    request: Request,
    grant_type: Annotated[str, Form(max_length=64)],
    client_id: Annotated[str | None, Form(max_length=64)] = None,
    client_secret: Annotated[str | None, Form(max_length=200)] = None,
) -> TokenRead:
    """系统令牌 · OAuth 2 client credentials, by HTTP Basic or in the form."""
    if grant_type != "client_credentials":
        raise GrantUnsupported
    state, now = request.app.state, clock.now()
    name, secret = _basic(request.headers.get("authorization")) or (client_id or "", client_secret or "")
    async with state.sessions() as session:
        client = await queries.find_client(session, name)
    matched = await secret_matches(client, secret, now=now)
    if client is None or not matched or client.disabled_at:
        raise ClientRefused
    identity = Identity(
        subject=f"system:{client.client_id}",
        kind="system",
        name=client.name,
        roles=frozenset(client.roles),
        scopes=state.roles.scopes(client.roles),
        area=client.area,
        organisation=client.organisation,
    )
    acted_as(request, identity)
    async with state.sessions.begin() as session:
        # Locked, so that a client disabled while its secret was checked gets no session that outlives that.
        present = await queries.find_client(session, name, for_update=True)
        if present is None or present.disabled_at:
            raise ClientRefused
        signed = state.desk.begin_system(session, identity, owner=client.client_id, now=now)
    return TokenRead(
        access_token=signed.access_token,
        expires_in=signed.expires_in,
        scope=" ".join(sorted(identity.scopes)),
    )


def _basic(header: str | None) -> tuple[str, str] | None:
    scheme, _, value = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, secret
