"""The whole suite as one object: used by `make run`, `make demo`, the tests and the benches.

async with Suite(state=Path(".local/demo")) as suite:
    httpx.get(suite.gateway_url + "/health/ready")
"""

import asyncio
import os
import sys
from base64 import b64encode
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes, token_urlsafe
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.nats import SERVICES, EmbeddedNats
from deploy.local.ports import HOST, free_port, require_free
from deploy.local.postgres import EmbeddedPostgres
from deploy.local.state import Secrets, hold
from deploy.local.supervisor import Process, Say, Supervisor, answers_http, answers_tcp, say

ROOT = Path(__file__).resolve().parents[2]
DATABASES = (*SERVICES, "gateway")
# Their ports follow each other in this order in a run with fixed ports.
_LISTENERS = (
    "gateway",
    *SERVICES,
    *(f"{service}-worker" for service in SERVICES),
    "wechat",
    "postgres",
    "nats",
)
_UVICORN = ("--loop", "uvloop", "--no-access-log", "--no-server-header")
# Nobody but the gateway decides whose X-Forwarded-For is believed.
_SERVING = (*_UVICORN, "--no-proxy-headers", "--lifespan", "on", "--timeout-graceful-shutdown", "15")


@dataclass(frozen=True)
class Ports:
    """The port of each process by its name."""

    of: Mapping[str, int]

    @classmethod
    def free(cls) -> "Ports":
        """Ports that nobody uses."""
        chosen: set[int] = set()
        while len(chosen) < len(_LISTENERS):
            chosen.add(free_port())
        return cls(dict(zip(_LISTENERS, sorted(chosen), strict=True)))

    @classmethod
    def fixed(cls, first: int, *, variable: str = "PORT", patience: float = 3.0) -> "Ports":
        """`first` for the gateway and the following ones for the rest. Raises PortBusy."""
        ports = {name: first + offset for offset, name in enumerate(_LISTENERS)}
        for port in ports.values():
            require_free(port, variable=variable, instead=first + 1000, patience=patience)
        return cls(ports)


class Suite:
    """Gateway, four services and four workers as separate processes on PostgreSQL and NATS.

    `<SERVICE>_DATABASE_URL` and `<SERVICE>_NATS_URL` in the environment (also `GATEWAY_DATABASE_URL`) point to
    real servers; an embedded one that nobody is left to use is not started. A process that dies is started
    again, as Kubernetes would.
    """

    def __init__(
        self, *, state: Path, ports: Ports | None = None, wechat: bool = True, progress: Say = say
    ) -> None:
        self.state = state.resolve()
        self.ports = ports or Ports.free()
        self.databases: dict[str, str] = {}
        self._wechat = wechat
        self._say = progress
        self._stack = AsyncExitStack()
        self._postgres: EmbeddedPostgres | None = None
        self._nats: EmbeddedNats | None = None

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            stack.enter_context(hold(self.state, part="suite"))
            self.secrets = Secrets(self.state)
            (self.state / "tmp").mkdir(exist_ok=True)
            self.supervisor = Supervisor(self.state / "logs", progress=self._say)
            await stack.enter_async_context(self.supervisor)
            await self._start_servers(stack)
            await self._prepare_databases()
            await self._start_processes()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def gateway_url(self) -> str:
        """Where everybody calls."""
        return self.url("gateway")

    @property
    def admin_password(self) -> str:
        """The password of the first administrator, `admin`."""
        return self.secrets.get("admin.password", make=lambda: f"Aa1-{token_urlsafe(12)}")

    @property
    def processes(self) -> dict[str, int]:
        """Name to process id of what runs at this moment; `<service>` is the api, `<service>-worker` the worker."""
        return self.supervisor.pids

    def url(self, name: str) -> str:
        """The HTTP address of a process; tests may look behind the gateway, clients have no business there."""
        return f"http://{HOST}:{self.ports.of[name]}"

    def nats_url(self, name: str) -> str:
        """The NATS address of a service."""
        given = os.environ.get(f"{name.upper()}_NATS_URL")
        if given or self._nats is None:
            return given or ""
        return self._nats.url(name)

    def environment(self, name: str) -> dict[str, str]:
        """The whole environment of the processes of a service or the gateway, without `PORT`."""
        return {**self._common(), **(self._gateway() if name == "gateway" else self._service(name))}

    async def _start_servers(self, stack: AsyncExitStack) -> None:
        if any(f"{name.upper()}_DATABASE_URL" not in os.environ for name in DATABASES):
            self._postgres = await stack.enter_async_context(
                EmbeddedPostgres(self.state, port=self.ports.of["postgres"], supervisor=self.supervisor)
            )
        if any(f"{name.upper()}_NATS_URL" not in os.environ for name in SERVICES):
            self._nats = await stack.enter_async_context(
                EmbeddedNats(self.state, port=self.ports.of["nats"], supervisor=self.supervisor)
            )

    async def _prepare_databases(self) -> None:
        for name in DATABASES:
            given = os.environ.get(f"{name.upper()}_DATABASE_URL")
            self.databases[name] = given or await self._embedded_database(name)
        services = (self._migrate(name) for name in SERVICES)
        await asyncio.gather(self._prepare_gateway(), *services)

    async def _prepare_gateway(self) -> None:
        await self._migrate("gateway")
        administrator = {"ADMIN_ACCOUNT": "admin", "ADMIN_PASSWORD": self.admin_password}
        await self.supervisor.run(
            "administrator",
            _python("gateway.accounts", "bootstrap"),
            {**self.environment("gateway"), **administrator},
        )

    async def _embedded_database(self, name: str) -> str:
        assert self._postgres is not None
        return await self._postgres.ensure_database(name)

    async def _migrate(self, name: str) -> None:
        command = _python("services.kit.migrations", name, "upgrade")
        await self.supervisor.run(f"{name}-migrations", command, self.environment(name))

    async def _start_processes(self) -> None:
        processes = [self._api(name) for name in SERVICES] + [self._worker(name) for name in SERVICES]
        if self._wechat:
            processes.append(self._stand_in_for_wechat())
        await self.supervisor.start(*processes)
        await self.supervisor.start(self._gateway_process())

    def _gateway_process(self) -> Process:
        return self._served("gateway", "gateway.app:app", http="gateway.protocol:Protocol")

    def _api(self, name: str) -> Process:
        return self._served(name, f"services.{name}.app:app")

    def _served(self, name: str, app: str, *, http: str = "httptools") -> Process:
        port = self.ports.of[name]
        address = ("--host", HOST, "--port", str(port))
        return Process(
            name,
            _python("uvicorn", app, *address, "--http", http, *_SERVING),
            ready=lambda: answers_http(f"{self.url(name)}/health/ready"),
            environment={**self.environment(name), "PORT": str(port)},
        )

    def _worker(self, service: str) -> Process:
        name = f"{service}-worker"
        return Process(
            name,
            _python("services.kit.worker", service),
            ready=lambda: answers_http(f"{self.url(name)}/health/ready"),
            environment={**self.environment(service), "PORT": str(self.ports.of[name])},
        )

    def _stand_in_for_wechat(self) -> Process:
        port = self.ports.of["wechat"]
        return Process(
            "wechat",
            _python("uvicorn", "deploy.local.wechat:app", "--host", HOST, "--port", str(port), *_UVICORN),
            ready=lambda: answers_tcp(port),
            environment={**self._common(), **self._wechat_account()},
        )

    def _common(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "LANG": "C.UTF-8",
            "TMPDIR": str(self.state / "tmp"),
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "INFO"),
        }

    def _service(self, name: str) -> dict[str, str]:
        return {
            "DATABASE_URL": self.databases[name],
            "NATS_URL": self.nats_url(name),
            "IDENTITY_PUBLIC_KEY": self._key_pair("identity")["identity.public"],
            "FIELD_KEY": self.secrets.get(f"{name}.field_key", make=_key),
            "INDEX_KEY": self.secrets.get("index_key", make=_key),
        }

    def _gateway(self) -> dict[str, str]:
        identity = self._key_pair("identity")
        return {
            "DATABASE_URL": self.databases["gateway"],
            "IDENTITY_PUBLIC_KEY": identity["identity.public"],
            "IDENTITY_PRIVATE_KEY": identity["identity.private"],
            "TOKEN_PRIVATE_KEY": self._key_pair("token")["token.private"],
            "FIELD_KEY": self.secrets.get("gateway.field_key", make=_key),
            **{f"{service.upper()}_URL": self.url(service) for service in SERVICES},
            **(self._wechat_account() if self._wechat else _given("WECHAT_")),
        }

    def _wechat_account(self) -> dict[str, str]:
        return {
            "WECHAT_URL": self.url("wechat"),
            "WECHAT_APP_ID": "wx0000000000000000",
            "WECHAT_APP_SECRET": self.secrets.get("wechat.app_secret"),
        }

    def _key_pair(self, name: str) -> dict[str, str]:
        def make() -> dict[str, str]:
            key = Ed25519PrivateKey.generate()
            return {
                f"{name}.private": b64encode(key.private_bytes_raw()).decode(),
                f"{name}.public": b64encode(key.public_key().public_bytes_raw()).decode(),
            }

        return self.secrets.get_many(make, f"{name}.private", f"{name}.public")


def _python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def _key() -> str:
    return b64encode(token_bytes(32)).decode()


def _given(prefix: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(prefix)}
