"""The committed contracts say what the routes are, and every service speaks of the same thing in the same way."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from services.kit.idempotency import HEADER
from tests.contracts.openapi import contract
from tests.structure.source import ROOT, SERVICES


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation with its verb."""
    for verbs in document["paths"].values():
        yield from verbs.items()


def declared(operation: dict[str, Any]) -> set[str]:
    """The slugs of the problems that an operation declares."""
    contents = [answer.get("content", {}) for answer in operation["responses"].values()]
    return {slug for content in contents for kind in content.values() for slug in kind.get("examples", {})}


def taken_by(operation: dict[str, Any]) -> set[str]:
    return {parameter["name"] for parameter in operation.get("parameters", ())}


@pytest.mark.parametrize("service", SERVICES)
class TestContractOf:
    def test_is_what_was_committed(self, service):
        path = ROOT / f"gateway/contracts/{service}.json"
        assert path.exists(), "run `make contracts` and commit the result"
        assert json.loads(path.read_text("utf-8")) == contract(service), (
            "run `make contracts` and commit the result"
        )

    def test_calls_what_is_not_there_not_found(self, service):
        for _, operation in operations(contract(service)):
            missing = operation["responses"].get("404", {}).get("content", {})
            slugs = {slug for kind in missing.values() for slug in kind.get("examples", {})}
            assert {slug for slug in slugs if not slug.endswith("not-found")} == set()

    def test_says_what_can_be_wrong_with_a_message_id(self, service):
        for _, operation in operations(contract(service)):
            if HEADER in taken_by(operation):
                assert {"idempotency-key-missing", "idempotency-key-reused"} <= declared(operation)

    def test_asks_for_a_message_id_where_something_is_created(self, service):
        without = {
            operation["operationId"]
            for verb, operation in operations(contract(service))
            if verb == "post" and "201" in operation["responses"] and HEADER not in taken_by(operation)
        }
        # The body is the content itself, and a second check is a second entry of the log.
        assert without - {"check_paper"} == set()

    def test_pages_with_the_same_words(self, service):
        for _, operation in operations(contract(service)):
            schema = str(operation["responses"].get("200", {}).get("content", {}))
            if "/Page_" in schema:
                assert {"after", "size"} <= taken_by(operation)
