"""The relay: what is committed leaves, once in effect, whatever happens to broker and database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from deploy.local.nats import EmbeddedNats
from deploy.local.postgres import EmbeddedPostgres
from services.kit import relay as relaying
from services.kit.events import MOST_BYTES, Envelope, EventTooLarge, OutboxBell, envelope_of, publish
from services.kit.relay import Relay, ensure_stream
from services.kit.worker import connect
from tests.kit import ear
from tests.kit.ear import Side, ThingTold, until


@pytest.fixture
async def client(nats_server: EmbeddedNats) -> AsyncIterator[Client]:
    client = await connect(nats_server.url(), service="test")
    await ear.fresh_streams(client)
    yield client
    await client.close()


@pytest.fixture
async def toy_side(postgres: EmbeddedPostgres) -> AsyncIterator[Side]:
    async with ear.side(postgres, "toy_events") as side:
        yield side


def relay_of(side: Side, client: Client) -> Relay:
    return Relay(service="toy", database_url=side.url, nats=client)


async def stored(client: Client) -> list[int]:
    """The numbers in the stream, in its order."""
    js = client.jetstream()
    try:
        state = (await js.stream_info("TOY")).state
    except NotFoundError:
        return []
    found = [
        await js.get_msg("TOY", seq=seq)
        for seq in range(state.first_seq, state.last_seq + 1)
        if state.messages
    ]
    return [Envelope.from_bytes(message.data or b"").data["number"] for message in found]


async def drained(side: Side) -> bool:
    return await side.waiting() == 0


class TestRelay:
    async def test_publishes_a_batch_in_order_with_its_ids(self, client: Client, toy_side: Side) -> None:
        await toy_side.tell(*range(20))
        async with ear.running(relay_of(toy_side, client)):
            await until(lambda: drained(toy_side))
        assert await stored(client) == list(range(20))
        first = await client.jetstream().get_msg("TOY", seq=1)
        (known,) = await toy_side.fetch("SELECT id FROM outbox ORDER BY created_at, id LIMIT 1")
        assert (first.headers or {})["Nats-Msg-Id"] == str(known)

    async def test_does_not_lose_a_row_that_commits_late(self, client: Client, toy_side: Side) -> None:
        async with ear.running(relay_of(toy_side, client)):
            async with toy_side.sessions() as slow:
                publish(slow, ThingTold(number=1))
                await slow.flush()
                await toy_side.tell(2)
                await until(lambda: self.holds(client, [2]))
                await slow.commit()
            await until(lambda: self.holds(client, [2, 1]))

    async def holds(self, client: Client, numbers: list[int]) -> bool:
        return await stored(client) == numbers

    async def test_falls_back_to_single_messages_when_the_stream_knows_one(
        self, client: Client, toy_side: Side
    ) -> None:
        await toy_side.tell(1, 2, 3)
        (known,) = await toy_side.fetch("SELECT id FROM outbox ORDER BY created_at, id OFFSET 1 LIMIT 1")
        (body,) = await toy_side.fetch("SELECT body FROM outbox ORDER BY created_at, id OFFSET 1 LIMIT 1")
        # As after a crash between the publish and the commit that marks the rows.
        await client.jetstream().publish(ear.TOLD, body, headers={"Nats-Msg-Id": str(known)})
        async with ear.running(relay_of(toy_side, client)):
            await until(lambda: drained(toy_side))
        assert sorted(await stored(client)) == [1, 2, 3]

    async def test_shares_the_work_with_a_second_relay(self, client: Client, toy_side: Side) -> None:
        await toy_side.tell(*range(1200))
        async with ear.running(relay_of(toy_side, client), relay_of(toy_side, client)):
            await until(lambda: drained(toy_side))
        state = (await client.jetstream().stream_info("TOY")).state
        assert state.messages == 1200

    async def test_is_woken_by_the_bell(
        self, client: Client, toy_side: Side, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(relaying, "POLL_SECONDS", 60.0)
        pool = await asyncpg.create_pool(toy_side.url, min_size=0, max_size=1)
        async with ear.running(relay_of(toy_side, client)):
            await toy_side.tell(1)
            await until(lambda: drained(toy_side))
            await asyncio.sleep(0.2)
            await toy_side.tell(2)
            OutboxBell(pool).ring()
            await until(lambda: drained(toy_side), seconds=5)
        await pool.close()

    async def test_survives_the_loss_of_its_database_connection(self, client: Client, toy_side: Side) -> None:
        async with ear.running(relay_of(toy_side, client)):
            await toy_side.tell(1)
            await until(lambda: drained(toy_side))
            await toy_side.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await until(lambda: self.told(toy_side, 2))
            await until(lambda: drained(toy_side))
        assert await stored(client) == [1, 2]

    async def told(self, side: Side, number: int) -> bool:
        await side.engine.dispose()
        await side.tell(number)
        return True

    async def test_declares_the_stream_again_when_it_was_lost(self, client: Client, toy_side: Side) -> None:
        async with ear.running(relay_of(toy_side, client)):
            await toy_side.tell(1)
            await until(lambda: drained(toy_side))
            await client.jetstream().delete_stream("TOY")
            await toy_side.tell(2)
            await until(lambda: drained(toy_side))
            assert await stored(client) == [2]
            await client.jetstream().delete_stream("TOY")
            await toy_side.tell(3, 4)
            await until(lambda: drained(toy_side))
            assert await stored(client) == [3, 4]

    async def test_removes_published_rows_after_their_time_and_no_waiting_one(
        self, client: Client, toy_side: Side
    ) -> None:
        await toy_side.tell(1, 2)
        old = datetime.now(UTC) - timedelta(days=8)
        await toy_side.fetch(
            f"UPDATE outbox SET created_at = '{old}', published_at = '{old}' "
            "WHERE id = (SELECT id FROM outbox ORDER BY created_at LIMIT 1) RETURNING 1"
        )
        async with ear.running(relay_of(toy_side, client)):
            await until(lambda: self.count(toy_side, 1))
        assert await stored(client) == [2]

    async def count(self, side: Side, number: int) -> bool:
        (found,) = await side.fetch("SELECT count(*) FROM outbox WHERE published_at IS NOT NULL")
        (rows,) = await side.fetch("SELECT count(*) FROM outbox")
        return bool(found == rows == number)

    async def test_sets_aside_what_the_broker_would_never_take(self, client: Client, toy_side: Side) -> None:
        await toy_side.fetch(
            "INSERT INTO outbox (id, subject, body, created_at) VALUES (gen_random_uuid(), 'toy.thing.told', "
            f"convert_to(repeat('x', {client.max_payload}), 'UTF8'), '2026-01-01Z') RETURNING 1"
        )
        await toy_side.tell(1, 2)
        async with ear.running(relay_of(toy_side, client)):
            await until(lambda: drained(toy_side))
        assert await stored(client) == [1, 2]
        assert await toy_side.fetch("SELECT error FROM dead_letter") == ["too large for the broker"]


class TestBrokerAway:
    async def test_costs_delay_and_no_row(self, state: Path, toy_side: Side) -> None:
        async with EmbeddedNats(state / "away_relay") as server:
            url, port = server.url(), server.port
            client = await connect(url, service="test")
            relay = relay_of(toy_side, client)
            task = asyncio.create_task(relay.run())
            await toy_side.tell(1)
            await until(lambda: drained(toy_side))
        await toy_side.tell(2, 3)
        await asyncio.sleep(1.5)
        assert await toy_side.waiting() == 2
        assert not task.done()
        async with EmbeddedNats(state / "away_relay", port=port):
            await until(lambda: drained(toy_side), seconds=20)
            assert await stored(client) == [1, 2, 3]
            relay.stop()
            await asyncio.wait_for(task, 10)
            await client.close()


class TestEnsureStream:
    async def test_may_be_repeated(self, client: Client) -> None:
        for _ in range(2):
            await ensure_stream(client.jetstream(), service="toy", replicas=1)
        config = (await client.jetstream().stream_info("TOY")).config
        assert config.subjects == ["toy.>"]


class TestEnvelope:
    def test_is_refused_when_the_broker_would_not_take_it(self) -> None:
        told = envelope_of(ThingTold(number=7))
        with pytest.raises(EventTooLarge, match=r"toy\.thing\.told"):
            replace(told, data={"text": "x" * MOST_BYTES}).to_bytes()

    def test_travels_unchanged(self) -> None:
        told = envelope_of(ThingTold(number=7))
        assert Envelope.from_bytes(told.to_bytes()) == told
        assert (told.source, told.type, told.data) == ("toy", "toy.thing.told", {"number": 7})

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": 1}', b"\xff"])
    def test_refuses_what_is_not_one(self, body: bytes) -> None:
        with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
            Envelope.from_bytes(body)
