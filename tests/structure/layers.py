"""Who may know whom, and which verb belongs to which file."""

import sys
from collections.abc import Iterator

from tests.structure.source import Module, Rule, calls, imports, names, within

CLOCKS = (
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.time_ns",
    "clock.now",
    "clock.today",
)
READS_THE_CLOCK = ("api", "events", "timers")
WEB_CLIENTS = ("httpx", "requests", "aiohttp", "urllib.request", "http.client")


def no_service_imports_another(of: Module) -> Iterator[str]:
    if of.is_service:
        for node, name in imports(of):
            if within(name, "services") and not within(name, f"services.{of.owner}", "services.kit"):
                yield of.at(node, f"imports {name}")


def kit_imports_no_service(of: Module) -> Iterator[str]:
    if of.owner == "kit":
        for node, name in imports(of):
            if within(name, "services", "gateway") and not within(name, "services.kit"):
                yield of.at(node, f"imports {name}")


def gateway_imports_kit_only(of: Module) -> Iterator[str]:
    if of.owner == "gateway":
        for node, name in imports(of):
            if within(name, "services") and not within(name, "services.kit"):
                yield of.at(node, f"imports {name}")


def nothing_that_runs_imports_the_gateway_the_tests_or_deploy(of: Module) -> Iterator[str]:
    forbidden = {"services": ("gateway", "tests", "deploy"), "gateway": ("tests", "deploy")}
    for node, name in imports(of):
        if within(name, *forbidden.get(of.path.split("/")[0], ())):
            yield of.at(node, f"imports {name}")


def rules_import_only_the_standard_library(of: Module) -> Iterator[str]:
    if of.is_service and of.part == "rules":
        for node, name in imports(of):
            standard = name.split(".")[0] in sys.stdlib_module_names
            if not standard and not within(name, f"services.{of.owner}.rules"):
                yield of.at(node, f"imports {name}")


def services_call_nobody_over_http(of: Module) -> Iterator[str]:
    if of.is_service or of.owner == "kit":
        for node, name in imports(of):
            if within(name, *WEB_CLIENTS):
                yield of.at(node, f"imports {name}")


def select_stands_only_in_queries_and_kit(of: Module) -> Iterator[str]:
    if of.is_service and of.part not in ("queries", "migrations"):
        for node, name in calls(of):
            if name.rpartition(".")[2] == "select":
                yield of.at(node, "calls select(); put it in queries")


def only_kit_commits(of: Module) -> Iterator[str]:
    if of.owner != "kit" and of.path != "gateway/db.py" and not of.path.startswith(("tests/", "deploy/")):
        for node, name in calls(of):
            if name.rpartition(".")[2] == "commit":
                yield of.at(node, f"calls {name}()")


def the_clock_is_read_above_the_operations(of: Module) -> Iterator[str]:
    if of.is_service and of.part not in READS_THE_CLOCK:
        for node, name in names(of):
            if ".".join(name.split(".")[-2:]) in CLOCKS:
                yield of.at(node, f"reads {name}; take today or now as an argument")
        for node, name in imports(of):
            if name in ("services.kit.clock.now", "services.kit.clock.today"):
                yield of.at(node, f"imports {name}")


def only_kit_hides_a_route_from_the_contract(of: Module) -> Iterator[str]:
    if of.is_service:
        for node, _ in calls(of):
            if any(given.arg == "include_in_schema" for given in node.keywords):
                yield of.at(node, "a hidden route escapes the check of its scope")


RULES = [
    Rule(
        no_service_imports_another,
        broken=[
            ("services/claims/api.py", "from services.jobs import models"),
            ("services/claims/api.py", "import services.jobs.models"),
            ("services/claims/api.py", "from services import jobs"),
            ("services/claims/rules/a.py", "from ...jobs import models"),
            ("services/claims/api.py", "def f():\n    from services.jobs.rules import pay"),
        ],
        kept=[
            ("services/claims/api.py", "from services.claims import queries\nfrom services.kit import db"),
            ("services/claims/api/__init__.py", "from . import bills\nfrom ..rules import lines"),
        ],
    ),
    Rule(
        kit_imports_no_service,
        broken=[
            ("services/kit/app.py", "from services.claims import app"),
            ("services/kit/app.py", "import gateway.auth"),
            ("services/kit/procedures/a.py", "from ...claims import app"),
        ],
        kept=[("services/kit/app.py", "from services.kit.db import Sessions\nfrom . import problems")],
    ),
    Rule(
        gateway_imports_kit_only,
        broken=[("gateway/routes.py", "from services.claims.app import app")],
        kept=[("gateway/routes.py", "from services.kit.identity import sign\nfrom gateway import limits")],
    ),
    Rule(
        nothing_that_runs_imports_the_gateway_the_tests_or_deploy,
        broken=[
            ("services/claims/api.py", "import gateway"),
            ("services/kit/db.py", "from deploy.local import postgres"),
            ("gateway/app.py", "from tests.conftest import caller"),
        ],
        kept=[("tests/conftest.py", "from deploy.local.nats import EmbeddedNats")],
    ),
    Rule(
        rules_import_only_the_standard_library,
        broken=[
            ("services/claims/rules.py", "import sqlmodel"),
            ("services/claims/rules/lines.py", "from services.kit.money import yuan"),
            ("services/claims/rules/lines.py", "from services.claims.codes import Level"),
        ],
        kept=[
            (
                "services/claims/rules/lines.py",
                "from decimal import Decimal\nfrom services.claims.rules import amounts",
            ),
            ("services/claims/rules/lines.py", "from .amounts import ZERO"),
        ],
    ),
    Rule(
        services_call_nobody_over_http,
        broken=[("services/claims/operations.py", "import httpx")],
        kept=[("gateway/upstream.py", "import httpx")],
    ),
    Rule(
        select_stands_only_in_queries_and_kit,
        broken=[
            ("services/claims/operations/bill.py", "rows = await session.exec(select(Bill))"),
            ("services/claims/api.py", "rows = sqlmodel.select(Bill)"),
        ],
        kept=[
            ("services/claims/queries/bills.py", "select(Bill)"),
            ("services/kit/paging.py", "select(Bill)"),
        ],
    ),
    Rule(
        only_kit_commits,
        broken=[
            ("services/claims/operations.py", "await session.commit()"),
            ("gateway/accounts.py", "session.commit()"),
        ],
        kept=[
            ("services/kit/db.py", "session.commit()"),
            ("gateway/db.py", "session.commit()"),
            ("services/claims/operations.py", "await session.flush()"),
        ],
    ),
    Rule(
        the_clock_is_read_above_the_operations,
        broken=[
            ("services/claims/operations.py", "made_at = datetime.now(UTC)"),
            ("services/claims/rules.py", "import datetime\nday = datetime.date.today()"),
            ("services/claims/models.py", "made_at: datetime = Field(default_factory=clock.now)"),
            ("services/claims/queries.py", "from services.kit.clock import today"),
        ],
        kept=[
            ("services/claims/api/bills.py", "day = clock.today()"),
            ("services/claims/events.py", "day = clock.today()"),
            ("services/claims/operations.py", "from services.kit.clock import business_date"),
            ("services/kit/relay.py", "datetime.now(UTC)"),
        ],
    ),
    Rule(
        only_kit_hides_a_route_from_the_contract,
        broken=[("services/claims/api.py", "router.get('/x', include_in_schema=False)(f)")],
        kept=[("services/kit/app.py", "APIRouter(include_in_schema=False)")],
    ),
]
