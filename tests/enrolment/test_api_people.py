"""People through the API: happy, refused, unauthenticated; nothing written by what is refused."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import ServiceApi
from tests.enrolment import build
from tests.enrolment.build import get, post
from tests.enrolment.office import CLERK, FOUR, Office, money_in, rows


@pytest.fixture
async def office(enrolment_api: ServiceApi) -> AsyncIterator[Office]:
    yield Office(enrolment_api)


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
            ({"name": "样\x00例"}, "string_pattern_mismatch"),
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

    async def test_a_unit_sees_nobody_of_its_area(self, office: Office) -> None:
        person, number = await office.person()
        unit = office.hr((await office.unit())["credit_code"])

        for path in ("/people", "/households", "/resident-enrolments"):
            assert (await unit.get(f"/enrolment/v1{path}")).json()["items"] == []
        record = f"/enrolment/v1/people/{person['person_id']}"
        for path in ("", "/assistance", "/corrections", "/accesses", "/coverage?scheme=resident_medical"):
            assert (await unit.get(record + path)).status_code == 404
        found = await unit.post("/enrolment/v1/person-searches", json={"id_number": number})
        assert found.status_code == 404

    async def test_needs_identity_and_scope(self, office: Office) -> None:
        await get(office.api.client(), "/people", status=401)
        await get(office.api.client("claims:read"), "/people", status=403)

    async def test_every_reading_of_a_record_is_logged(self, office: Office) -> None:
        person, number = await office.person()
        await get(office.clerk, f"/people/{person['person_id']}")
        answer = await office.clerk.post("/enrolment/v1/person-searches", json={"id_number": number})
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
