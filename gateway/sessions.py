"""Sessions 会话: begun at sign-in, renewed by a refresh token that works once, ended at any time."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from gateway import queries
from gateway.auth import Tokens
from gateway.config import Settings
from gateway.credentials import new_secret
from gateway.models import Account, Kind, Session, WechatUser
from gateway.roles import SELF
from services.kit.identity import Identity
from services.kit.problems import Problem, Text, Unauthenticated

# A phone that lost the answer of a refresh asks again with the token before; later reuse is taken for theft.
REUSE_GRACE = timedelta(seconds=30)


class RefreshRefused(Unauthenticated):
    """The refresh token is unknown, used or over (续期令牌无效)."""

    slug = "refresh-refused"
    title = Text("续期令牌无效或已过期", "The refresh token is not valid")
    detail = Text("请重新登录。", "Sign in again.")


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a sign-in gives."""

    identity: Identity
    session: UUID
    access_token: str
    expires_in: int
    refresh_token: str | None
    password_change_required: bool = False


def identity_of_account(account: Account, scopes: Callable[[list[str]], frozenset[str]]) -> Identity:
    """A member of staff as services see him."""
    return Identity(
        subject=f"staff:{account.id}",
        kind="staff",
        name=account.name,
        roles=frozenset(account.roles),
        scopes=scopes(account.roles),
        area=account.area,
        organisation=account.organisation,
    )


def identity_of_user(user: WechatUser, scopes: Callable[[list[str]], frozenset[str]]) -> Identity:
    """A citizen as services see him; before binding he is a visitor who can only bind."""
    roles = ["citizen" if user.person_id else "visitor"]
    return Identity(
        subject=f"citizen:{user.person_id}" if user.person_id else f"wechat:{user.id}",
        kind="citizen",
        name=user.name or "微信用户",
        roles=frozenset(roles),
        scopes=scopes(roles),
        area=user.area or "",
        person_id=user.person_id,
    )


class Desk:
    """Begins, renews and ends sessions."""

    def __init__(
        self, settings: Settings, tokens: Tokens, scopes: Callable[[list[str]], frozenset[str]]
    ) -> None:
        self._settings, self._tokens, self.scopes = settings, tokens, scopes

    def begin(self, session: AsyncSession, identity: Identity, *, owner: str, now: datetime) -> SignedIn:
        """A new session with a refresh token."""
        refresh = new_secret()
        row = Session(
            kind=Kind(identity.kind),
            subject=identity.subject,
            owner=owner,
            refresh_hash=_digest(refresh),
            began_at=now,
            idle_until=now + self._idle(identity.kind),
            expires_at=now + self._life(identity.kind),
        )
        session.add(row)
        return self._signed_in(row, identity, refresh, now)

    def begin_system(
        self, session: AsyncSession, identity: Identity, *, owner: str, now: datetime
    ) -> SignedIn:
        """A system's access token: no refresh, it asks again with its secret (RFC 6749 4.4.3)."""
        life = timedelta(minutes=self._settings.access_minutes)
        row = Session(
            kind=Kind.system,
            subject=identity.subject,
            owner=owner,
            began_at=now,
            idle_until=now + life,
            expires_at=now + life,
        )
        session.add(row)
        return self._signed_in(row, identity, None, now)

    async def renew(self, session: AsyncSession, refresh: str, *, now: datetime) -> SignedIn | Problem:
        """New tokens for old; a problem is returned, not raised, where the session must be ended with it."""
        digest = _digest(refresh)
        row = await queries.find_session(session, digest)
        if row is None or row.ended_at or row.expires_at <= now or row.idle_until <= now:
            return RefreshRefused()
        if row.refresh_hash != digest and not (row.rotated_at and now - row.rotated_at < REUSE_GRACE):
            await queries.end_sessions(session, now=now, one=row.id)
            return RefreshRefused()
        identity, change = await self._present_identity(session, row)
        if identity is None:
            return RefreshRefused()
        fresh = new_secret()
        row.previous_hash, row.refresh_hash, row.rotated_at = row.refresh_hash, _digest(fresh), now
        row.idle_until = min(now + self._idle(row.kind), row.expires_at)
        return self._signed_in(row, identity, fresh, now, change=change)

    async def _present_identity(self, session: AsyncSession, row: Session) -> tuple[Identity | None, bool]:
        if row.kind == Kind.staff:
            account = await queries.get_account(session, UUID(row.owner))
            if account.disabled_at:
                return None, False
            return identity_of_account(account, self.scopes), self.must_change(account)
        user = await queries.find_wechat_user(session, user_id=UUID(row.owner))
        return (identity_of_user(user, self.scopes) if user else None), False

    def must_change(self, account: Account) -> bool:
        """Whether the initial password must be changed before anything else."""
        return account.password_initial and self._settings.password_change_first

    def _signed_in(
        self, row: Session, identity: Identity, refresh: str | None, now: datetime, *, change: bool = False
    ) -> SignedIn:
        only = frozenset((SELF,)) if change else None
        issued = self._tokens.issue(identity, session=row.id, now=now, only=only)
        return SignedIn(identity, row.id, issued.token, issued.expires_in, refresh, change)

    def begin_staff(self, session: AsyncSession, account: Account, *, now: datetime) -> SignedIn:
        """A session of a member of staff."""
        signed = self.begin(
            session, identity_of_account(account, self.scopes), owner=str(account.id), now=now
        )
        if not self.must_change(account):
            return signed
        only = frozenset((SELF,))
        issued = self._tokens.issue(signed.identity, session=signed.session, now=now, only=only)
        return SignedIn(
            signed.identity, signed.session, issued.token, issued.expires_in, signed.refresh_token, True
        )

    def _idle(self, kind: str) -> timedelta:
        if kind == Kind.staff:
            return timedelta(minutes=self._settings.staff_idle_minutes)
        return timedelta(days=self._settings.citizen_days)

    def _life(self, kind: str) -> timedelta:
        if kind == Kind.staff:
            return timedelta(hours=self._settings.staff_hours)
        return timedelta(days=self._settings.citizen_days * 4)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
