"""The settlement desk (结算热路径): two round trips a group, no transaction open while Python thinks.

Cases wait in a queue. A clerk takes all that wait, reads their state in one statement, decides each, and writes
the group by one call of the database function settle(), which refuses when something moved meanwhile. A lone case
is a group of one and waits for nobody. When a group is refused, its cases go one by one, each read and decided
again. Every caller is told after the commit of his case.

One group holds a person, a bill and a message id only once; others of the same wait for the next round.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import asyncpg
import structlog

from services.claims.operations.answers import Written, arguments, write
from services.claims.operations.settlement import Decided, Replay, Request, decide
from services.claims.queries.state import STATE
from services.kit.problems import Conflict, Problem, Text, Unavailable

log = structlog.get_logger()

CLERKS = 2
GROUP = 32
ATTEMPTS = 10
SETTLE = "SELECT settle($1, $2, $3, $4, $5, $6)"
MOVED = ("MN001", "MN002", "MN003", "40001", "40P01")
DOWN = ("08", "53", "55", "57")


class SettlementBusy(Conflict):
    """Other settlements of the person kept moving the year (结算冲突)."""

    slug = "settlement-busy"
    title = Text("同一参保人正在办理其他结算", "Other settlements of this person are being made")
    detail = Text(
        "同一参保人正在办理其他结算，本次未办理；请稍后用同一消息编号重试。",
        "Nothing was done; try again shortly with the same key.",
    )


class Bell(Protocol):
    """Wakes the relay after a commit."""

    def ring(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller gets: the settlement, or the same answer again."""

    status: int
    body: bytes
    replayed: bool


@dataclass(slots=True, eq=False)
class _Waiting:
    request: Request
    answer: asyncio.Future[Answer]

    def tell(self, answer: Answer) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)

    def refuse(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


@dataclass(frozen=True, slots=True)
class _Ready:
    waiting: _Waiting
    written: Written


class Desk:
    """Settles the cases of one process."""

    def __init__(self, pool: asyncpg.Pool, bell: Bell) -> None:
        self._pool, self._bell = pool, bell
        self._queue: deque[_Waiting] = deque()
        self._clerks: set[asyncio.Task[None]] = set()

    def works_on(self, pool: asyncpg.Pool) -> bool:
        """Whether the desk uses this pool; a restarted app has another one."""
        return self._pool is pool

    async def presettle(self, request: Request) -> Decided:
        """The decision without writing anything. Raises the problems of `decide`, Unavailable."""
        try:
            row = await self._pool.fetchrow(STATE, [request.bill_id], [""], [""])
        except Exception as error:
            raise _as_problem(error) from error
        decided = decide(request, row=row)
        assert isinstance(decided, Decided), "without a message id there is nothing to replay"
        return decided

    async def settle(self, request: Request) -> Answer:
        """The answer after the commit. Raises the problems of `decide`, SettlementBusy, Unavailable."""
        waiting = _Waiting(request, asyncio.get_running_loop().create_future())
        self._queue.append(waiting)
        if len(self._clerks) < CLERKS:
            clerk = asyncio.create_task(self._work())
            self._clerks.add(clerk)
            clerk.add_done_callback(self._clerks.discard)
        return await waiting.answer

    async def _work(self) -> None:
        while self._queue:
            group = [self._queue.popleft() for _ in range(min(GROUP, len(self._queue)))]
            try:
                async with self._pool.acquire() as connection:
                    await self._serve(connection, group)
            except Exception as error:
                for waiting in group:
                    if waiting not in self._queue:
                        waiting.refuse(_as_problem(error))

    async def _serve(self, connection: asyncpg.Connection, group: Sequence[_Waiting]) -> None:
        ready = await self._decide(connection, group)
        if not ready:
            return
        try:
            await self._write(connection, ready)
        except asyncpg.PostgresError as error:
            if error.sqlstate[:2] in DOWN:
                raise
            for one in ready:
                await self._serve_alone(connection, one.waiting)

    async def _serve_alone(self, connection: asyncpg.Connection, waiting: _Waiting) -> None:
        """Reads and decides again until nothing moves between reading and writing."""
        try:
            for _ in range(ATTEMPTS):
                ready = await self._decide(connection, [waiting])
                if not ready or await self._written(connection, ready):
                    return
            waiting.refuse(SettlementBusy())
        except Exception as error:
            waiting.refuse(_as_problem(error))

    async def _written(self, connection: asyncpg.Connection, ready: Sequence[_Ready]) -> bool:
        try:
            await self._write(connection, ready)
        except asyncpg.PostgresError as error:
            if error.sqlstate not in MOVED:
                raise
            return False
        return True

    async def _decide(self, connection: asyncpg.Connection, group: Sequence[_Waiting]) -> list[_Ready]:
        """The cases to write; those that are refused or were answered before are told at once."""
        rows = await connection.fetch(
            STATE,
            [waiting.request.bill_id for waiting in group],
            [waiting.request.caller.subject for waiting in group],
            [waiting.request.key for waiting in group],
        )
        ready: list[_Ready] = []
        seen: set[object] = set()
        for waiting, row in zip(group, rows, strict=True):
            marks = {row["person_id"] or waiting, (waiting.request.caller.subject, waiting.request.key)}
            if seen & marks:
                self._queue.append(waiting)
                continue
            case = self._decided(waiting, row)
            if case is not None:
                seen |= marks
                ready.append(_Ready(waiting, write(case)))
        return ready

    @staticmethod
    def _decided(waiting: _Waiting, row: asyncpg.Record) -> Decided | None:
        try:
            case = decide(waiting.request, row=row)
        except Exception as error:  # one bad case must not take its group along
            waiting.refuse(error)
            return None
        if isinstance(case, Replay):
            waiting.tell(Answer(case.status, case.answer, replayed=True))
            return None
        return case

    async def _write(self, connection: asyncpg.Connection, ready: Sequence[_Ready]) -> None:
        await connection.execute(SETTLE, *arguments([one.written for one in ready]))
        for one in ready:
            one.waiting.tell(Answer(201, one.written.answer, replayed=False))
        self._bell.ring()


def _as_problem(error: Exception) -> Exception:
    """A database that is away is a reason to try again; everything else stays what it is."""
    if isinstance(error, Problem):
        return error
    state = getattr(error, "sqlstate", None) or ""
    if state[:2] in DOWN or isinstance(error, OSError | asyncpg.InterfaceError | TimeoutError):
        log.error("settlement.database_unavailable", error=type(error).__name__, sqlstate=state)
        return Unavailable()
    return error
