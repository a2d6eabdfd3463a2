"""Every route says who may call it."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from gateway import routes as gateway_routes
from tests.contracts.openapi import contract
from tests.structure.source import ROOT, SERVICES

# Operations that everyone may call without signing in, with the reason.
PUBLIC = {
    "list_code_lists": "code lists hold nothing about anybody",
    "get_code_list": "code lists hold nothing about anybody",
    "list_published_vacancies": "published vacancies 公共招聘 are for everybody",
    "list_procedures": "the service guide 办事指南 is published",
    "get_institution_costs": "what each institution costs is published (收费公示)",
}
PUBLIC_AT_THE_GATEWAY = {
    "sign_in": "one is not signed in before",
    "sign_in_citizen": "one is not signed in before",
    "issue_token": "a system presents its secret",
    "refresh_session": "a session presents its refresh token",
    "get_guide": "the service guide 办事指南 is published",
    "list_roles": "names of roles and scopes hold nothing about anybody",
}
# Granted to no role: only the gateway itself calls these.
GATEWAY_ONLY = {"enrolment:bind"}


def scopes(document: dict[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """Every operation id with the scopes that it requires."""
    for operations in document["paths"].values():
        for operation in operations.values():
            guards = [entry.get("gateway", []) for entry in operation.get("security", [])]
            yield operation["operationId"], {scope for guard in guards for scope in guard}


def open_to_everyone(document: dict[str, Any]) -> set[str]:
    """The operations that require no scope."""
    return {operation for operation, required in scopes(document) if not required}


def granted() -> set[str]:
    roles = tomllib.loads((ROOT / "gateway/roles.toml").read_text("utf-8"))["role"]
    return {scope for role in roles.values() for scope in role["scopes"]}


class TestOpenToEveryone:
    def test_notices_a_route_without_a_scope(self):
        bare = {"operationId": "list_bills"}
        unscoped = {"operationId": "upload_bill", "security": [{"gateway": []}]}
        document = {"paths": {"/claims/v1/bills": {"get": bare, "post": unscoped}}}
        assert open_to_everyone(document) == {"list_bills", "upload_bill"}

    def test_lets_a_guarded_route_pass(self):
        guarded = {"operationId": "list_bills", "security": [{"gateway": ["claims:read"]}]}
        assert open_to_everyone({"paths": {"/claims/v1/bills": {"get": guarded}}}) == set()


class TestGateway:
    def test_opens_what_is_listed_and_nothing_else(self):
        services = {
            f"{service}.{name}" for service in SERVICES for name in open_to_everyone(contract(service))
        }
        own = {f"gateway.{name}" for name in PUBLIC_AT_THE_GATEWAY}
        assert set(gateway_routes.PUBLIC) == own | services


@pytest.mark.parametrize("service", SERVICES)
class TestRoutesOf:
    def test_name_the_scope_that_they_require(self, service):
        assert open_to_everyone(contract(service)) - PUBLIC.keys() == set()

    def test_require_scopes_of_their_own_service(self, service):
        foreign = {scope for _, required in scopes(contract(service)) for scope in required}
        assert {scope for scope in foreign if not scope.startswith(f"{service}:")} == set()

    def test_require_scopes_that_some_role_has(self, service):
        required = {scope for _, needed in scopes(contract(service)) for scope in needed}
        assert required - granted() - GATEWAY_ONLY == set()
