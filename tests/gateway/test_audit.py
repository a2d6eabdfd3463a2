"""The trail: who did what, when, from where; on disk before the answer; nobody changes it."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from gateway.audit import Entry, Trail
from gateway.chain import COLUMNS, chained, faults, first_hash
from tests.gateway.build import AREA
from tests.gateway.conftest import opened
from tests.gateway.test_entrance import slug


class TestRows:
    async def test_of_a_change_are_on_disk_before_the_answer(self, entrance):
        client = await entrance.hospital()
        answer = await client.post("/claims/v1/bills/B1/withdrawal", headers={"X-Request-Id": "request-0001"})
        assert answer.status_code == 200
        connection = await asyncpg.connect(entrance.database.url)  # no waiting here
        rows = await connection.fetch(
            "SELECT * FROM audit_entry WHERE request_id = 'request-0001' ORDER BY id"
        )
        await connection.close()
        begun, ended = rows
        assert (begun["phase"], begun["outcome"]) == ("begun", "begun")
        assert (ended["phase"], ended["outcome"], ended["status"]) == ("ended", "done", 200)
        assert ended["begun_place"] == begun["place"]
        assert (ended["action"], ended["path"]) == (
            "claims.withdraw_bill",
            "/claims/v1/bills/{bill_id}/withdrawal",
        )
        assert ended["resources"] == "bill_id=B1"
        assert ended["subject"].startswith("system:hospital-")
        assert (ended["organisation"], ended["area"], ended["client_ip"]) == (
            "H990101001",
            "990101",
            "127.0.0.1",
        )
        assert ended["user_agent"].startswith("python-httpx")

    async def test_of_reads_follow(self, entrance):
        client = await entrance.hospital()
        await client.get("/claims/v1/bills/B1?name=secret")
        (row,) = await entrance.trail(action="claims.read_bill")
        assert (row["phase"], row["outcome"], row["resources"]) == ("ended", "done", "bill_id=B1")
        assert "secret" not in str(row)

    async def test_of_refusals_name_the_caller(self, entrance):
        client = await entrance.staff("jobs_clerk")
        await client.get("/claims/v1/bills")
        (row,) = await entrance.trail(action="claims.list_bills")
        assert (row["outcome"], row["status"], row["name"]) == ("refused", 403, "张三")

    async def test_of_sign_ins_name_who_it_was(self, entrance):
        await entrance.sign_in()
        await entrance.sign_in(password="Wrong-1234")
        await entrance.sign_in("a-password-typed-as-a-name")
        done, wrong, unknown = await entrance.trail(action="gateway.sign_in", phase="ended")
        assert (done["outcome"], done["subject"][:6]) == ("done", "staff:")
        assert (wrong["outcome"], wrong["status"], wrong["subject"]) == ("refused", 401, done["subject"])
        assert (unknown["outcome"], unknown["subject"]) == ("refused", "")
        assert "a-password" not in str(unknown)

    async def test_of_grants_name_whom(self, entrance):
        client = await entrance.staff("claims_clerk")
        (row,) = await entrance.trail(action="gateway.create_account", phase="ended")
        assert row["resources"] == f"account_id={client.account_id}&roles=claims_clerk&area={AREA}"
        await (await entrance.admin()).put(
            f"/gateway/v1/accounts/{client.account_id}/roles", json={"roles": ["jobs_clerk", "archivist"]}
        )
        *_, row = await entrance.trail(action="gateway.grant_roles")
        assert row["resources"] == f"account_id={client.account_id}&roles=archivist+jobs_clerk"

    async def test_are_never_changed(self, entrance):
        await entrance.sign_in()
        connection = await asyncpg.connect(entrance.database.url)
        for statement in (
            "UPDATE audit_entry SET name = 'x'",
            "DELETE FROM audit_entry",
            "TRUNCATE audit_entry",
        ):
            with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
                await connection.execute(statement)
        await connection.close()

    async def test_form_a_chain_that_shows_every_change(self, entrance):
        client = await entrance.hospital()
        for _ in range(5):
            await client.post("/claims/v1/bills", json={})
        chain = entrance.gateway.trail.chain
        rows = await entrance.trail(chain=chain)
        assert ", ".join(Entry._fields) == COLUMNS

        async def found() -> list[str]:
            return [fault async for fault in faults(entrance.database.url) if str(chain) in fault]

        # Rows of the tests before were emptied away: only the first row of this test misses those before it.
        before = await found()
        assert all("缺少记录" in fault for fault in before)
        administrator = await asyncpg.connect(entrance.database.admin_url)
        await administrator.execute("SET session_replication_role = replica")
        place = rows[-2]["place"]
        await administrator.execute(
            "UPDATE audit_entry SET name = 'x' WHERE chain = $1 AND place = $2", chain, place
        )
        assert [fault for fault in await found() if f"row {place} was changed" in fault]
        await administrator.execute("DELETE FROM audit_entry WHERE chain = $1 AND place = $2", chain, place)
        assert [fault for fault in await found() if f"rows {place} to {place} are missing" in fault]
        await administrator.close()

    async def test_share_commits(self, entrance):
        client = await entrance.hospital()
        answers = await asyncio.gather(*(client.post("/claims/v1/bills", json={}) for _ in range(40)))
        assert {answer.status_code for answer in answers} == {200}
        assert len(await entrance.trail(action="claims.upload_bill")) == 80


class TestReading:
    async def test_is_for_auditors(self, entrance):
        assert slug(await (await entrance.admin()).get("/gateway/v1/audit")) == "scope-missing"

    async def test_finds_by_who_what_and_when(self, entrance):
        hospital, auditor = await entrance.hospital(), await entrance.staff("auditor")
        await hospital.get("/claims/v1/bills/B1")
        await hospital.post("/claims/v1/bills", json={})
        await entrance.written()

        async def found(**query: str) -> list[dict[str, Any]]:
            answer = await auditor.get("/gateway/v1/audit", params=query)
            assert answer.status_code == 200, answer.text
            rows: list[dict[str, Any]] = answer.json()["items"]
            return rows

        (row,) = await found(action="claims.read_bill")
        assert row["resources"] == {"bill_id": "B1"}
        assert {entry["action"] for entry in await found(subject=row["subject"])} == {
            "claims.read_bill",
            "claims.upload_bill",
            "gateway.issue_token",
        }
        later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
        assert await found(**{"from": later}) == []
        assert len(await found(until=later, action="claims.upload_bill")) == 1

    async def test_turns_pages(self, entrance):
        auditor = await entrance.staff("auditor")
        for _ in range(4):
            await auditor.get("/claims/v1/bills")
        await entrance.written()
        seen, after = [], None
        while True:
            query = {"action": "claims.list_bills", "size": 3} | ({"after": after} if after else {})
            page = (await auditor.get("/gateway/v1/audit", params=query)).json()
            seen += [row["entry_id"] for row in page["items"]]
            after = page["next"]
            if after is None:
                break
        assert len(seen) == 4
        assert seen == sorted(seen, reverse=True)

    async def test_is_on_the_trail_before_the_answer(self, entrance):
        auditor = await entrance.staff("auditor")
        await auditor.get("/gateway/v1/audit")
        rows = (await auditor.get("/gateway/v1/audit?action=gateway.list_audit")).json()["items"]
        assert len(rows) == 1

    async def test_shows_a_change_whose_outcome_is_missing(self, entrance):
        hospital, auditor = await entrance.hospital(), await entrance.staff("auditor")
        slow = asyncio.create_task(hospital.post("/claims/v1/slow"))
        await asyncio.sleep(0.3)
        rows = (await auditor.get("/gateway/v1/audit?action=claims.slow_post")).json()["items"]
        assert [row["outcome"] for row in rows] == ["begun"]
        await slow
        rows = (await auditor.get("/gateway/v1/audit?action=claims.slow_post")).json()["items"]
        assert [row["outcome"] for row in rows] == ["failed"]

    @pytest.mark.parametrize(
        "query",
        [
            "after=x",
            "from=yesterday",
            "from=2026-01-01T00:00:00",
            "from=0001-01-01T00:00:00%2B14:00",
            "until=9999-12-31T23:59:59-14:00",
            "size=0",
        ],
    )
    async def test_refuses_what_it_cannot_read(self, entrance, query):
        auditor = await entrance.staff("auditor")
        assert (await auditor.get(f"/gateway/v1/audit?{query}")).status_code in (400, 422)


class Gate:
    """A door before the database that can be shut."""

    def __init__(self, url: str) -> None:
        address = url.rpartition("@")[2].partition("/")[0]
        self._host, _, port = address.partition(":")
        self._port = int(port)
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._pass, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        assert self._server
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0.05)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, onward = await asyncio.open_connection(self._host, self._port)
        self._writers |= {writer, onward}
        await asyncio.gather(_copy(reader, onward), _copy(there, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


class TestWithoutItsDatabase:
    async def test_nothing_is_changed_and_reads_are_kept(self, prepared):
        gate = Gate(prepared.url)
        await gate.open()
        address = prepared.url.rpartition("@")[2].partition("/")[0]
        async with opened(
            prepared, database_url=prepared.url.replace(address, f"127.0.0.1:{gate.port}")
        ) as alone:
            client = await alone.hospital()
            assert (await client.post("/claims/v1/bills", json={})).status_code == 200
            alone.service.asked.clear()
            await gate.shut()
            for _ in range(3):
                answer = await client.post("/claims/v1/bills", json={})
                assert (answer.status_code, slug(answer)) == (503, "audit-unavailable")
            assert alone.service.asked == []
            assert (await client.get("/claims/v1/bills/B7")).status_code == 200
            assert (await alone.sign_in()).status_code == 503
            await gate.open()
            for _ in range(100):
                if (await client.post("/claims/v1/bills", json={})).status_code == 200:
                    break
                await asyncio.sleep(0.05)
            assert (await client.post("/claims/v1/bills", json={})).status_code == 200
            assert len(await alone.trail(resources="bill_id=B7")) == 1
            assert (await alone.sign_in()).status_code == 201
            await alone.close()
            await gate.shut()
            await gate.open()

    async def test_rows_of_a_doubtful_commit_are_written_once(self, prepared, entrance):
        trail = Trail(prepared.url)
        await trail.start()
        entry = entrance_entry(entrance)
        await trail.end(entry)
        place, row_hash = trail._place, trail._hash
        trail._ended._waiting.append((place, row_hash, entry))  # as if the commit's answer had been lost
        await trail.end(entry._replace(user_agent="next"))
        await trail.stop()
        rows = await entrance.trail(chain=trail.chain)
        assert [row["place"] for row in rows] == [1, 2]
        assert rows[0]["hash"] == chained(first_hash(trail.chain), 1, entry)


def entrance_entry(entrance):
    from gateway.ask import Ask

    ask = Ask(method="GET", path=b"/x", query=b"", peer="127.0.0.1", request_id=b"r")
    return ask.entry("ended", outcome="done", status=200)
