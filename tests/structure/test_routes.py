"""Every route says who may call it, and the committed contracts say what the routes are."""

import importlib
import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.structure.source import ROOT, SERVICES

# Routes that everyone may call without signing in; `*` stands for any service.
PUBLIC = {
    "get /*/v1/codes": "code lists hold nothing about anybody",
    "get /*/v1/codes/{name}": "code lists hold nothing about anybody",
    "get /*/v1/procedures": "the service guide 办事指南 is published",
    "get /*/v1/procedures/{code}": "the service guide 办事指南 is published",
}
# Granted to no role: only the gateway itself calls these.
GATEWAY_ONLY = {"enrolment:bind"}


def contract(service: str) -> dict[str, Any]:
    """The OpenAPI document of the service as it is now."""
    app = importlib.import_module(f"services.{service}.app").app
    document: dict[str, Any] = json.loads(json.dumps(app.openapi()))
    return document


def scopes(document: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Every operation with the scopes that it requires."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            required = [
                scope for entry in operation.get("security", []) for scope in entry.get("gateway", [])
            ]
            yield f"{method} {path}", required


def open_to_everyone(document: dict[str, Any]) -> list[str]:
    """The operations that need no scope and are not on the public list."""
    wanting = [operation for operation, required in scopes(document) if not required]
    return [operation for operation in wanting if _anonymous(operation) not in PUBLIC]


def _anonymous(operation: str) -> str:
    method, _, path = operation.partition(" ")
    return f"{method} /*/{path.split('/', 2)[2]}"


def granted() -> set[str]:
    roles = tomllib.loads((ROOT / "gateway/roles.toml").read_text("utf-8"))["role"]
    return {scope for role in roles.values() for scope in role["scopes"]}


class TestOpenToEveryone:
    def test_notices_a_route_without_a_scope(self):
        bare: dict[str, Any] = {"get": {}, "post": {"security": [{"gateway": []}]}}
        document = {"paths": {"/claims/v1/bills": bare}}
        assert open_to_everyone(document) == ["get /claims/v1/bills", "post /claims/v1/bills"]

    def test_lets_public_and_guarded_routes_pass(self):
        guarded = {"get": {"security": [{"gateway": ["claims:read"]}]}}
        assert open_to_everyone({"paths": {"/claims/v1/bills": guarded, "/jobs/v1/codes": {"get": {}}}}) == []


@pytest.mark.parametrize("service", SERVICES)
class TestRoutesOf:
    def test_name_the_scope_that_they_require(self, service):
        assert open_to_everyone(contract(service)) == []

    def test_require_scopes_of_their_own_service(self, service):
        foreign = {scope for _, required in scopes(contract(service)) for scope in required}
        assert {scope for scope in foreign if not scope.startswith(f"{service}:")} == set()

    def test_require_scopes_that_some_role_has(self, service):
        required = {scope for _, needed in scopes(contract(service)) for scope in needed}
        assert required - granted() - GATEWAY_ONLY == set()

    def test_are_what_the_committed_contract_says(self, service):
        path = ROOT / f"gateway/contracts/{service}.json"
        assert path.exists(), "run `make contracts` and commit the result"
        assert json.loads(path.read_text("utf-8")) == contract(service), (
            "run `make contracts` and commit the result"
        )
