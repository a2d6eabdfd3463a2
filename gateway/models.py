"""Tables of the gateway. Constraints here are the last word."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from services.kit.db import code_column, moment_column, service_registry
from services.kit.ids import new_id


class Base(SQLModel, registry=service_registry()):
    """The gateway's own registry."""


def maybe_moment() -> Any:
    """An aware UTC time that need not be there."""
    return Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=True))


class Kind(StrEnum):
    """Who can call 调用方."""

    staff = "staff"
    system = "system"
    citizen = "citizen"


class Account(Base, table=True):
    """A member of staff who signs in here 工作人员账号."""

    __tablename__ = "account"
    __table_args__ = (CheckConstraint("name_key = lower(name_key)", name="lower_case"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name_key: str = Field(unique=True)  # what is typed at sign-in, in lower case
    name: str
    organisation: str | None = None
    area: str
    roles: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    password_hash: str
    password_initial: bool
    password_changed_at: datetime = moment_column()
    failures: int = 0
    locked_until: datetime | None = maybe_moment()
    totp_secret: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    totp_confirmed_at: datetime | None = maybe_moment()
    totp_step: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))  # the last one used
    disabled_at: datetime | None = maybe_moment()
    created_at: datetime = moment_column()
    created_by: str


class Client(Base, table=True):
    """A system that calls with client credentials 接入系统."""

    __tablename__ = "client"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    client_id: str = Field(unique=True)
    name: str
    organisation: str
    area: str
    roles: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    secret_hash: str
    previous_hash: str | None = None
    previous_until: datetime | None = maybe_moment()
    disabled_at: datetime | None = maybe_moment()
    created_at: datetime = moment_column()
    created_by: str


class Session(Base, table=True):
    """A sign-in: its access tokens name it, and end with it 会话."""

    __tablename__ = "session"
    __table_args__ = (
        Index("ix_session_ended_at", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
        Index("ix_session_expires_at", "expires_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    kind: Kind = code_column(Kind, name="kind")
    subject: str  # as tokens and the trail name the caller
    owner: str = Field(index=True)  # the key of the account, client or WeChat user
    refresh_hash: bytes | None = Field(
        default=None, sa_column=Column(LargeBinary, unique=True, nullable=True)
    )
    previous_hash: bytes | None = Field(
        default=None, sa_column=Column(LargeBinary, index=True, nullable=True)
    )
    rotated_at: datetime | None = maybe_moment()
    began_at: datetime = moment_column()
    idle_until: datetime = moment_column()
    expires_at: datetime = moment_column()
    ended_at: datetime | None = maybe_moment()


class WechatUser(Base, table=True):
    """A WeChat account that signed in, and the person that it was bound to 微信用户与实名绑定."""

    __tablename__ = "wechat_user"

    openid: str = Field(primary_key=True)
    id: UUID = Field(
        default_factory=new_id, unique=True
    )  # what tokens and the trail name instead of the openid
    person_id: UUID | None = Field(default=None, unique=True)
    area: str | None = None
    name: str | None = None  # masked
    bound_at: datetime | None = maybe_moment()
    attempts: int = 0
    attempted_on: date | None = None
    first_seen_at: datetime = moment_column()


class AuditEntry(Base, table=True):
    """One act of one caller, never changed 审计记录.

    A state change has two rows: `begun`, on disk before it is sent on, and `ended`, on disk before the answer leaves;
    the second names the place of the first in the same chain. Rows of one gateway process form a hash chain.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        UniqueConstraint("chain", "place"),
        Index(
            "ix_audit_entry_begun", "chain", "begun_place", postgresql_where=text("begun_place IS NOT NULL")
        ),
        Index("ix_audit_entry_subject", "subject", "id"),
        Index("ix_audit_entry_action", "action", "id"),
        Index("ix_audit_entry_at", "at", postgresql_using="brin"),
    )

    id: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True)
    )
    at: datetime = moment_column()
    chain: UUID
    place: int = Field(sa_column=Column(BigInteger, nullable=False))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    phase: str  # begun, ended
    begun_place: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    outcome: str  # begun, done, refused, failed
    subject: str
    kind: str
    name: str
    organisation: str
    area: str
    action: str
    method: str
    path: str
    service: str
    resources: str
    status: int
    duration_us: int = Field(sa_column=Column(BigInteger, nullable=False))
    request_id: str
    client_ip: str
    user_agent: str
