"""Real PostgreSQL and NATS for the whole session, one migrated database per service, real identities."""

import importlib
import inspect
import os
import shutil
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import hypothesis
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession

from deploy.local.nats import EmbeddedNats
from deploy.local.postgres import EmbeddedPostgres
from services.kit import clock
from services.kit.config import Settings
from services.kit.db import Sessions, create_engine
from services.kit.identity import HEADER, Identity, Kind, sign
from services.kit.migrations.__main__ import upgrade

pytest_plugins = ["tests.proves"]

# A shared machine is slow at moments; a slow example is not a wrong one.
hypothesis.settings.register_profile("shared", deadline=None)
hypothesis.settings.load_profile("shared")

SERVICES = ("enrolment", "claims", "jobs", "archives")
STATE = Path(__file__).parents[1] / ".local" / "test"


@pytest.fixture(scope="session")
def state() -> Iterator[Path]:
    """A folder for the servers of this session, removed afterwards."""
    folder = STATE / str(os.getpid())
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def postgres(state: Path) -> AsyncIterator[EmbeddedPostgres]:
    """The PostgreSQL server of this session."""
    async with EmbeddedPostgres(state / "postgres") as server:
        yield server


@pytest.fixture(scope="session")
async def nats_server(state: Path) -> AsyncIterator[EmbeddedNats]:
    """The NATS server of this session."""
    async with EmbeddedNats(state / "nats") as server:
        yield server


@dataclass(frozen=True)
class Keys:
    """The gateway's signing key and the keys for personal data, made for this session."""

    identity: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    field_key: str = field(default_factory=lambda: b64encode(os.urandom(32)).decode())
    index_key: str = field(default_factory=lambda: b64encode(os.urandom(32)).decode())

    @property
    def public(self) -> str:
        return b64encode(self.identity.public_key().public_bytes_raw()).decode()


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys()


def settings_for(*, database_url: str, nats_url: str, keys: Keys) -> Settings:
    """What a service process of this session would be told."""
    return Settings(
        database_url=SecretStr(database_url),
        nats_url=SecretStr(nats_url),
        identity_public_key=keys.public,
        field_key=SecretStr(keys.field_key),
        index_key=SecretStr(keys.index_key),
    )


def caller(
    *scopes: str,
    kind: Kind = "staff",
    subject: str = "u1",
    name: str = "测试员",
    area: str = "990101",
    person_id: UUID | None = None,
    organisation: str | None = None,
    roles: tuple[str, ...] = (),
) -> Identity:
    """An identity as the gateway would make it."""
    return Identity(
        subject=subject,
        kind=kind,
        name=name,
        roles=frozenset(roles),
        scopes=frozenset(scopes),
        area=area,
        person_id=person_id,
        organisation=organisation,
    )


@dataclass
class ServiceApi:
    """A service's real app on its real database, callable as anybody."""

    name: str
    app: FastAPI
    keys: Keys
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    @property
    def sessions(self) -> Sessions:
        sessions: Sessions = self.app.state.sessions
        return sessions

    @property
    def pool(self) -> asyncpg.Pool:
        return self.app.state.pool

    def client(self, *scopes: str, **who: Any) -> httpx.AsyncClient:
        """A client that calls as the identity; without scopes it is nobody's."""
        headers = {}
        if scopes:
            identity = caller(*scopes, **who)
            headers[HEADER] = sign(
                identity,
                private_key=self.keys.identity,
                audience=self.name,
                now=clock.now(),
                ttl_seconds=3600,
            )
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, raise_app_exceptions=False),
            base_url="http://service",
            headers=headers,
            timeout=timedelta(seconds=30).total_seconds(),
        )
        self._clients.append(client)
        return client

    async def close_clients(self) -> None:
        while self._clients:
            await self._clients.pop().aclose()


@dataclass(frozen=True)
class Database:
    """A migrated database, and the administrator's way into it."""

    url: str
    admin_url: str
    lasting: frozenset[str]

    async def empty(self) -> None:
        """Removes every row that a test left; triggers that forbid it sleep meanwhile."""
        connection = await asyncpg.connect(self.admin_url)
        try:
            await connection.execute("SET session_replication_role = replica")
            names = [name for name in await tables(connection) if name not in self.lasting]
            await connection.execute("; ".join(f'DELETE FROM "{name}"' for name in names))
        finally:
            await connection.close()


async def tables(connection: asyncpg.Connection) -> list[str]:
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return [row["tablename"] for row in rows if row["tablename"] != "alembic_version"]


async def migrated(postgres: EmbeddedPostgres, name: str) -> Database:
    """The service's database, brought to the newest version by its migrations."""
    url = await postgres.ensure_database(name)
    await upgrade(name, url=url)
    admin_url = f"{postgres.admin_url.rpartition('/')[0]}/{name}"
    connection = await asyncpg.connect(admin_url)
    try:
        filled = [
            n for n in await tables(connection) if await connection.fetchval(f'SELECT 1 FROM "{n}" LIMIT 1')
        ]
    finally:
        await connection.close()
    return Database(url=url, admin_url=admin_url, lasting=frozenset(filled))


@asynccontextmanager
async def serving(
    service: str, *, database: Database, nats_url: str, keys: Keys
) -> AsyncIterator[ServiceApi]:
    """The service's app with its lifespan entered."""
    app: FastAPI = importlib.import_module(f"services.{service}.app").app
    app.state.settings = settings_for(database_url=database.url, nats_url=nats_url, keys=keys)
    async with app.router.lifespan_context(app):
        yield ServiceApi(service, app, keys)


def _asks(**names: str) -> Callable[[Any], Any]:
    """Has pytest hand the named fixtures to the arguments of a fixture that is made for each service.

    An async fixture cannot ask for another one by `request.getfixturevalue`: its loop is running already.
    """

    def decorate(made: Any) -> Any:
        @wraps(made)
        def asked(**given: Any) -> Any:
            return made(**{argument: given[name] for argument, name in names.items()})

        @wraps(made)
        async def asked_once(**given: Any) -> Any:
            return await asked(**given)

        @wraps(made)
        async def asked_and_ended(**given: Any) -> Any:
            async for one in asked(**given):
                yield one

        found: Any = asked_and_ended if inspect.isasyncgenfunction(made) else asked_once
        parameters = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in names.values()]
        found.__signature__ = inspect.Signature(parameters)
        return found

    return decorate


def _fixtures_of(service: str) -> None:
    @_asks(postgres="postgres")
    async def database(postgres: EmbeddedPostgres) -> Database:
        return await migrated(postgres, service)

    @_asks(database=f"{service}_database", nats_server="nats_server", keys="keys")
    async def running(database: Database, nats_server: EmbeddedNats, keys: Keys) -> AsyncIterator[ServiceApi]:
        url = nats_server.url(service)
        async with serving(service, database=database, nats_url=url, keys=keys) as api:
            yield api

    @_asks(running=f"{service}_running", database=f"{service}_database")
    async def api(running: ServiceApi, database: Database) -> AsyncIterator[ServiceApi]:
        yield running
        await running.close_clients()
        await database.empty()

    @_asks(database=f"{service}_database")
    async def session(database: Database) -> AsyncIterator[AsyncSession]:
        engine = create_engine(database.url, pool=1, name="test")
        async with engine.connect() as connection:
            transaction = await connection.begin()
            maker = async_sessionmaker(
                connection,
                class_=AsyncSession,
                expire_on_commit=False,
                join_transaction_mode="create_savepoint",
            )
            async with maker() as one:
                yield one
            await transaction.rollback()
        await engine.dispose()

    scope = {"database": "session", "running": "session", "api": "function", "session": "function"}
    for made in (database, running, api, session):
        name = f"{service}_{made.__name__}"
        globals()[name] = pytest.fixture(scope=scope[made.__name__], name=name)(made)  # type: ignore[call-overload]


for _service in SERVICES:
    _fixtures_of(_service)
