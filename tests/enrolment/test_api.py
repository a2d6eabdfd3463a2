"""Enrolment through its API: happy, refused, unauthenticated; nothing written by what is refused."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.kit import clock
from tests.conftest import ServiceApi
from tests.enrolment import build
from tests.enrolment.build import get, post

CLERK = ("enrolment:register", "enrolment:read", "enrolment:assess")
FOUR = ["employee_medical", "unemployment", "maternity", "work_injury"]


@dataclass
class Office:
    """The people who work with the service in a test."""

    api: ServiceApi
    clerk: httpx.AsyncClient = field(init=False)
    reviewer: httpx.AsyncClient = field(init=False)
    cashier: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.clerk = self.api.client(*CLERK, subject="clerk", roles=("enrolment_clerk",))
        self.reviewer = self.api.client(*CLERK, subject="reviewer", roles=("enrolment_reviewer",))
        self.cashier = self.api.client(
            "enrolment:collect", "enrolment:read", subject="cashier", roles=("finance",)
        )

    def hr(self, credit_code: str) -> httpx.AsyncClient:
        return self.api.client(
            "enrolment:declare",
            "enrolment:read",
            kind="system",
            subject=f"hr-{credit_code}",
            organisation=credit_code,
        )

    async def person(self, name: str = "样例甲", **over: Any) -> tuple[dict[str, Any], str]:
        number = build.id_number()
        body = {"name": name, "id_number": number, "area": build.AREA, "hukou": "rural"} | over
        return await post(self.clerk, "/people", body), number

    async def unit(self, **over: Any) -> dict[str, Any]:
        body = {
            "name": "样例制造有限公司",
            "credit_code": build.credit_code(),
            "unit_kind": "enterprise",
            "injury_class": "class_2",
            "area": build.AREA,
            "schemes": FOUR,
        } | over
        found: dict[str, Any] = await post(self.clerk, "/employers", body)
        return found

    async def household(self, size: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        people = [(await self.person(f"样例{n}"))[0] for n in range(size)]
        relations = ["head", "spouse", *["child"] * size]
        members = [
            {"person_id": person["person_id"], "relation": relation}
            for person, relation in zip(people, relations, strict=False)
        ]
        body = {"area": build.AREA, "address": "样例村1组", "members": members}
        return await post(self.clerk, "/households", body), people

    async def staffed(self, *, base: str = "5000") -> tuple[dict[str, Any], dict[str, Any]]:
        """A unit whose one employee is added by a declaration that two people reviewed."""
        unit, (person, number) = await self.unit(), await self.person()
        body = declaration(line(person, number, base=base))
        declared = await post(
            self.hr(unit["credit_code"]), f"/employers/{unit['employer_id']}/declarations", body
        )
        for officer in (self.clerk, self.reviewer):
            await post(officer, f"/cases/{declared['case_id']}/steps", {"decision": "approve"})
        return unit, person

    async def bill(self, unit: dict[str, Any]) -> dict[str, Any]:
        determined = await post(
            self.clerk,
            f"/employers/{unit['employer_id']}/determinations",
            {"period": f"{clock.today():%Y-%m}"},
        )
        found: dict[str, Any] = await get(self.clerk, f"/bills/{determined['bill_id']}")
        return found


def line(person: dict[str, Any], number: str, *, base: str = "5000", **over: Any) -> dict[str, Any]:
    told = {
        "kind": "addition",
        "name": person["name"],
        "sex": person["sex"],
        "id_number": number,
        "base": base,
    }
    return told | over


def declaration(*lines: dict[str, Any], document: str = "labour_contract") -> dict[str, Any]:
    return {
        "effective_month": f"{clock.today():%Y-%m}",
        "lines": list(lines),
        "documents": [{"code": document, "reference": "HT-1"}],
    }


def money_in(amount: str, **over: Any) -> dict[str, Any]:
    told = {
        "receipt_number": f"SP-{uuid4().hex[:12]}",
        "kind": "tax_receipt",
        "amount": amount,
        "paid_on": clock.today().isoformat(),
    }
    return told | over


@pytest.fixture
async def office(enrolment_api: ServiceApi) -> AsyncIterator[Office]:
    yield Office(enrolment_api)


async def rows(pool: asyncpg.Pool, table: str) -> int:
    count: int = await pool.fetchval(f'SELECT count(*) FROM "{table}"')
    return count


class TestPeople:
    async def test_registers_and_masks(self, office: Office) -> None:
        person, number = await office.person()
        assert number not in str(person)
        assert person["id_number_masked"] == number[:3] + "*" * 11 + number[-4:]
        listed = await get(office.clerk, "/people", name="样例")
        assert [row["person_id"] for row in listed["items"]] == [person["person_id"]]

    async def test_refuses_a_second_registration(self, office: Office) -> None:
        _person, number = await office.person()
        body = {"name": "样例乙", "id_number": number, "area": build.AREA, "hukou": "urban"}
        answer = await post(office.clerk, "/people", body, status=409)
        assert answer["type"] == "/problems/id-number-registered"
        assert await rows(office.api.pool, "person") == 1

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"id_number": "11010519491231002Y"}, "id_number"),
            ({"id_number": "110105194912310021"}, "id_number"),
            ({"surname": "x"}, "extra_forbidden"),
            ({"hukou": "moon"}, "enum"),
            ({"name": "  "}, "string_too_short"),
            ({"area": "99"}, "string_pattern_mismatch"),
        ],
    )
    async def test_bad_input_writes_nothing(self, office: Office, change: dict[str, str], code: str) -> None:
        body = {"name": "样例", "id_number": build.id_number(), "area": build.AREA, "hukou": "rural"} | change
        answer = await post(office.clerk, "/people", body, status=422)
        assert answer["type"] == "/problems/invalid-request"
        assert [fault["code"] for fault in answer["errors"]] == [code]
        assert change.get("id_number", "no number") not in str(answer)
        assert await rows(office.api.pool, "person") == await rows(office.api.pool, "outbox") == 0

    async def test_another_area_is_refused_and_not_seen(self, office: Office) -> None:
        person, _ = await office.person()
        neighbour = office.api.client(*CLERK, area="990102")
        answer = await post(
            neighbour,
            "/people",
            {"name": "样例", "id_number": build.id_number(), "area": build.AREA, "hukou": "rural"},
            status=403,
        )
        assert answer["type"] == "/problems/other-area"
        await get(neighbour, f"/people/{person['person_id']}", status=404)

    async def test_needs_identity_and_scope(self, office: Office) -> None:
        await get(office.api.client(), "/people", status=401)
        await get(office.api.client("claims:read"), "/people", status=403)

    async def test_every_reading_of_a_record_is_logged(self, office: Office) -> None:
        person, number = await office.person()
        await get(office.clerk, f"/people/{person['person_id']}")
        answer = await office.clerk.post("/enrolment/v1/people/search", json={"id_number": number})
        assert answer.json()["person_id"] == person["person_id"]
        log = await get(office.clerk, f"/people/{person['person_id']}/accesses")
        assert [entry["query"] for entry in log["items"]] == ["search_person", "get_person"]

    async def test_a_correction_is_kept_with_its_reason(self, office: Office) -> None:
        person, _ = await office.person("样列甲")
        path = f"/people/{person['person_id']}/corrections"
        await post(office.clerk, path, {"reason": "录入错字", "name": "样例甲"})
        (entry,) = await get(office.clerk, path)
        assert (entry["old_value"], entry["new_value"], entry["corrected_by"]) == (
            "样列甲",
            "样例甲",
            "clerk",
        )
        nothing = await post(office.clerk, path, {"reason": "再改一次", "name": "样例甲"}, status=422)
        assert nothing["type"] == "/problems/nothing-to-correct"

    async def test_an_import_lists_what_it_rejects(self, office: Office) -> None:
        _known, number = await office.person()
        good = build.id_number()
        lines = [
            {"name": "样例", "id_number": given, "area": build.AREA, "hukou": "urban"}
            for given in (good, number, good[:-1])
        ]
        answer = await post(office.clerk, "/person-imports", {"lines": lines})
        assert len(answer["registered"]) == 1
        assert [(row["line"], row["type"]) for row in answer["rejected"]] == [
            (2, "id-number-registered"),
            (3, "invalid-line"),
        ]
        assert await rows(office.api.pool, "person") == 2


class TestAssistance:
    async def test_is_recorded_ended_and_told(self, office: Office) -> None:
        person, _ = await office.person()
        path = f"/people/{person['person_id']}/assistance"
        body = {
            "category": "minimum_living_allowance",
            "assistance_class": "b",
            "hukou": "rural",
            "certificate_number": "DB-1",
            "deciding_office": "样例县民政局",
            "valid_from": "2026-01-01",
        }
        row = await post(office.clerk, path, body)
        wrong = {"valid_until": "2026-01-01", "reason": "家庭收入超标"}
        end = f"/assistance/{row['assistance_id']}/end"
        answer = await post(office.clerk, end, wrong, status=422)
        assert answer["type"] == "/problems/dates-out-of-order"
        ended = await post(office.clerk, end, wrong | {"valid_until": "2026-07-01"}, status=200)
        assert ended["ended_because"] == "家庭收入超标"
        subjects = await office.api.pool.fetch("SELECT subject FROM outbox ORDER BY created_at, id")
        assert [row["subject"] for row in subjects] == [
            "enrolment.person.registered",
            "enrolment.assistance.changed",
            "enrolment.assistance.changed",
        ]

    async def test_refuses_a_report_that_does_not_add_up(self, office: Office) -> None:
        classes = [
            {"assistance_class": label, "households": households, "persons": persons}
            for label, households, persons in (("a", 10, 27), ("b", 32, 69), ("c", 61, 111))
        ]
        body = {"classes": classes, "households": 103, "persons": 234}
        answer = await post(office.clerk, "/assistance-class-checks", body, status=422)
        assert (answer["type"], answer["persons"]) == ("/problems/class-totals-differ", 207)


class TestEmployers:
    @pytest.mark.proves("E01")
    async def test_a_class_2_unit_of_march_2009_pays_08_percent_and_registers_once(
        self, office: Office
    ) -> None:
        unit = await office.unit(registered_on="2009-03-01")
        assert unit["registered_on"] == "2009-03-01"
        rate = await get(
            office.clerk,
            "/parameters/contribution_rate",
            on="2009-03-01",
            scheme="work_injury",
            payer="employer",
            injury_class=unit["injury_class"],
        )
        assert rate["applies"]["value"] == "0.008"
        coverage = await get(office.clerk, "/unit-coverage", on="2009-03-31", known_units=1)
        assert (coverage["insured"], coverage["rate_percent"], coverage["meets_target"]) == (
            1,
            "100.00",
            True,
        )
        again = {
            key: unit[key] for key in ("name", "credit_code", "unit_kind", "injury_class", "area", "schemes")
        }
        answer = await post(office.clerk, "/employers", again, status=409)
        assert answer["type"] == "/problems/employer-registered"

    async def test_a_unit_cannot_take_the_residents_scheme(self, office: Office) -> None:
        body = {
            "name": "样例",
            "credit_code": build.credit_code(),
            "unit_kind": "enterprise",
            "injury_class": "class_1",
            "area": build.AREA,
            "schemes": ["resident_medical"],
        }
        answer = await post(office.clerk, "/employers", body, status=422)
        assert answer["type"] == "/problems/not-an-employee-scheme"

    async def test_a_wrong_check_character_is_refused(self, office: Office) -> None:
        code = build.credit_code()
        wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
        body = {
            "name": "样例",
            "credit_code": wrong,
            "unit_kind": "enterprise",
            "injury_class": "class_1",
            "area": build.AREA,
            "schemes": FOUR,
        }
        answer = await post(office.clerk, "/employers", body, status=422)
        assert answer["errors"][0]["code"] == "credit_code"


class TestDeclarations:
    async def test_two_reviews_by_two_people_make_it_effective(self, office: Office) -> None:
        unit, (person, number) = await office.unit(), await office.person()
        hr = office.hr(unit["credit_code"])
        declared = await post(
            hr, f"/employers/{unit['employer_id']}/declarations", declaration(line(person, number))
        )
        assert declared["number"].startswith("SB") and declared["applied_on"] is None
        staff = f"/employers/{unit['employer_id']}/staff"
        steps = f"/cases/{declared['case_id']}/steps"
        await post(office.clerk, steps, {"decision": "approve"})
        assert (await get(hr, staff))["items"] == []
        both = office.api.client(*CLERK, subject="clerk", roles=("enrolment_clerk", "enrolment_reviewer"))
        refused = await post(both, steps, {"decision": "approve"}, status=403)
        assert "same-person" in refused["type"]
        case = await post(office.reviewer, steps, {"decision": "approve"})
        assert case["outcome"] == {"declaration_number": declared["number"]}
        (row,) = (await get(hr, staff))["items"]
        assert (row["person_id"], row["base"]) == (person["person_id"], "5000.00")
        assert number not in str(await get(office.clerk, f"/cases/{declared['case_id']}"))

    async def test_missing_papers_block_with_the_list(self, office: Office) -> None:
        unit, (person, number) = await office.unit(), await office.person()
        body = declaration(line(person, number)) | {"documents": []}
        answer = await post(
            office.hr(unit["credit_code"]), f"/employers/{unit['employer_id']}/declarations", body, status=422
        )
        assert answer["type"] == "/problems/documents-missing"
        assert await rows(office.api.pool, "declaration") == 0

    async def test_a_unit_declares_for_itself_only(self, office: Office) -> None:
        unit, other = await office.unit(), await office.unit()
        person, number = await office.person()
        stranger = office.hr(other["credit_code"])
        path = f"/employers/{unit['employer_id']}/declarations"
        await post(stranger, path, declaration(line(person, number)), status=404)
        assert await rows(office.api.pool, "declaration") == 0

    @pytest.mark.parametrize(
        ("change", "slug"),
        [
            ({"name": "别人"}, "declared-person-differs"),
            ({"sex": "female"}, "declared-person-differs"),
            ({"base": None}, "declaration-line-incomplete"),
            ({"base": "1.00"}, "base-outside-limits"),
            ({"base": "-1"}, "invalid-request"),
            ({"base": "5000.001"}, "invalid-request"),
        ],
    )
    async def test_what_is_wrong_changes_nothing(
        self, office: Office, change: dict[str, Any], slug: str
    ) -> None:
        unit, (person, number) = await office.unit(), await office.person()
        answer = await post(
            office.hr(unit["credit_code"]),
            f"/employers/{unit['employer_id']}/declarations",
            declaration(line(person, number, **change)),
            status=422,
        )
        assert answer["type"] == f"/problems/{slug}"
        assert await rows(office.api.pool, "declaration") == 0

    @pytest.mark.proves("E04")
    async def test_a_base_is_changed_by_declaration_and_a_second_person_only(self, office: Office) -> None:
        unit, (person, number) = await office.unit(), await office.person()
        hr = office.hr(unit["credit_code"])
        path = f"/employers/{unit['employer_id']}/declarations"
        low = await post(hr, path, declaration(line(person, number, base="999.99")), status=422)
        assert low["floor"] == "1000.00"
        declared = await post(hr, path, declaration(line(person, number)))
        for officer in (office.clerk, office.reviewer):
            await post(officer, f"/cases/{declared['case_id']}/steps", {"decision": "approve"})
        change = declaration(
            line(person, number, base="6000", kind="base_change", reason="工资调整"),
            document="wage_statement",
        )
        case = (await post(hr, path, change))["case_id"]
        await post(office.clerk, f"/cases/{case}/steps", {"decision": "approve"})
        alone = office.api.client(*CLERK, subject="clerk", roles=("enrolment_reviewer",))
        await post(alone, f"/cases/{case}/steps", {"decision": "approve"}, status=403)
        (row,) = (await get(hr, f"/employers/{unit['employer_id']}/staff"))["items"]
        assert row["base"] == "5000.00"
        await post(office.reviewer, f"/cases/{case}/steps", {"decision": "approve"})
        (row,) = (await get(hr, f"/employers/{unit['employer_id']}/staff"))["items"]
        assert row["base"] == "6000.00"
        history = (await get(office.clerk, f"/cases/{case}"))["history"]
        assert [entry["actor"] for entry in history if entry["move"] == "approve"] == ["clerk", "reviewer"]


class TestMainJob:
    async def test_a_unit_is_assessed_pays_and_its_staff_are_covered(self, office: Office) -> None:
        unit, person = await office.staffed()
        bill = await office.bill(unit)
        assert (bill["amount"], bill["open"], bill["status"]) == ("540.00", "540.00", "determined")
        path = f"/people/{person['person_id']}/coverage"
        assert not (await get(office.clerk, path, scheme="employee_medical"))["covered"]
        paid = await post(office.cashier, f"/bills/{bill['bill_id']}/receipts", money_in("540.00"))
        assert (paid["bill"]["status"], paid["bill"]["open"]) == ("paid", "0.00")
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


class TestOwnView:
    @pytest.mark.proves("E46")
    async def test_a_citizen_sees_himself_only_and_every_query_is_logged(self, office: Office) -> None:
        unit, person = await office.staffed()
        bill = await office.bill(unit)
        await post(office.cashier, f"/bills/{bill['bill_id']}/receipts", money_in("540.00"))
        other, _ = await office.person("样例乙")
        me = office.api.client(
            "enrolment:own", kind="citizen", subject="wx-1", person_id=UUID(person["person_id"])
        )
        mine = await get(me, "/my/coverage")
        assert mine["person"]["person_id"] == person["person_id"]
        assert sorted(mine["covered_by"]) == sorted(FOUR)
        contributions = await get(me, "/my/contributions")
        assert {(row["scheme"], row["amount"], row["paid"]) for row in contributions["items"]} == {
            ("employee_medical", "350.00", True),
            ("unemployment", "100.00", True),
            ("maternity", "40.00", True),
            ("work_injury", "50.00", True),
        }
        await get(me, f"/people/{other['person_id']}", status=403)
        log = await get(office.clerk, f"/people/{person['person_id']}/accesses")
        assert [(entry["query"], entry["reader"]) for entry in log["items"]] == [
            ("list_own_contributions", "wx-1"),
            ("get_own_coverage", "wx-1"),
        ]
        # A unit sees its own staff and no other unit's.
        await get(office.hr(unit["credit_code"]), f"/employers/{unit['employer_id']}/staff")
        stranger = office.hr((await office.unit())["credit_code"])
        await get(stranger, f"/employers/{unit['employer_id']}/staff", status=404)

    async def test_somebody_unbound_is_asked_to_bind(self, office: Office) -> None:
        nobody = office.api.client("enrolment:own", kind="citizen", subject="wx-2")
        assert (await get(nobody, "/my/coverage", status=403))["type"] == "/problems/not-bound"


class TestIdentityBindings:
    async def test_the_gateway_gets_the_person_and_no_hint(self, office: Office) -> None:
        person, number = await office.person()
        gateway = office.api.client("enrolment:bind", kind="system", subject="gateway")
        path = "/enrolment/v1/identity-bindings"
        found = await gateway.post(path, json={"name": "样例甲", "id_number": number})
        assert found.json() == {"person_id": person["person_id"], "name": "样例甲", "area": build.AREA}
        wrong = [
            (await gateway.post(path, json={"name": name, "id_number": given})).json()
            for name, given in (("样例乙", number), ("样例甲", build.id_number()))
        ]
        for answer in wrong:
            answer.pop("request_id", None)
        assert wrong[0] == wrong[1]
        assert wrong[0]["type"] == "/problems/identity-not-confirmed"


class TestParameters:
    async def test_say_what_applied_when_and_why(self, office: Office) -> None:
        answers = [
            await get(
                office.clerk,
                "/parameters/contribution_rate",
                on=on,
                area=build.AREA,
                scheme="employee_medical",
                payer="employer",
            )
            for on in ("2008-12-01", "2009-01-01", "2010-01-01")
        ]
        assert [answer["applies"]["value"] for answer in answers] == ["0.07", "0.06", "0.07"]
        assert all("L649" in answer["applies"]["source"] for answer in answers)
        assert [entry["value"] for entry in answers[0]["history"]] == ["0.07", "0.06", "0.07"]
        missing = await get(office.clerk, "/parameters/no_such_thing", status=422)
        assert missing["type"] == "/problems/parameter-not-configured"


class TestLists:
    async def test_page_by_page_without_gap_or_repetition(self, office: Office) -> None:
        made = {(await office.person(f"样例{n}"))[0]["person_id"] for n in range(5)}
        seen: list[str] = []
        query: dict[str, Any] = {"size": 2}
        while True:
            answer = await get(office.clerk, "/people", **query)
            seen += [row["person_id"] for row in answer["items"]]
            if answer["next"] is None:
                break
            query["after"] = answer["next"]
        assert len(seen) == 5 and set(seen) == made

    async def test_code_lists_carry_chinese_labels(self, office: Office) -> None:
        answer = await get(office.clerk, "/codes/schemes")
        assert "城乡居民基本医疗保险" in str(answer)
