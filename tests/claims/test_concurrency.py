"""Settlements at once, reversals, and who sees what, through the API on a real database."""

import asyncio
from decimal import Decimal

import pytest

from tests.claims import build
from tests.claims.build import AREA, A, Person
from tests.claims.test_settlement import difference, made
from tests.conftest import ServiceApi


@pytest.fixture
async def api(claims_api: ServiceApi) -> ServiceApi:
    await build.county(claims_api)
    return claims_api


class TestSettlementsAtOnce:
    async def test_have_one_effect_for_one_message_id(self, api):
        person = await build.insure(api, Person())
        hospital = build.hospital(api)
        bill_id = await build.upload(hospital, build.bill(person, build.line(1, A, "2600.00")))
        answers = await asyncio.gather(*(build.settle(hospital, bill_id, message="one") for _ in range(20)))
        assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
        assert await api.pool.fetchval("SELECT count(*) FROM settlement") == 1

    async def test_let_one_message_win_for_one_bill(self, api):
        person = await build.insure(api, Person())
        hospital = build.hospital(api)
        bill_id = await build.upload(hospital, build.bill(person, build.line(1, A, "2600.00")))
        answers = await asyncio.gather(*(build.settle(hospital, bill_id) for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
        assert await difference(api) == "0.00"

    async def test_never_pay_above_the_cap_nor_lose_a_use_of_the_year(self, api):
        person = await build.insure(api, Person())
        hospital = build.hospital(api)
        # Each would be paid (100,600 - 600) x 75 % = 75,000; the cap of 220,000 is reached in the third.
        bills = [
            await build.upload(hospital, build.bill(person, build.line(1, A, "100600.00"))) for _ in range(5)
        ]
        answers = await asyncio.gather(*(build.settle(hospital, bill_id) for bill_id in bills))
        assert [answer.status_code for answer in answers] == [201] * 5
        paid = sorted(Decimal(answer.json()["fund_paid"]) for answer in answers)
        assert paid == [0, 0, 70000, 75000, 75000]
        year = await api.pool.fetchrow("SELECT * FROM accumulator")
        assert (year["resident_pool"], year["admissions"], year["version"]) == (220000, 5, 5)
        assert await difference(api) == "0.00"

    async def test_refuse_one_and_settle_the_others_of_a_group(self, api):
        hospital = build.hospital(api)
        bills = []
        for serial in range(12):
            until = "2026-01-08" if serial % 3 == 0 else None
            person = await build.insure(api, Person(id_number=build.id_number(serial), covered_until=until))
            bills.append(await build.upload(hospital, build.bill(person, build.line(1, A, "2600.00"))))
        answers = await asyncio.gather(*(build.settle(hospital, bill_id) for bill_id in bills))
        assert [answer.status_code for answer in answers] == [422, 201, 201] * 4

    async def test_hold_when_one_case_cannot_be_decided_at_all(self, api):
        hospital = build.hospital(api)
        people = [await build.insure(api, Person(id_number=build.id_number(n))) for n in range(8)]
        bills = [await build.upload(hospital, build.bill(p, build.line(1, A, "2600.00"))) for p in people]
        await api.pool.execute(
            """UPDATE coverage_copy SET coverages = '[{"scheme": "resident_medical"}]' WHERE person_id = $1""",
            people[3].person_id,
        )
        answers = await asyncio.gather(*(build.settle(hospital, bill_id) for bill_id in bills))
        assert [answer.status_code for answer in answers] == [201] * 3 + [500] + [201] * 4

    async def test_fall_back_one_by_one_when_a_group_is_refused(self, api):
        """A settlement of another process moves one person's year between reading and writing."""
        hospital = build.hospital(api)
        people = [await build.insure(api, Person(id_number=build.id_number(n))) for n in range(6)]
        bills = [await build.upload(hospital, build.bill(p, build.line(1, A, "2600.00"))) for p in people]
        desk = api.app.state.settlement_desk if hasattr(api.app.state, "settlement_desk") else None
        assert desk is None or desk.works_on(api.pool)
        connection = await api.pool.acquire()
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(
            "INSERT INTO accumulator VALUES ($1, 'resident_medical', 2026, 1, 0, 0, 0, 219000, 0, 0, 1)",
            people[2].person_id,
        )
        waiting = asyncio.gather(*(build.settle(hospital, bill_id) for bill_id in bills))
        await asyncio.sleep(0.3)
        await transaction.commit()
        await api.pool.release(connection)
        answers = await waiting
        assert [answer.status_code for answer in answers] == [201] * 6
        assert [answer.json()["fund_paid"] for answer in answers] == ["1500.00"] * 2 + ["1000.00"] + [
            "1500.00"
        ] * 3


class TestReverseSettlement:
    async def test_restores_the_year_and_the_ledger(self, api):
        person = await build.insure(api, Person(categories=["minimum_living_allowance"]))
        settlement = await made(api, person, "2600.00")
        hospital = build.hospital(api)
        where = f"/claims/v1/settlements/{settlement['settlement_id']}/reversal"
        answer = await hospital.post(where, json={"reason": "明细录入有误"}, headers=build.key())
        assert (answer.status_code, answer.json()["state"]) == (201, "reversed")
        year = await api.pool.fetchrow("SELECT * FROM accumulator")
        assert (year["resident_pool"], year["medical_aid"], year["in_policy"], year["admissions"]) == (
            0,
            0,
            0,
            0,
        )
        assert await difference(api) == "0.00"
        entries = await api.client("claims:ledger").get(
            f"/claims/v1/settlements/{settlement['settlement_id']}/entries"
        )
        amounts = [Decimal(entry["amount"]) for entry in entries.json()]
        assert len(amounts) == 8
        assert sorted(amounts[:4]) == sorted(-amount for amount in amounts[4:])
        subjects = await api.pool.fetch("SELECT subject FROM outbox ORDER BY id")
        assert [row["subject"] for row in subjects][-1] == "claims.settlement.reversed"

    async def test_is_refused_the_second_time(self, api):
        settlement = await made(api, await build.insure(api, Person()), "2600.00")
        where = f"/claims/v1/settlements/{settlement['settlement_id']}/reversal"
        answers = await asyncio.gather(
            *(
                build.hospital(api).post(where, json={"reason": "明细录入有误"}, headers=build.key())
                for _ in range(5)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
        assert await difference(api) == "0.00"

    async def test_lets_the_bill_be_settled_again(self, api):
        settlement = await made(api, await build.insure(api, Person()), "2600.00")
        hospital = build.hospital(api)
        where = f"/claims/v1/settlements/{settlement['settlement_id']}/reversal"
        await hospital.post(where, json={"reason": "明细录入有误"}, headers=build.key())
        again = await build.settle(hospital, settlement["bill_id"])
        assert (again.status_code, again.json()["fund_paid"]) == (201, "1500.00")
        year = await api.pool.fetchrow("SELECT * FROM accumulator")
        assert (year["resident_pool"], year["admissions"], year["version"]) == (1500, 1, 3)

    async def test_of_an_earlier_settlement_leaves_the_later_one(self, api):
        person = await build.insure(api, Person())
        first, second = await made(api, person, "2600.00"), await made(api, person, "1600.00")
        where = f"/claims/v1/settlements/{first['settlement_id']}/reversal"
        await build.hospital(api).post(where, json={"reason": "明细录入有误"}, headers=build.key())
        year = await api.pool.fetchrow("SELECT * FROM accumulator")
        assert year["resident_pool"] == Decimal(second["fund_paid"]) == 750


class TestWhoSeesASettlement:
    async def test_the_citizen_sees_his_own_only(self, api):
        mine, other = Person(), Person(id_number=build.id_number(7))
        for person in (mine, other):
            await made(api, await build.insure(api, person), "2600.00")
        me = api.client("claims:own", kind="citizen", subject="w1", person_id=mine.person_id)
        page = (await me.get("/claims/v1/my/settlements")).json()
        assert [one["person_id"] for one in page["items"]] == [str(mine.person_id)]

    async def test_staff_see_their_area_only(self, api):
        await made(api, await build.insure(api, Person()), "2600.00")
        for area, seen in ((AREA, 1), ("990102", 0)):
            page = (await api.client("claims:read", area=area).get("/claims/v1/settlements")).json()
            assert len(page["items"]) == seen
