"""Routes from contracts, the merged document, and its page."""

import re
from typing import Any

import pytest

from gateway import docs, routes
from gateway.contracts import main
from gateway.openapi import merged
from gateway.routes import ContractInvalid, PathMalformed, PathNotFound, build
from tests.gateway.build import contracts, operation


def of(path: str, entry: dict[str, Any], method: str = "get") -> dict[str, Any]:
    return {"claims": {"paths": {path: {method: entry}}}}


class TestRoutes:
    def test_refuse_a_contract_without_scopes(self):
        with pytest.raises(ContractInvalid, match="names no scope"):
            build(of("/claims/v1/x", operation("open_door", public=True)))

    def test_refuse_a_contract_that_reaches_into_another_service(self):
        with pytest.raises(ContractInvalid, match="outside"):
            build(of("/jobs/v1/x", operation("x", "claims:read")))

    def test_refuse_a_placeholder_that_swallows_paths(self):
        with pytest.raises(ContractInvalid, match="swallow"):
            build(of("/claims/v1/{rest:path}", operation("x", "claims:read")))

    def test_refuse_two_operations_of_one_form(self):
        paths = {
            "/claims/v1/{a}": {"get": operation("a", "x:y")},
            "/claims/v1/{b}": {"get": operation("b", "x:y")},
        }
        with pytest.raises(ContractInvalid, match="two operations"):
            build({"claims": {"paths": paths}})

    def test_walk_back_from_a_literal_that_leads_nowhere(self):
        found = build(contracts())
        route, values = found.match("POST", b"/claims/v1/bills/newest/withdrawal")
        assert (route.action, values) == ("claims.withdraw_bill", (b"newest",))

    def test_know_nothing_but_the_contracts(self):
        found = build(contracts())
        for path in (
            b"/",
            b"",
            b"/claims",
            b"/claims/v1/bills/",
            b"/claims/v1/bills/a/b",
            b"//claims/v1/bills",
        ):
            with pytest.raises((PathNotFound, PathMalformed)):
                found.match("GET", path)

    def test_leave_out_health_and_metrics(self):
        document = {
            "claims": {
                "paths": {"/health/live": {"get": operation("live")}, "/metrics": {"get": operation("m")}}
            }
        }
        assert build(document).all == ()


class TestCommittedContracts:
    def test_make_routes(self):
        found = build(routes.load())
        assert len(found.all) > 100
        assert {route.service for route in found.all} == set(routes.SERVICES)

    def test_are_written_and_compared(self, tmp_path, monkeypatch, capsys):
        monkeypatch.setattr("gateway.contracts.CONTRACTS", tmp_path)
        assert main(["--check"]) == 1
        assert "make contracts" in capsys.readouterr().out
        assert list(tmp_path.iterdir()) == []
        assert main([]) == 0
        assert {path.stem for path in tmp_path.iterdir()} == {*routes.SERVICES, "procedures"}
        assert main(["--check"]) == 0


class TestMerged:
    def test_keeps_names_of_services_apart(self):
        schema = {
            "Page": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Mark"}}},
            "Mark": {},
        }
        answers = {
            "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Page"}}}}
        }
        made = {
            name: {
                "info": {"title": name},
                "components": {"schemas": schema},
                "paths": {
                    f"/{name}/v1/x": {"get": operation("list_x", f"{name}:read") | {"responses": answers}}
                },
            }
            for name in ("claims", "jobs")
        }
        document = merged(made)
        assert set(document["components"]["schemas"]) == {
            "claims.Page",
            "claims.Mark",
            "jobs.Page",
            "jobs.Mark",
        }
        operation_of_jobs = document["paths"]["/jobs/v1/x"]["get"]
        assert operation_of_jobs["operationId"] == "jobs.list_x"
        reference = operation_of_jobs["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
        assert reference == "#/components/schemas/jobs.Page"

    async def test_has_the_gateways_own_routes(self, entrance):
        document = (await entrance.client().get("/openapi.json")).json()
        assert "/gateway/v1/sessions" in document["paths"]
        assert "/claims/v1/bills" in document["paths"]
        identifiers = [
            entry["operationId"] for operations in document["paths"].values() for entry in operations.values()
        ]
        assert len(identifiers) == len(set(identifiers))
        assert document["components"]["securitySchemes"]["gateway"]["scheme"] == "bearer"

    async def test_has_no_dangling_reference(self, entrance):
        text = (await entrance.client().get("/openapi.json")).text
        document = (await entrance.client().get("/openapi.json")).json()
        for kind, name in set(re.findall(r'"\$ref":"#/components/([a-zA-Z]+)/([^"]+)"', text)):
            assert name in document["components"][kind]


class TestPage:
    async def test_works_without_any_other_host(self, entrance):
        page = await entrance.client().get("/docs")
        assert page.status_code == 200
        assert "default-src 'none'" in page.headers["content-security-policy"]
        for name in ("docs.html", "docs.js", "docs.css"):
            text = (docs.STATIC / name).read_text("utf-8")
            assert "//" not in re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)
        for part in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
            assert (await entrance.client().get(part)).status_code == 200


class TestGuide:
    async def test_is_open_to_everyone(self, entrance):
        answer = await entrance.client().get("/gateway/v1/guide")
        assert answer.status_code == 200
        assert isinstance(answer.json()["procedures"], list)
