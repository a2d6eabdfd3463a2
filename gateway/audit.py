"""The audit trail 审计: who did what, when, from where, with which outcome; never bodies or secrets.

Many callers' rows are written by one statement, so that a durable row costs a share of a commit. A state change
is on the database's disk as `begun` before it is sent on, and as `ended` before the answer leaves; reads follow
within half a second. Rows of a process form a hash chain, which shows a changed or
missing row even to someone who does not trust the database's administrator.
"""

import asyncio
import contextlib
from collections import deque
from datetime import datetime
from itertools import islice
from typing import NamedTuple
from uuid import UUID

import asyncpg
import structlog

from gateway.chain import chained, first_hash
from services.kit.db import server_settings
from services.kit.ids import new_id
from services.kit.problems import Text, Unavailable

log = structlog.get_logger()

READ_DELAY = 0.5
RETRY_DELAY = 0.5
WAIT_SECONDS, CONNECT_SECONDS = 5.0, 3.0
BATCH = 1000
BUFFER = 50_000


class AuditUnavailable(Unavailable):
    """The trail cannot be written, so nothing may be changed (审计不可用)."""

    slug = "audit-unavailable"
    title = Text("审计暂不可用，未办理", "The audit trail is unavailable; nothing was done")
    detail = Text(
        "请稍后用同一消息编号（Idempotency-Key）重试，不会重复办理。",
        "Try again shortly with the same Idempotency-Key; nothing will be done twice.",
    )


class OutcomeUnaudited(Unavailable):
    """The change was sent on, but its outcome could not be written (结果未落审计)."""

    slug = "outcome-unaudited"
    title = Text("办理结果待确认", "The outcome is not confirmed")
    detail = Text(
        "请用同一幂等键（Idempotency-Key）重试，不会重复办理。",
        "Try again with the same Idempotency-Key; nothing will be done twice.",
    )


class Entry(NamedTuple):
    """One row, in the order of the columns; `place` and `hash` are added when it is written."""

    at: datetime
    phase: str
    begun_place: int | None
    outcome: str
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
    duration_us: int
    request_id: str
    client_ip: str
    user_agent: str


_TYPES = ("timestamptz", "text", "bigint", *("text",) * 11, "int", "bigint", *("text",) * 3)
_COLUMNS = ", ".join(Entry._fields)
_ARRAYS = ", ".join(
    f"${number}::{kind}[]" for number, kind in enumerate(("bigint", "bytea", *_TYPES), start=2)
)
INSERT = f"""
    INSERT INTO audit_entry (chain, place, hash, {_COLUMNS})
    SELECT $1::uuid, rows.* FROM unnest({_ARRAYS}) AS rows
    ON CONFLICT (chain, place) DO NOTHING"""  # noqa: S608 - built from constants


class Lane:
    """One connection that writes rows in the order in which they come."""

    def __init__(self, url: str, chain: UUID) -> None:
        self._url, self._chain = url, chain
        # Synchronous: a row that the database forgets in a crash would be a gap in the chain.
        self._settings = server_settings("gateway-audit")
        self._waiting: deque[tuple[int, bytes, Entry]] = deque()
        self._promises: list[tuple[int, asyncio.Future[None]]] = []
        self._bell, self._tried = asyncio.Event(), asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._connection: asyncpg.Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self.down = True
        self.connected = False  # at least once

    def __len__(self) -> int:
        return len(self._waiting)

    async def start(self) -> None:
        """Connects (later, when the database is away) and begins to write."""
        self._task = asyncio.create_task(self._run(), name="audit")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._tried.wait()

    async def stop(self) -> None:
        """Writes what waits, within five seconds, and ends."""
        self._stopping = True
        self._bell.set()
        if self._task is not None:
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    await asyncio.shield(self._task)
            except TimeoutError:
                self._task.cancel()
                log.error("audit.lost", rows=len(self))

    def put(self, place: int, row_hash: bytes, entry: Entry) -> None:
        """A row that may wait half a second."""
        self._waiting.append((place, row_hash, entry))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(READ_DELAY, self._due)

    async def keep(self, place: int, row_hash: bytes, entry: Entry) -> None:
        """Returns when the row is written. Raises TimeoutError, ConnectionError; the row is still tried."""
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((place, row_hash, entry))
        self._promises.append((place, kept))
        self._bell.set()
        async with asyncio.timeout(WAIT_SECONDS):
            await kept

    def _due(self) -> None:
        self._timer = None
        self._bell.set()

    async def _run(self) -> None:
        self._bell.set()
        while not (self._stopping and not self._waiting):
            await self._bell.wait()
            self._bell.clear()
            try:
                await self._flush(len(self._waiting))
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                await self._failed(error)
            self._tried.set()
        if self._connection is not None:
            await self._connection.close(timeout=2)

    async def _flush(self, rows: int) -> None:
        """Writes the rows that wait now; those that come meanwhile ring the bell again."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._url,
                timeout=CONNECT_SECONDS,
                command_timeout=5,
                server_settings=self._settings,
            )
            self.down, self.connected = False, True
        while rows > 0:
            batch = list(islice(self._waiting, min(BATCH, rows)))
            columns = zip(*((place, row_hash, *entry) for place, row_hash, entry in batch), strict=True)
            await self._connection.execute(INSERT, self._chain, *columns)
            self._written(batch[-1][0], len(batch))
            rows -= len(batch)

    def _written(self, last: int, count: int) -> None:
        for _ in range(count):
            self._waiting.popleft()
        self.down = False
        open_promises = []
        for place, kept in self._promises:
            if place > last:
                open_promises.append((place, kept))
            elif not kept.done():
                kept.set_result(None)
        self._promises = open_promises

    async def _failed(self, error: Exception) -> None:
        if not self.down:
            log.error("audit.down", error=type(error).__name__)
        self.down = True
        for _, kept in self._promises:
            if not kept.done():
                kept.set_exception(ConnectionError("audit database"))
        self._promises = []
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
        if self._stopping and self._waiting:
            log.error("audit.lost", rows=len(self._waiting))
            self._waiting.clear()
        await asyncio.sleep(RETRY_DELAY)
        self._bell.set()


class Trail:
    """The trail of this process: one hash chain, written in two lanes."""

    def __init__(self, url: str) -> None:
        self.chain = new_id()
        self._hash, self._place = first_hash(self.chain), 0
        self._begun, self._ended = Lane(url, self.chain), Lane(url, self.chain)
        self.lost = 0

    @property
    def down(self) -> bool:
        """Whether the database could not be reached at the last try."""
        return self._begun.down or self._ended.down

    @property
    def connected(self) -> bool:
        """Whether it was reached at least once."""
        return self._begun.connected and self._ended.connected

    @property
    def waiting(self) -> int:
        """Rows that are not yet written."""
        return len(self._begun) + len(self._ended)

    async def start(self) -> None:
        """Connects (later, when the database is away) and begins to write."""
        await asyncio.gather(self._begun.start(), self._ended.start())

    async def stop(self) -> None:
        """Writes what waits, within five seconds, and ends."""
        await asyncio.gather(self._begun.stop(), self._ended.stop())

    def note(self, entry: Entry) -> None:
        """A row that may wait half a second; when the database is away too long, the newest are counted as lost."""
        if len(self._ended) >= BUFFER:
            self.lost += 1
        else:
            self._ended.put(*self._next(entry))

    async def begin(self, entry: Entry) -> int:
        """The place of a row that the database has now. Raises AuditUnavailable."""
        if self.down or self.waiting >= BUFFER:
            raise AuditUnavailable
        row = self._next(entry)
        try:
            await self._begun.keep(*row)
        except (TimeoutError, ConnectionError) as error:
            raise AuditUnavailable from error
        return row[0]

    async def end(self, entry: Entry) -> None:
        """Returns when the row is on disk. Raises OutcomeUnaudited; the row is still tried."""
        try:
            await self._ended.keep(*self._next(entry))
        except (TimeoutError, ConnectionError) as error:
            raise OutcomeUnaudited from error

    def _next(self, entry: Entry) -> tuple[int, bytes, Entry]:
        self._place += 1
        self._hash = chained(self._hash, self._place, entry)
        return self._place, self._hash, entry
