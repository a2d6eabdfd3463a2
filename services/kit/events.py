"""Events out and in: the envelope, the outbox and inbox tables, and `publish`.

Out: `publish` adds an outbox row to the caller's transaction; the relay sends it later, at least once.
In: the consumer adds an inbox row and the effect in one transaction, so a second delivery has no second effect.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, cast
from uuid import UUID

import asyncpg
import orjson
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Column, DateTime, Index, LargeBinary, String, text
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from services.kit.db import KitBase, moment_column
from services.kit.ids import new_id
from services.kit.logging import request_id

CHANNEL = "outbox"
# The broker takes 1 MiB with the headers (its default max_payload); the rest is for those, and for a smaller one.
MOST_BYTES = 900 * 1024


class Outbox(KitBase, table=True):
    """Events of this service, waiting or published; kept for a while so that a lost stream can be refilled."""

    __table_args__ = (
        Index("ix_outbox_waiting", "created_at", "id", postgresql_where=text("published_at IS NULL")),
        Index("ix_outbox_published_at", "published_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    subject: str
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = Field(
        default_factory=lambda: datetime.now(UTC),
        sa_column=Column(DateTime(timezone=True), nullable=False, server_default=text("now()")),
    )
    published_at: datetime | None = moment_column(nullable=True)


class Inbox(KitBase, table=True):
    """Events of others whose effect is committed here."""

    __table_args__ = (Index("ix_inbox_heard_at", "heard_at"),)

    event_id: UUID = Field(primary_key=True)
    subject: str
    heard_at: datetime = Field(
        default_factory=lambda: datetime.now(UTC),
        sa_column=Column(DateTime(timezone=True), nullable=False, server_default=text("now()")),
    )


class DeadLetter(KitBase, table=True):
    """An event that this service could not take in (死信); an operator lists and replays it."""

    __tablename__ = "dead_letter"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    event_id: UUID | None = Field(default=None, unique=True)
    subject: str
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    error: str
    failed_at: datetime = moment_column()
    replayed_at: datetime | None = moment_column(nullable=True)
    replayed_by: str | None = Field(default=None, sa_column=Column(String, nullable=True))


class Event(BaseModel):
    """What a service says to all others; past tense, full state, with an example that hearers are tested on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: ClassVar[str]
    example: ClassVar[Mapping[str, Any]]


class EventTooLarge(ValueError):
    """The broker would not take the event; it must say less, or be several (事件过大)."""


class Heard(BaseModel):
    """A service's own tolerant view of a foreign event: only the fields that it uses."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    subject: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What travels (CloudEvents names)."""

    id: UUID
    source: str
    type: str
    time: datetime
    data: dict[str, Any]
    request_id: str | None = None

    def to_bytes(self) -> bytes:
        """Raises EventTooLarge."""
        body = orjson.dumps(
            {
                "id": str(self.id),
                "source": self.source,
                "type": self.type,
                "time": self.time.isoformat(),
                "data": self.data,
                "request_id": self.request_id,
            }
        )
        if len(body) > MOST_BYTES:
            raise EventTooLarge(f"{self.type} {self.id}: {len(body)} bytes, at most {MOST_BYTES}")
        return body

    @classmethod
    def from_bytes(cls, body: bytes) -> "Envelope":
        """Raises ValueError, KeyError or TypeError when the body is not an envelope."""
        told = orjson.loads(body)
        return cls(
            id=UUID(told["id"]),
            source=told["source"],
            type=told["type"],
            time=datetime.fromisoformat(told["time"]),
            data=told["data"],
            request_id=told.get("request_id"),
        )


def envelope_of(event: Event) -> Envelope:
    """A new envelope for the event, made now, for the current request."""
    return Envelope(
        id=new_id(),
        source=event.subject.partition(".")[0],
        type=event.subject,
        time=datetime.now(UTC),
        data=event.model_dump(mode="json"),
        request_id=request_id.get(),
    )


def publish(session: AsyncSession, event: Event) -> None:
    """Adds the event to the outbox in the caller's transaction: it leaves if and only if that commits.

    Raises EventTooLarge.
    """
    envelope = envelope_of(event)
    session.add(
        Outbox(id=envelope.id, subject=event.subject, body=envelope.to_bytes(), created_at=envelope.time)
    )
    session.info["published"] = True


Handler = Callable[[AsyncSession, Any, Envelope], Awaitable[None]]
ManyHandler = Callable[[AsyncSession, Sequence[tuple[Any, Envelope]]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Hears:
    """A foreign event and what it does here; `many` handlers take a whole batch, set-based."""

    view: type[Heard]
    handler: Handler | ManyHandler
    many: bool = False

    async def apply(self, session: AsyncSession, batch: Sequence[Envelope]) -> None:
        """The effect of the events, in the caller's transaction."""
        heard = [(self.view.model_validate(envelope.data), envelope) for envelope in batch]
        if self.many:
            await cast(ManyHandler, self.handler)(session, heard)
            return
        for event, envelope in heard:
            await cast(Handler, self.handler)(session, event, envelope)


@dataclass(frozen=True, slots=True)
class Timer:
    """Something that the clock asks for; runs in one worker at a time, in one transaction."""

    name: str
    every_seconds: float
    run: Callable[[AsyncSession, datetime], Awaitable[None]]


class OutboxBell:
    """Wakes the relay after a commit.

    A NOTIFY inside the transaction would take a lock over all databases' notifications until its commit is on
    disk, and so undo group commit; this one follows the commit, once for all that committed meanwhile. When it
    is lost, the relay's poll finds the row.
    """

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._task: asyncio.Task[None] | None = None

    def ring(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._notify())

    async def _notify(self) -> None:
        await asyncio.sleep(0.01)
        try:
            await self._pool.execute(f"NOTIFY {CHANNEL}")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            return  # the poll finds it
