"""Units, declarations and parameters through the API."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import ServiceApi
from tests.enrolment import build
from tests.enrolment.build import get, post
from tests.enrolment.office import CLERK, FOUR, Office, declaration, line, rows


@pytest.fixture
async def office(enrolment_api: ServiceApi) -> AsyncIterator[Office]:
    yield Office(enrolment_api)


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

    async def test_the_form_cannot_count_other_lines_than_the_declaration_has(self, office: Office) -> None:
        unit, (person, number) = await office.unit(), await office.person()
        hr = office.hr(unit["credit_code"])
        path = f"/employers/{unit['employer_id']}/declarations"
        declared = await post(hr, path, declaration(line(person, number)))
        await post(hr, f"/cases/{declared['case_id']}/withdrawal", {"reason": "重新填报"}, status=200)
        form = {
            "declaration_id": declared["declaration_id"],
            "additions": 0,
            "removals": 0,
            "base_changes": 0,
        }
        body = {"procedure": "staff-declaration", "subject_id": declared["declaration_id"], "data": form}
        answer = await post(hr, "/cases", body, status=409)
        assert answer["type"] == "/problems/declaration-closed"

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
