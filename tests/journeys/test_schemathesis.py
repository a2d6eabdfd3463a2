"""Generated requests for every operation of the merged document: no 5xx, and answers as the document says."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance

from deploy.local.sample import COUNTY
from deploy.local.walk.stage import Stage
from gateway.roles import load
from services.kit.ids import new_id
from tests.journeys.journey import Journey
from tests.journeys.office import HOSPITAL, Office

Operation = APIOperation[Any, Any, Any, Any]
EXAMPLES = {GenerationMode.POSITIVE: 3, GenerationMode.NEGATIVE: 2}
SERVICES = ("enrolment", "claims", "jobs", "archives", "gateway")
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance]
# They end the session that asks.
ENDS_SESSION = ["gateway.sign_out", "gateway.unbind", "gateway.change_password"]
# The things of the main job, by the name that paths have for them.
KNOWN = {
    "bill_id": "bill",
    "settlement_id": "settlement",
    "person_id": "head",
    "employer_id": "employer",
    "seeker_id": "seeker",
    "vacancy_id": "vacancy",
}


@dataclass
class Tokens:
    """An access token for each set of scopes that somebody has."""

    known: list[tuple[frozenset[str], str]] = field(default_factory=list)

    def all_for(self, needed: frozenset[str]) -> list[str]:
        """The tokens of everybody who has these scopes; an empty one when nobody needs to be known."""
        if not needed:
            return [""]
        holders = [token for scopes, token in self.known if needed <= scopes]
        return holders or [self.known[0][1]]  # a scope of the gateway's own: everybody is refused


@pytest.fixture(scope="module")
async def stage(journey: Journey) -> Stage:
    """The main job has happened, so that there is something to answer with."""
    return await journey.to("read")


@pytest.fixture(scope="module")
async def tokens(stage: Stage, office: Office) -> Tokens:
    """Everybody of the sample county, a hospital, an employer, a citizen and a visitor."""
    roles, found = load(), Tokens()
    entries = [(entry["account"], entry["roles"]) for entry in COUNTY["account"]]
    entries += [("admin", ["administrator"]), (HOSPITAL, ["hospital"])]
    entries += [(office.county.credit_codes[0], ["employer"])]
    for who, held in entries:
        found.known.append((roles.scopes(held), await office.token(who)))
    citizen = await office.citizen(stage.family["parent"], openid=f"schema-{stage.run}")
    visitor = await office.visitor(openid=f"schema-visitor-{stage.run}")
    found.known += [(roles.scopes(["citizen"]), citizen), (roles.scopes(["visitor"]), visitor)]
    return found


@pytest.fixture(scope="module")
def document(office: Office) -> dict[str, Any]:
    """The merged document, as the gateway serves it."""
    return dict(requests.get(f"{office.county.gateway}/openapi.json", timeout=10).json())


@dataclass
class Asker:
    """Sends what was generated as somebody who may, and checks the answer."""

    gateway: str
    stage: Stage
    http: requests.Session
    asked: int = 0
    done: int = 0

    def ask(self, case: Case[Any], token: str, mode: GenerationMode) -> None:
        """Raises what the checks find."""
        if mode is GenerationMode.POSITIVE:
            self._name_what_is_there(case)
        headers = {"Idempotency-Key": str(new_id())}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        response = self._send(case, headers)
        self.asked += 1
        self.done += response.status_code < 300
        case.validate_response(response, checks=CHECKS, headers=headers)
        self._check_problem(response)

    def _send(self, case: Case[Any], headers: dict[str, str]) -> Response:
        while True:
            response = case.call(base_url=self.gateway, session=self.http, headers=headers, timeout=20)
            if response.status_code != 429:
                return response
            time.sleep(0.5)

    def _name_what_is_there(self, case: Case[Any]) -> None:
        for name in case.path_parameters or {}:
            if name in KNOWN and case.method == "GET":
                case.path_parameters[name] = self.stage.ids[KNOWN[name]]

    def _check_problem(self, response: Response) -> None:
        if response.status_code < 400:
            return
        told = response.json()
        assert response.headers["content-type"] == ["application/problem+json"], response.headers
        assert told["type"].startswith("/problems/"), told
        assert told["status"] == response.status_code, told


def scopes_of(operation: Operation) -> frozenset[str]:
    """The scopes that the document names for the operation."""
    named = operation.definition.raw.get("security") or []
    return frozenset(scope for entry in named for scope in entry.get("gateway", ()))


def questions(operation: Operation) -> Iterator[tuple[GenerationMode, Any]]:
    """What to generate: requests that fit, and requests that do not when something can be wrong."""
    for mode in EXAMPLES:
        yield mode, operation.as_strategy(generation_mode=mode)


@pytest.mark.slow
class TestEveryOperation:
    @pytest.mark.parametrize("service", SERVICES)
    def test_answers_as_the_document_says(
        self, service: str, document: dict[str, Any], tokens: Tokens, stage: Stage, office: Office
    ):
        schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig())
        chosen = schema.include(tag=service).exclude(operation_id=ENDS_SESSION)
        asker, faults, number = Asker(office.county.gateway, stage, requests.Session()), [], 0
        for found in chosen.get_all_operations():
            assert isinstance(found, Ok), found
            operation, number = found.ok(), number + 1
            faults += self._faults(operation, asker, tokens.all_for(scopes_of(operation)))

        assert not faults, "\n\n".join(faults)
        assert number > 15
        assert asker.asked > number
        assert asker.done > 5

    def _faults(self, operation: Operation, asker: Asker, whose: list[str]) -> list[str]:
        found = []
        for mode, strategy in questions(operation):
            turns = iter(whose * EXAMPLES[mode])
            try:
                _run(strategy, EXAMPLES[mode], lambda case: asker.ask(case, next(turns, whose[0]), mode))  # noqa: B023
            except Unsatisfiable:
                continue
            except (Exception, FailureGroup) as error:
                found.append(f"{operation.label} ({mode}): {str(error)[:1500]}")
        return found


def _run(strategy: Any, examples: int, ask: Any) -> None:
    @settings(
        max_examples=examples,
        phases=[Phase.generate],
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def run(case: Case[Any]) -> None:
        ask(case)

    run()
