"""The parts of the suite that a bench needs, as real processes on PostgreSQL and NATS of their own."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import asyncpg

from deploy.local.nats import SERVICES
from deploy.local.suite import DATABASES, Suite
from deploy.local.supervisor import Process
from gateway.auth import Tokens
from gateway.config import Settings
from gateway.roles import load as load_roles
from services.kit import clock
from services.kit.identity import Identity, sign
from services.kit.ids import new_id


class Stage(Suite):
    """A suite of which only some processes run; `settings` are added to the environment of each."""

    def __init__(
        self, *, state: Path, parts: Sequence[str], settings: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(state=state, wechat=False, progress=lambda line: None)
        self._parts, self._settings = parts, settings or {}

    def environment(self, name: str) -> dict[str, str]:
        """That of the suite, with the bench's settings."""
        return {**super().environment(name), **self._settings}

    def admin_url(self, name: str) -> str:
        """The address of a database as superuser."""
        assert self._postgres is not None
        return f"{self._postgres.admin_url.rpartition('/')[0]}/{name}"

    async def connect(self, name: str) -> asyncpg.Connection:
        """A connection to a database as superuser."""
        return await asyncpg.connect(self.admin_url(name))

    async def copy_database(self, name: str, *, of: str) -> None:
        """Makes a database that is the same as another one, which nobody may be using."""
        admin = await self.connect("postgres")
        await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{of}" STRATEGY file_copy', timeout=60)
        await admin.close()

    def token(self, *roles: str, organisation: str | None = None) -> str:
        """An access token of a system as the gateway issues them."""
        made = Tokens(self._gateway_settings(), load_roles())
        identity = _system(roles=roles, scopes=(), organisation=organisation)
        return made.issue(identity, session=new_id(), now=clock.now()).token

    def identity(self, service: str, *, scope: str, organisation: str | None = None) -> str:
        """What the gateway would tell a service of a caller; for an hour."""
        identity = _system(roles=(), scopes=(scope,), organisation=organisation)
        key = self._gateway_settings().identity_key
        return sign(identity, private_key=key, audience=service, now=clock.now(), ttl_seconds=3600)

    def _gateway_settings(self) -> Settings:
        given = self.environment("gateway")
        return Settings.model_validate({name.lower(): value for name, value in given.items()})

    async def start(self, *names: str) -> None:
        """Starts processes by their names: `gateway`, `claims`, `claims-worker` …"""
        await self.supervisor.start(*(self._process(name) for name in names))

    async def _prepare_databases(self) -> None:
        for name in DATABASES:
            if any(part.removesuffix("-worker") == name for part in self._parts):
                self.databases[name] = await self._embedded_database(name)
                await self._migrate(name)

    async def _start_processes(self) -> None:
        return None

    def _process(self, name: str) -> Process:
        if name == "gateway":
            return self._gateway_process()
        if name in SERVICES:
            return self._api(name)
        return self._worker(name.removesuffix("-worker"))


def _system(*, roles: Sequence[str], scopes: Sequence[str], organisation: str | None) -> Identity:
    return Identity(
        subject="bench",
        kind="system",
        name="压测",
        roles=frozenset(roles),
        scopes=frozenset(scopes),
        area="990101",
        organisation=organisation,
    )
