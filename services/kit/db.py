"""Engine, sessions, and the one dependency that gives a request its transaction."""

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import SecretStr
from sqlalchemy import Column, DateTime, MetaData, Numeric, String
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

Sessions = async_sessionmaker[AsyncSession]

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
STATEMENT_TIMEOUT_MS = 10_000
LOCK_TIMEOUT_MS = 5_000
IDLE_TIMEOUT_MS = 30_000


def service_registry() -> registry:
    """A registry of the service's own, so that two services fit into one test process."""
    return registry(metadata=MetaData(naming_convention=NAMING))


class KitBase(SQLModel, registry=service_registry()):
    """Base of the tables that every service has in its own database."""


def money_column(**options: Any) -> Any:
    """A yuan amount: numeric(14,2), not null unless said otherwise."""
    return _column(Numeric(14, 2, asdecimal=True), **options)


def moment_column(**options: Any) -> Any:
    """An aware UTC time, not null unless said otherwise."""
    return _column(DateTime(timezone=True), **options)


def code_column(codes: type[StrEnum], *, name: str, **options: Any) -> Any:
    """A coded value, stored as text.

    SQLModel drops a CHECK of the column when it copies the column, so the migration writes it
    (`ck_<table>_<column>`), and a structure test compares it with the code list.
    """
    return _column(name, String, info={"codes": codes}, **options)


def _column(*what: Any, nullable: bool = False, **options: Any) -> Any:
    column = Column(*what, nullable=nullable, **options)
    return Field(default=None, sa_column=column) if nullable else Field(sa_column=column)


def append_only(table: str) -> list[str]:
    """Statements for a migration: rows of the table are never changed or removed."""
    refuse = f"""
        CREATE OR REPLACE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'restrict_violation'; END $$"""
    guard = f"EXECUTE FUNCTION {table}_is_append_only()"
    return [
        refuse,
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {guard}",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {guard}",
    ]


def create_engine(url: SecretStr | str, *, pool: int = 5, name: str = "minsheng") -> AsyncEngine:
    """An engine whose statements, locks and idle transactions all end by themselves."""
    plain = url.get_secret_value() if isinstance(url, SecretStr) else url
    return create_async_engine(
        plain.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=pool,
        max_overflow=pool,
        pool_timeout=5,
        pool_pre_ping=True,
        pool_recycle=1800,
        hide_parameters=True,
        connect_args={"timeout": 5, "server_settings": server_settings(name)},
    )


def server_settings(name: str) -> dict[str, str]:
    """Session settings of every connection, the hot path's too."""
    return {
        "application_name": name,
        "statement_timeout": str(STATEMENT_TIMEOUT_MS),
        "lock_timeout": str(LOCK_TIMEOUT_MS),
        "idle_in_transaction_session_timeout": str(IDLE_TIMEOUT_MS),
        "timezone": "UTC",
    }


def sessions_of(engine: AsyncEngine) -> Sessions:
    """The session factory; objects stay readable after commit."""
    return async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


async def _session(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.sessions.begin() as session:
        yield session
    if session.info.get("published"):
        request.app.state.outbox_bell.ring()


# Function scope: the commit happens before the answer leaves, so a failed commit can still say so.
DbSession = Annotated[AsyncSession, Depends(_session, scope="function")]
