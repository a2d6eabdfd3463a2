"""The worker: relay, consumers and timers in one process that may end at any moment."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

import asyncpg
import pytest
from nats.aio.client import Client
from nats.js.errors import NotFoundError
from pydantic import SecretStr
from sqlmodel.ext.asyncio.session import AsyncSession

from deploy.local.nats import EmbeddedNats
from deploy.local.ports import free_port
from deploy.local.postgres import EmbeddedPostgres
from services.kit import worker as working
from services.kit.config import Settings
from services.kit.events import Envelope, Hears, Timer
from services.kit.ids import new_id
from services.kit.relay import ensure_stream
from services.kit.worker import Work, connect
from tests.archives import build
from tests.conftest import Database, Keys, settings_for
from tests.kit import ear
from tests.kit.ear import Side, Told, until

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def client(nats_server: EmbeddedNats) -> AsyncIterator[Client]:
    client = await connect(nats_server.url(), service="test")
    await ear.fresh_streams(client)
    yield client
    await client.close()


@pytest.fixture
async def sides(postgres: EmbeddedPostgres) -> AsyncIterator[tuple[Side, Side]]:
    async with ear.side(postgres, "toy_events") as toy_side, ear.side(postgres, "ear") as ear_side:
        yield toy_side, ear_side


def works(*, timers: list[Timer] | None = None) -> tuple[Work, Work]:
    hears = [Hears(Told, ear.hear)]
    return Work("toy", hears=[], timers=[]), Work("ear", hears=hears, timers=timers or [])


@asynccontextmanager
async def at_work(sides: tuple[Side, Side], url: str, keys: Keys, *work: Work) -> AsyncIterator[None]:
    """Workers of both services, stopped in the end."""
    stop = asyncio.Event()
    tasks = []
    for side, one in zip(sides, work or works(), strict=False):
        settings = settings_for(database_url=side.url, nats_url=url, keys=keys)
        tasks.append(asyncio.create_task(working.run(one, settings=settings, stop=stop)))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 20)


async def heard(side: Side, numbers: list[int]) -> bool:
    return await side.effects() == numbers


class TestRun:
    async def test_brings_an_event_from_one_database_into_the_other(
        self, client: Client, nats_server: EmbeddedNats, sides: tuple[Side, Side], keys: Keys
    ) -> None:
        toy_side, ear_side = sides
        await toy_side.tell(1)
        async with at_work(sides, nats_server.url(), keys):
            await toy_side.tell(2, 3)
            await until(lambda: heard(ear_side, [1, 2, 3]))
        await toy_side.tell(4)
        async with at_work(sides, nats_server.url(), keys):
            await until(lambda: heard(ear_side, [1, 2, 3, 4]))

    async def test_begins_before_its_broker_and_outlives_it(
        self, state: Path, sides: tuple[Side, Side], keys: Keys
    ) -> None:
        toy_side, ear_side = sides
        async with EmbeddedNats(state / "away_worker") as server:
            url, port = server.url(), server.port
        async with at_work(sides, url, keys):
            await toy_side.tell(1)
            await asyncio.sleep(1)
            for number in (1, 2):
                async with EmbeddedNats(state / "away_worker", port=port):
                    await until(partial(heard, ear_side, list(range(1, number + 1))), seconds=25)
                await toy_side.tell(number + 1)
        assert await toy_side.waiting() == 1

    async def test_stops_within_seconds(
        self, client: Client, nats_server: EmbeddedNats, sides: tuple[Side, Side], keys: Keys
    ) -> None:
        async with at_work(sides, nats_server.url(), keys):
            await asyncio.sleep(1)
            began = time.monotonic()
        assert time.monotonic() - began < 5


class TestTimer:
    async def test_runs_in_one_worker_at_a_time(self, sides: tuple[Side, Side]) -> None:
        _, ear_side = sides
        inside, most = 0, 0

        async def tick(session: AsyncSession, now: datetime) -> None:
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.1)
            await ear.note(session, 1)
            inside -= 1

        timer = Timer("toy.tick", every_seconds=1, run=tick)
        ran = await asyncio.gather(*(working.run_timer(timer, sessions=ear_side.sessions) for _ in range(4)))
        assert (sorted(ran), most) == ([False, False, False, True], 1)
        assert await ear_side.effects() == [1]

    async def test_is_tried_again_after_it_failed(
        self, client: Client, nats_server: EmbeddedNats, sides: tuple[Side, Side], keys: Keys
    ) -> None:
        _, ear_side = sides
        times = 0

        async def tick(session: AsyncSession, now: datetime) -> None:
            nonlocal times
            times += 1
            await ear.note(session, times)
            if times == 1:
                raise ValueError("once")

        work = works(timers=[Timer("toy.again", every_seconds=0.1, run=tick)])
        async with at_work(sides, nats_server.url(), keys, *work):
            await until(lambda: self.ran(ear_side))
        assert 1 not in await ear_side.effects()

    async def ran(self, side: Side) -> bool:
        return len(await side.effects()) >= 2


class Killable:
    """The archive's worker as a process of its own."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self._settings, self._log = settings, log
        self._child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        told = self._settings.model_dump(include={"database_url", "nats_url", "field_key", "index_key"})
        environment = {
            name.upper(): value.get_secret_value()
            for name, value in told.items()
            if isinstance(value, SecretStr)
        }
        environment |= {
            "IDENTITY_PUBLIC_KEY": self._settings.identity_public_key,
            "PORT": str(free_port()),
            "PATH": os.environ["PATH"],
        }
        with self._log.open("ab") as log:
            self._child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.kit.killable",
                "archives",
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=log,
            )

    async def end(self, how: signal.Signals) -> int:
        assert self._child is not None
        if self._child.returncode is None:
            self._child.send_signal(how)
        return await asyncio.wait_for(self._child.wait(), 20)


class TestKill:
    """`kill -9` of the archive's worker while 2,000 settlements arrive: none is lost, none is filed twice."""

    SETTLEMENTS = 2000

    @pytest.fixture
    async def streams(self, nats_server: EmbeddedNats) -> AsyncIterator[Client]:
        client = await connect(nats_server.url(), service="test")
        js = client.jetstream()
        for name in ("CLAIMS", "ARCHIVES", "ENROLMENT", "JOBS"):
            try:
                await js.delete_stream(name)
            except NotFoundError:
                continue
        await ensure_stream(js, service="claims", replicas=1)
        yield client
        for name in ("CLAIMS", "ARCHIVES"):
            await js.delete_stream(name)
        await client.close()

    async def send(self, client: Client) -> None:
        js = client.jetstream()

        async def one(number: int) -> None:
            told = Envelope(
                id=new_id(),
                source="claims",
                type="claims.settlement.made",
                time=build.NOW,
                data=build.settlement(bill_number=f"B-{number}"),
            )
            await js.publish(told.type, told.to_bytes(), timeout=10)

        for start in range(0, self.SETTLEMENTS, 200):
            await asyncio.gather(*(one(number) for number in range(start, start + 200)))

    @pytest.fixture
    async def database(self, archives_database: Database) -> AsyncIterator[asyncpg.Connection]:
        await archives_database.empty()
        connection = await asyncpg.connect(archives_database.url)
        yield connection
        await connection.close()
        await archives_database.empty()

    async def test_in_the_middle_of_a_batch_loses_and_doubles_nothing(
        self,
        streams: Client,
        nats_server: EmbeddedNats,
        database: asyncpg.Connection,
        archives_database: Database,
        keys: Keys,
        tmp_path: Path,
    ) -> None:
        settings = settings_for(
            database_url=archives_database.url, nats_url=nats_server.url("archives"), keys=keys
        )
        process = Killable(settings, tmp_path / "worker.log")
        await self.send(streams)

        # First in the middle for certain: the batch waits for a lock that we hold, its inbox rows are written.
        async with database.transaction():
            await database.execute("LOCK TABLE piece_counter IN ACCESS EXCLUSIVE MODE")
            await process.start()
            await until(lambda: self.blocked(archives_database.url), seconds=30)
            assert await process.end(signal.SIGKILL) == -signal.SIGKILL
        assert await self.count(database, "piece") == 0
        # Then wherever it happens to be, three times.
        for share in (0.1, 0.4, 0.7):
            await process.start()
            await until(partial(self.reached, database, share), seconds=60)
            await process.end(signal.SIGKILL)
        await process.start()
        await until(lambda: self.all_done(database), seconds=90)
        assert await process.end(signal.SIGTERM) == 0, (tmp_path / "worker.log").read_text()[-2000:]

        numbers = [row["number"] for row in await database.fetch("SELECT number FROM piece ORDER BY number")]
        assert numbers == list(range(1, self.SETTLEMENTS + 1))
        assert await self.count(database, "dead_letter") == 0
        filed = (await streams.jetstream().stream_info("ARCHIVES")).state
        assert filed.messages == self.SETTLEMENTS
        info = await streams.jetstream().consumer_info("CLAIMS", "archives")
        assert (info.num_pending, info.num_ack_pending) == (0, 0)

    async def count(self, database: asyncpg.Connection, table: str) -> int:
        return int(await database.fetchval(f"SELECT count(*) FROM {table}"))

    async def blocked(self, url: str) -> bool:
        # A connection of its own: a transaction sees the activity as it was when it first looked.
        connection = await asyncpg.connect(url)
        try:
            waiting = await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE wait_event_type = 'Lock' AND application_name = 'archives-worker'"
            )
        finally:
            await connection.close()
        return bool(waiting)

    async def reached(self, database: asyncpg.Connection, share: float) -> bool:
        return await self.count(database, "piece") >= share * self.SETTLEMENTS

    async def all_done(self, database: asyncpg.Connection) -> bool:
        waiting = await database.fetchval("SELECT count(*) FROM outbox WHERE published_at IS NULL")
        return waiting == 0 and await self.count(database, "piece") == self.SETTLEMENTS
