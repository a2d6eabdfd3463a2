"""Who sees and does what: rows by hospital, employer, citizen and area; operations by role."""

from typing import Any

import httpx
import pytest

from deploy.local.walk.stage import Stage
from tests.journeys.journey import Journey
from tests.journeys.office import OTHER_HOSPITAL, Office, message, problem

OTHER_AREA = "990102"
NOTHING = "01980000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
async def stage(journey: Journey) -> Stage:
    """The whole main job has happened."""
    return await journey.to("look")


@pytest.fixture(scope="module")
async def neighbour(office: Office) -> httpx.AsyncClient:
    """A member of staff of the next county with every business role."""
    roles = ("enrolment_clerk", "enrolment_reviewer", "claims_clerk", "jobs_clerk", "jobs_reviewer")
    await office.account("linxian01", *roles, "archivist", area=OTHER_AREA)
    return await office.client("linxian01")


async def unseen(client: httpx.AsyncClient, path: str, *, method: str = "GET", body: Any = None) -> None:
    """The thing is not there for this caller; 404, so that he does not even learn that it exists."""
    answer = await client.request(method, path, json=body, headers=message())
    assert answer.status_code == 404, f"{method} {path}: {answer.status_code} {answer.text[:200]}"


async def empty(client: httpx.AsyncClient, path: str) -> None:
    """The list is answered and holds nothing."""
    answer = await client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.text[:300]}"
    assert answer.json()["items"] == [], path


class TestHospitals:
    async def test_a_hospital_sees_no_bill_or_settlement_of_another(self, stage: Stage, office: Office):
        other = await office.client(OTHER_HOSPITAL)

        await empty(other, "/claims/v1/bills")
        await empty(other, "/claims/v1/settlements")
        await unseen(other, f"/claims/v1/bills/{stage.ids['bill']}")
        await unseen(other, f"/claims/v1/settlements/{stage.ids['settlement']}")

    async def test_a_hospital_moves_no_bill_of_another(self, stage: Stage, office: Office):
        other = await office.client(OTHER_HOSPITAL)

        bill, settlement = f"/claims/v1/bills/{stage.ids['bill']}", stage.ids["settlement"]
        await unseen(other, f"{bill}/presettlement", method="POST")
        await unseen(other, f"{bill}/settlement", method="POST", body={})
        await unseen(other, f"{bill}/withdrawal", method="POST")
        reversal = f"/claims/v1/settlements/{settlement}/reversal"
        await unseen(other, reversal, method="POST", body={"reason": "不是本院的结算"})


class TestEmployers:
    async def test_an_employer_sees_only_itself(self, stage: Stage, office: Office):
        other = await office.client(office.county.credit_codes[0])

        listed = (await other.get("/enrolment/v1/employers")).json()["items"]
        assert [row["credit_code"] for row in listed] == [office.county.credit_codes[0]]
        employer = f"/enrolment/v1/employers/{stage.ids['employer']}"
        await unseen(other, employer)
        await unseen(other, f"{employer}/staff")
        for path in ("declarations", "determinations", "bills", "people", "households"):
            await empty(other, f"/enrolment/v1/{path}")
        await unseen(other, f"/enrolment/v1/people/{stage.ids['worker-first']}")

    async def test_an_employer_declares_nothing_for_another(self, stage: Stage, office: Office):
        other = await office.client(office.county.credit_codes[0])

        path = f"/enrolment/v1/employers/{stage.ids['employer']}/declarations"
        worker = stage.people.person(age=30, on=stage.today)
        line = {"kind": "addition", "name": worker.name, "sex": worker.sex, "base": "5000.00"}
        body = {
            "effective_month": f"{stage.today:%Y-%m}",
            "lines": [line | {"id_number": worker.id_number}],
            "documents": [{"code": "labour_contract", "reference": "HT-0"}],
        }
        await unseen(other, path, method="POST", body=body)


class TestCitizens:
    async def test_a_citizen_sees_nothing_of_his_wife(self, stage: Stage, office: Office):
        token = await office.citizen(stage.family["spouse"], openid=f"walk-{stage.run}-spouse")
        spouse = await office.bearing({"Authorization": f"Bearer {token}"})

        await empty(spouse, "/claims/v1/my/settlements")
        await unseen(spouse, f"/claims/v1/my/bills/{stage.ids['bill']}")
        coverage = (await spouse.get("/enrolment/v1/my/coverage")).json()
        assert coverage["person"]["person_id"] == stage.ids["spouse"]

    async def test_a_citizen_cannot_name_another_person(self, stage: Stage, office: Office):
        token = await office.citizen(stage.family["spouse"], openid=f"walk-{stage.run}-spouse")
        spouse = await office.bearing({"Authorization": f"Bearer {token}"})

        for path in (f"people/{stage.ids['head']}", f"people/{stage.ids['head']}/coverage", "people"):
            problem(await spouse.get(f"/enrolment/v1/{path}"), 403, "scope-missing")


class TestAreas:
    @pytest.mark.parametrize(
        "path",
        [
            "/enrolment/v1/people",
            "/enrolment/v1/households",
            "/enrolment/v1/employers",
            "/enrolment/v1/bills",
            "/enrolment/v1/declarations",
            "/enrolment/v1/determinations",
            "/enrolment/v1/resident-enrolments?year=2026",
            "/enrolment/v1/cases",
            "/claims/v1/bills",
            "/claims/v1/settlements",
            "/jobs/v1/seekers",
            "/jobs/v1/employers",
            "/jobs/v1/vacancies",
            "/jobs/v1/cases",
            "/jobs/v1/assistance-requests",
            "/archives/v1/pieces?purpose=service",
            "/archives/v1/uses",
        ],
    )
    async def test_staff_of_another_area_have_an_empty_list(
        self, stage: Stage, neighbour: httpx.AsyncClient, path: str
    ):
        await empty(neighbour, path)

    @pytest.mark.parametrize(
        "path",
        [
            "/enrolment/v1/people/{head}",
            "/enrolment/v1/people/{head}/coverage?scheme=resident_medical&on=2026-01-01",
            "/enrolment/v1/employers/{employer}",
            "/enrolment/v1/employers/{employer}/staff",
            "/claims/v1/bills/{bill}",
            "/claims/v1/settlements/{settlement}",
            "/jobs/v1/seekers/{seeker}",
        ],
    )
    async def test_staff_of_another_area_find_nothing(
        self, stage: Stage, neighbour: httpx.AsyncClient, path: str
    ):
        await unseen(neighbour, path.format(**stage.ids))

    async def test_a_published_vacancy_is_seen_everywhere_but_not_who_would_fit(
        self, stage: Stage, neighbour: httpx.AsyncClient
    ):
        vacancy = f"/jobs/v1/vacancies/{stage.ids['vacancy']}"

        assert (await neighbour.get(vacancy)).status_code == 200
        assert (await neighbour.get(f"{vacancy}/matches")).json() == []

    async def test_a_search_of_another_area_finds_nothing(self, stage: Stage, neighbour: httpx.AsyncClient):
        question = {"q": stage.family["head"].name, "year": stage.today.year, "purpose": "service"}
        found = await neighbour.post("/archives/v1/searches", json=question)
        assert found.status_code == 200, found.text
        assert found.json()["items"] == []


class TestAccounts:
    @pytest.mark.proves("G05")
    async def test_one_sign_on_opens_all_services_and_ends_when_the_account_is_disabled(
        self, stage: Stage, office: Office
    ):
        await office.account("zhen01", "auditor", area=OTHER_AREA)
        town = await office.client("zhen01")
        for path in ("enrolment/v1/people", "claims/v1/settlements", "jobs/v1/seekers"):
            await empty(town, f"/{path}")
        await empty(town, "/archives/v1/pieces?purpose=audit")

        administrator = await office.client("admin")
        listed = (await administrator.get("/gateway/v1/accounts?size=100")).json()["items"]
        account = next(row for row in listed if row["account"] == "zhen01")
        disabled = await administrator.post(f"/gateway/v1/accounts/{account['account_id']}/disablement")
        assert disabled.status_code == 200, disabled.text
        problem(await town.get("/enrolment/v1/people"), 401, "token-revoked")


ROUTES = {
    "register": "POST /enrolment/v1/people",
    "declare": f"POST /enrolment/v1/employers/{NOTHING}/declarations",
    "assess": f"POST /enrolment/v1/cases/{NOTHING}/steps",
    "collect": f"POST /enrolment/v1/bills/{NOTHING}/receipts",
    "people": "GET /enrolment/v1/people",
    "own": "GET /enrolment/v1/my/coverage",
    "bind": "POST /enrolment/v1/identity-bindings",
    "entitlement": "POST /claims/v1/entitlements",
    "bill": "POST /claims/v1/bills",
    "settle": f"POST /claims/v1/bills/{NOTHING}/settlement",
    "settlements": "GET /claims/v1/settlements",
    "ledger": "GET /claims/v1/ledger/balance",
    "agreement": "POST /claims/v1/institutions",
    "catalogue": "POST /claims/v1/catalogue/items",
    "seeker": "POST /jobs/v1/seekers",
    "apply": "POST /jobs/v1/cases",
    "certify": f"POST /jobs/v1/cases/{NOTHING}/steps",
    "vacancy": "POST /jobs/v1/vacancies",
    "match": f"GET /jobs/v1/vacancies/{NOTHING}/matches",
    "seekers": "GET /jobs/v1/seekers",
    "pieces": "GET /archives/v1/pieces?purpose=service",
    "file": "POST /archives/v1/pieces",
    "lend": "POST /archives/v1/uses",
    "accounts": "GET /gateway/v1/accounts",
    "trail": "GET /gateway/v1/audit",
    "letters": "GET /claims/v1/dead-letters",
}
MAY = {
    "canbao01": {"register", "declare", "assess", "people"},
    "canbao02": {"assess", "people"},
    "caiwu01": {"collect", "people", "ledger", "settlements"},
    "yibao01": {"entitlement", "bill", "settle", "settlements", "agreement", "catalogue"},
    "jiuye01": {"seeker", "apply", "certify", "vacancy", "match", "seekers"},
    "jiuye02": {"certify", "match", "seekers"},
    "dangan01": {"pieces", "file", "lend"},
    "shenji01": {"people", "settlements", "ledger", "seekers", "pieces", "trail"},
    "admin": {"accounts", "letters"},
    OTHER_HOSPITAL: {"entitlement", "bill", "settle", "settlements"},
    "employer": {"declare", "people", "vacancy"},
    "citizen": {"own", "apply"},
    "visitor": set(),
    "nobody": set(),
}


class TestRoles:
    @pytest.mark.parametrize("who", MAY)
    async def test_a_role_may_do_what_it_is_for_and_nothing_else(
        self, stage: Stage, office: Office, who: str
    ):
        client = await self._client(stage, office, who)
        for name, route in ROUTES.items():
            method, _, path = route.partition(" ")
            body: dict[str, Any] | None = {} if method == "POST" else None
            answer = await client.request(method, path, json=body, headers=message())
            if name in MAY[who]:
                assert answer.status_code in (200, 404, 422), f"{who} {name}: {answer.text[:200]}"
            elif who == "nobody":
                problem(answer, 401, "token-missing")
            else:
                problem(answer, 403, "binding-needed" if who == "visitor" else "scope-missing")

    async def _client(self, stage: Stage, office: Office, who: str) -> httpx.AsyncClient:
        if who == "nobody":
            return await office.client()
        if who == "citizen":
            token = await office.citizen(stage.family["child"], openid=f"child-{stage.run}")
            return await office.bearing({"Authorization": f"Bearer {token}"})
        if who == "visitor":
            token = await office.visitor(openid=f"visitor-{stage.run}")
            return await office.bearing({"Authorization": f"Bearer {token}"})
        return await office.client(office.county.credit_codes[1] if who == "employer" else who)

    async def test_the_auditor_changes_nothing_anywhere(self, stage: Stage, office: Office):
        auditor = await office.client("shenji01")
        document = (await auditor.get("/openapi.json")).json()
        asked = 0
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                writes = method != "get" and "Idempotency-Key" in str(operation.get("parameters"))
                if writes or (method != "get" and path.startswith("/gateway/v1/acc")):
                    answer = await auditor.request(method, path, json={}, headers=message())
                    assert answer.status_code == 403, f"{method} {path}: {answer.status_code}"
                    asked += 1
        assert asked > 50
