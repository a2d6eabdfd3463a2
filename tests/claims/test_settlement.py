"""Settlement through the API on a real database."""

from dataclasses import replace
from decimal import Decimal

import orjson
import pytest

from services.claims.events import SettlementMade
from services.claims.schemas.settlements import SettlementRead
from services.kit.ids import new_id
from tests.claims import build
from tests.claims.build import LEVEL_1, LEVEL_2, LEVEL_3, PROVINCE, Person
from tests.conftest import ServiceApi


@pytest.fixture
async def api(claims_api: ServiceApi) -> ServiceApi:
    await build.county(claims_api)
    return claims_api


async def made(api: ServiceApi, person: Person, amount: str, *, code: str = LEVEL_2):
    hospital = build.hospital(api, code)
    bill_id = await build.upload(hospital, build.bill(person, build.line(1, build.A, amount)))
    answer = await build.settle(hospital, bill_id)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def difference(api: ServiceApi):
    answer = await api.client("claims:ledger").get("/claims/v1/ledger/balance")
    assert answer.status_code == 200, answer.text
    return answer.json()["difference"]


class TestOrdinarySettlement:
    @pytest.mark.proves("C10", "W05")
    @pytest.mark.parametrize(
        ("code", "cost", "fund"),
        [
            (LEVEL_1, "5300.00", "4000.00"),
            (LEVEL_2, "2600.00", "1500.00"),
            (LEVEL_3, "11000.00", "6500.00"),
            (PROVINCE, "13000.00", "5000.00"),
            (LEVEL_1, "300.00", "0.00"),
        ],
    )
    async def test_pays_the_ratio_above_the_deductible_of_the_level(self, api, code, cost, fund):
        """003 §3C L193: 300/600/1,000/3,000 yuan and 80/75/65/50 %."""
        person = await build.insure(api, Person())
        settlement = await made(api, person, cost, code=code)
        assert settlement["fund_paid"] == fund
        assert Decimal(settlement["person_paid"]) == Decimal(cost) - Decimal(fund)
        assert await difference(api) == "0.00"

    async def test_shows_every_step_with_source_and_version(self, api):
        settlement = await made(api, await build.insure(api, Person()), "2600.00")
        steps = {step["step"]: step for step in settlement["working"]}
        assert list(steps) == ["split", "resident_pool.deductible", "resident_pool.ratio", "person"]
        assert steps["resident_pool.ratio"]["formula"] == "(2600.00 − 600.00) × 75 %"
        assert "003 §3C L193" in steps["resident_pool.ratio"]["source"]
        assert steps["resident_pool.ratio"]["version"].startswith("inpatient_ratio[990101, level=level_2]")

    async def test_answers_the_same_as_reading_it_later(self, api):
        settlement = await made(api, await build.insure(api, Person()), "2600.00")
        later = await build.hospital(api).get(f"/claims/v1/settlements/{settlement['settlement_id']}")
        assert later.json() == settlement
        assert SettlementRead.model_validate(settlement).fund_paid == Decimal("1500.00")

    async def test_tells_everyone_what_was_settled(self, api):
        settlement = await made(api, await build.insure(api, Person()), "2600.00")
        rows = await api.pool.fetch("SELECT subject, body FROM outbox")
        assert [row["subject"] for row in rows] == ["claims.settlement.made"]
        told = SettlementMade.model_validate(orjson.loads(rows[0]["body"])["data"])
        assert (str(told.settlement_id), told.person_name, told.line_count) == (
            settlement["settlement_id"],
            "张样例",
            1,
        )
        assert [(part.fund, part.amount) for part in told.layers] == [("resident_pool", Decimal("1500.00"))]

    async def test_settles_a_bill_of_last_year_as_last_year(self, api):
        person = await build.insure(api, Person())
        hospital = build.hospital(api)
        days = {"admitted_on": "2025-12-20", "discharged_on": "2025-12-31"}
        sent = build.bill(person, build.line(1, build.A, "2600.00", occurred_on="2025-12-21"), **days)
        settlement = (await build.settle(hospital, await build.upload(hospital, sent))).json()
        assert settlement["year"] == 2025


class TestMedicalAid:
    @pytest.mark.proves("C20", "W08")
    @pytest.mark.parametrize(
        ("cost", "own", "aid"),
        [
            ("1000.00", "600.00", "600.00"),
            ("5000.00", "3000.00", "1800.00"),
            ("10000.00", "6000.00", "3000.00"),
            ("1001.00", "601.00", "360.60"),
        ],
    )
    async def test_pays_all_up_to_a_thousand_then_sixty_percent_up_to_three_thousand(
        self, api, cost, own, aid
    ):
        """004 §3E L479; the bill is made so that the scheme leaves exactly the own part of the figure."""
        person = await build.insure(api, Person(categories=["minimum_living_allowance"]))
        scheme = Decimal(cost) - Decimal(own)
        in_policy = scheme / Decimal("0.8") + 300
        hospital = build.hospital(api, LEVEL_1)
        lines = [build.line(1, build.A, f"{in_policy:.2f}")]
        if rest := Decimal(cost) - in_policy:
            lines.append(build.line(2, build.C, f"{rest:.2f}"))
        settlement = (
            await build.settle(hospital, await build.upload(hospital, build.bill(person, *lines)))
        ).json()
        layers = {layer["fund"]: layer for layer in settlement["layers"]}
        assert layers["resident_pool"]["amount"] == f"{scheme:.2f}"
        assert layers["medical_aid"]["base"] == own
        assert layers["medical_aid"]["amount"] == aid
        base = next(step for step in settlement["working"] if step["step"] == "medical_aid.base")
        assert (base["formula"], base["amount"]) == (f"{cost} − {scheme:.2f}", own)
        assert base["version"].startswith("aid_base[990101, category=minimum_living_allowance]")
        assert Decimal(settlement["person_paid"]) == Decimal(own) - Decimal(aid)
        assert await difference(api) == "0.00"

    @pytest.mark.proves("C20", "W09")
    @pytest.mark.parametrize(
        ("category", "year", "aid"),
        [
            ("minimum_living_allowance", 2013, "600.00"),
            ("minimum_living_allowance", 2014, "800.00"),
            ("special_poor", 2013, "300.00"),
            ("special_poor", 2014, "700.00"),
        ],
    )
    async def test_takes_the_ratio_of_the_category_and_year(self, api, category, year, aid):
        """001 §3B L172: 低保 60 to 80 %, 特困户 30 to 70 %; a catastrophic layer pays first, so the rest is 1,000."""
        person = await build.insure(
            api, Person(area="990201", scheme="employee_medical", categories=[category])
        )
        hospital = build.hospital(api)
        await build.move(api, LEVEL_2, area="990201")
        day = f"{year}-03-02"
        rest_1000 = build.line(
            1, build.A, "3100.00", occurred_on=day
        )  # (3,100 - 100) x 70 % = 2,100 leaves 1,000
        sent = build.bill(person, rest_1000, admitted_on=day, discharged_on=day)
        settlement = (await build.settle(hospital, await build.upload(hospital, sent))).json()
        assert {layer["fund"]: layer["amount"] for layer in settlement["layers"]} == {
            "employee_pool": "2100.00",
            "medical_aid": aid,
        }

    async def test_pays_nothing_to_a_person_without_an_assisted_identity(self, api):
        settlement = await made(api, await build.insure(api, Person()), "800.00")
        assert [layer["fund"] for layer in settlement["layers"]] == ["resident_pool"]


class TestSupplementaryLayer:
    @pytest.mark.proves("C18", "W13")
    @pytest.mark.parametrize(
        ("year", "paid_before", "expected"),
        [(2014, "0", "60000.00"), (2014, "170000.00", "60000.00"), (2013, "170000.00", "10000.00")],
    )
    async def test_pays_sixty_percent_of_the_rest_up_to_the_ceiling_of_its_time(
        self, api, year, paid_before, expected
    ):
        """000 R17, R18: in-policy rest 100,000 x 60 %; ceiling 180,000 before 2014, none since."""
        person = await build.insure(api, Person(area="990201"))
        await build.move(api, LEVEL_2, area="990201")
        await api.pool.execute(
            "INSERT INTO accumulator VALUES ($1, 'resident_medical', $2, 1, 0, 0, 0, 0, $3, 0, 1)",
            person.person_id,
            year,
            Decimal(paid_before),
        )
        day = f"{year}-03-02"
        hospital = build.hospital(api)
        # (333,100 - 100) x 70 % = 233,100 leaves 100,000
        sent = build.bill(
            person,
            build.line(1, build.A, "333100.00", occurred_on=day),
            admitted_on=day,
            discharged_on=day,
        )
        settlement = (await build.settle(hospital, await build.upload(hospital, sent))).json()
        layer = settlement["layers"][1]
        assert (layer["fund"], layer["base"], layer["amount"]) == ("catastrophic", "100000.00", expected)


class TestSettleBill:
    async def test_writes_nothing_when_presettling(self, api):
        person = await build.insure(api, Person())
        hospital = build.hospital(api)
        bill_id = await build.upload(hospital, build.bill(person, build.line(1, build.A, "2600.00")))
        shown = await hospital.post(f"/claims/v1/bills/{bill_id}/presettlement")
        assert (shown.status_code, shown.json()["fund_paid"]) == (200, "1500.00")
        for table in ("settlement", "ledger_entry", "accumulator", "outbox"):
            assert await api.pool.fetchval(f"SELECT count(*) FROM {table}") == 0

    async def test_agrees_with_the_presettlement_that_is_sent_along(self, api):
        person = await build.insure(api, Person())
        hospital = build.hospital(api)
        bill_id = await build.upload(hospital, build.bill(person, build.line(1, build.A, "2600.00")))
        shown = (await hospital.post(f"/claims/v1/bills/{bill_id}/presettlement")).json()
        names = ["total", "own_paid", "over_limit", "prior_self_pay", "in_policy", "fund_paid", "person_paid"]
        split = {name: shown[name] for name in names}
        where = f"/claims/v1/bills/{bill_id}/settlement"
        wrong = split | {"fund_paid": "1500.01", "person_paid": "1099.99"}
        refused = await hospital.post(where, json={"presettled": wrong}, headers=build.key())
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/presettlement-differs")
        agreed = await hospital.post(where, json={"presettled": split}, headers=build.key())
        assert agreed.status_code == 201

    async def test_gives_the_same_answer_to_the_same_message(self, api):
        person = await build.insure(api, Person())
        hospital = build.hospital(api)
        bill_id = await build.upload(hospital, build.bill(person, build.line(1, build.A, "2600.00")))
        first = await build.settle(hospital, bill_id, message="H990101000022026011208000000001")
        again = await build.settle(hospital, bill_id, message="H990101000022026011208000000001")
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert await api.pool.fetchval("SELECT count(*) FROM settlement") == 1

    async def test_refuses_the_same_message_id_with_another_body(self, api):
        person = await build.insure(api, Person())
        hospital = build.hospital(api)
        bill_id = await build.upload(hospital, build.bill(person, build.line(1, build.A, "2600.00")))
        await build.settle(hospital, bill_id, message="one")
        other = await hospital.post(
            f"/claims/v1/bills/{bill_id}/settlement", json={"presettled": None}, headers=build.key("one")
        )
        assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")

    async def test_refuses_a_message_without_id(self, api):
        answer = await build.hospital(api).post(f"/claims/v1/bills/{new_id()}/settlement")
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/idempotency-key-missing")

    @pytest.mark.parametrize(
        ("who", "status", "slug"),
        [
            ({"scopes": ()}, 401, "identity-missing"),
            ({"scopes": ("claims:read",)}, 403, "scope-missing"),
            ({"body": b'{"surprise": 1}'}, 422, "invalid-request"),
            ({"body": b"{"}, 400, "malformed-json"),
            ({"body": b'{"presettled": {"total": "-1.00"}}'}, 422, "invalid-request"),
            ({"bill_id": "none"}, 422, "invalid-request"),
            ({"key": "x" * 101}, 422, "invalid-request"),
        ],
    )
    async def test_refuses_a_request_that_is_not_in_order(self, api, who, status, slug):
        person = await build.insure(api, Person())
        bill_id = await build.upload(
            build.hospital(api), build.bill(person, build.line(1, build.A, "2600.00"))
        )
        client = api.client(*who.get("scopes", build.HOSPITAL), kind="system", organisation=LEVEL_2)
        answer = await client.post(
            f"/claims/v1/bills/{who.get('bill_id', bill_id)}/settlement",
            content=who.get("body", b""),
            headers={**build.key(who.get("key")), "Content-Type": "application/json"},
        )
        assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")
        assert await api.pool.fetchval("SELECT count(*) FROM settlement") == 0

    async def test_refuses_an_identity_signed_for_another_service(self, api):
        hospital = build.hospital(api)
        stranger = replace(api, name="enrolment").client(*build.HOSPITAL, kind="system", organisation=LEVEL_2)
        answer = await stranger.post(f"/claims/v1/bills/{new_id()}/settlement", headers=build.key())
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/identity-refused")
        assert (await build.settle(hospital, str(new_id()))).status_code == 404

    async def test_refuses_a_bill_settled_before(self, api):
        person = await build.insure(api, Person())
        hospital = build.hospital(api)
        bill_id = await build.upload(hospital, build.bill(person, build.line(1, build.A, "2600.00")))
        first = (await build.settle(hospital, bill_id)).json()
        again = await build.settle(hospital, bill_id)
        assert (again.status_code, again.json()["type"]) == (409, "/problems/bill-settled")
        assert again.json()["settlement_id"] == first["settlement_id"]

    async def test_names_the_columns_of_the_year(self, api):
        await api.pool.execute("ALTER TABLE accumulator ADD COLUMN spare integer")
        try:
            assert (await made(api, await build.insure(api, Person()), "800.00"))["fund_paid"]
        finally:
            await api.pool.execute("ALTER TABLE accumulator DROP COLUMN spare")

    @pytest.mark.parametrize(("signer", "status"), [("990201", 422), ("990102", 201), ("990100", 201)])
    async def test_needs_an_agreement_of_the_insured_persons_pooling_area(self, api, signer, status):
        await api.pool.execute("UPDATE agreement SET area = $1", signer)
        hospital = build.hospital(api)
        sent = build.bill(await build.insure(api, Person()), build.line(1, build.A, "2600.00"))
        answer = await build.settle(hospital, await build.upload(hospital, sent))
        assert answer.status_code == status
        assert status == 201 or answer.json()["type"] == "/problems/agreement-missing"

    async def test_refuses_an_institution_without_a_valid_agreement(self, api):
        person = await build.insure(api, Person())
        hospital = build.hospital(api)
        bill_id = await build.upload(hospital, build.bill(person, build.line(1, build.A, "2600.00")))
        await api.pool.execute(
            "UPDATE agreement SET valid_until = '2026-01-12' WHERE institution_code = $1", LEVEL_2
        )
        refused = await build.settle(hospital, bill_id)
        assert (refused.status_code, refused.json()["type"]) == (422, "/problems/agreement-missing")
        assert await api.pool.fetchval("SELECT count(*) FROM settlement") == 0

    @pytest.mark.parametrize(
        ("since", "until", "reason", "day"),
        [
            (None, None, "never_insured", "2026-01-05"),
            ("2026-01-06", None, "not_yet_insured", "2026-01-05"),
            ("2026-01-01", "2026-01-12", "insurance_ended", "2026-01-12"),
        ],
    )
    async def test_refuses_who_is_not_insured_on_every_day(self, api, since, until, reason, day):
        person = await build.insure(api, Person(covered_from=since, covered_until=until))
        hospital = build.hospital(api)
        bill_id = await build.upload(hospital, build.bill(person, build.line(1, build.A, "2600.00")))
        refused = (await build.settle(hospital, bill_id)).json()
        assert (refused["type"], refused["reason"], refused["uncovered_on"]) == (
            "/problems/not-covered",
            reason,
            day,
        )

    async def test_hides_the_bills_of_another_hospital(self, api):
        person = await build.insure(api, Person())
        bill_id = await build.upload(
            build.hospital(api), build.bill(person, build.line(1, build.A, "2600.00"))
        )
        other = build.hospital(api, LEVEL_1)
        assert (await build.settle(other, bill_id)).status_code == 404
        assert (await other.get(f"/claims/v1/bills/{bill_id}")).status_code == 404
