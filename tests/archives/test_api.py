"""The archive over HTTP, as each kind of caller."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.archives import events
from services.archives.models import AccessLog
from services.archives.rules.filing import digest
from tests.archives import build
from tests.conftest import ServiceApi

BASE = "/archives/v1"


def staff(api: ServiceApi, subject: str = "u1", area: str = "990101") -> httpx.AsyncClient:
    return api.client(*build.SCOPES, subject=subject, area=area)


async def post(
    client: httpx.AsyncClient, path: str, body: Any = None, key: str | None = None
) -> httpx.Response:
    headers = {"Idempotency-Key": key or str(uuid4())}
    return await client.post(f"{BASE}{path}", json=body, headers=headers)


async def filed(api: ServiceApi, **told: Any) -> str:
    async with api.sessions.begin() as session:
        return str((await build.piece(session, **told)).piece_id)


def described(**told: Any) -> dict[str, Any]:
    return {
        "category": "ws",
        "section": "办公室",
        "title": "关于样例工作的通知",
        "responsible_party": "样例县医疗保障局",
        "formed_on": "2010-03-01",
        "retention": "d10",
        "retention_source": "本单位保管期限表",
    } | told


class TestSearches:
    async def test_find_a_settled_case_by_two_characters_and_show_where(
        self, archives_api: ServiceApi
    ) -> None:
        piece_id = await filed(archives_api)
        answer = await staff(archives_api).post(f"{BASE}/searches", json={"q": "医院", "purpose": "service"})
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["count"], told["count_capped"], told["next"]) == (1, False, None)
        (hit,) = told["items"]
        assert hit["piece"]["piece_id"] == piece_id
        assert hit["piece"]["piece_number"] == "Z101-YB·2024·D10-0001"
        marked = hit["highlights"][0]
        assert marked["field"] == "title"
        assert [marked["text"][start:end] for start, end in marked["ranges"]] == ["医院"]

    async def test_are_registered_with_who_and_why(self, archives_api: ServiceApi) -> None:
        client = staff(archives_api, subject="u7")
        await client.post(f"{BASE}/searches", json={"q": "欧阳", "purpose": "review"})
        (entry,) = (await client.get(f"{BASE}/accesses")).json()["items"]
        assert (entry["subject"], entry["purpose"], entry["query"], entry["hits"]) == (
            "u7",
            "review",
            "欧阳",
            0,
        )

    @pytest.mark.parametrize(
        ("body", "status", "problem"),
        [
            ({"q": "医院"}, 422, "/problems/invalid-request"),  # no purpose
            ({"q": "", "purpose": "service"}, 422, "/problems/invalid-request"),
            ({"q": "（）", "purpose": "service"}, 422, "/problems/nothing-to-search"),
            ({"q": "医院", "purpose": "service", "after": "x"}, 400, "/problems/cursor-refused"),
            ({"q": "医院", "purpose": "service", "extra": 1}, 422, "/problems/invalid-request"),
            ({"q": "a\u0000b", "purpose": "service"}, 422, "/problems/invalid-request"),
            ({"q": "\ud800", "purpose": "service"}, 422, "/problems/invalid-request"),
            ({"q": "医院", "purpose": "service", "year": 10**20}, 422, "/problems/invalid-request"),
        ],
    )
    async def test_refuse_bad_input(
        self, archives_api: ServiceApi, body: dict[str, Any], status: int, problem: str
    ) -> None:
        headers = {"Content-Type": "application/json"}
        client = staff(archives_api)
        answer = await client.post(f"{BASE}/searches", content=json.dumps(body), headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (status, problem), answer.text

    async def test_never_take_the_query_from_the_url(self, archives_api: ServiceApi) -> None:
        await filed(archives_api)
        answer = await staff(archives_api).get(f"{BASE}/searches?q=医院")
        assert answer.status_code == 405
        listed = await staff(archives_api).get(f"{BASE}/pieces?q=没有这个词&purpose=service")
        assert len(listed.json()["items"]) == 1  # there is no q to filter by


class TestCallers:
    @pytest.mark.parametrize(
        "path", ["/pieces?purpose=service", "/accesses", "/movements", "/statistics/holdings"]
    )
    async def test_are_never_citizens(self, archives_api: ServiceApi, path: str) -> None:
        citizen = archives_api.client(*build.SCOPES, kind="citizen", person_id=uuid4())
        answer = await citizen.get(f"{BASE}{path}")
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/archive-not-open-to-citizens")

    async def test_need_the_scope(self, archives_api: ServiceApi) -> None:
        reader = archives_api.client("archives:read")
        assert (await post(reader, "/pieces", described())).status_code == 403
        assert (await archives_api.client().get(f"{BASE}/pieces?purpose=service")).status_code == 401

    async def test_see_their_area_only(self, archives_api: ServiceApi) -> None:
        piece_id = await filed(archives_api)
        other = staff(archives_api, area="990102")
        assert (await other.get(f"{BASE}/pieces/{piece_id}?purpose=service")).status_code == 404
        assert (await other.get(f"{BASE}/pieces?purpose=service")).json()["items"] == []
        found = await other.post(f"{BASE}/searches", json={"q": "医院", "purpose": "service"})
        assert found.json()["items"] == []


class TestPieces:
    async def test_are_read_with_papers_and_relations(self, archives_api: ServiceApi) -> None:
        settled = build.settlement()
        reversed_ = build.reversal(settled)
        async with archives_api.sessions.begin() as session:
            await build.hear(session, events.SettlementMade, settled)
            await build.hear(session, events.SettlementReversed, reversed_)
        client = staff(archives_api)
        listed = await client.get(
            f"{BASE}/pieces?purpose=service&source_id={reversed_['reversal_id']}&kind=reversal"
        )
        (line,) = listed.json()["items"]
        piece = (await client.get(f"{BASE}/pieces/{line['piece_id']}?purpose=audit")).json()
        assert [paper["kind"] for paper in piece["papers"]] == ["reversal_notice"]
        assert piece["missing_papers"] == ["reversal_basis"]
        (settlement_id,) = piece["related_piece_ids"]
        other = (await client.get(f"{BASE}/pieces/{settlement_id}?purpose=audit")).json()
        assert other["source_id"] == settled["settlement_id"]
        assert other["related_piece_ids"] == [line["piece_id"]]

    async def test_are_registered_when_read(self, archives_api: ServiceApi) -> None:
        piece_id = await filed(archives_api)
        client = staff(archives_api)
        assert (await client.get(f"{BASE}/pieces/{piece_id}")).status_code == 422  # no purpose
        await client.get(f"{BASE}/pieces/{piece_id}?purpose=archiving")
        (entry,) = (await client.get(f"{BASE}/accesses")).json()["items"]
        assert (entry["piece_id"], entry["purpose"]) == (piece_id, "archiving")
        with pytest.raises(Exception, match="append-only"):
            await archives_api.pool.execute(f"DELETE FROM {AccessLog.__tablename__}")

    async def test_are_entered_once_for_one_key(self, archives_api: ServiceApi) -> None:
        client = staff(archives_api)
        first = await post(client, "/pieces", described(), key="k1")
        again = await post(client, "/pieces", described(), key="k1")
        assert first.status_code == again.status_code == 201, first.text
        assert first.json() == again.json()
        assert first.json()["piece_number"] == "Z101-WS·2010·D10-0001"
        other = await post(client, "/pieces", described(title="另一件"), key="k1")
        assert other.json()["type"] == "/problems/idempotency-key-reused"

    async def test_become_complete_by_papers(self, archives_api: ServiceApi) -> None:
        client = staff(archives_api)
        entered = await post(client, "/pieces", described(required_papers=["attachment"]))
        assert entered.json()["completeness"] == "incomplete"
        paper = {"kind": "attachment", "name": "附件", "pages": 3}
        added = await post(client, f"/pieces/{entered.json()['piece_id']}/papers", paper)
        assert (added.json()["completeness"], added.json()["pages"]) == ("complete", 3)

    async def test_are_corrected_with_a_log(self, archives_api: ServiceApi) -> None:
        piece_id = await filed(archives_api)
        client = staff(archives_api)
        body = {"version": 1, "reason": "著录有误", "title": "新题名"}
        changed = await client.patch(f"{BASE}/pieces/{piece_id}", json=body)
        assert changed.json()["version"] == 2
        stale = await client.patch(f"{BASE}/pieces/{piece_id}", json=body)
        assert (stale.status_code, stale.json()["version"]) == (409, 2)
        (entry,) = (await client.get(f"{BASE}/pieces/{piece_id}/changes")).json()
        assert entry["changes"]["title"][1] == "新题名"

    async def test_have_their_content_checked(self, archives_api: ServiceApi) -> None:
        client = staff(archives_api)
        piece_id = (await post(client, "/pieces", described())).json()["piece_id"]
        paper = {
            "kind": "attachment",
            "name": "扫描件",
            "pages": 1,
            "carrier": "electronic",
            "sha256": digest(b"content"),
        }
        added = (await post(client, f"/pieces/{piece_id}/papers", paper)).json()
        path = f"{BASE}/pieces/{piece_id}/papers/{added['papers'][0]['paper_id']}/checks"
        headers = {"Content-Type": "application/octet-stream"}
        for content, intact in ((b"content", True), (b"Content", False)):
            assert (await client.post(path, content=content, headers=headers)).json()["intact"] is intact
        assert [check["intact"] for check in (await client.get(path)).json()] == [False, True]


class TestUses:
    async def test_walk_from_application_to_effect(self, archives_api: ServiceApi) -> None:
        async with archives_api.sessions.begin() as session:
            piece_id = str((await build.stored(session)).piece_id)
        applicant, approver = staff(archives_api, "u1"), staff(archives_api, "u2")
        body = {
            "piece_id": piece_id,
            "form": "loan",
            "purpose": "核对",
            "reader_name": "王样例",
            "identity_document": "工作证",
        }
        use = (await post(applicant, "/uses", body)).json()
        path = f"/uses/{use['use_id']}"
        refused = await post(applicant, f"{path}/handover")
        assert refused.json()["title"] == "未经批准，任何人不得复印、借阅"
        own = await post(applicant, f"{path}/decision", {"approved": True})
        assert own.json()["type"] == "/problems/approver-is-applicant"
        assert (await post(approver, f"{path}/decision", {"approved": True})).json()["state"] == "approved"
        assert (await post(applicant, f"{path}/handover")).json()["due_on"]
        assert (await applicant.get(f"{BASE}/overdue-loans")).json()["items"] == []
        closed = await post(applicant, f"{path}/closure", {"effect": "查清"})
        assert (closed.json()["state"], closed.json()["effect"]) == ("closed", "查清")
        moved = (await applicant.get(f"{BASE}/movements?piece_id={piece_id}")).json()["items"]
        assert [entry["kind"] for entry in moved] == ["returned", "lent", "received"]


class TestTransfersAndDestructions:
    async def test_take_a_piece_from_the_section_to_its_end(self, archives_api: ServiceApi) -> None:
        one, two, three = (staff(archives_api, subject) for subject in ("u1", "u2", "u3"))
        piece = (await post(one, "/pieces", described())).json()
        body = {"section": "办公室", "year": 2010, "declared_pieces": 1, "piece_ids": [piece["piece_id"]]}
        before = await one.get(f"{BASE}/untransferred?year=1900")
        assert before.json()["type"] == "/problems/parameter-not-configured"
        (late,) = (await one.get(f"{BASE}/untransferred?year=2010")).json()
        assert (late["section"], late["overdue"]) == ("办公室", True)
        transfer = (await post(one, "/transfers", body)).json()
        path = f"/transfers/{transfer['transfer_id']}"
        assert (await post(two, f"{path}/acceptance", {"counted_pieces": 1})).json()["state"] == "accepted"
        assert (await one.get(f"{BASE}{path}")).json()["counted_pieces"] == 1

        (due,) = (await one.get(f"{BASE}/due-for-appraisal")).json()["items"]
        drawn = (
            await post(one, "/destruction-lists", {"piece_ids": [due["piece_id"]], "reason": "期满"})
        ).json()
        path = f"/destruction-lists/{drawn['destruction_list_id']}"
        blocked = await post(one, f"{path}/execution")
        assert blocked.json()["missing_approvals"] == 2
        for person in (two, three):
            assert (await post(person, f"{path}/approvals")).status_code == 201
        assert (await post(one, f"{path}/execution")).json()["stage"] == "executed"
        assert (await one.get(f"{BASE}{path}")).json()["approved_by"] == ["u2", "u3"]
        entry = (await one.get(f"{BASE}/pieces/{piece['piece_id']}?purpose=audit")).json()
        assert (entry["holding"], entry["destruction_list_id"]) == ("destroyed", drawn["destruction_list_id"])
        stock = (await one.get(f"{BASE}/statistics/stock?since=2020-01-01&until=2999-01-01")).json()
        assert (stock["received"], stock["destroyed"], stock["closing"]) == (1, 1, 0)


class TestRegisters:
    async def test_sum_the_holdings(self, archives_api: ServiceApi) -> None:
        await filed(archives_api)
        await filed(archives_api, settled_on="2023-05-08")
        told = (await staff(archives_api).get(f"{BASE}/statistics/holdings")).json()
        assert (told["pieces"], told["pages"], len(told["lines"])) == (2, 10, 2)
        one = (await staff(archives_api).get(f"{BASE}/statistics/holdings?year=2023")).json()
        assert one["pieces"] == 1

    async def test_show_parameters_with_their_source(self, archives_api: ServiceApi) -> None:
        answer = await staff(archives_api).get(f"{BASE}/parameters/retention_period?kind=contribution")
        assert [(entry["value"], entry["valid_from"]) for entry in answer.json()["history"]] == [
            ("d15", "1999-01-01"),
            ("d30", "2016-01-01"),
        ]
        assert "国家档案局令第79号" in answer.json()["applies"]["source"]
        papers = await staff(archives_api).get(
            f"{BASE}/parameters/required_papers?kind=settlement&care=inpatient"
        )
        assert papers.json()["applies"]["value"][0] == "settlement_sheet"
