"""Institutions, agreements, catalogue items, and who is entitled to what."""

from typing import Any

import pytest

from tests.claims import build
from tests.claims.build import LEVEL_1, LEVEL_2, PROVINCE, A, Person
from tests.conftest import ServiceApi


async def post(client, where, sent):
    return await client.post(f"/claims/v1{where}", json=sent, headers=build.key())


def institution(number: int) -> dict[str, str]:
    return {
        "code": f"H{990101_00000 + number:011d}",
        "name": f"样例医院{number}",
        "level": "level_1",
        "area": "990101",
    }


AGREEMENT = {"number": "XY-1", "valid_from": "2026-01-01", "valid_until": "2027-01-01"}


class TestInstitutions:
    @pytest.mark.proves("C01")
    async def test_thirteen_signed_of_thirteen_are_a_signing_rate_of_100_and_unsigned_cannot_claim(
        self, claims_api: ServiceApi
    ):
        staff = claims_api.client("claims:institutions")
        for number in range(13):
            assert (await post(staff, "/institutions", institution(number))).status_code == 201
            where = f"/institutions/{institution(number)['code']}/agreements"
            signed = await post(staff, where, AGREEMENT | {"number": f"XY-{number}"})
            assert signed.status_code == 201
        rate = (await staff.get("/claims/v1/agreements/signing-rate?on=2026-01-12")).json()
        assert (rate["institutions"], rate["signed"], rate["rate"]) == (13, 13, "100.00")
        unsigned = institution(99)
        await post(staff, "/institutions", unsigned)
        catalogue = claims_api.client("claims:catalogue")
        await post(catalogue, "/catalogue/items", ITEM)
        person = await build.insure(claims_api, Person())
        hospital = build.hospital(claims_api, unsigned["code"])
        bill_id = await build.upload(hospital, build.bill(person, build.line(1, A, "2600.00")))
        refused = await build.settle(hospital, bill_id)
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/agreement-missing")

    async def test_have_one_agreement_at_a_time(self, claims_api: ServiceApi):
        staff = claims_api.client("claims:institutions", "claims:read")
        await post(staff, "/institutions", institution(1))
        where = f"/institutions/{institution(1)['code']}/agreements"
        await post(staff, where, AGREEMENT)
        overlapping = AGREEMENT | {"number": "XY-2", "valid_from": "2026-12-31", "valid_until": "2028-01-01"}
        refused = await post(staff, where, overlapping)
        assert (refused.status_code, refused.json()["number"]) == (409, "XY-1")
        assert (await post(staff, where, overlapping | {"valid_from": "2027-01-01"})).status_code == 201
        read = (await staff.get(f"/claims/v1/institutions/{institution(1)['code']}")).json()
        assert [one["number"] for one in read["agreements"]] == ["XY-1", "XY-2"]
        listed = (await staff.get("/claims/v1/institutions?area=990101")).json()
        assert [one["code"] for one in listed["items"]] == [institution(1)["code"]]

    async def test_of_another_area_are_signed_by_each_office_for_its_own_insured(
        self, claims_api: ServiceApi
    ):
        here = claims_api.client("claims:institutions", "claims:read")
        there = claims_api.client("claims:institutions", "claims:read", area="990201")
        code = institution(1)["code"]
        assert (await post(there, "/institutions", institution(1))).status_code == 201
        signed = await post(there, f"/institutions/{code}/agreements", AGREEMENT)
        assert (signed.status_code, signed.json()["area"]) == (201, "990201")
        rate = "/claims/v1/agreements/signing-rate?on=2026-01-12"
        assert (await here.get(rate)).json()["rate"] == "0.00"
        own = await post(here, f"/institutions/{code}/agreements", AGREEMENT | {"number": "XY-2"})
        assert (own.status_code, own.json()["area"]) == (201, "990101")
        assert (await here.get(rate)).json()["rate"] == "100.00"

    async def test_say_whether_an_agreement_holds_for_the_callers_insured(self, claims_api: ServiceApi):
        there = claims_api.client("claims:institutions", "claims:read", area="990201")
        await post(there, "/institutions", institution(1))
        code = institution(1)["code"]
        term = {"number": "XY-1", "valid_from": "2020-01-01", "valid_until": "2099-01-01"}
        await post(there, f"/institutions/{code}/agreements", term)
        for client, valid in ((there, True), (claims_api.client("claims:read"), False)):
            read = (await client.get(f"/claims/v1/institutions/{code}")).json()
            assert (len(read["agreements"]), read["agreement_valid"]) == (1, valid)

    async def test_are_registered_once(self, claims_api: ServiceApi):
        staff = claims_api.client("claims:institutions")
        await post(staff, "/institutions", institution(1))
        assert (await post(staff, "/institutions", institution(1))).json()["type"] == (
            "/problems/institution-registered"
        )

    @pytest.mark.parametrize(
        "change", [{"code": "H1"}, {"level": "level_9"}, {"area": "样例县"}, {"name": " "}, {"extra": 1}]
    )
    async def test_with_wrong_fields_are_refused(self, claims_api: ServiceApi, change):
        refused = await post(
            claims_api.client("claims:institutions"), "/institutions", institution(1) | change
        )
        assert refused.json()["type"] == "/problems/invalid-request"


ITEM = {
    "code": A,
    "name": "样例药品",
    "kind": "drug",
    "category": "b",
    "prior_self_pay_ratio": "0.1",
    "price_limits": {"level_2": "100.00"},
    "valid_from": "2020-01-01",
}


class TestAddresses:
    @pytest.mark.parametrize(
        "where",
        [
            "institutions/%00",
            "catalogue/items/%00",
            "catalogue/items?search=%00",
            "settlements/%00",
            "bills/x",
        ],
    )
    async def test_that_name_nothing_possible_are_refused(self, claims_api: ServiceApi, where):
        answer = await claims_api.client("claims:read").get(f"/claims/v1/{where}")
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")

    @pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
    async def test_with_far_days_are_answered(self, claims_api: ServiceApi, day):
        reader = claims_api.client("claims:read", "claims:ledger", "claims:institutions")
        for where in (
            "catalogue/items?on=",
            "ledger/balance?on=",
            "agreements/signing-rate?on=",
            "settlements?settled_on=",
        ):
            assert (await reader.get(f"/claims/v1/{where}{day}")).status_code == 200


class TestCatalogue:
    async def test_keeps_every_version_of_an_item(self, claims_api: ServiceApi):
        staff = claims_api.client("claims:catalogue", "claims:read")
        assert (await post(staff, "/catalogue/items", ITEM)).status_code == 201
        change = ITEM | {"price_limits": {"level_2": "90.00"}, "valid_from": "2026-02-01"}
        assert (await post(staff, "/catalogue/items", change)).status_code == 201
        versions = (await staff.get(f"/claims/v1/catalogue/items/{A}")).json()
        assert [(one["valid_from"], one["valid_until"]) for one in versions] == [
            ("2026-02-01", None),
            ("2020-01-01", "2026-02-01"),
        ]
        for day, limit in (("2026-01-31", "100.00"), ("2026-02-01", "90.00")):
            page = (await staff.get(f"/claims/v1/catalogue/items?on={day}&search=样例")).json()
            assert [one["price_limits"] for one in page["items"]] == [{"level_2": limit}]
        late = await post(staff, "/catalogue/items", change | {"valid_from": "2025-01-01"})
        assert (late.status_code, late.json()["type"]) == (422, "/problems/version-not-later")

    async def test_is_one_of_each_pooling_area(self, claims_api: ServiceApi):
        here = claims_api.client("claims:catalogue", "claims:read")
        there = claims_api.client("claims:catalogue", "claims:read", area="990201")
        assert (await post(here, "/catalogue/items", ITEM)).status_code == 201
        foreign = ITEM | {"price_limits": {"level_2": "1.00"}, "valid_from": "2026-02-01"}
        assert (await post(there, "/catalogue/items", foreign)).status_code == 201
        where = f"/claims/v1/catalogue/items/{A}"
        for client, area, limit in (
            (here, "", "100.00"),
            (there, "", "1.00"),
            (here, "?area=990299", "1.00"),
        ):
            versions = (await client.get(where + area)).json()
            assert [(one["price_limits"], one["valid_until"]) for one in versions] == [
                ({"level_2": limit}, None)
            ]
        listed = (await here.get("/claims/v1/catalogue/items?on=2026-03-01")).json()
        assert [one["price_limits"] for one in listed["items"]] == [{"level_2": "100.00"}]
        await build.insure(claims_api, person := Person())
        await post(claims_api.client("claims:institutions"), "/institutions", institution(1))
        hospital = build.hospital(claims_api, institution(1)["code"])
        sent = build.bill(person, build.line(1, A, "2600.00"))
        await claims_api.pool.execute("DELETE FROM catalogue_item WHERE pooling_area = '9901'")
        refused = await hospital.post("/claims/v1/bills", json=sent, headers=build.key())
        assert refused.json()["errors"][0]["code"] == "unknown_item"

    @pytest.mark.parametrize(
        "change",
        [
            {"category": "a"},
            {"prior_self_pay_ratio": "1.1"},
            {"valid_until": "2019-12-31"},
            {"price_limits": {"level_2": "-1"}},
        ],
    )
    async def test_refuses_what_contradicts_itself(self, claims_api: ServiceApi, change):
        refused = await post(claims_api.client("claims:catalogue"), "/catalogue/items", ITEM | change)
        assert refused.json()["type"] == "/problems/invalid-request"

    async def test_knows_no_item_that_was_never_set(self, claims_api: ServiceApi):
        answer = await claims_api.client("claims:read").get("/claims/v1/catalogue/items/NONE")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/item-not-found")


class TestEntitlement:
    async def ask(self, api: ServiceApi, person: Person, *, code: str = LEVEL_2, **when: Any):
        sent = {"id_number": person.id_number, **(when or {"on": "2026-01-05"})}
        return await build.hospital(api, code).post("/claims/v1/entitlements", json=sent)

    async def test_answers_for_every_fund(self, claims_api: ServiceApi):
        await build.county(claims_api)
        person = await build.insure(
            claims_api, Person(id_number=build.id_number(1), categories=["minimum_living_allowance"])
        )
        found = (await self.ask(claims_api, person)).json()
        assert found["person"]["name"] != person.name
        assert found["person"]["id_number"] == "990101********0018"
        assert found["assistance"] == ["minimum_living_allowance"]
        assert found["coverage"] == {
            "scheme": "resident_medical",
            "covered": True,
            "reason": None,
            "uncovered_on": None,
        }
        pool, aid = found["funds"]
        assert (pool["fund"], pool["pays"], pool["deductible"], pool["ratio"], pool["limit_left"]) == (
            "resident_pool",
            True,
            "600.00",
            "0.75",
            "220000.00",
        )
        assert (aid["fund"], aid["pays"], aid["ratio"], aid["cap_period"]) == (
            "medical_aid",
            True,
            "0.6",
            "admission",
        )

    async def test_shows_what_is_left_after_a_settlement(self, claims_api: ServiceApi):
        await build.county(claims_api)
        person = await build.insure(claims_api, Person(id_number=build.id_number(1)))
        hospital = build.hospital(claims_api)
        await build.settle(
            hospital, await build.upload(hospital, build.bill(person, build.line(1, A, "2600.00")))
        )
        found = (await self.ask(claims_api, person)).json()
        assert (found["year"]["admissions"], found["year"]["paid"]["resident_pool"]) == (1, "1500.00")
        assert found["funds"][0]["limit_left"] == "218500.00"

    async def test_says_why_not(self, claims_api: ServiceApi):
        await build.county(claims_api)
        person = await build.insure(
            claims_api, Person(id_number=build.id_number(1), covered_until="2026-01-04")
        )
        found = (await self.ask(claims_api, person)).json()
        assert (found["coverage"]["reason"], found["coverage"]["uncovered_on"]) == (
            "insurance_ended",
            "2026-01-05",
        )
        assert {fund["reason"] for fund in found["funds"]} == {"insurance_ended"}
        period = {"first": "2026-01-01", "last": "2026-01-03"}
        covered = (await self.ask(claims_api, person, period=period)).json()
        assert [fund["reason"] for fund in covered["funds"]] == [None, "no_assistance_identity"]

    async def test_depends_on_the_calling_institution(self, claims_api: ServiceApi):
        await build.county(claims_api)
        person = await build.insure(claims_api, Person(id_number=build.id_number(1)))
        bands = [
            (await self.ask(claims_api, person, code=code)).json()["band"] for code in (LEVEL_1, PROVINCE)
        ]
        assert bands == ["level_1", "out_of_area"]
        await claims_api.pool.execute("UPDATE agreement SET area = '990201'")
        foreign = (await self.ask(claims_api, person)).json()
        assert foreign["agreement_valid"] is False
        await claims_api.pool.execute("DELETE FROM agreement")
        found = (await self.ask(claims_api, person)).json()
        assert found["agreement_valid"] is False
        assert {fund["reason"] for fund in found["funds"]} == {"no_valid_agreement"}

    async def test_is_refused_for_strangers_and_wrong_numbers(self, claims_api: ServiceApi):
        await build.county(claims_api)
        stranger = await self.ask(claims_api, Person(id_number=build.id_number(5)))
        assert (stranger.status_code, stranger.json()["type"]) == (404, "/problems/person-not-found")
        wrong = await self.ask(claims_api, Person(id_number="990101199001010011"))
        assert wrong.status_code == 422
        assert "990101199001010011" not in wrong.text
