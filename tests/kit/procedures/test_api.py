"""Cases over HTTP, as counter, reviewer and citizen."""

from typing import Any, ClassVar

import pytest

from services.kit.ids import new_id
from tests.conftest import ServiceApi
from tests.kit.procedures.desk import PERSON, opened


class TestApi:
    APPLICATION: ClassVar[dict[str, Any]] = {
        "procedure": "residence-transfer",
        "subject_id": str(PERSON),
        "data": {"years_of_permit": 8},
        "documents": [{"code": "permit", "reference": "P-1"}],
    }

    async def test_lists_the_service_guide_without_cancelled_certificates(self, desk_api: ServiceApi) -> None:
        guide = (await desk_api.client().get("/guides/v1/procedures")).json()
        assert [document["code"] for document in guide[0]["documents"]] == ["permit", "marriage"]
        assert guide[0]["promised_working_days"] == 60
        assert [entry["role"] for entry in guide[0]["steps"]] == ["clerk", "reviewer", "publisher"]

    @pytest.mark.proves("G04")
    async def test_walks_a_case_to_its_return_and_back(self, desk_api: ServiceApi) -> None:
        clerk = desk_api.client(
            "guides:apply", "guides:review", "guides:read", subject="c1", roles=("clerk",)
        )
        opened = await clerk.post("/guides/v1/cases", json=self.APPLICATION, headers={"Idempotency-Key": "1"})
        assert opened.status_code == 201, opened.text
        case = opened.json()
        path = f"/guides/v1/cases/{case['case_id']}"
        assert case["status"].startswith("受理通过")
        assert case["opened_on"] in case["status"]
        assert case["due_on"] in case["status"]
        citizen = desk_api.client("guides:own", kind="citizen", person_id=PERSON)
        online = (await citizen.get(f"/guides/v1/my/cases/{case['case_id']}")).json()
        assert online == (await clerk.get(path)).json()
        body = {"decision": "return", "reason": "居住证不清晰", "missing": ["permit"]}
        returned = await clerk.post(f"{path}/steps", json=body, headers={"Idempotency-Key": "2"})
        assert returned.json()["missing"] == [{"code": "permit", "title": "居住证"}]
        assert returned.json()["return_reason"] == "居住证不清晰"
        papers = {"documents": [{"code": "permit", "reference": "P-2"}]}
        mended = await clerk.post(f"{path}/correction", json=papers, headers={"Idempotency-Key": "3"})
        assert (mended.json()["number"], mended.json()["state"]) == (case["number"], "in_review")
        again = (await clerk.get(path)).json()
        assert [entry["move"] for entry in again["history"]] == ["apply", "return", "correct"]

    async def test_answers_a_repeated_decision_with_the_first_answer(self, desk_api: ServiceApi) -> None:
        clerk = desk_api.client("guides:apply", "guides:review", subject="c1", roles=("clerk",))
        case = (
            await clerk.post("/guides/v1/cases", json=self.APPLICATION, headers={"Idempotency-Key": "1"})
        ).json()
        path, key = f"/guides/v1/cases/{case['case_id']}/steps", {"Idempotency-Key": "2"}
        first = await clerk.post(path, json={"decision": "approve"}, headers=key)
        second = await clerk.post(path, json={"decision": "approve"}, headers=key)
        assert second.headers["Idempotent-Replayed"] == "true"
        assert first.json() == second.json()

    async def test_filters_by_state_and_overdue(self, desk_api: ServiceApi) -> None:
        async with desk_api.sessions.begin() as session:
            late = await opened(session)
        reader = desk_api.client("guides:read")
        path = "/guides/v1/cases"
        for query, found in (
            ("overdue=true", 1),
            ("overdue=false", 0),
            ("state=approved", 0),
            ("state=in_review", 1),
        ):
            items = (await reader.get(f"{path}?{query}")).json()["items"]
            assert [item["case_id"] for item in items] == [str(late.id)] * found
        assert (await reader.get(f"{path}?overdue=true")).json()["items"][0]["overdue"] is True

    async def test_shows_a_citizen_his_own_cases_only(self, desk_api: ServiceApi) -> None:
        async with desk_api.sessions.begin() as session:
            await opened(session)
            await opened(session, subject_id=new_id())
        citizen = desk_api.client("guides:own", kind="citizen", person_id=PERSON)
        items = (await citizen.get("/guides/v1/my/cases")).json()["items"]
        assert [item["subject_id"] for item in items] == [str(PERSON)]
        assert items[0]["step_title"] == "初审"
        assert (await citizen.get(f"/guides/v1/my/cases/{items[0]['case_id']}")).status_code == 200

    @pytest.mark.parametrize("scopes", [("guides:read",), ("guides:own",)])
    async def test_refuses_a_caller_without_the_scope(
        self, desk_api: ServiceApi, scopes: tuple[str, ...]
    ) -> None:
        client = desk_api.client(*scopes)
        answer = await client.post(
            "/guides/v1/cases", json=self.APPLICATION, headers={"Idempotency-Key": "1"}
        )
        assert answer.status_code == 403

    async def test_refuses_nobody(self, desk_api: ServiceApi) -> None:
        assert (await desk_api.client().get("/guides/v1/cases")).status_code == 401

    async def test_names_the_missing_documents(self, desk_api: ServiceApi) -> None:
        clerk = desk_api.client("guides:apply")
        body = self.APPLICATION | {"documents": []}
        answer = await clerk.post("/guides/v1/cases", json=body, headers={"Idempotency-Key": "1"})
        assert answer.status_code == 422
        assert answer.json()["type"] == "/problems/documents-missing"
        assert "居住证" in answer.json()["detail"]
