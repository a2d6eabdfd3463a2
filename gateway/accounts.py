"""Staff accounts and system clients: opened, granted, changed, closed.

`python -m gateway.accounts bootstrap` opens the first administrator from ADMIN_ACCOUNT, ADMIN_PASSWORD and ADMIN_AREA.
"""

import asyncio
import os
import sys
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import SecretStr
from sqlmodel.ext.asyncio.session import AsyncSession

from gateway import credentials, queries
from gateway.config import Settings
from gateway.credentials import check_password, hashed, matches, new_secret
from gateway.models import Account, Client
from gateway.roles import Roles, load
from services.kit import areas, clock
from services.kit.db import create_engine, sessions_of
from services.kit.problems import Conflict, Forbidden, Problem, Refused, Text, Unauthenticated

SECRET_OVERLAP = timedelta(hours=24)


class AccountTaken(Conflict):
    """The name is in use (账号已存在)."""

    slug = "account-taken"
    title = Text("账号已存在", "The account name is taken")
    detail = Text("请换一个账号名。", "Choose another account name.")


class AreaOutside(Forbidden):
    """An administrator acts in his own area and what lies below it (超出管理区划)."""

    slug = "area-outside"
    title = Text("超出本人管理的行政区划", "Outside your area")
    detail = Text(
        "区划 {area} 不在您管理的区划 {own} 之内，请由上级或当地管理员办理。",
        "{area} is not within your area {own}; ask the administrator there or above.",
    )


class SignInRefused(Unauthenticated):
    """Account or password is wrong; it does not say which (账号或密码错误)."""

    slug = "sign-in-refused"
    title = Text("账号或密码错误", "Wrong account or password")
    detail = Text(
        "请核对后重试；连续 {most} 次错误将锁定账号。",
        "Check and try again; {most} failures lock the account.",
    )


class AccountLocked(Unauthenticated):
    """Too many failures (账号已锁定)."""

    slug = "account-locked"
    title = Text("账号已锁定", "The account is locked")
    detail = Text(
        "请在 {minutes} 分钟后重试，或联系管理员。",
        "Try again in {minutes} minutes, or ask the administrator.",
    )


class AccountDisabled(Unauthenticated):
    """The account was closed (账号已停用)."""

    slug = "account-disabled"
    title = Text("账号已停用", "The account is disabled")
    detail = Text("请联系管理员。", "Ask the administrator.")


class OneTimeCodeRequired(Unauthenticated):
    """The account has a second factor (需要动态口令)."""

    slug = "one-time-code-required"
    title = Text("需要动态口令", "A one-time code is required")
    detail = Text(
        "请在 one_time_code 中填写动态口令。", "Send the code of the authenticator app as one_time_code."
    )


class OneTimeCodeRefused(Unauthenticated):
    """The code is wrong, late or used (动态口令错误)."""

    slug = "one-time-code-refused"
    title = Text("动态口令错误或已使用", "The one-time code is wrong or used")
    detail = Text("请等待新的动态口令后重试。", "Wait for the next code and try again.")


class PasswordWrong(Refused):
    """The present password is wrong (原密码错误)."""

    slug = "password-wrong"
    title = Text("原密码错误", "The present password is wrong")
    detail = Text("请核对原密码。", "Check the present password.")


class PasswordUnchanged(Refused):
    """The new password is the old one (新旧密码相同)."""

    slug = "password-unchanged"
    title = Text("新密码不能与原密码相同", "The new password is the old one")
    detail = Text("请换一个新密码。", "Choose another password.")


class ClientRefused(Unauthenticated):
    """Client id or secret is wrong (RFC 6749 invalid_client) (接入凭证错误)."""

    slug = "client-refused"
    title = Text("接入凭证错误", "Wrong client id or secret")
    detail = Text("请核对 client_id 与 client_secret。", "Check client_id and client_secret.")
    headers = {"WWW-Authenticate": 'Basic realm="minsheng"'}

    def __init__(self) -> None:
        super().__init__(error="invalid_client")


class Credentials:
    """Checks of passwords, codes and secrets under the bureau's rules."""

    def __init__(self, settings: Settings, vault: "credentials.Sealer") -> None:
        self._settings, self._vault = settings, vault

    async def sign_in(
        self, session: AsyncSession, *, name: str, matched: bool, code: str | None, now: datetime
    ) -> tuple[Account | None, Problem | None]:
        """The account, and why it may not sign in. Counts failures, so the transaction must commit in any case."""
        account = await queries.find_account_named(session, name.strip().lower(), for_update=True)
        if account is None:
            return None, SignInRefused(most=self._settings.lockout_failures)
        if account.locked_until and account.locked_until > now:
            return account, _locked(account.locked_until, now)
        problem = self._problem(account, matched=matched, code=code, now=now)
        if isinstance(problem, SignInRefused | OneTimeCodeRefused):
            return account, self._failed(account, problem, now)
        if problem is None:
            account.failures, account.locked_until = 0, None
        return account, problem

    async def confirm(
        self, session: AsyncSession, *, account_id: UUID, matched: bool, now: datetime
    ) -> Problem | None:
        """Why a signed-in person's password does not confirm him. Failures count as at sign-in, else a stolen
        token could guess the password; so the transaction must commit in any case."""
        account = await queries.get_account(session, account_id, for_update=True)
        if account.locked_until and account.locked_until > now:
            return _locked(account.locked_until, now)
        return None if matched else self._failed(account, PasswordWrong(), now)

    def _problem(self, account: Account, *, matched: bool, code: str | None, now: datetime) -> Problem | None:
        if not matched:
            return SignInRefused(most=self._settings.lockout_failures)
        if account.disabled_at:
            return AccountDisabled()
        if account.totp_confirmed_at is None:
            return None
        if code is None:
            return OneTimeCodeRequired()
        return None if self.take_code(account, code, now) else OneTimeCodeRefused()

    def take_code(self, account: Account, code: str, now: datetime) -> bool:
        """Whether the one-time code is right and unused; it is used then."""
        if account.totp_secret is None:
            return False
        secret = self._vault.open(account.totp_secret, context=_totp_context(account.id))
        step = credentials.totp_step(secret, code, at=now.timestamp(), last=account.totp_step)
        if step is None:
            return False
        account.totp_step = step
        return True

    def enrol_code(self, account: Account) -> str:
        """A new secret for the authenticator app; it counts only when confirmed."""
        secret = credentials.new_totp_secret()
        account.totp_secret = self._vault.seal(secret, context=_totp_context(account.id))
        account.totp_confirmed_at = None
        return secret

    def _failed(self, account: Account, problem: Problem, now: datetime) -> Problem:
        account.failures += 1
        if account.failures < self._settings.lockout_failures:
            return problem
        account.failures = 0
        account.locked_until = now + timedelta(minutes=self._settings.lockout_minutes)
        return _locked(account.locked_until, now)

    def check(self, password: str, *, account: str) -> None:
        """Raises PasswordWeak."""
        settings = self._settings
        check_password(
            password, account=account, length=settings.password_length, classes=settings.password_classes
        )


def _locked(until: datetime, now: datetime) -> AccountLocked:
    return AccountLocked(minutes=int((until - now).total_seconds() // 60) + 1)


def _totp_context(account_id: UUID) -> str:
    return f"account.totp_secret:{account_id}"


def check_area(area: str, *, own: str) -> None:
    """What is made must lie within the administrator's own area. Raises AreaOutside."""
    if not areas.covers(own, area):
        raise AreaOutside(area=area, own=own)


async def open_account(
    session: AsyncSession,
    *,
    account: str,
    name: str,
    password_hash: str,
    roles: list[str],
    area: str,
    organisation: str | None,
    by: str,
    now: datetime,
) -> Account:
    """A new account; its roles were checked. Raises AccountTaken."""
    key = account.strip().lower()
    if await queries.find_account_named(session, key):
        raise AccountTaken
    row = Account(
        name_key=key,
        name=name,
        organisation=organisation,
        area=area,
        roles=roles,
        password_hash=password_hash,
        password_initial=True,
        password_changed_at=now,
        created_at=now,
        created_by=by,
    )
    session.add(row)
    await session.flush()
    return row


async def change_password(
    session: AsyncSession, *, account_id: UUID, password_hash: str, initial: bool, now: datetime
) -> Account:
    """The new password counts at once; a lock ends with it."""
    account = await queries.get_account(session, account_id, for_update=True)
    account.password_hash, account.password_initial = password_hash, initial
    account.password_changed_at, account.failures, account.locked_until = now, 0, None
    return account


async def register_client(
    session: AsyncSession,
    *,
    name: str,
    organisation: str,
    roles: list[str],
    area: str,
    secret_hash: str,
    by: str,
    now: datetime,
) -> Client:
    """A new system; its roles were checked."""
    client = Client(
        client_id=f"{roles[0]}-{new_secret()[:12].replace('_', 'x').replace('-', 'y').lower()}",
        name=name,
        organisation=organisation,
        roles=roles,
        area=area,
        secret_hash=secret_hash,
        created_at=now,
        created_by=by,
    )
    session.add(client)
    await session.flush()
    return client


async def secret_matches(client: Client | None, secret: str, *, now: datetime) -> bool:
    """Whether the secret is the client's; the one before works for a day after a change."""
    if await matches(secret, client.secret_hash if client else None):
        return True
    if (
        client is None
        or client.previous_hash is None
        or client.previous_until is None
        or client.previous_until < now
    ):
        return False
    return await matches(secret, client.previous_hash)


async def change_secret(
    session: AsyncSession, *, client_id: str, within: str, secret_hash: str, now: datetime
) -> Client:
    """A new secret; the old one works for a day. Raises ClientNotFound."""
    client = await queries.get_client(session, client_id, within=within)
    client.previous_hash, client.previous_until = client.secret_hash, now + SECRET_OVERLAP
    client.secret_hash = secret_hash
    return client


async def bootstrap(*, url: str, account: str, password: str, area: str, roles: Roles) -> bool:
    """The first administrator; False when the account exists already. Raises PasswordWeak."""
    check_password(password, account=account, length=8, classes=3)
    engine = create_engine(SecretStr(url), name="gateway-bootstrap")
    try:
        async with sessions_of(engine).begin() as session:
            if await queries.find_account_named(session, account.lower()):
                return False
            await open_account(
                session,
                account=account,
                name="系统管理员",
                password_hash=await hashed(password),
                roles=roles.check(["administrator"], kind="staff"),
                area=area,
                organisation=None,
                by="bootstrap",
                now=clock.now(),
            )
            return True
    finally:
        await engine.dispose()


def main(arguments: list[str]) -> int:
    """The command line."""
    if arguments != ["bootstrap"]:
        sys.stderr.write("用法 usage: python -m gateway.accounts bootstrap\n")
        return 2
    name, password = os.environ.get("ADMIN_ACCOUNT", "admin"), os.environ.get("ADMIN_PASSWORD", "")
    # The first administrator governs the whole installation, unless it says otherwise.
    area = os.environ.get("ADMIN_AREA", "000000")
    if not areas.CODE.fullmatch(area):
        sys.stderr.write(
            "ADMIN_AREA: 应为六位行政区划代码，000000 为全部 · six digits; 000000 is everywhere\n"
        )
        return 1
    try:
        made = asyncio.run(
            bootstrap(
                url=os.environ["DATABASE_URL"], account=name, password=password, area=area, roles=load()
            )
        )
    except Problem as problem:
        sys.stderr.write(f"ADMIN_PASSWORD: {problem.body(language='zh')['detail']}\n")
        return 1
    sys.stdout.write(f"{'已创建 created' if made else '已存在 exists already'}: {name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
