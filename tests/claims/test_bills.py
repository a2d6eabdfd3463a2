"""Bills: what is taken in, how it is split, and what is refused without a trace."""

from decimal import Decimal

import asyncpg
import pytest

from services.kit.ids import new_id
from tests.claims import build
from tests.claims.build import LEVEL_1, LIMITED, RESTRICTED, A, B, C, Person
from tests.conftest import ServiceApi


@pytest.fixture
async def api(claims_api: ServiceApi) -> ServiceApi:
    await build.county(claims_api)
    return claims_api


async def send(api: ServiceApi, sent, *, code: str = build.LEVEL_2):
    return await build.hospital(api, code).post("/claims/v1/bills", json=sent, headers=build.key())


async def written(api: ServiceApi):
    return await api.pool.fetchval("SELECT (SELECT count(*) FROM bill) + (SELECT count(*) FROM bill_line)")


class TestUploadBill:
    async def test_splits_every_line(self, api):
        person = await build.insure(api, Person())
        lines = [
            build.line(1, A, "1000.00"),
            build.line(2, B, "500.00"),
            build.line(3, C, "300.00"),
            build.line(4, RESTRICTED, "50.00"),
            build.line(5, RESTRICTED, "50.00", approval="approved"),
            build.line(6, LIMITED, "120.00"),
        ]
        answer = await send(api, build.bill(person, *lines))
        assert answer.status_code == 201
        bill = answer.json()
        names = ("own_paid", "over_limit", "prior_self_pay", "in_policy", "reason")
        assert [tuple(line[name] for name in names) for line in bill["lines"]] == [
            ("0.00", "0.00", "0.00", "1000.00", "in_catalogue"),
            ("0.00", "0.00", "50.00", "450.00", "in_catalogue"),
            ("300.00", "0.00", "0.00", "0.00", "category_c"),
            ("50.00", "0.00", "0.00", "0.00", "not_approved"),
            ("0.00", "0.00", "0.00", "50.00", "in_catalogue"),
            ("0.00", "20.00", "0.00", "100.00", "in_catalogue"),
        ]
        assert [bill[name] for name in names[:4]] == ["350.00", "20.00", "50.00", "1600.00"]
        assert (await build.hospital(api).get(f"/claims/v1/bills/{bill['bill_id']}")).json() == bill

    async def test_finds_the_person_by_id_number(self, api):
        person = await build.insure(api, Person(id_number=build.id_number(1)))
        sent = build.bill(person, build.line(1, A, "10.00")) | {"id_number": person.id_number}
        del sent["person_id"]
        assert (await send(api, sent)).json()["person_id"] == str(person.person_id)

    async def test_uses_the_old_price_the_day_before_the_change(self, api):
        """C06: a bill dated the day before the effective date uses the old price."""
        person = await build.insure(api, Person())
        change = {
            "code": LIMITED,
            "name": "样例项目",
            "kind": "drug",
            "category": "a",
            "price_limits": {"level_2": "60.00"},
            "valid_from": "2026-01-08",
        }
        staff = api.client("claims:catalogue")
        assert (
            await staff.post("/claims/v1/catalogue/items", json=change, headers=build.key())
        ).status_code == 201
        lines = [
            build.line(1, LIMITED, "120.00", occurred_on="2026-01-07"),
            build.line(2, LIMITED, "120.00", occurred_on="2026-01-08"),
        ]
        bill = (await send(api, build.bill(person, *lines))).json()
        assert [line["over_limit"] for line in bill["lines"]] == ["20.00", "60.00"]

    async def test_sets_what_left_the_catalogue_to_self_pay_and_shows_the_version(self, api):
        person = await build.insure(api, Person())
        await api.pool.execute("UPDATE catalogue_item SET valid_until = '2026-01-01' WHERE code = $1", B)
        left = await api.pool.fetchval("SELECT id FROM catalogue_item WHERE code = $1", B)
        line = (await send(api, build.bill(person, build.line(1, B, "5.00")))).json()["lines"][0]
        assert (line["own_paid"], line["reason"]) == ("5.00", "outside_catalogue")
        assert line["catalogue_item_id"] == str(left)

    @pytest.mark.proves("C45")
    async def test_creates_one_bill_of_a_message_sent_twice(self, api):
        person = await build.insure(api, Person())
        sent, message = build.bill(person, build.line(1, A, "10.00")), build.key()
        hospital = build.hospital(api)
        first = await hospital.post("/claims/v1/bills", json=sent, headers=message)
        again = await hospital.post("/claims/v1/bills", json=sent, headers=message)
        assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
        assert await api.pool.fetchval("SELECT count(*) FROM bill") == 1

    async def test_refuses_the_number_of_another_bill(self, api):
        person = await build.insure(api, Person())
        sent = build.bill(person, build.line(1, A, "10.00"))
        first = (await send(api, sent)).json()
        again = await send(api, sent)
        assert (again.status_code, again.json()["bill_id"]) == (409, first["bill_id"])

    async def test_lets_two_institutions_use_the_same_number(self, api):
        person = await build.insure(api, Person())
        sent = build.bill(person, build.line(1, A, "10.00"))
        assert (await send(api, sent)).status_code == (await send(api, sent, code=LEVEL_1)).status_code == 201

    @pytest.mark.parametrize(
        ("change", "slug"),
        [
            ({"total": "10.01"}, "lines-do-not-sum"),
            ({"admitted_on": "2026-01-13"}, "dates-out-of-order"),
            ({"discharged_on": "2199-01-01"}, "dates-out-of-order"),
            ({"person_id": "01926b1e-7a31-7c00-8000-00000000ffff"}, "person-not-found"),
        ],
    )
    async def test_refuses_a_bill_that_does_not_hold_together(self, api, change, slug):
        person = await build.insure(api, Person())
        answer = await send(api, build.bill(person, build.line(1, A, "10.00")) | change)
        assert answer.json()["type"] == f"/problems/{slug}"
        assert await written(api) == 0

    async def test_names_every_wrong_line_and_field(self, api):
        person = await build.insure(api, Person())
        lines = [
            build.line(1, "NONE", "10.00"),
            build.line(1, A, "10.00", quantity="2"),
            build.line(2, A, "10.00", occurred_on="2026-01-13"),
        ]
        answer = await send(api, build.bill(person, *lines))
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/lines-refused")
        assert [(error["field"], error["line_no"], error["code"]) for error in answer.json()["errors"]] == [
            ("lines.0.item_code", 1, "unknown_item"),
            ("lines.1.line_no", 1, "doubled_line"),
            ("lines.1.amount", 1, "amount_mismatch"),
            ("lines.2.occurred_on", 2, "outside_stay"),
        ]
        assert await written(api) == 0

    @pytest.mark.proves("C45")
    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"diagnosis_code": "肺炎"}, "diagnosis_code"),
            ({"total": "-10.00"}, "total"),
            ({"total": "10.001"}, "total"),
            ({"total": "0.00"}, "total"),
            ({"surprise": 1}, "surprise"),
            ({"person_id": None, "id_number": "990101199001010011"}, "id_number"),
            ({"person_id": None}, ""),
            ({"care_type": "outpatient"}, "care_type"),
            ({"admitted_on": "2026-02-30"}, "admitted_on"),
            ({"lines": []}, "lines"),
        ],
    )
    async def test_refuses_a_wrong_code_with_the_name_of_the_field(self, api, change, field):
        person = await build.insure(api, Person())
        answer = await send(api, build.bill(person, build.line(1, A, "10.00")) | change)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")
        assert field in [error["field"] for error in answer.json()["errors"]]
        assert await written(api) == 0

    @pytest.mark.parametrize(
        "change",
        [
            {"quantity": "0"},
            {"quantity": "-1"},
            {"amount": "-10.00"},
            {"unit_price": "1e9"},
            {"item_code": ""},
        ],
    )
    async def test_refuses_a_wrong_value_in_a_line(self, api, change):
        person = await build.insure(api, Person())
        sent = build.bill(person, build.line(1, A, "10.00"))
        sent["lines"][0] |= change
        assert (await send(api, sent)).status_code == 422
        assert await written(api) == 0

    async def test_refuses_broken_json_and_what_is_not_json(self, api):
        hospital = build.hospital(api)
        broken = await hospital.post("/claims/v1/bills", content=b"{", headers=build.key())
        assert broken.status_code in (400, 422)
        text = {**build.key(), "Content-Type": "text/plain"}
        assert (await hospital.post("/claims/v1/bills", content=b"bill", headers=text)).status_code == 422
        assert await written(api) == 0

    async def test_refuses_staff_and_strangers(self, api):
        person = await build.insure(api, Person())
        sent = build.bill(person, build.line(1, A, "10.00"))
        staff = await api.client("claims:bill").post("/claims/v1/bills", json=sent, headers=build.key())
        assert (staff.status_code, staff.json()["type"]) == (403, "/problems/not-an-institution")
        nobody = await api.client().post("/claims/v1/bills", json=sent, headers=build.key())
        assert nobody.status_code == 401
        reader = build.HOSPITAL[3]
        other = await api.client(reader, kind="system", organisation=build.LEVEL_2).post(
            "/claims/v1/bills", json=sent, headers=build.key()
        )
        assert other.status_code == 403


class TestWithdrawBill:
    async def test_takes_a_waiting_bill_out_of_settlement(self, api):
        person = await build.insure(api, Person())
        hospital = build.hospital(api)
        bill_id = await build.upload(hospital, build.bill(person, build.line(1, A, "10.00")))
        where = f"/claims/v1/bills/{bill_id}/withdrawal"
        assert (await hospital.post(where, headers=build.key())).json()["state"] == "withdrawn"
        refused = await build.settle(hospital, bill_id)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/bill-withdrawn")

    async def test_is_refused_for_a_settled_bill(self, api):
        person = await build.insure(api, Person())
        hospital = build.hospital(api)
        bill_id = await build.upload(hospital, build.bill(person, build.line(1, A, "10.00")))
        await build.settle(hospital, bill_id)
        refused = await hospital.post(f"/claims/v1/bills/{bill_id}/withdrawal", headers=build.key())
        assert refused.json()["type"] == "/problems/bill-settled"


class TestReadMyBill:
    async def test_shows_the_citizen_lines_that_sum_to_the_bill(self, api):
        person = await build.insure(api, Person())
        lines = [build.line(1, A, "1000.00"), build.line(2, C, "300.10")]
        bill_id = await build.upload(build.hospital(api), build.bill(person, *lines))
        me = api.client("claims:own", kind="citizen", subject="w1", person_id=person.person_id)
        bill = (await me.get(f"/claims/v1/my/bills/{bill_id}")).json()
        assert sum(Decimal(line["amount"]) for line in bill["lines"]) == Decimal(bill["total"])
        assert [line["reason"] for line in bill["lines"]] == ["in_catalogue", "category_c"]
        other = api.client("claims:own", kind="citizen", subject="w2", person_id=new_id())
        assert (await other.get(f"/claims/v1/my/bills/{bill_id}")).status_code == 404


class TestTheDatabase:
    async def test_refuses_what_the_code_forgot(self, api):
        person = await build.insure(api, Person())
        hospital = build.hospital(api)
        bill_id = await build.upload(hospital, build.bill(person, build.line(1, A, "2600.00")))
        await build.settle(hospital, bill_id)
        refused = [
            "UPDATE bill_line SET amount = 1",
            "UPDATE settlement SET fund_paid = fund_paid + 1, person_paid = person_paid - 1",
            "DELETE FROM ledger_entry",
            "UPDATE ledger_entry SET amount = 1",
            "TRUNCATE ledger_entry",
            "INSERT INTO ledger_entry SELECT gen_random_uuid(), 1, 'settlement', 'person', 'x', 5, '990101', '2026-01-01'",
            "UPDATE bill SET settlement_id = NULL",
            "UPDATE accumulator SET resident_pool = -1",
            "INSERT INTO settlement_layer SELECT gen_random_uuid(), 1, 'medical_aid', 5, 0, 1, NULL, 5",
            "UPDATE institution SET level = 'level_9'",
            "INSERT INTO bill SELECT gen_random_uuid(), institution_code, 'other', person_id, area, care_type, admitted_on,"
            " discharged_on, diagnosis_code, total, line_count, attachments_pages, 'uploaded', NULL, 'x', now() FROM bill",
            "INSERT INTO agreement SELECT gen_random_uuid(), institution_code, area, 'other', valid_from, valid_until, 'x', now()"
            " FROM agreement LIMIT 1",
        ]
        for statement in refused:
            with pytest.raises(asyncpg.IntegrityConstraintViolationError):
                await api.pool.execute(statement)
