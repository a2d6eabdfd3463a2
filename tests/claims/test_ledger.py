"""The trial balance, daily reconciliation and the published costs."""

from decimal import Decimal

import pytest

from services.kit import clock
from tests.claims import build
from tests.claims.build import LEVEL_1, LEVEL_2, A, C, Person
from tests.conftest import ServiceApi


@pytest.fixture
async def api(claims_api: ServiceApi) -> ServiceApi:
    await build.county(claims_api)
    return claims_api


async def settled(api: ServiceApi, *, serial: int = 1, code: str = LEVEL_2):
    person = await build.insure(
        api, Person(id_number=build.id_number(serial), categories=["minimum_living_allowance"])
    )
    hospital = build.hospital(api, code)
    lines = [build.line(1, A, "2600.00"), build.line(2, C, "400.00")]
    bill_id = await build.upload(hospital, build.bill(person, *lines))
    return (await build.settle(hospital, bill_id)).json()


async def reverse(api: ServiceApi, settlement):
    where = f"/claims/v1/settlements/{settlement['settlement_id']}/reversal"
    return await build.hospital(api).post(where, json={"reason": "明细录入有误"}, headers=build.key())


class TestTrialBalance:
    async def test_is_zero_after_every_step(self, api):
        accountant = api.client("claims:ledger")
        balance = (await accountant.get("/claims/v1/ledger/balance")).json()
        assert (balance["accounts"], balance["difference"]) == ([], "0.00")
        settlement = await settled(api)
        balance = (await accountant.get("/claims/v1/ledger/balance")).json()
        assert {row["account"]: row["balance"] for row in balance["accounts"]} == {
            "resident_pool": "1500.00",
            "medical_aid": "900.00",
            "person": "600.00",
            "institution": "-3000.00",
        }
        assert balance["difference"] == "0.00"
        await reverse(api, settlement)
        balance = (await accountant.get("/claims/v1/ledger/balance")).json()
        assert {row["balance"] for row in balance["accounts"]} == {"0.00"}
        assert (balance["debit"], balance["credit"], balance["difference"]) == ("6000.00", "6000.00", "0.00")

    async def test_is_of_the_area_and_day_asked_for(self, api):
        await settled(api)
        before = await api.client("claims:ledger").get("/claims/v1/ledger/balance?on=2020-01-01")
        assert before.json()["accounts"] == []
        other = await api.client("claims:ledger", area="990102").get("/claims/v1/ledger/balance")
        assert other.json()["accounts"] == []

    async def test_is_not_for_hospitals(self, api):
        assert (await build.hospital(api).get("/claims/v1/ledger/balance")).status_code == 403


class TestReconciliation:
    async def test_counts_settlements_and_reversals_by_day(self, api):
        await settled(api, serial=1)
        await reverse(api, await settled(api, serial=2))
        today = clock.today().isoformat()
        where = f"/claims/v1/reconciliation?first={today}&last={today}"
        totals = (await build.hospital(api).get(where)).json()
        assert [(day["kind"], day["count"], day["total"]) for day in totals["days"]] == [
            ("settlement", 2, "6000.00"),
            ("reversal", 1, "-3000.00"),
        ]
        assert (totals["total"], totals["fund_paid"], totals["person_paid"]) == (
            "3000.00",
            "2400.00",
            "600.00",
        )
        other = (await build.hospital(api, LEVEL_1).get(where)).json()
        assert (other["days"], other["total"]) == ([], "0.00")

    @pytest.mark.parametrize(("difference", "reconciled"), [("0.00", True), ("0.01", False)])
    async def test_shows_a_difference_of_one_fen(self, api, difference, reconciled):
        """C33: day totals of hospital and centre differing by 0.01 show as unreconciled."""
        await settled(api)
        claimed = {
            "day": clock.today().isoformat(),
            "count": 1,
            "reversed_count": 0,
            "total": "3000.00",
            "fund_paid": str(Decimal("2400.00") + Decimal(difference)),
            "person_paid": "600.00",
        }
        verdict = (await build.hospital(api).post("/claims/v1/reconciliation-checks", json=claimed)).json()
        assert verdict["reconciled"] is reconciled
        assert [one["figure"] for one in verdict["differences"]] == ([] if reconciled else ["fund_paid"])


class TestDisclosure:
    @pytest.mark.proves("C46")
    async def test_shows_the_patient_lines_that_sum_to_the_bill_and_all_institutions_every_month(self, api):
        settlement = await settled(api, serial=1)
        await reverse(api, await settled(api, serial=2))
        me = api.client("claims:own", kind="citizen", subject="w1", person_id=settlement["person_id"])
        bill = (await me.get(f"/claims/v1/my/bills/{settlement['bill_id']}")).json()
        assert sum(Decimal(line["amount"]) for line in bill["lines"]) == Decimal(bill["total"]) == 3000
        month = clock.today().isoformat()[:7]
        where = f"/claims/v1/disclosures/institution-costs?area=990101&month={month}"
        table = (await api.client().get(where)).json()
        assert [(row["institution_code"], row["cases"], row["mean"]) for row in table["institutions"]] == [
            (LEVEL_1, 0, "0.00"),
            (LEVEL_2, 1, "3000.00"),
        ]
