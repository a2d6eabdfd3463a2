"""One request is one transaction: what the kit promises to every route."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.postgres import EmbeddedPostgres
from services.kit import clock
from services.kit.identity import HEADER, sign
from tests.conftest import Keys, ServiceApi, caller, settings_for
from tests.kit import toy

WRITER = ("toy:write", "toy:read")


@pytest.fixture(scope="session")
async def running(postgres: EmbeddedPostgres, keys: Keys) -> AsyncIterator[ServiceApi]:
    async with toy.database(postgres) as url:
        toy.app.state.settings = settings_for(database_url=url, nats_url="nats://127.0.0.1:1", keys=keys)
        async with toy.app.router.lifespan_context(toy.app):
            yield ServiceApi("toy", toy.app, keys)


@pytest.fixture
async def api(running: ServiceApi) -> AsyncIterator[ServiceApi]:
    yield running
    await running.close_clients()
    await running.pool.execute("DELETE FROM note; DELETE FROM outbox; DELETE FROM idempotency_key")


async def write(
    client: httpx.AsyncClient, name: str, *, key: str | None = None, body: dict[str, Any] | None = None
) -> httpx.Response:
    headers = {"Idempotency-Key": key or str(uuid4())}
    return await client.post(
        "/toy/v1/notes", json={"name": name, "amount": "1.00"} | (body or {}), headers=headers
    )


async def count(api: ServiceApi, table: str) -> int:
    found: int = await api.pool.fetchval(f"SELECT count(*) FROM {table}")
    return found


class TestTransaction:
    async def test_commits_note_event_and_key_together(self, api: ServiceApi) -> None:
        response = await write(api.client(*WRITER), "甲")
        assert response.status_code == 201, response.text
        assert [await count(api, table) for table in ("note", "outbox", "idempotency_key")] == [1, 1, 1]

    async def test_leaves_nothing_when_a_problem_is_raised(self, api: ServiceApi) -> None:
        response = await write(api.client(*WRITER), "坏")
        assert response.status_code == 409
        assert [await count(api, table) for table in ("note", "outbox", "idempotency_key")] == [0, 0, 0]

    async def test_turns_a_broken_constraint_into_a_conflict(self, api: ServiceApi) -> None:
        client = api.client(*WRITER)
        await write(client, "甲")
        response = await write(client, "甲")
        assert (response.status_code, response.json()["type"]) == (409, "/problems/already-exists")


class TestIdempotencyKey:
    async def test_gives_the_same_answer_again_without_a_second_effect(self, api: ServiceApi) -> None:
        client = api.client(*WRITER)
        first, second = await write(client, "甲", key="m1"), await write(client, "甲", key="m1")
        assert (second.status_code, second.content) == (first.status_code, first.content)
        assert second.headers["Idempotent-Replayed"] == "true"
        assert await count(api, "outbox") == 1

    async def test_refuses_the_same_key_with_another_body(self, api: ServiceApi) -> None:
        client = api.client(*WRITER)
        await write(client, "甲", key="m1")
        response = await write(client, "乙", key="m1")
        assert (response.status_code, response.json()["type"]) == (422, "/problems/idempotency-key-reused")
        assert await count(api, "note") == 1

    async def test_is_asked_for_when_it_is_missing(self, api: ServiceApi) -> None:
        response = await api.client(*WRITER).post("/toy/v1/notes", json={"name": "甲", "amount": "1.00"})
        assert (response.status_code, response.json()["type"]) == (400, "/problems/idempotency-key-missing")

    async def test_has_one_effect_when_sent_many_times_at_once(self, api: ServiceApi) -> None:
        client = api.client(*WRITER)
        responses = await asyncio.gather(*(write(client, "甲", key="m1") for _ in range(8)))
        assert {response.status_code for response in responses} == {201}
        assert sum("Idempotent-Replayed" not in response.headers for response in responses) == 1
        assert await count(api, "note") == 1

    async def test_is_free_again_when_the_first_request_failed(self, api: ServiceApi) -> None:
        client = api.client(*WRITER)
        assert (await write(client, "坏", key="m1")).status_code == 409
        assert (await write(client, "甲", key="m1")).status_code == 201

    async def test_belongs_to_its_caller(self, api: ServiceApi) -> None:
        await write(api.client(*WRITER, subject="u1"), "甲", key="m1")
        assert (await write(api.client(*WRITER, subject="u2"), "乙", key="m1")).status_code == 201


class TestIdentity:
    async def test_is_needed(self, api: ServiceApi) -> None:
        response = await api.client().get("/toy/v1/notes")
        assert (response.status_code, response.json()["type"]) == (401, "/problems/identity-missing")

    async def test_must_carry_the_scope(self, api: ServiceApi) -> None:
        response = await write(api.client("toy:read"), "甲")
        assert (response.status_code, response.json()["needed"]) == (403, ["toy:write"])

    @pytest.mark.parametrize(
        ("audience", "ttl_seconds", "forged"), [("claims", 60, False), ("toy", -60, False), ("toy", 60, True)]
    )
    async def test_is_refused_when_made_for_another_service_or_stale_or_forged(
        self, api: ServiceApi, audience: str, ttl_seconds: int, forged: bool
    ) -> None:
        key = Ed25519PrivateKey.generate() if forged else api.keys.identity
        token = sign(
            caller(*WRITER), private_key=key, audience=audience, now=clock.now(), ttl_seconds=ttl_seconds
        )
        response = await api.client().get("/toy/v1/notes", headers={HEADER: token})
        assert (response.status_code, response.json()["type"]) == (401, "/problems/identity-refused")

    async def test_ends_with_its_token_although_it_was_verified_before(self, api: ServiceApi) -> None:
        now = clock.now() - timedelta(seconds=4)
        token = sign(caller(*WRITER), private_key=api.keys.identity, audience="toy", now=now, ttl_seconds=0)
        client = api.client()
        first = await client.get("/toy/v1/notes", headers={HEADER: token})
        await asyncio.sleep(1.5)
        second = await client.get("/toy/v1/notes", headers={HEADER: token})
        assert (first.status_code, second.status_code) == (200, 401)

    async def test_is_not_asked_for_on_a_public_route(self, api: ServiceApi) -> None:
        assert (await api.client().get("/toy/v1/open")).status_code == 200


class TestProblem:
    async def test_speaks_chinese_first_and_english_on_request(self, api: ServiceApi) -> None:
        client = api.client(*WRITER)
        chinese = await write(client, "坏")
        client.headers["Accept-Language"] = "en-GB,en;q=0.9,zh;q=0.3"
        english = await write(client, "坏")
        assert chinese.json()["detail"] == "名称 坏 不收，请换一个。"
        assert english.json()["title"] == "Refused note"
        assert english.headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize("body", [{"amount": "-1.00"}, {"amount": "1.001"}, {"more": 1}, {"name": ""}])
    async def test_names_the_field_that_does_not_fit(self, api: ServiceApi, body: dict[str, object]) -> None:
        response = await write(api.client(*WRITER), "甲", body=body)
        assert (response.status_code, response.json()["type"]) == (422, "/problems/invalid-request")
        assert response.json()["errors"][0]["field"] in body
        assert await count(api, "note") == 0

    async def test_refuses_a_character_that_cannot_be_stored(self, api: ServiceApi) -> None:
        response = await write(api.client(*WRITER), "甲\0")
        assert (response.status_code, response.json()["type"]) == (422, "/problems/text-refused")
        assert await count(api, "note") == 0

    async def test_says_where_the_json_broke(self, api: ServiceApi) -> None:
        response = await api.client(*WRITER).post(
            "/toy/v1/notes",
            content=b'{"name": ',
            headers={"Content-Type": "application/json", "Idempotency-Key": "k"},
        )
        assert (response.status_code, response.json()["type"]) == (400, "/problems/malformed-json")

    async def test_carries_the_request_id(self, api: ServiceApi) -> None:
        response = await api.client().get("/toy/v1/notes", headers={"X-Request-Id": "abcdefgh-1"})
        assert response.json()["request_id"] == response.headers["X-Request-Id"] == "abcdefgh-1"


class TestPage:
    async def test_walks_all_rows_once(self, api: ServiceApi) -> None:
        client = api.client(*WRITER)
        for name in "甲乙丙丁戊":
            await write(client, name)
        seen, after = [], None
        while True:
            query = {"size": 2} | ({"after": after} if after else {})
            found = (await client.get("/toy/v1/notes", params=query)).json()
            seen += [item["name"] for item in found["items"]]
            after = found["next"]
            if after is None:
                break
        assert sorted(seen) == sorted("甲乙丙丁戊") and len(seen) == 5

    async def test_refuses_a_cursor_that_is_not_ours(self, api: ServiceApi) -> None:
        response = await api.client(*WRITER).get("/toy/v1/notes", params={"after": "bm90IGpzb24="})
        assert (response.status_code, response.json()["type"]) == (400, "/problems/cursor-refused")


class TestOpenApi:
    def test_names_the_scope_of_a_route(self) -> None:
        document = toy.app.openapi()
        assert document["paths"]["/toy/v1/notes"]["post"]["security"] == [{"gateway": ["toy:write"]}]
        assert "security" not in document["paths"]["/toy/v1/open"]["get"]
