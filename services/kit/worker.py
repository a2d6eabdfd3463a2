"""python -m services.kit.worker claims: relay, consumers and timers of one service, in one process.

Stop order (SIGTERM): the loops end -> messages not begun go back -> unsubscribe -> drain with 5 s -> close.
"""

import asyncio
import contextlib
import importlib
import signal
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import nats
import structlog
import uvicorn
import uvloop
from nats.aio.client import Client
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.kit import clock, logging, metrics
from services.kit.config import Settings
from services.kit.consumer import Consumer
from services.kit.db import Sessions, create_engine, sessions_of
from services.kit.events import Hears, Timer
from services.kit.relay import Relay

log = structlog.get_logger()
DRAIN_SECONDS = 5


@dataclass(frozen=True)
class Work:
    """What one service's worker does."""

    service: str
    hears: Sequence[Hears]
    timers: Sequence[Timer]

    @classmethod
    def of(cls, service: str) -> "Work":
        module = importlib.import_module(f"services.{service}.events")
        return cls(service=service, hears=module.HEARS, timers=module.TIMERS)


async def connect(url: str, *, service: str) -> Client:
    """A NATS connection that never gives up reconnecting.

    Its inboxes stand under the service's own prefix, the only one that the service may subscribe to: so no
    service reads what the server delivers to another.
    """
    return await nats.connect(
        url,
        name=f"{service}-worker",
        inbox_prefix=f"_INBOX.{service}".encode(),
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.5,
        connect_timeout=3,
        drain_timeout=DRAIN_SECONDS,
        allow_reconnect=True,
        error_cb=_on_error,
        disconnected_cb=_on_disconnect,
    )


async def _on_error(error: Exception) -> None:
    log.warning("nats.error", error=type(error).__name__)


async def _on_disconnect() -> None:
    log.warning("nats.disconnected")


async def run(work: Work, *, settings: Settings, stop: asyncio.Event) -> None:
    """Works until `stop` is set."""
    client = await _first_connect(settings, service=work.service, stop=stop)
    if client is None:
        return
    engine = create_engine(settings.database_url, pool=settings.database_pool, name=f"{work.service}-worker")
    sessions = sessions_of(engine)
    relay = Relay(
        service=work.service,
        database_url=settings.database_url.get_secret_value(),
        nats=client,
        replicas=settings.stream_replicas,
        retention_days=settings.outbox_retention_days,
    )
    consumers = _consumers(work, sessions=sessions, client=client, relay=relay)
    loops: list[Coroutine[Any, Any, None]] = [relay.run(), *(consumer.run() for consumer in consumers)]
    loops += [_tick(timer, sessions=sessions, stop=stop, relay=relay) for timer in work.timers]
    tasks = [asyncio.create_task(loop) for loop in loops]
    ended = asyncio.create_task(stop.wait())
    await asyncio.wait({*tasks, ended}, return_when=asyncio.FIRST_COMPLETED)
    relay.stop()
    for consumer in consumers:
        consumer.stop()
    stop.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    await _close(client)
    await engine.dispose()
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def _first_connect(settings: Settings, *, service: str, stop: asyncio.Event) -> Client | None:
    while not stop.is_set():
        try:
            return await connect(settings.nats_url.get_secret_value(), service=service)
        except (OSError, TimeoutError, nats.errors.Error) as error:
            log.warning("nats.unreachable", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 1)
    return None


def _consumers(work: Work, *, sessions: Sessions, client: Client, relay: Relay) -> list[Consumer]:
    by_source: dict[str, dict[str, Hears]] = defaultdict(dict)
    for entry in work.hears:
        by_source[entry.view.subject.partition(".")[0]][entry.view.subject] = entry
    return [
        Consumer(
            service=work.service,
            source=source,
            hears=hears,
            sessions=sessions,
            nats=client,
            on_effect=relay.wake,
        )
        for source, hears in sorted(by_source.items())
    ]


async def _tick(timer: Timer, *, sessions: Sessions, stop: asyncio.Event, relay: Relay) -> None:
    while not stop.is_set():
        try:
            await run_timer(timer, sessions=sessions)
            relay.wake()
        except Exception as error:  # a timer that failed is tried at its next tick
            log.error("timer.failed", timer=timer.name, error=type(error).__name__, exc_info=error)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), timer.every_seconds)


async def run_timer(timer: Timer, *, sessions: Sessions) -> bool:
    """One tick in one transaction; False when another worker is at it."""
    async with sessions.begin() as session:
        lock = await (await session.connection()).execute(
            text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": crc32(f"timer.{timer.name}".encode())}
        )
        if not lock.scalar_one():
            return False
        await timer.run(session, clock.now())
    return True


async def _close(client: Client) -> None:
    try:
        await asyncio.wait_for(client.drain(), DRAIN_SECONDS + 1)
    except (nats.errors.Error, TimeoutError, OSError):
        await client.close()


def health(settings: Settings, stop: asyncio.Event) -> uvicorn.Server:
    """The worker's own small server: live, ready, metrics."""

    async def live(_: Request) -> Response:
        return JSONResponse({"status": "stopping" if stop.is_set() else "live"})

    async def exposition(_: Request) -> Response:
        return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)

    routes = [Route("/health/live", live), Route("/health/ready", live), Route("/metrics", exposition)]
    config = uvicorn.Config(
        Starlette(routes=routes),
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_level="warning",
    )
    server = uvicorn.Server(config)
    server.config.lifespan = "off"
    return server


@contextlib.asynccontextmanager
async def serving(server: uvicorn.Server) -> AsyncIterator[None]:
    """The health server runs beside the work, without taking its signals."""
    task = asyncio.create_task(server._serve())
    try:
        yield
    finally:
        server.should_exit = True
        await task


async def main(service: str) -> None:
    """The process: settings, signals, health, work."""
    settings = Settings()
    logging.configure(service=f"{service}-worker", level=settings.log_level)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serving(health(settings, stop)):
        await run(Work.of(service), settings=settings, stop=stop)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
