"""Contributions assessed, paid and turned into coverage, through the API."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from services.kit import clock
from tests.conftest import ServiceApi
from tests.enrolment import build
from tests.enrolment.build import get, post
from tests.enrolment.office import Office, money_in, rows


@pytest.fixture
async def office(enrolment_api: ServiceApi) -> AsyncIterator[Office]:
    yield Office(enrolment_api)


class TestMainJob:
    async def test_a_unit_is_assessed_pays_and_its_staff_are_covered(self, office: Office) -> None:
        unit, person = await office.staffed()
        bill = await office.bill(unit)
        assert (bill["amount"], bill["open"], bill["state"]) == ("540.00", "540.00", "determined")
        path = f"/people/{person['person_id']}/coverage"
        assert not (await get(office.clerk, path, scheme="employee_medical"))["covered"]
        paid = await post(office.cashier, f"/bills/{bill['bill_id']}/receipts", money_in("540.00"))
        assert (paid["bill"]["state"], paid["bill"]["open"]) == ("paid", "0.00")
        answer = await get(office.clerk, path, scheme="employee_medical")
        assert answer["covered"] and answer["periods"][0]["valid_from"] == f"{clock.today():%Y-%m}-01"
        entries = await get(office.clerk, f"/bills/{bill['bill_id']}/entries")
        assert [(entry["kind"], entry["amount"]) for entry in entries] == [
            ("due", "540.00"),
            ("received", "540.00"),
        ]
        subjects = {row["subject"] for row in await office.api.pool.fetch("SELECT subject FROM outbox")}
        assert {
            "enrolment.bill.paid",
            "enrolment.coverage.changed",
            "enrolment.employment.changed",
            "enrolment.case.decided",
        } <= subjects

    async def test_a_household_with_an_aided_member_is_covered_from_the_payment(self, office: Office) -> None:
        household, people = await office.household(3)
        year = clock.today().year
        await post(
            office.clerk,
            f"/people/{people[2]['person_id']}/assistance",
            {
                "category": "minimum_living_allowance",
                "hukou": "rural",
                "certificate_number": "DB-2",
                "deciding_office": "样例县民政局",
                "valid_from": f"{year}-01-01",
            },
        )
        enrolment = await post(
            office.clerk,
            f"/households/{household['household_id']}/resident-enrolments",
            {"year": year, "grade": "grade_1", "members": [person["person_id"] for person in people]},
        )
        bills = {bill["payer_kind"]: bill for bill in enrolment["bills"]}
        assert (bills["household"]["amount"], bills["civil_affairs"]["amount"]) == ("100.00", "50.00")
        await post(office.cashier, f"/bills/{bills['household']['bill_id']}/receipts", money_in("100.00"))
        for person in people:
            answer = await get(
                office.clerk, f"/people/{person['person_id']}/coverage", scheme="resident_medical"
            )
            assert answer["covered"]
            assert answer["periods"][0]["valid_from"] == clock.today().isoformat()
            assert answer["periods"][0]["valid_until"] == f"{year + 1}-01-01"

    async def test_a_member_left_out_blocks_the_household(self, office: Office) -> None:
        household, people = await office.household(3)
        answer = await post(
            office.clerk,
            f"/households/{household['household_id']}/resident-enrolments",
            {
                "year": clock.today().year,
                "grade": "grade_1",
                "members": [people[0]["person_id"]],
                "exclusions": [{"person_id": people[1]["person_id"], "reason": "military_service"}],
            },
            status=422,
        )
        assert answer["type"] == "/problems/household-incomplete"
        assert answer["missing"] == [people[2]["person_id"]]
        assert await rows(office.api.pool, "resident_enrolment") == await rows(office.api.pool, "bill") == 0


class TestCollection:
    @pytest.mark.parametrize(
        ("change", "slug"),
        [
            ({"receipt_number": ""}, "invalid-request"),
            ({"amount": "540.001"}, "invalid-request"),
            ({"amount": "-540.00"}, "invalid-request"),
            ({"amount": "539.99"}, "amount-differs-from-open"),
            ({"paid_on": "2020-01-01"}, "payment-date-wrong"),
            ({"paid_on": "2026-02-30"}, "invalid-request"),
        ],
    )
    async def test_what_is_wrong_credits_nothing(
        self, office: Office, change: dict[str, str], slug: str
    ) -> None:
        unit, _ = await office.staffed()
        bill = await office.bill(unit)
        answer = await post(
            office.cashier, f"/bills/{bill['bill_id']}/receipts", money_in("540.00") | change, status=422
        )
        assert answer["type"] == f"/problems/{slug}"
        after = await get(office.clerk, f"/bills/{bill['bill_id']}")
        assert after["received"] == "0.00" and await rows(office.api.pool, "receipt") == 0

    async def test_the_same_message_again_is_the_same_answer(self, office: Office) -> None:
        unit, _ = await office.staffed()
        bill = await office.bill(unit)
        body, headers = money_in("540.00"), build.key()
        path = f"/enrolment/v1/bills/{bill['bill_id']}/receipts"
        first = await office.cashier.post(path, json=body, headers=headers)
        again = await office.cashier.post(path, json=body, headers=headers)
        assert first.status_code == again.status_code == 201
        assert again.headers["Idempotent-Replayed"] == "true" and again.json() == first.json()
        assert await rows(office.api.pool, "receipt") == 1
        other = await office.cashier.post(path, json=body | {"amount": "1.00"}, headers=headers)
        assert other.json()["type"] == "/problems/idempotency-key-reused"

    async def test_a_clerk_cannot_credit_money(self, office: Office) -> None:
        unit, _ = await office.staffed()
        bill = await office.bill(unit)
        await post(office.clerk, f"/bills/{bill['bill_id']}/receipts", money_in("540.00"), status=403)

    async def test_ledger_and_receipts_only_grow(self, office: Office) -> None:
        unit, _ = await office.staffed()
        bill = await office.bill(unit)
        await post(office.cashier, f"/bills/{bill['bill_id']}/receipts", money_in("540.00"))
        for statement in (
            "UPDATE receipt SET amount = 1",
            "DELETE FROM collection_entry",
            "TRUNCATE receipt CASCADE",
        ):
            with pytest.raises(asyncpg.PostgresError, match="append-only"):
                await office.api.pool.execute(statement)
