"""Outbox -> JetStream: at least once, in atomic batches, nothing lost that was committed.

Rows are claimed by `published_at IS NULL` with SKIP LOCKED: following the outbox by id would lose the row that
was inserted first and committed last. A publish that timed out may still have arrived, so each message carries
its event id and the stream drops the second one.
"""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import structlog
from nats.aio.client import Client
from nats.js.client import JetStreamContext
from nats.js.errors import APIError, NotFoundError

from services.kit import metrics
from services.kit.events import CHANNEL
from services.kit.ids import new_id

log = structlog.get_logger()

BATCH = 500
POLL_SECONDS = 1.0
PUBLISH_TIMEOUT = 5.0
SWEEP_SECONDS = 600.0
# Longer than a broker outage after which a relay still tries the same row; beyond it the inbox absorbs.
DUPLICATE_WINDOW_SECONDS = 120
STREAM_MAX_AGE_SECONDS = 30 * 24 * 3600

_CLAIM = """SELECT id, subject, body FROM outbox WHERE published_at IS NULL
            ORDER BY created_at, id LIMIT $1 FOR UPDATE SKIP LOCKED"""
_MARK = "UPDATE outbox SET published_at = now() WHERE id = ANY($1::uuid[])"
_BACKLOG = """SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)
              FROM outbox WHERE published_at IS NULL"""
_SWEEP = """DELETE FROM outbox WHERE id IN
            (SELECT id FROM outbox WHERE published_at < now() - make_interval(days => $1) LIMIT 5000)"""
_FORGET = """DELETE FROM inbox WHERE event_id IN
             (SELECT event_id FROM inbox WHERE heard_at < now() - interval '60 days' LIMIT 5000)"""

_SET_ASIDE = """WITH gone AS (DELETE FROM outbox WHERE id = ANY($1::uuid[]) RETURNING id, subject, body)
                INSERT INTO dead_letter (id, event_id, subject, body, error, failed_at)
                SELECT id, id, subject, body, 'too large for the broker', now() FROM gone"""
# What a message's headers may take of the broker's max_payload.
HEADER_BYTES = 1024

Row = tuple[UUID, str, bytes]


def stream_of(service: str) -> str:
    """The stream of a service's events: its name in capitals."""
    return service.upper()


async def ensure_stream(js: JetStreamContext, *, service: str, replicas: int) -> None:
    """Declares or updates the service's own stream; only the owner does."""
    config = {
        "name": stream_of(service),
        "subjects": [f"{service}.>"],
        "retention": "limits",
        "storage": "file",
        "discard": "old",
        "max_age": STREAM_MAX_AGE_SECONDS * 1_000_000_000,
        "duplicate_window": DUPLICATE_WINDOW_SECONDS * 1_000_000_000,
        "num_replicas": replicas,
        "allow_atomic": True,
        "allow_direct": True,
    }
    try:
        await js.stream_info(stream_of(service))
        verb = "UPDATE"
    except NotFoundError:
        verb = "CREATE"
    # The client's StreamConfig does not know `allow_atomic`, so the request is made plainly.
    answer = await js._nc.request(
        f"$JS.API.STREAM.{verb}.{stream_of(service)}", orjson.dumps(config), timeout=5
    )
    told = orjson.loads(answer.data)
    if "error" in told:
        raise APIError.from_error(told["error"])


class Relay:
    """Publishes one service's outbox until it is stopped."""

    def __init__(
        self, *, service: str, database_url: str, nats: Client, replicas: int = 1, retention_days: int = 7
    ) -> None:
        self.service, self._database_url, self._nats = service, database_url, nats
        self._replicas, self._retention_days = replicas, retention_days
        self._js = nats.jetstream(timeout=PUBLISH_TIMEOUT)
        self._wake = asyncio.Event()
        self._stopping = False
        self._stream_known = False
        self._swept_at = 0.0

    def wake(self, *_: object) -> None:
        """There may be something to publish."""
        self._wake.set()

    def stop(self) -> None:
        """Ends `run` after the batch at hand."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Publishes until stopped; a database or broker that is away costs delay, never a row."""
        while not self._stopping:
            try:
                await self._session()
            except Exception as error:  # whatever broke, the rows wait: trying again is all there is to do
                log.warning("relay.interrupted", error=type(error).__name__)
                self._stream_known = (
                    False  # it may be the stream that was lost; to declare it again costs nothing
                )
                await self._pause(POLL_SECONDS)

    async def _session(self) -> None:
        connection = await asyncpg.connect(self._database_url, timeout=5, command_timeout=15)
        try:
            await connection.add_listener(CHANNEL, self.wake)
            while not self._stopping:
                if not self._stream_known:
                    await ensure_stream(self._js, service=self.service, replicas=self._replicas)
                    self._stream_known = True
                self._wake.clear()
                if await self._step(connection) < BATCH:
                    await self._housekeeping(connection)
                    await self._pause(POLL_SECONDS)
        finally:
            await connection.close(timeout=2)

    async def _step(self, connection: asyncpg.Connection) -> int:
        async with connection.transaction():
            rows = [tuple(row) for row in await connection.fetch(_CLAIM, BATCH)]
            fit = [row for row in rows if len(row[2]) + HEADER_BYTES <= self._nats.max_payload]
            if len(fit) < len(rows):
                await self._set_aside(connection, [row for row in rows if row not in fit])
            if fit:
                await self._publish(fit)
                await connection.execute(_MARK, [row[0] for row in fit])
        metrics.events_published.inc(len(fit))
        return len(rows)

    async def _set_aside(self, connection: asyncpg.Connection, rows: Sequence[Row]) -> None:
        """What the broker would never take becomes a dead letter here, so that it stops nothing behind it."""
        await connection.execute(_SET_ASIDE, [row[0] for row in rows])
        for event_id, subject, body in rows:
            metrics.dead_letters.labels(subject).inc()
            log.error("relay.too-large", subject=subject, event_id=str(event_id), bytes=len(body))

    async def _publish(self, rows: Sequence[Row]) -> None:
        if len(rows) > 1 and await self._publish_batch(rows):
            return
        for event_id, subject, body in rows:
            await self._js.publish(
                subject,
                body,
                headers={"Nats-Msg-Id": str(event_id)},
                timeout=PUBLISH_TIMEOUT,
                stream=stream_of(self.service),
            )

    async def _publish_batch(self, rows: Sequence[Row]) -> bool:
        """One atomic batch, one sync to disk. False when an id is already in the stream: nothing was stored."""
        batch = str(new_id())
        for sequence, (event_id, subject, body) in enumerate(rows[:-1], start=1):
            await self._nats.publish(subject, body, headers=_headers(batch, sequence, event_id))
        event_id, subject, body = rows[-1]
        last = _headers(batch, len(rows), event_id) | {"Nats-Batch-Commit": "1"}
        answer = await self._nats.request(subject, body, headers=last, timeout=PUBLISH_TIMEOUT)
        told: dict[str, Any] = orjson.loads(answer.data)
        if "error" not in told:
            return True
        log.info("relay.batch-refused", code=told["error"].get("err_code"), rows=len(rows))
        return False

    async def _housekeeping(self, connection: asyncpg.Connection) -> None:
        waiting, age = await connection.fetchrow(_BACKLOG)
        metrics.outbox_waiting.set(waiting)
        metrics.outbox_oldest_seconds.set(float(age))
        now = asyncio.get_running_loop().time()
        if now - self._swept_at > SWEEP_SECONDS:
            self._swept_at = now
            await connection.execute(_SWEEP, self._retention_days)
            await connection.execute(_FORGET)

    async def _pause(self, seconds: float) -> None:
        if self._stopping:
            return
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return


def _headers(batch: str, sequence: int, event_id: UUID) -> dict[str, str]:
    return {
        "Nats-Batch-Id": batch,
        "Nats-Batch-Sequence": str(sequence),
        "Nats-Msg-Id": str(event_id),
    }
