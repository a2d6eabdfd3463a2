"""The gateway on its real database, before one real HTTP server that stands for all services."""

import asyncio
import os
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import SecretStr

from deploy.local import wechat
from deploy.local.ports import free_port
from deploy.local.postgres import EmbeddedPostgres
from gateway.accounts import bootstrap
from gateway.app import Application, Gateway
from gateway.config import Settings
from gateway.roles import load
from services.kit.identity import Verifier
from tests.conftest import Database, migrated
from tests.gateway.build import ADMIN, AREA, PASSWORD, Service, contracts, served


@dataclass
class Entrance:
    """The gateway as a caller sees it."""

    url: str
    gateway: Gateway
    service: Service
    wechat: wechat.StandIn
    database: Database
    _clients: list[httpx.AsyncClient] = field(default_factory=list)

    def client(self, token: str | None = None, **headers: str) -> httpx.AsyncClient:
        """A caller with a token, or nobody."""
        if token:
            headers["Authorization"] = f"Bearer {token}"
        client = httpx.AsyncClient(base_url=self.url, headers=headers, timeout=20)
        self._clients.append(client)
        return client

    async def sign_in(self, account: str = ADMIN, password: str = PASSWORD, **more: Any) -> httpx.Response:
        """A member of staff signs in."""
        body = {"account": account, "password": password, **more}
        return await self.client().post("/gateway/v1/sessions", json=body)

    async def admin(self) -> httpx.AsyncClient:
        """The first administrator."""
        answer = await self.sign_in()
        assert answer.status_code == 201, answer.text
        return self.client(answer.json()["access_token"])

    async def staff(self, *roles: str, account: str = "zhangsan") -> httpx.AsyncClient:
        """A new member of staff with roles, signed in."""
        made = await (await self.admin()).post(
            "/gateway/v1/accounts",
            json={
                "account": account,
                "name": "张三",
                "password": "Secret-9876",
                "roles": list(roles),
                "area": AREA,
            },
        )
        assert made.status_code == 201, made.text
        client = self.client((await self.sign_in(account, "Secret-9876")).json()["access_token"])
        client.account_id = made.json()["account_id"]  # type: ignore[attr-defined]
        return client

    async def system(self, *roles: str, organisation: str = "H990101001") -> tuple[str, str]:
        """A new system: client id and secret."""
        made = await (await self.admin()).post(
            "/gateway/v1/clients",
            json={
                "name": "样例县人民医院",
                "organisation": organisation,
                "roles": list(roles or ("hospital",)),
                "area": AREA,
            },
        )
        assert made.status_code == 201, made.text
        return made.json()["client_id"], made.json()["client_secret"]

    async def token(self, client_id: str, secret: str) -> httpx.Response:
        """A system asks for a token."""
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        return await self.client().post("/gateway/v1/token", data=form)

    async def hospital(self) -> httpx.AsyncClient:
        """A signed-in hospital."""
        return self.client((await self.token(*await self.system())).json()["access_token"])

    async def visitor(self, openid: str = "openid-one") -> httpx.AsyncClient:
        """A WeChat user who is not yet bound."""
        code = self.wechat.login(openid)
        answer = await self.client().post("/gateway/v1/wechat/sessions", json={"code": code})
        return self.client(answer.json()["access_token"])

    async def trail(self, **same: Any) -> list[asyncpg.Record]:
        """Rows of the audit trail, the oldest first."""
        await self.written()
        connection = await asyncpg.connect(self.database.url)
        try:
            rows = await connection.fetch("SELECT * FROM audit_entry ORDER BY id")
        finally:
            await connection.close()
        return [row for row in rows if all(row[name] == value for name, value in same.items())]

    async def written(self) -> None:
        """Waits until every row of the trail is on disk."""
        while self.gateway.trail.waiting:
            await asyncio.sleep(0.02)

    async def close(self) -> None:
        """Ends the callers of a test."""
        while self._clients:
            await self._clients.pop().aclose()


@pytest.fixture(scope="session")
async def gateway_database(postgres: EmbeddedPostgres) -> Database:
    return await migrated(postgres, "gateway")


def gateway_settings(
    *, database_url: str, services: str, wechat_url: str = "http://127.0.0.1:9", **more: Any
) -> Settings:
    """Settings of a gateway before one server for all services."""

    def key() -> SecretStr:
        return SecretStr(b64encode(os.urandom(32)).decode())

    given: dict[str, Any] = {
        "database_url": SecretStr(database_url),
        "identity_private_key": SecretStr(b64encode(IDENTITY.private_bytes_raw()).decode()),
        "token_private_key": key(),
        "field_key": key(),
        **dict.fromkeys(("enrolment_url", "claims_url", "jobs_url", "archives_url"), services),
        "wechat_url": wechat_url,
        "wechat_app_id": "wx0000000000000000",
        "wechat_app_secret": SecretStr("stand-in"),
        "read_seconds": 1.0,
        "rate_sign_in": 1000.0,
    }
    return Settings(**given | more)


IDENTITY = Ed25519PrivateKey.generate()
SHORT, ORDINARY = "gateway.protocol:Protocol", "httptools"  # the first in production
DATA_PATH = ("test_audit", "test_entrance", "test_limits", "test_proxy")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Plain reads are the same both ways (gateway.protocol): what tests them runs with either."""
    if "standing" in metafunc.fixturenames and metafunc.module.__name__.endswith(DATA_PATH):
        ways = {"short": SHORT, "ordinary": ORDINARY}
        metafunc.parametrize("standing", ways.values(), ids=ways, indirect=True, scope="session")


@asynccontextmanager
async def opened(database: Database, *, http: str = SHORT, **more: Any) -> AsyncIterator[Entrance]:
    """A running gateway with its surroundings; `more` changes settings."""
    stand_in = wechat.create_app(app_id="wx0000000000000000", secret="stand-in")
    service = Service()
    service.verifier = Verifier(public_key=IDENTITY.public_key(), audience="claims")
    async with AsyncExitStack() as stack:
        services = more.pop("services", None) or await stack.enter_async_context(served(service))
        wechat_url = await stack.enter_async_context(served(stand_in))
        url = more.pop("database_url", database.url)
        settings = gateway_settings(database_url=url, services=services, wechat_url=wechat_url, **more)
        gateway = Gateway(settings, contracts=contracts())
        address = await stack.enter_async_context(served(Application(gateway), http=http))
        entrance = Entrance(address, gateway, service, stand_in.state.stand_in, database)
        try:
            yield entrance
        finally:
            await entrance.close()


@pytest.fixture
async def prepared(gateway_database: Database) -> AsyncIterator[Database]:
    """The database with its first administrator, emptied afterwards."""
    await bootstrap(url=gateway_database.url, account=ADMIN, password=PASSWORD, area="000000", roles=load())
    yield gateway_database
    await gateway_database.empty()


@pytest.fixture(scope="session")
async def standing(gateway_database: Database, request: pytest.FixtureRequest) -> AsyncIterator[Entrance]:
    """One gateway for all tests that do not change its settings, served as in production or as a test asks."""
    async with opened(gateway_database, http=getattr(request, "param", SHORT)) as running:
        yield running


@pytest.fixture
async def entrance(standing: Entrance, prepared: Database) -> AsyncIterator[Entrance]:
    """The gateway, running."""
    standing.service.reset()
    standing.wechat.failures.clear()
    yield standing
    await standing.close()
    await standing.written()


@pytest.fixture
def spare_port() -> int:
    """A port that nobody uses."""
    return free_port()
