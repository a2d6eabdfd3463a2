"""How the source is written: length, docstrings, arguments, numbers."""

import ast
from collections.abc import Iterator
from decimal import Decimal

from tests.structure.source import Module, Rule, calls, public_functions

MAX_LINES = 400
SPEAKING_PARTS = ("rules", "operations", "queries")

# Numbers that no policy sets. Everything else in rules is a legal number and belongs in parameters/*.toml.
PLAIN_NUMBERS = {
    Decimal(0): "nothing",
    Decimal(1): "one, the whole",
    Decimal(2): "two places",
    Decimal("0.01"): "a fen",
    Decimal(12): "months of a year",
    Decimal(100): "per cent",
}
NUMBERS_WITH_A_REASON = {
    ("services/archives/rules/numbering.py", 4): "digits of a piece number, DA/T 22",
    (
        "services/archives/rules/search.py",
        None,
    ): "Unicode blocks of Chinese characters; sizes of a cache and a query",
    ("services/enrolment/rules/contributions.py", 28): "a day that every month has",
    ("services/enrolment/rules/contributions.py", 4): "from the 28th into the next month",
    ("services/jobs/rules/hardship.py", 27): "no month ends before the 28th",
    ("services/jobs/rules/matching.py", 6): "digits of a county's code, GB/T 2260",
    ("services/jobs/rules/matching.py", 4): "digits of a city's code, GB/T 2260",
    ("services/jobs/rules/matching.py", Decimal("0.0001")): "places of a score",
}


def modules_stay_under_400_lines(of: Module) -> Iterator[str]:
    count = len(of.text.splitlines())
    # A migration is written once, by the tool, and never read as a whole.
    if count > MAX_LINES and of.part != "migrations":
        yield f"{of.path} has {count} lines; cut it by business noun"


def public_functions_have_docstrings(of: Module) -> Iterator[str]:
    if of.is_service and of.part in SPEAKING_PARTS:
        public = [node for node in of.tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_"]
        for node in (*public_functions(of), *public):
            if not ast.get_docstring(node):
                yield of.at(node, f"{node.name} has no docstring")


def operations_take_a_session_and_keywords(of: Module) -> Iterator[str]:
    if of.is_service and of.part == "operations":
        for node in public_functions(of):
            given = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
            verb = isinstance(node, ast.AsyncFunctionDef)
            wrong = given not in ([], ["session"], ["pool"], ["connection"]) if verb else len(given) > 1
            if wrong or node.args.vararg:
                yield of.at(node, f"{node.name}({', '.join(given)}): only the session is positional")


def rules_take_keywords(of: Module) -> Iterator[str]:
    if of.is_service and of.part == "rules":
        for node in public_functions(of):
            given = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
            if len(given) > 1 or node.args.vararg:
                yield of.at(node, f"{node.name}({', '.join(given)}): one subject at most is positional")


def models_do_not_postpone_annotations(of: Module) -> Iterator[str]:
    if of.part == "models":
        for node in of.tree.body:
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                yield of.at(node, "postponed annotations break SQLModel relationships")


def relationships_never_load_by_themselves(of: Module) -> Iterator[str]:
    for node, name in calls(of):
        if name.rpartition(".")[2] in ("Relationship", "relationship"):
            told = ast.unparse(node).replace('"', "'")
            if "lazy='raise'" not in told and "'lazy': 'raise'" not in told:
                yield of.at(node, 'a relationship needs lazy="raise"')


def legal_numbers_live_in_parameters(of: Module) -> Iterator[str]:
    if of.is_service and of.part == "rules":
        for node, number in _numbers(of):
            reasons = ((of.path, None), (of.path, number))
            if number not in PLAIN_NUMBERS and not any(place in NUMBERS_WITH_A_REASON for place in reasons):
                yield of.at(node, f"the number {number} belongs in parameters/*.toml")


def _numbers(of: Module) -> Iterator[tuple[ast.AST, Decimal]]:
    for node in ast.walk(of.tree):
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            yield node, Decimal(str(node.value))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Decimal":
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield node, Decimal(argument.value)


RULES = [
    Rule(
        modules_stay_under_400_lines,
        broken=[("services/claims/api.py", "pass\n" * 401)],
        kept=[
            ("services/claims/api.py", "pass\n" * 400),
            ("services/claims/migrations/0001_create.py", "pass\n" * 401),
        ],
    ),
    Rule(
        public_functions_have_docstrings,
        broken=[
            ("services/claims/rules/lines.py", "def split(): ..."),
            ("services/claims/operations.py", "async def settle(session): ..."),
            ("services/claims/queries/bills.py", "class BillNotFound(NotFound): ..."),
        ],
        kept=[
            ("services/claims/rules.py", "def split():\n    'Splits a line.'\ndef _part(): ..."),
            ("services/claims/api.py", "def read_bill(): ..."),
        ],
    ),
    Rule(
        operations_take_a_session_and_keywords,
        broken=[
            ("services/claims/operations.py", "async def settle(session, bill_id): ..."),
            ("services/claims/operations/bill.py", "async def settle(bill_id): ..."),
            ("services/claims/operations/bill.py", "async def settle(*bills): ..."),
        ],
        kept=[
            (
                "services/claims/operations.py",
                "async def settle(session, *, bill_id): ...\nasync def _f(a, b): ...",
            )
        ],
    ),
    Rule(
        rules_take_keywords,
        broken=[("services/claims/rules.py", "def pay(cost, ratio): ...")],
        kept=[
            (
                "services/claims/rules.py",
                "def fen(amount): ...\ndef pay(*, cost, ratio): ...\ndef _p(a, b): ...",
            )
        ],
    ),
    Rule(
        models_do_not_postpone_annotations,
        broken=[("services/claims/models.py", "from __future__ import annotations")],
        kept=[("services/claims/rules.py", "from __future__ import annotations")],
    ),
    Rule(
        relationships_never_load_by_themselves,
        broken=[
            ("services/claims/models.py", "lines: list[Line] = Relationship(back_populates='bill')"),
            ("services/claims/models.py", "lines = orm.relationship(lazy='select')"),
        ],
        kept=[
            ("services/claims/models.py", "a = Relationship(sa_relationship_kwargs={'lazy': 'raise'})"),
            ("services/claims/models.py", "a = Relationship(sa_relationship_kwargs=dict(lazy='raise'))"),
        ],
    ),
    Rule(
        legal_numbers_live_in_parameters,
        broken=[
            ("services/claims/rules.py", "DEDUCTIBLE = 600"),
            ("services/claims/rules/lines.py", "ratio = Decimal('0.80')"),
            ("services/claims/rules/lines.py", "ratio = 0.8"),
        ],
        kept=[
            ("services/claims/rules.py", "cents = Decimal('0.01')\nhalf = total / 2\nzero = Decimal('0.00')"),
            ("services/claims/operations.py", "limit = 500"),
        ],
    ),
]
