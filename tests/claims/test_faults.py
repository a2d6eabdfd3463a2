"""What goes wrong around a settlement: callers that leave, a database that is away, a killed process."""

import asyncio
import os
import signal
import sys
from base64 import b64encode
from pathlib import Path

import asyncpg
import httpx
import pytest

from deploy.local.ports import free_port
from services.claims.operations.desk import Desk
from services.claims.operations.settlement import Request
from services.kit import clock
from services.kit.events import OutboxBell
from services.kit.identity import HEADER, sign
from services.kit.ids import new_id
from services.kit.problems import Unavailable
from tests.claims import build
from tests.claims.build import HOSPITAL, LEVEL_2, A, Person
from tests.conftest import Database, ServiceApi, caller

ROOT = Path(__file__).parents[2]
IDENTITY = caller(*HOSPITAL, kind="system", subject=f"his-{LEVEL_2}", organisation=LEVEL_2)


async def bills(api: ServiceApi, count: int) -> list[str]:
    await build.county(api)
    hospital = build.hospital(api)
    made = []
    for serial in range(count):
        person = await build.insure(api, Person(id_number=build.id_number(serial)))
        made.append(await build.upload(hospital, build.bill(person, build.line(1, A, "2600.00"))))
    return made


class TestACallerWhoLeaves:
    async def test_gets_the_answer_when_he_asks_again(self, claims_api: ServiceApi):
        [bill_id] = await bills(claims_api, 1)
        hospital = build.hospital(claims_api)
        leaving = asyncio.create_task(build.settle(hospital, bill_id, message="one"))
        await asyncio.sleep(0.005)
        leaving.cancel()
        again = await build.settle(hospital, bill_id, message="one")
        assert again.status_code == 201
        assert await claims_api.pool.fetchval("SELECT count(*) FROM settlement") == 1


class TestADatabaseThatIsAway:
    async def test_is_a_reason_to_try_again(self):
        nowhere = f"postgresql://claims:none@127.0.0.1:{free_port()}/claims"
        async with asyncpg.create_pool(nowhere, min_size=0, max_size=2) as pool:
            desk = Desk(pool, OutboxBell(pool))
            now = clock.now()
            cases = [Request(new_id(), IDENTITY, now, clock.business_date(now), key=str(n)) for n in range(5)]
            told = await asyncio.gather(*map(desk.settle, cases), return_exceptions=True)
            assert [type(one) for one in told] == [Unavailable] * 5
            with pytest.raises(Unavailable):
                await desk.presettle(cases[0])


class TestAKilledProcess:
    @pytest.mark.slow
    async def test_loses_nothing_and_doubles_nothing(self, claims_api: ServiceApi, claims_database: Database):
        waiting = await bills(claims_api, 60)
        answered: dict[str, bytes] = {}
        for goal in (1, 20, 60):
            server = await serve(claims_api, claims_database)
            limits = httpx.Limits(max_connections=12)
            async with httpx.AsyncClient(base_url=server.url, timeout=20, limits=limits) as client:
                hurry = asyncio.gather(*(ask(claims_api, client, one, answered) for one in waiting))
                while len(answered) < goal:
                    await asyncio.sleep(0.001)
                await server.kill()
                await hurry
        assert set(answered) == set(waiting)
        counts = {
            table: await claims_api.pool.fetchval(f"SELECT count(*) FROM {table}")
            for table in ("settlement", "idempotency_key", "accumulator", "outbox")
        }
        keys = await claims_api.pool.fetchval("SELECT count(*) FROM idempotency_key WHERE key LIKE 'kill-%'")
        assert (counts["settlement"], counts["accumulator"], counts["outbox"], keys) == (60, 60, 60, 60)
        assert await claims_api.pool.fetchval("SELECT sum(amount) FROM ledger_entry") == 0


class Server:
    """The claims API as a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self._process, self.url = process, url

    async def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()


async def serve(api: ServiceApi, database: Database) -> Server:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "DATABASE_URL": database.url,
        "NATS_URL": "nats://127.0.0.1:1",
        "IDENTITY_PUBLIC_KEY": api.keys.public,
        "FIELD_KEY": api.keys.field_key,
        "INDEX_KEY": b64encode(b"i" * 32).decode(),
        "LOG_LEVEL": "CRITICAL",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "uvicorn", "services.claims.app:app", "--port", str(port), "--log-level", "critical"),
        cwd=ROOT,
        env=environment,
    )
    async with httpx.AsyncClient() as client:
        for _ in range(200):
            try:
                await client.get(f"{url}/health/live")
                break
            except httpx.TransportError:
                await asyncio.sleep(0.1)
    return Server(process, url)


async def ask(api: ServiceApi, client: httpx.AsyncClient, bill_id: str, answered: dict[str, bytes]) -> None:
    """Settles a bill under its one message id; what was answered before must be answered again."""
    now = clock.now()
    token = sign(IDENTITY, private_key=api.keys.identity, audience="claims", now=now, ttl_seconds=600)
    headers = {HEADER: token, **build.key(f"kill-{bill_id}")}
    try:
        answer = await client.post(f"/claims/v1/bills/{bill_id}/settlement", headers=headers)
    except httpx.TransportError:
        return
    assert answer.status_code == 201, answer.text
    assert answered.setdefault(bill_id, answer.content) == answer.content
