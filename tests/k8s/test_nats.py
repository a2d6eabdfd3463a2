"""The shipped NATS configuration, run by the real server: each service does its own part and no more."""

import asyncio
import os
import re
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import nats
import pytest
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig

from deploy.local.nats import binary
from deploy.local.ports import free_port
from services.kit.relay import ensure_stream, stream_of
from tests.k8s.kustomize import Object
from tests.k8s.objects import SERVICES, containers, named

FORBIDDEN = (
    "claims.settlement.made",
    "$JS.API.STREAM.DELETE.CLAIMS",
    "$JS.API.STREAM.PURGE.CLAIMS",
    "$JS.API.STREAM.UPDATE.CLAIMS",
    "$JS.API.STREAM.MSG.GET.CLAIMS",
    "$JS.API.CONSUMER.DELETE.CLAIMS.jobs",
    "$JS.API.CONSUMER.MSG.NEXT.CLAIMS.jobs",
)


class Server:
    """A running server, and the complaints that its clients heard."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.complaints: list[str] = []
        self._clients: list[Client] = []

    async def client(self, user: str, password: str | None = None) -> Client:
        async def complain(error: Exception) -> None:
            self.complaints.append(str(error))

        url = f"nats://{user}:{password or password_of(user)}@127.0.0.1:{self.port}"
        client = await nats.connect(
            url, inbox_prefix=f"_INBOX.{user}", error_cb=complain, allow_reconnect=False, connect_timeout=2
        )
        self._clients.append(client)
        return client

    async def close(self) -> None:
        for client in self._clients:
            await client.close()


def password_of(user: str) -> str:
    return f"p{user}0123"


def environment(objects: list[Object]) -> dict[str, str]:
    """What the StatefulSet tells its container, with the secrets put in."""
    (container,) = [one for one in containers(objects) if one.told["name"] == "nats"]
    told = {name: container.value(name) for name in container.env}
    return {
        name: re.sub(r"<nats-users/(\w+)>", lambda key: password_of(key[1]), value)
        for name, value in told.items()
    }


@pytest.fixture
async def server(evaluation: list[Object], tmp_path: Path) -> AsyncIterator[Server]:
    """One server with the evaluation overlay's files; only its folders and ports are this machine's."""
    port = free_port()
    for name, text in named(evaluation, "ConfigMap", "nats")["data"].items():
        text = text.replace('"/data"', f'"{tmp_path}/data"').replace("/run/nats/", f"{tmp_path}/")
        text = text.replace("4222", str(port)).replace("http_port: 8222", f"http_port: {free_port()}")
        (tmp_path / name).write_text(text.replace("18G", "1G"))
    command = [str(binary()), f"--config={tmp_path}/nats.conf", f"--log={tmp_path}/log"]
    process = subprocess.Popen(command, env=os.environ | environment(evaluation))
    found = Server(port)
    try:
        await answering(found)
        found.complaints.clear()
        yield found
        await found.close()
    finally:
        process.terminate()
        process.wait(timeout=10)


async def answering(server: Server) -> None:
    for _ in range(100):
        try:
            await server.client("claims")
            return
        except (OSError, nats.errors.Error):
            await asyncio.sleep(0.05)
    raise TimeoutError("NATS did not start with the shipped configuration")


class TestNatsConfiguration:
    def test_syncs_every_write_before_it_is_acknowledged(self, objects: list[Object]) -> None:
        assert "sync_interval: always" in named(objects, "ConfigMap", "nats")["data"]["nats.conf"]

    def test_is_accepted_by_the_server_for_three_nodes(
        self, production: list[Object], tmp_path: Path
    ) -> None:
        for name, text in named(production, "ConfigMap", "nats")["data"].items():
            (tmp_path / name).write_text(text)
        checked = subprocess.run(
            [str(binary()), "-t", f"--config={tmp_path}/nats.conf"],
            env=os.environ | environment(production),
            capture_output=True,
            text=True,
        )
        assert checked.returncode == 0, checked.stderr

    @pytest.mark.parametrize("service", SERVICES)
    async def test_lets_a_service_publish_its_events_and_hear_those_of_another(
        self, server: Server, service: str
    ) -> None:
        own, hearer = (
            await server.client(service),
            await server.client("jobs" if service != "jobs" else "claims"),
        )
        durable = "jobs" if service != "jobs" else "claims"
        await ensure_stream(own.jetstream(), service=service, replicas=1)
        await ensure_stream(own.jetstream(), service=service, replicas=1)
        await own.jetstream().publish(f"{service}.thing.done", b"1")
        heard = hearer.jetstream()
        config = ConsumerConfig(
            durable_name=durable,
            filter_subjects=[f"{service}.thing.done", f"{service}.thing.undone"],
            ack_policy=AckPolicy.EXPLICIT,
        )
        await heard.add_consumer(stream_of(service), config)
        subscription = await heard.pull_subscribe_bind(durable=durable, stream=stream_of(service))
        (message,) = await subscription.fetch(1, timeout=3)
        await message.ack_sync()
        assert server.complaints == []

    async def test_refuses_a_service_what_is_another_ones(self, server: Server) -> None:
        owner, intruder = await server.client("claims"), await server.client("archives")
        await ensure_stream(owner.jetstream(), service="claims", replicas=1)
        for subject in FORBIDDEN:
            await intruder.publish(subject, b"{}")
        await intruder.flush()
        await asyncio.sleep(0.1)
        refused = {complaint.lower() for complaint in server.complaints}
        assert all(
            any(f'"{subject.lower()}"' in complaint for complaint in refused) for subject in FORBIDDEN
        ), refused

    async def test_refuses_a_wrong_password(self, server: Server) -> None:
        with pytest.raises(nats.errors.Error):
            await server.client("claims", password="guess")
