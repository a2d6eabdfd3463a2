"""What an operator does with events, through the API of a service."""

import pytest

from tests.conftest import ServiceApi


class TestRefill:
    @pytest.mark.parametrize(
        "since", ["2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]
    )
    async def test_refuses_a_moment_that_says_no_zone_or_cannot_be_meant(
        self, claims_api: ServiceApi, since: str
    ) -> None:
        operator = claims_api.client("claims:operate")
        answer = await operator.post("/claims/v1/refills", json={"since": since})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "since")

    async def test_publishes_again_what_was_published_since(self, claims_api: ServiceApi) -> None:
        await claims_api.pool.execute(
            """INSERT INTO outbox (id, subject, body, created_at, published_at)
               SELECT gen_random_uuid(), 'claims.settlement.made', '', moment, moment
               FROM unnest(ARRAY['2026-01-01Z', '2026-02-01Z']::timestamptz[]) AS moment"""
        )
        operator = claims_api.client("claims:operate")
        answer = await operator.post("/claims/v1/refills", json={"since": "2026-01-15T00:00:00+08:00"})
        assert (answer.status_code, answer.json()) == (200, {"events": 1})
        waiting = await claims_api.pool.fetch("SELECT created_at FROM outbox WHERE published_at IS NULL")
        assert [row["created_at"].month for row in waiting] == [2]


class TestReplay:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"\xff",
            b"[]",
            b'{"id": 1}',
            b'{"id": "01980000-0000-7000-8000-000000000000", "source": "enrolment", "type": "x",'
            b' "time": "2026-01-01T00:00:00+00:00", "data": {}}',
        ],
    )
    async def test_refuses_what_is_no_event(self, claims_api: ServiceApi, body: bytes) -> None:
        (letter,) = await claims_api.pool.fetch(
            """INSERT INTO dead_letter (id, subject, body, error, failed_at)
               VALUES (gen_random_uuid(), 'enrolment.coverage.changed', $1, 'unreadable', now()) RETURNING id""",
            body,
        )
        operator = claims_api.client("claims:operate")
        answer = await operator.post(
            f"/claims/v1/dead-letters/{letter['id']}/replay", headers={"Idempotency-Key": letter["id"].hex}
        )
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/dead-letter-unreadable")
