"""Staff accounts: by the administrator, and by the person himself."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from gateway import queries
from gateway.accounts import (
    AccountLocked,
    AccountTaken,
    AreaOutside,
    OneTimeCodeRefused,
    PasswordUnchanged,
    PasswordWrong,
    change_password,
    check_area,
    open_account,
)
from gateway.api.acting import resource
from gateway.credentials import PasswordWeak, hashed, matches, totp_address
from gateway.models import Account
from gateway.queries import AccountNotFound
from gateway.roles import SELF, DutiesIncompatible, RoleUnknown
from gateway.schemas import (
    AccountCreate,
    AccountRead,
    OneTimeCodeConfirm,
    OneTimeCodeRead,
    PasswordReset,
    PasswordUpdate,
    RoleRead,
    RolesUpdate,
)
from services.kit import clock
from services.kit.db import DbSession
from services.kit.identity import Identity, anyone, requires
from services.kit.paging import Page, PageQuery
from services.kit.problems import Conflict, Forbidden, Text, answers

router = APIRouter(tags=["accounts"])
Administrator = Annotated[Identity, requires("gateway:accounts")]
Person = Annotated[Identity, requires(SELF)]


class OwnAccountOnly(Forbidden):
    """Only a member of staff has a password here (仅限工作人员账号)."""

    slug = "own-account-only"
    title = Text("仅限工作人员账号", "For staff accounts only")
    detail = Text("请使用工作人员账号登录。", "Sign in with a staff account.")


class OwnRolesRefused(Forbidden):
    """Nobody grants himself, or closes himself out (不得给自己授权)."""

    slug = "own-roles-refused"
    title = Text("不得变更本人的角色或状态", "Not on your own account")
    detail = Text("请由另一名管理员办理。", "Ask another administrator.")


class OneTimeCodeEnrolled(Conflict):
    """The second factor is in force; whoever holds only a token must not take it away (动态口令已启用)."""

    slug = "one-time-code-enrolled"
    title = Text("动态口令已启用", "The one-time code is in force")
    detail = Text(
        "更换手机请由管理员先取消动态口令。", "For another phone, let the administrator drop the present one."
    )


class OneTimeCodeNotEnrolled(Conflict):
    """There is no secret to confirm (尚未申请动态口令)."""

    slug = "one-time-code-not-enrolled"
    title = Text("尚未申请动态口令", "No one-time code was asked for")
    detail = Text("请先申请动态口令密钥。", "Ask for a secret first.")


def _read(account: Account) -> AccountRead:
    plain = account.model_dump() | {"one_time_code": account.totp_confirmed_at is not None}
    return AccountRead.model_validate(plain)


def _own_id(caller: Identity) -> UUID:
    if caller.kind != "staff":
        raise OwnAccountOnly
    return UUID(caller.subject.removeprefix("staff:"))


def _not_own(caller: Identity, account_id: UUID) -> None:
    if caller.subject == f"staff:{account_id}":
        raise OwnRolesRefused


@router.post(
    "/accounts",
    status_code=201,
    responses=answers(AccountTaken, AreaOutside, PasswordWeak, RoleUnknown, DutiesIncompatible),
)
async def create_account(request: Request, body: AccountCreate, caller: Administrator) -> AccountRead:
    """开设账号 · a new staff account with an initial password."""
    check_area(body.area, own=caller.area)
    state, password = request.app.state, body.password.get_secret_value()
    roles = state.roles.check(body.roles, kind="staff")
    state.credentials.check(password, account=body.account)
    password_hash = await hashed(password)
    async with state.sessions.begin() as session:
        account = await open_account(
            session,
            account=body.account,
            name=body.name,
            password_hash=password_hash,
            roles=roles,
            area=body.area,
            organisation=body.organisation,
            by=caller.subject,
            now=clock.now(),
        )
    resource(request, name="account_id", value=account.id)
    resource(request, name="roles", value="+".join(roles))
    resource(request, name="area", value=account.area)
    return _read(account)


@router.get("/accounts")
async def list_accounts(session: DbSession, query: PageQuery, caller: Administrator) -> Page[AccountRead]:
    """账号清单 · the staff accounts of the administrator's area and below."""
    rows, following = await queries.list_accounts(session, query, within=caller.area)
    return Page(items=[_read(row) for row in rows], next=following)


@router.put(
    "/accounts/{account_id}/roles",
    responses=answers(AccountNotFound, RoleUnknown, DutiesIncompatible, OwnRolesRefused),
)
async def grant_roles(
    request: Request, session: DbSession, account_id: UUID, body: RolesUpdate, caller: Administrator
) -> AccountRead:
    """授权 · these roles and no others; sessions end, so that they count at once."""
    _not_own(caller, account_id)
    account = await queries.get_account(session, account_id, within=caller.area, for_update=True)
    account.roles = request.app.state.roles.check(body.roles, kind="staff")
    resource(request, name="roles", value="+".join(account.roles))
    await _end(request, session, account_id)
    return _read(account)


@router.post("/accounts/{account_id}/disablement", responses=answers(AccountNotFound, OwnRolesRefused))
async def disable_account(
    request: Request, session: DbSession, account_id: UUID, caller: Administrator
) -> AccountRead:
    """停用账号 · ends its sessions at once."""
    _not_own(caller, account_id)
    account = await queries.get_account(session, account_id, within=caller.area, for_update=True)
    account.disabled_at = account.disabled_at or clock.now()
    await _end(request, session, account_id)
    return _read(account)


@router.delete("/accounts/{account_id}/disablement", responses=answers(AccountNotFound, OwnRolesRefused))
async def enable_account(session: DbSession, account_id: UUID, caller: Administrator) -> AccountRead:
    """启用账号 · the account works again."""
    _not_own(caller, account_id)
    account = await queries.get_account(session, account_id, within=caller.area, for_update=True)
    account.disabled_at = None
    return _read(account)


@router.put(
    "/accounts/{account_id}/password", responses=answers(AccountNotFound, PasswordWeak, OwnRolesRefused)
)
async def reset_password(
    request: Request, account_id: UUID, body: PasswordReset, caller: Administrator
) -> AccountRead:
    """重置密码 · a new initial password; lock and sessions end, the one-time code stays."""
    _not_own(caller, account_id)
    state, password = request.app.state, body.new_password.get_secret_value()
    async with state.sessions() as session:
        account = await queries.get_account(session, account_id, within=caller.area)
    state.credentials.check(password, account=account.name_key)
    password_hash = await hashed(password)
    async with state.sessions.begin() as session:
        account = await change_password(
            session, account_id=account_id, password_hash=password_hash, initial=True, now=clock.now()
        )
        await _end(request, session, account_id)
    return _read(account)


@router.put(
    "/own-account/password",
    status_code=204,
    responses=answers(PasswordWrong, PasswordWeak, PasswordUnchanged, AccountLocked, OwnAccountOnly),
)
async def change_own_password(request: Request, body: PasswordUpdate, caller: Person) -> Response:
    """修改本人密码 · all sessions end; sign in again with the new one."""
    state, account_id = request.app.state, _own_id(caller)
    old, new = body.password.get_secret_value(), body.new_password.get_secret_value()
    async with state.sessions() as session:
        account = await queries.get_account(session, account_id)
    matched = await matches(old, account.password_hash)
    async with state.sessions.begin() as session:
        problem = await state.credentials.confirm(
            session, account_id=account_id, matched=matched, now=clock.now()
        )
    if problem is not None:
        raise problem
    if old == new:
        raise PasswordUnchanged
    state.credentials.check(new, account=account.name_key)
    password_hash = await hashed(new)
    async with state.sessions.begin() as session:
        await change_password(
            session, account_id=account_id, password_hash=password_hash, initial=False, now=clock.now()
        )
        await _end(request, session, account_id)
    return Response(status_code=204)


@router.post(
    "/own-account/one-time-code", status_code=201, responses=answers(OwnAccountOnly, OneTimeCodeEnrolled)
)
async def enrol_one_time_code(request: Request, session: DbSession, caller: Person) -> OneTimeCodeRead:
    """申请动态口令 · a secret for the authenticator app; counts when confirmed."""
    account = await queries.get_account(session, _own_id(caller), for_update=True)
    if account.totp_confirmed_at is not None:
        raise OneTimeCodeEnrolled
    secret = request.app.state.credentials.enrol_code(account)
    return OneTimeCodeRead(secret=secret, otpauth=totp_address(secret, account=account.name_key))


@router.post(
    "/own-account/one-time-code/confirmation",
    status_code=204,
    responses=answers(OneTimeCodeNotEnrolled, OneTimeCodeRefused, OwnAccountOnly),
)
async def confirm_one_time_code(
    request: Request, session: DbSession, body: OneTimeCodeConfirm, caller: Person
) -> Response:
    """确认动态口令 · from now on sign-in needs the code."""
    account = await queries.get_account(session, _own_id(caller), for_update=True)
    if account.totp_secret is None:
        raise OneTimeCodeNotEnrolled
    if not request.app.state.credentials.take_code(account, body.one_time_code, clock.now()):
        raise OneTimeCodeRefused
    account.totp_confirmed_at = clock.now()
    return Response(status_code=204)


@router.delete(
    "/accounts/{account_id}/one-time-code",
    status_code=204,
    responses=answers(AccountNotFound, OwnRolesRefused),
)
async def drop_one_time_code(session: DbSession, account_id: UUID, caller: Administrator) -> Response:
    """取消动态口令 · for a lost phone, by the administrator."""
    _not_own(caller, account_id)
    account = await queries.get_account(session, account_id, within=caller.area, for_update=True)
    account.totp_secret = account.totp_confirmed_at = None
    return Response(status_code=204)


@router.get("/roles", dependencies=[anyone()])
async def list_roles(request: Request) -> list[RoleRead]:
    """角色清单 · all roles and what they allow."""
    return [
        RoleRead(
            code=role.code,
            name=role.title.zh,
            name_en=role.title.en,
            kind=role.kind,
            scopes=sorted(role.scopes),
        )
        for role in request.app.state.roles.all.values()
    ]


async def _end(request: Request, session: DbSession, account_id: UUID) -> None:
    for ended in await queries.end_sessions(session, owner=str(account_id), now=clock.now()):
        request.app.state.revoked.add(ended)
