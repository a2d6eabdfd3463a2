"""The embedded NATS: a user per service that publishes only its own subjects."""

import asyncio

import nats
import pytest
from nats.errors import Error
from nats.js.api import AckPolicy, ConsumerConfig

from deploy.local.nats import EmbeddedNats


@pytest.fixture(scope="module")
async def server(tmp_path_factory):
    async with EmbeddedNats(tmp_path_factory.mktemp("nats")) as running:
        yield running


async def _connect(url, errors):
    user = url.partition("//")[2].partition(":")[0]

    async def note(error):
        errors.append(str(error))

    return await nats.connect(url, inbox_prefix=f"_INBOX.{user}", error_cb=note)


class TestEmbeddedNats:
    async def test_carries_an_event_from_one_service_to_another(self, server):
        claims = await _connect(server.url("claims"), [])
        archives = await _connect(server.url("archives"), [])
        await claims.jetstream().add_stream(name="CLAIMS", subjects=["claims.>"])
        await claims.jetstream().publish("claims.settlement.made", b"{}")

        stream = archives.jetstream()
        await stream.add_consumer(
            "CLAIMS", ConsumerConfig(durable_name="archives", ack_policy=AckPolicy.EXPLICIT)
        )
        heard = await (await stream.pull_subscribe_bind("archives", "CLAIMS")).fetch(1, timeout=5)
        await heard[0].ack_sync()

        assert heard[0].subject == "claims.settlement.made"
        await claims.close()
        await archives.close()

    async def test_refuses_to_publish_in_the_name_of_another_service(self, server):
        errors: list[str] = []
        jobs = await _connect(server.url("jobs"), errors)
        await jobs.publish("claims.settlement.made", b"forged")
        await jobs.flush()
        for _ in range(50):
            if errors:
                break
            await asyncio.sleep(0.02)

        assert "permissions violation" in errors[0]
        await jobs.close()

    async def test_refuses_to_listen_past_the_streams(self, server):
        errors: list[str] = []
        jobs = await _connect(server.url("jobs"), errors)
        await jobs.subscribe("claims.>")
        await jobs.flush()
        for _ in range(50):
            if errors:
                break
            await asyncio.sleep(0.02)

        assert "permissions violation" in errors[0]
        await jobs.close()

    async def test_refuses_to_read_what_is_delivered_to_another_service(self, server):
        errors: list[str] = []
        jobs = await _connect(server.url("jobs"), errors)
        await jobs.subscribe("_INBOX.claims.>")
        await jobs.flush()
        for _ in range(50):
            if errors:
                break
            await asyncio.sleep(0.02)

        assert "permissions violation" in errors[0]
        await jobs.close()

    async def test_refuses_a_wrong_password(self, server):
        url = f"nats://claims:guess@127.0.0.1:{server.port}"
        with pytest.raises(Error, match="Authorization"):
            await nats.connect(url, allow_reconnect=False, error_cb=_ignore)

    async def test_keeps_a_stream_over_a_restart(self, tmp_path):
        for sequence in (1, 2):
            async with EmbeddedNats(tmp_path) as running:
                connection = await _connect(running.url("jobs"), [])
                await connection.jetstream().add_stream(name="JOBS", subjects=["jobs.>"])
                assert (await connection.jetstream().publish("jobs.seeker.registered", b"{}")).seq == sequence
                await connection.close()


async def _ignore(error):
    pass
