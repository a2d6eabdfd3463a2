"""A second small service, to try events between two: `toy` tells, `ear` hears and writes one row per effect."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import asyncpg
from nats.aio.client import Client
from nats.js.errors import NotFoundError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from deploy.local.postgres import EmbeddedPostgres
from services.kit.consumer import Consumer
from services.kit.db import Sessions, create_engine, sessions_of
from services.kit.events import Envelope, Event, Heard, Hears, envelope_of, publish
from services.kit.relay import ensure_stream
from tests.kit import toy

TOLD = "toy.thing.told"


class ThingTold(Event):
    subject: ClassVar[str] = TOLD
    example: ClassVar[dict[str, Any]] = {"number": 1}

    number: int


class Told(Heard):
    subject: ClassVar[str] = TOLD

    number: int


@dataclass
class Side:
    """One service's database."""

    url: str
    engine: AsyncEngine
    sessions: Sessions = field(init=False)

    def __post_init__(self) -> None:
        self.sessions = sessions_of(self.engine)

    async def tell(self, *numbers: int) -> None:
        async with self.sessions.begin() as session:
            for number in numbers:
                publish(session, ThingTold(number=number))

    async def fetch(self, statement: str) -> list[Any]:
        connection = await asyncpg.connect(self.url)
        try:
            return [row[0] for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    async def effects(self) -> list[int]:
        return await self.fetch("SELECT number FROM effect ORDER BY number")

    async def waiting(self) -> int:
        (count,) = await self.fetch("SELECT count(*) FROM outbox WHERE published_at IS NULL")
        return int(count)


@asynccontextmanager
async def side(postgres: EmbeddedPostgres, name: str) -> AsyncIterator[Side]:
    async with toy.database(postgres, name) as url:
        engine = create_engine(url, name=name)
        async with engine.begin() as connection:
            await connection.execute(text("DROP TABLE IF EXISTS effect"))
            await connection.execute(text("CREATE TABLE effect (number integer NOT NULL)"))
        try:
            yield Side(url, engine)
        finally:
            await engine.dispose()


async def note(session: AsyncSession, number: int) -> None:
    """The effect: one more row, so that a second effect is seen."""
    connection = await session.connection()
    await connection.execute(text("INSERT INTO effect VALUES (:number)"), {"number": number})


async def hear(session: AsyncSession, event: Told, envelope: Envelope) -> None:
    await note(session, event.number)


async def hear_many(session: AsyncSession, heard: Sequence[tuple[Told, Envelope]]) -> None:
    for event, _ in heard:
        await note(session, event.number)


def consumer(client: Client, sessions: Sessions, handler: Any = hear, *, many: bool = False) -> Consumer:
    return Consumer(
        service="ear",
        source="toy",
        hears={TOLD: Hears(Told, handler, many=many)},
        sessions=sessions,
        nats=client,
        on_effect=lambda: None,
    )


async def fresh_streams(client: Client) -> None:
    js = client.jetstream()
    for name in ("TOY", "EAR"):
        try:
            await js.delete_stream(name)
        except NotFoundError:
            continue
    await ensure_stream(js, service="toy", replicas=1)


async def publish_now(client: Client, *numbers: int, times: int = 1) -> None:
    """Events as a relay sends them; `times` sends each again after the stream's memory of ids is over."""
    for number in numbers:
        told = envelope_of(ThingTold(number=number))
        for _ in range(times):
            await client.jetstream().publish(TOLD, told.to_bytes())


@asynccontextmanager
async def running(*loops: Any) -> AsyncIterator[None]:
    """Relays and consumers at work, stopped in the end; what one raises is raised here."""
    tasks = [asyncio.create_task(loop.run()) for loop in loops]
    try:
        yield
    finally:
        for loop in loops:
            loop.stop()
        await asyncio.wait_for(asyncio.gather(*tasks), 20)


async def until(check: Callable[[], Awaitable[bool]], *, seconds: float = 15) -> None:
    """Waits for something that must come true."""
    async with asyncio.timeout(seconds):
        while not await check():
            await asyncio.sleep(0.03)
