"""Events: from rows in enrolment's outbox to rows in claims' database, through the real workers of both.

A backlog of distinct persons gives the rate; the control relays rows of the same kind one by one, each publish
awaited, with the same broker that syncs every write. Then 200 events a second arrive whatever happens (an open loop),
and for each the time from its commit to its effect being visible in claims' database is taken.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import nats
from nats.js.api import StreamConfig

from services.enrolment.events import CoverageChanged
from services.kit.events import OutboxBell, envelope_of
from services.kit.ids import new_id
from tests.bench.harness import Contender, Done, Rounds, compare
from tests.bench.report import Row
from tests.bench.stage import Stage

BACKLOG, ROUNDS, ONE_BY_ONE = 30_000, 3, 2_000
PER_SECOND, SECONDS, WAIT_SECONDS, POLL_SECONDS = 200, 10, 60.0, 0.003
_PUBLISH = "INSERT INTO outbox (id, subject, body, created_at) VALUES ($1, $2, $3, $4)"
_SEEN = "SELECT person_id FROM coverage_copy WHERE person_id = ANY($1::uuid[])"
WORKERS, CONTROL = "workers", "one by one"


class EventsLost(Exception):
    """Not every event had its effect in time."""


async def run(folder: Path) -> tuple[list[Row], list[str], float]:
    """The rows and the steal."""
    parts = ["enrolment-worker", "claims-worker"]
    stage = Stage(state=folder, parts=parts, settings={"LOG_LEVEL": "WARNING"})
    async with stage:
        await stage.start(*parts)
        rounds = await compare(await _contenders(stage), rounds=ROUNDS, seconds=1.0, say=print)
        late = sorted(await OpenLoop().run(stage))
    return _rows(rounds, late), [], rounds.steal


async def _contenders(stage: Stage) -> list[Contender]:
    pids = stage.processes
    servers = [pids["postgres"], pids["nats"]]

    async def through_workers(_: float) -> Done:
        return await backlog(stage, BACKLOG)

    async def one_by_one(_: float) -> Done:
        return await awaited(stage, ONE_BY_ONE)

    return [
        Contender(
            WORKERS, through_workers, lambda: [pids["enrolment-worker"], pids["claims-worker"], *servers]
        ),
        Contender(CONTROL, one_by_one, lambda: servers),
    ]


async def backlog(stage: Stage, count: int) -> Done:
    """Commits so many events at once, and waits until the last has its effect. Raises EventsLost."""
    enrolment, claims = await stage.connect("enrolment"), await stage.connect("claims")
    known = await claims.fetchval("SELECT count(*) FROM coverage_copy")
    rows = _rows_of(count)
    async with enrolment.transaction():
        await enrolment.copy_records_to_table(
            "outbox", records=rows, columns=["id", "subject", "body", "created_at"]
        )
    began = time.perf_counter()
    await enrolment.execute("NOTIFY outbox")
    while await claims.fetchval("SELECT count(*) FROM coverage_copy") < known + count:
        if time.perf_counter() - began > WAIT_SECONDS:
            raise EventsLost(f"{count} events, not all after {WAIT_SECONDS:.0f} s")
        await asyncio.sleep(0.05)
    took = time.perf_counter() - began
    await enrolment.close()
    await claims.close()
    return Done(count, took)


async def awaited(stage: Stage, count: int) -> Done:
    """The control: each row published by itself and waited for."""
    client = await nats.connect(stage.nats_url("admin"))
    js = client.jetstream(timeout=5)
    await js.add_stream(StreamConfig(name="CONTROL", subjects=["control.>"]))
    rows = _rows_of(count)
    began = time.perf_counter()
    for event_id, _, body, _ in rows:
        await js.publish("control.coverage.changed", body, headers={"Nats-Msg-Id": str(event_id)})
    took = time.perf_counter() - began
    await client.close()
    return Done(count, took)


def _rows_of(count: int) -> list[tuple[UUID, str, bytes, datetime]]:
    envelopes = [envelope_of(_event()) for _ in range(count)]
    return [(one.id, one.type, one.to_bytes(), one.time) for one in envelopes]


def _event() -> CoverageChanged:
    return CoverageChanged.model_validate(
        {**CoverageChanged.example, "person_id": str(new_id()), "version": 1}
    )


class OpenLoop:
    """Events at a fixed rate, whether or not the ones before had their effect."""

    def __init__(self) -> None:
        self.waiting: dict[UUID, float] = {}
        self.late: list[float] = []

    async def run(self, stage: Stage) -> list[float]:
        """Seconds from commit to effect of every event. Raises EventsLost."""
        pool = await asyncpg.create_pool(stage.databases["enrolment"], min_size=8, max_size=8)
        claims = await stage.connect("claims")
        watching = asyncio.create_task(self._watch(claims))
        try:
            await self._commit_all(pool, OutboxBell(pool))
            await watching
        finally:
            watching.cancel()
            await claims.close()
            await pool.close()
        return self.late

    async def _commit_all(self, pool: asyncpg.Pool, bell: OutboxBell) -> None:
        commits, began = [], time.perf_counter()
        for number in range(PER_SECOND * SECONDS):
            await asyncio.sleep(max(0.0, began + number / PER_SECOND - time.perf_counter()))
            commits.append(asyncio.create_task(self._commit(pool, bell)))
        await asyncio.gather(*commits)

    async def _commit(self, pool: asyncpg.Pool, bell: OutboxBell) -> None:
        event = _event()
        envelope = envelope_of(event)
        await pool.execute(_PUBLISH, envelope.id, envelope.type, envelope.to_bytes(), envelope.time)
        self.waiting[event.person_id] = time.perf_counter()
        bell.ring()

    async def _watch(self, claims: asyncpg.Connection) -> None:
        """Looks for the rows of the events that wait; an effect is seen up to one look late."""
        until = time.perf_counter() + SECONDS + WAIT_SECONDS
        while len(self.late) < PER_SECOND * SECONDS:
            found = await claims.fetch(_SEEN, list(self.waiting))
            now = time.perf_counter()
            self.late += [now - self.waiting.pop(row["person_id"]) for row in found]
            if now > until:
                raise EventsLost(f"{len(self.waiting)} events without effect")
            await asyncio.sleep(POLL_SECONDS)


def _rows(rounds: Rounds, late: Sequence[float]) -> list[Row]:
    rate, control = rounds.per_second(WORKERS), rounds.per_second(CONTROL)
    p50, p99 = (late[int(len(late) * share)] * 1000 for share in (0.50, 0.99))
    told = f"p50 {p50:,.0f} ms, p99 {p99:,.0f} ms"
    return [
        Row("events, outbox to effect", f"{rate:,.0f}/s", "-", rate, "events/s", 5000),
        Row(
            "the same / one by one, awaited",
            f"{rate:,.0f}/s",
            f"{control:,.0f}/s",
            rounds.ratio(WORKERS, CONTROL),
            "ratio",
        ),
        Row(f"commit to effect at {PER_SECOND}/s, p99", told, "-", p99, "ms", 250, at_most=True),
    ]
