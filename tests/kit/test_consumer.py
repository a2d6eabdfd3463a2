"""The consumer: one effect per event, a bad event holds nobody up, nothing stays stuck."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from nats.aio.client import Client
from nats.js.errors import NotFoundError
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from deploy.local.nats import EmbeddedNats
from deploy.local.postgres import EmbeddedPostgres
from services.kit import clock
from services.kit import consumer as consuming
from services.kit.events import DeadLetter, Envelope, Hears, envelope_of
from services.kit.relay import Relay
from services.kit.worker import connect
from tests.conftest import Keys, ServiceApi, settings_for
from tests.kit import ear, toy
from tests.kit.ear import Side, ThingTold, Told, until


@pytest.fixture
async def client(nats_server: EmbeddedNats) -> AsyncIterator[Client]:
    client = await connect(nats_server.url(), service="test")
    await ear.fresh_streams(client)
    yield client
    await client.close()


@pytest.fixture
async def ear_side(postgres: EmbeddedPostgres) -> AsyncIterator[Side]:
    async with ear.side(postgres, "ear") as side:
        yield side


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delays of a test's length, growing as the real ones do."""
    monkeypatch.setattr(consuming, "RETRY_SECONDS", (0.1, 0.2, 0.3, 0.4, 0.5))
    monkeypatch.setattr(consuming, "REBIND_SECONDS", 0.2)


async def heard(side: Side, numbers: list[int]) -> bool:
    return await side.effects() == numbers


async def settled(client: Client) -> bool:
    """Whether the server waits for no acknowledgement and has nothing left to deliver."""
    try:
        info = await client.jetstream().consumer_info("TOY", "ear")
    except NotFoundError:  # not bound yet
        return False
    return (info.num_ack_pending, info.num_pending) == (0, 0)


async def letters(side: Side) -> list[str]:
    return await side.fetch("SELECT error FROM dead_letter ORDER BY failed_at")


class TestOneEffect:
    async def test_reaches_the_other_database_once(
        self, client: Client, postgres: EmbeddedPostgres, ear_side: Side
    ) -> None:
        async with ear.side(postgres, "toy_events") as toy_side:
            relay = Relay(service="toy", database_url=toy_side.url, nats=client)
            async with ear.running(relay, ear.consumer(client, ear_side.sessions)):
                await toy_side.tell(1, 2, 3)
                await until(lambda: heard(ear_side, [1, 2, 3]))
                await until(lambda: settled(client))

    @pytest.mark.parametrize("many", [False, True])
    async def test_absorbs_a_second_delivery(self, client: Client, ear_side: Side, many: bool) -> None:
        handler: Any = ear.hear_many if many else ear.hear
        await ear.publish_now(client, *range(5), times=3)
        async with ear.running(ear.consumer(client, ear_side.sessions, handler, many=many)):
            await until(lambda: settled(client))
            await ear.publish_now(client, 5, times=2)
            await until(lambda: heard(ear_side, [0, 1, 2, 3, 4, 5]))
            await until(lambda: settled(client))
        assert await ear_side.effects() == [0, 1, 2, 3, 4, 5]

    async def test_is_one_when_two_workers_hear_at_once(self, client: Client, ear_side: Side) -> None:
        pair = [ear.consumer(client, ear_side.sessions) for _ in range(2)]
        async with ear.running(*pair):
            await ear.publish_now(client, *range(100), times=2)
            await until(lambda: settled(client))
        assert await ear_side.effects() == list(range(100))

    async def test_hands_a_batch_to_a_set_based_handler(self, client: Client, ear_side: Side) -> None:
        sizes: list[int] = []

        async def hear(session: AsyncSession, batch: Sequence[tuple[Told, Envelope]]) -> None:
            sizes.append(len(batch))
            await ear.hear_many(session, batch)

        await ear.publish_now(client, *range(200))
        async with ear.running(ear.consumer(client, ear_side.sessions, hear, many=True)):
            await until(lambda: heard(ear_side, list(range(200))))
        assert sum(sizes) == 200
        assert max(sizes) > 20

    async def test_is_seen_within_a_second(self, client: Client, ear_side: Side) -> None:
        async with ear.running(ear.consumer(client, ear_side.sessions)):
            await ear.publish_now(client, 1)
            await until(lambda: heard(ear_side, [1]))
            began = time.monotonic()
            await ear.publish_now(client, 2)
            await until(lambda: heard(ear_side, [1, 2]))
            assert time.monotonic() - began < 1


@pytest.mark.usefixtures("hasty")
class TestFailure:
    async def test_tries_again_with_growing_pauses_and_holds_no_neighbour(
        self, client: Client, ear_side: Side
    ) -> None:
        tried: list[float] = []

        async def hear(session: AsyncSession, event: Told, envelope: Envelope) -> None:
            if event.number == 3:
                tried.append(time.monotonic())
                raise ValueError("not yet")
            await ear.note(session, event.number)

        await ear.publish_now(client, *range(6))
        async with ear.running(ear.consumer(client, ear_side.sessions, hear)):
            await until(lambda: heard(ear_side, [0, 1, 2, 4, 5]))
            await until(lambda: self.given_up(ear_side))
        # The first attempt may be the batch's, which is followed at once by the event's own.
        pauses = [later - earlier for earlier, later in pairwise(tried)][-5:]
        for pause, least in zip(pauses, (0.1, 0.2, 0.3, 0.4, 0.5), strict=True):
            assert pause >= least * 0.9
        assert await letters(ear_side) == ["ValueError"]
        assert await ear_side.effects() == [0, 1, 2, 4, 5]
        assert await settled(client)

    async def given_up(self, side: Side) -> bool:
        return bool(await letters(side))

    async def test_leaves_nothing_of_a_failed_effect(self, client: Client, ear_side: Side) -> None:
        times = 0

        async def hear(session: AsyncSession, event: Told, envelope: Envelope) -> None:
            nonlocal times
            times += 1
            await ear.note(session, event.number)
            if times < 3:
                raise ValueError("after the effect")

        await ear.publish_now(client, 1)
        async with ear.running(ear.consumer(client, ear_side.sessions, hear)):
            await until(lambda: heard(ear_side, [1]))
            await until(lambda: settled(client))
        assert times == 3
        assert await letters(ear_side) == []

    @pytest.mark.parametrize("body", [b"not an envelope", b"[]", b"{}"])
    async def test_gives_up_at_once_what_cannot_be_read(
        self, client: Client, ear_side: Side, body: bytes
    ) -> None:
        await client.jetstream().publish(ear.TOLD, body)
        await ear.publish_now(client, 1)
        async with ear.running(ear.consumer(client, ear_side.sessions)):
            await until(lambda: heard(ear_side, [1]))
            await until(lambda: settled(client))
        assert await letters(ear_side) == ["not an envelope"]

    async def test_names_the_field_and_not_the_value(self, client: Client, ear_side: Side) -> None:
        told = envelope_of(ThingTold(number=1))
        told.data["number"] = "王样例"
        await client.jetstream().publish(ear.TOLD, told.to_bytes())
        async with ear.running(ear.consumer(client, ear_side.sessions)):
            await until(lambda: self.given_up(ear_side))
        assert await letters(ear_side) == ["ValidationError: number"]

    async def test_of_the_database_never_becomes_a_dead_letter(self, client: Client, ear_side: Side) -> None:
        times = 0

        async def hear(session: AsyncSession, event: Told, envelope: Envelope) -> None:
            nonlocal times
            times += 1
            await ear.note(session, event.number)
            if times < 10:
                await ear_side.fetch(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND application_name = 'ear'"
                )

        await ear.publish_now(client, 1)
        async with ear.running(ear.consumer(client, ear_side.sessions, hear)):
            await until(lambda: heard(ear_side, [1]), seconds=30)
        assert times >= 10  # more than the deliveries after which an event's own fault is given up
        assert await letters(ear_side) == []

    @pytest.mark.parametrize("sqlstate", ["53300", "57P03", "40P01"])
    async def test_of_a_database_too_busy_or_starting_neither(
        self, client: Client, ear_side: Side, sqlstate: str
    ) -> None:
        """Too many connections, the server starting, a deadlock: no fault of the event."""
        times = 0

        async def hear(session: AsyncSession, event: Told, envelope: Envelope) -> None:
            nonlocal times
            times += 1
            await ear.note(session, event.number)
            if times < 8:
                raised = text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{sqlstate}'; END $$")
                await (await session.connection()).execute(raised)

        await ear.publish_now(client, 1)
        async with ear.running(ear.consumer(client, ear_side.sessions, hear)):
            await until(lambda: heard(ear_side, [1]), seconds=30)
        assert await letters(ear_side) == []


class TestDeadLetter:
    async def test_is_listed_and_replayed_by_an_operator(
        self, postgres: EmbeddedPostgres, keys: Keys, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        broken = True

        async def hear(session: AsyncSession, event: Told, envelope: Envelope) -> None:
            if broken:
                raise ValueError("still broken")
            await ear.note(session, event.number)

        async with ear.side(postgres, "ear") as side:
            body = envelope_of(ThingTold(number=9)).to_bytes()
            async with side.sessions.begin() as session:
                session.add(
                    DeadLetter(
                        event_id=Envelope.from_bytes(body).id,
                        subject=ear.TOLD,
                        body=body,
                        error="ValueError",
                        failed_at=clock.now(),
                    )
                )
            app = toy.app
            app.state.settings = settings_for(database_url=side.url, nats_url="nats://127.0.0.1:1", keys=keys)
            monkeypatch.setattr(app.state, "hears", {ear.TOLD: Hears(Told, hear)})
            async with app.router.lifespan_context(app):
                api = ServiceApi("toy", app, keys)
                operator = api.client("toy:operate")
                (letter,) = (await operator.get("/toy/v1/dead-letters")).json()["items"]
                assert "body" not in letter
                path = f"/toy/v1/dead-letters/{letter['dead_letter_id']}/replay"
                assert (await operator.post(path)).status_code == 500
                assert await side.effects() == []
                broken = False
                replayed = await operator.post(path)
                assert (replayed.status_code, replayed.json()["replayed_by"]) == (200, "u1"), replayed.text
                assert (await operator.post(path)).status_code == 409
                assert (await operator.post(f"/toy/v1/dead-letters/{uuid4()}/replay")).status_code == 404
                assert await side.effects() == [9]
                assert (await operator.get("/toy/v1/dead-letters")).json()["items"] == []
                assert (await api.client("toy:read").get("/toy/v1/dead-letters")).status_code == 403
                await api.close_clients()


@pytest.mark.usefixtures("hasty")
class TestBinding:
    async def test_comes_back_after_its_durable_was_deleted_without_spinning(
        self, client: Client, ear_side: Side, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        binds = 0
        bind = consuming.Consumer._bind

        async def counted(self: consuming.Consumer) -> None:
            nonlocal binds
            binds += 1
            await bind(self)

        monkeypatch.setattr(consuming.Consumer, "_bind", counted)
        async with ear.running(ear.consumer(client, ear_side.sessions)):
            await ear.publish_now(client, 1)
            await until(lambda: heard(ear_side, [1]))
            await client.jetstream().delete_consumer("TOY", "ear")
            await ear.publish_now(client, 2)
            await until(lambda: heard(ear_side, [1, 2]))
        assert 2 <= binds <= 5

    async def test_waits_for_a_stream_that_is_not_there_yet(
        self, client: Client, ear_side: Side, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await client.jetstream().delete_stream("TOY")
        hearing = ear.consumer(client, ear_side.sessions)
        async with ear.running(hearing):
            await asyncio.sleep(0.5)
            with pytest.raises(NotFoundError):
                await client.jetstream().consumer_info("TOY", "ear")
            await ear.fresh_streams(client)
            await ear.publish_now(client, 1)
            await until(lambda: heard(ear_side, [1]))

    async def test_leaves_no_subscription_behind(self, client: Client, ear_side: Side) -> None:
        async with ear.running(ear.consumer(client, ear_side.sessions)):
            await ear.publish_now(client, 1)
            await until(lambda: heard(ear_side, [1]))
            for number in (2, 3):
                await client.jetstream().delete_consumer("TOY", "ear")
                await ear.publish_now(client, number)
                await until(partial(heard, ear_side, list(range(1, number + 1))))
            during = len(client._subs)
        assert during <= 2  # its own, and the client's for answers
        assert len(client._subs) <= 1


class TestBrokerAway:
    async def test_costs_delay_only(self, state: Path, ear_side: Side) -> None:
        async with EmbeddedNats(state / "away_consumer") as server:
            url, port = server.url(), server.port
            client = await connect(url, service="test")
            await ear.fresh_streams(client)
            hearing = ear.consumer(client, ear_side.sessions)
            task = asyncio.create_task(hearing.run())
            await ear.publish_now(client, 1)
            await until(lambda: heard(ear_side, [1]))
        await asyncio.sleep(1.5)
        assert not task.done()
        async with EmbeddedNats(state / "away_consumer", port=port):
            other = await connect(url, service="test")
            await ear.publish_now(other, 2)
            await until(lambda: heard(ear_side, [1, 2]), seconds=20)
            hearing.stop()
            await asyncio.wait_for(task, 10)
            await other.close()
            await client.close()


class TestStop:
    async def test_in_the_middle_of_a_batch_leaves_nothing_stuck(
        self, client: Client, ear_side: Side
    ) -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()

        async def slow(session: AsyncSession, event: Told, envelope: Envelope) -> None:
            begun.set()
            await go_on.wait()
            await ear.note(session, event.number)

        await ear.publish_now(client, *range(5))
        first = ear.consumer(client, ear_side.sessions, slow)
        task = asyncio.create_task(first.run())
        await asyncio.wait_for(begun.wait(), 10)
        await ear.publish_now(client, *range(5, 10))
        first.stop()
        go_on.set()
        await asyncio.wait_for(task, 10)
        done = await ear_side.effects()
        assert done  # the batch in hand was finished
        async with ear.running(ear.consumer(client, ear_side.sessions)):
            began = time.monotonic()
            await until(lambda: heard(ear_side, list(range(10))))
            await until(lambda: settled(client))
        # Far sooner than the server's wait for an acknowledgement: what was not begun had been given back.
        assert time.monotonic() - began < consuming.ACK_WAIT_SECONDS / 3

    async def test_of_an_idle_consumer_is_quick(self, client: Client, ear_side: Side) -> None:
        hearing = ear.consumer(client, ear_side.sessions)
        task = asyncio.create_task(hearing.run())
        await asyncio.sleep(0.5)
        began = time.monotonic()
        hearing.stop()
        await asyncio.wait_for(task, 5)
        assert time.monotonic() - began < 1.5
