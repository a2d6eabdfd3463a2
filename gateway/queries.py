"""Every SELECT of the gateway."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from gateway.models import Account, AuditEntry, Client, Session, WechatUser
from services.kit.areas import covered, covers
from services.kit.paging import PageRequest, page
from services.kit.problems import NotFound, Text


class AccountNotFound(NotFound):
    """No such account (账号不存在)."""

    slug = "account-not-found"
    title = Text("账号不存在", "No such account")


class ClientNotFound(NotFound):
    """No such system (接入系统不存在)."""

    slug = "client-not-found"
    title = Text("接入系统不存在", "No such client")


class BindingNotFound(NotFound):
    """No such binding (没有实名绑定)."""

    slug = "binding-not-found"
    title = Text("没有实名绑定", "No such binding")


async def find_account_named(
    session: AsyncSession, name_key: str, *, for_update: bool = False
) -> Account | None:
    """The account that signs in under a name."""
    statement = select(Account).where(col(Account.name_key) == name_key)
    return (await session.exec(statement.with_for_update() if for_update else statement)).first()


async def get_account(
    session: AsyncSession, account_id: UUID, *, within: str | None = None, for_update: bool = False
) -> Account:
    """The account; `within` an area, where an administrator asks for it. Raises AccountNotFound."""
    account = await session.get(Account, account_id, with_for_update=for_update or None)
    if account is None or (within is not None and not covers(within, account.area)):
        raise AccountNotFound
    return account


async def list_accounts(
    session: AsyncSession, query: PageRequest, *, within: str
) -> tuple[list[Account], str | None]:
    """The accounts within an area, the newest first."""
    statement = select(Account).where(covered(col(Account.area), within))
    return await page(session, statement, key=(col(Account.id),), query=query)


async def find_client(session: AsyncSession, client_id: str, *, for_update: bool = False) -> Client | None:
    """The system of a client id."""
    statement = select(Client).where(col(Client.client_id) == client_id)
    return (await session.exec(statement.with_for_update() if for_update else statement)).first()


async def get_client(session: AsyncSession, client_id: str, *, within: str) -> Client:
    """A system within an area, for a change. Raises ClientNotFound."""
    client = await find_client(session, client_id, for_update=True)
    if client is None or not covers(within, client.area):
        raise ClientNotFound
    return client


async def list_clients(
    session: AsyncSession, query: PageRequest, *, within: str
) -> tuple[list[Client], str | None]:
    """The systems within an area, the newest first."""
    statement = select(Client).where(covered(col(Client.area), within))
    return await page(session, statement, key=(col(Client.id),), query=query)


async def find_session(session: AsyncSession, refresh_hash: bytes) -> Session | None:
    """The session of a refresh token, the present or the one before, for a change."""
    same = or_(col(Session.refresh_hash) == refresh_hash, col(Session.previous_hash) == refresh_hash)
    return (await session.exec(select(Session).where(same).with_for_update())).first()


async def end_sessions(
    session: AsyncSession, *, now: datetime, owner: str | None = None, one: UUID | None = None
) -> list[str]:
    """Ends the sessions of an owner, or one; tells every gateway when the transaction commits. The ended ids."""
    which = col(Session.id) == one if one else col(Session.owner) == owner
    statement = (
        update(Session)
        .where(which, col(Session.ended_at).is_(None), col(Session.expires_at) > now)
        .values(ended_at=now)
        .returning(col(Session.id))
    )
    ended = [str(row[0]) for row in (await session.exec(statement)).all()]
    for session_id in ended:
        await session.exec(select(func.pg_notify("session_ended", session_id)))
    return ended


async def find_wechat_user(
    session: AsyncSession,
    *,
    openid: str | None = None,
    user_id: UUID | None = None,
    person_id: UUID | None = None,
) -> WechatUser | None:
    """The WeChat user by one of his keys, for a change."""
    statement = select(WechatUser).with_for_update()
    if openid is not None:
        statement = statement.where(col(WechatUser.openid) == openid)
    elif user_id is not None:
        statement = statement.where(col(WechatUser.id) == user_id)
    else:
        statement = statement.where(col(WechatUser.person_id) == person_id)
    return (await session.exec(statement)).first()


async def list_audit(
    session: AsyncSession,
    query: PageRequest,
    *,
    within: str,
    since: datetime | None,
    until: datetime | None,
    **same: Any,
) -> tuple[list[AuditEntry], str | None]:
    """Rows of the trail by callers of an area, the newest first; a begun row only where its outcome is missing.

    Rows without an area (nobody, or a citizen not yet bound) are seen only from "000000", which covers all.
    """
    ended = AuditEntry.__table__.alias("ended")  # type: ignore[attr-defined]
    outcome = select(ended.c.id).where(
        ended.c.chain == AuditEntry.chain, ended.c.begun_place == AuditEntry.place
    )
    statement = select(AuditEntry).where(or_(col(AuditEntry.phase) == "ended", ~outcome.exists()))
    statement = statement.where(covered(col(AuditEntry.area), within))
    for name, value in same.items():
        if value is not None:
            statement = statement.where(getattr(AuditEntry, name) == value)
    if since is not None:
        statement = statement.where(col(AuditEntry.at) >= since)
    if until is not None:
        statement = statement.where(col(AuditEntry.at) < until)
    return await page(session, statement, key=(col(AuditEntry.id),), query=query)
