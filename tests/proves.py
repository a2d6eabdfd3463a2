"""The mark `proves`: which requirement a test proves, and what came out of it.

Loaded by `tests/conftest.py`. An id that `tests/requirements.tsv` does not know stops the run. At the end
the outcomes are written to `.local/test/proves.json`, where `python -m tests.rows` reads them; each run
replaces what the run before it wrote.
"""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).with_name("requirements.tsv")
RESULTS = Path(".local/test/proves.json")


@dataclass(frozen=True)
class Requirement:
    """One row of the acceptance list: a system, a worked figure, or a control of the risk register."""

    id: str
    kind: str
    name_zh: str
    name_en: str


def requirements(path: Path = REQUIREMENTS) -> dict[str, Requirement]:
    """All requirements by id, in the order of the list."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["id"]: Requirement(**row) for row in rows}


def unknown(marked: Iterable[tuple[str, str]]) -> list[str]:
    """The (test, id) pairs whose id is not on the list, as lines."""
    known = requirements()
    return [f"{test}: {id_}" for test, id_ in marked if id_ not in known]


class Record:
    """What the tests of this run proved: per id, per test, the worst outcome of its phases."""

    def __init__(self) -> None:
        self.ids: dict[str, list[str]] = {}
        self.outcomes: dict[str, str] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            marked = [id_ for mark in item.iter_markers("proves") for id_ in mark.args]
            if marked:
                self.ids[item.nodeid] = marked
        wrong = unknown((test, id_) for test, ids in self.ids.items() for id_ in ids)
        if wrong:
            raise pytest.UsageError(
                "没有这样的需求编号，请核对 tests/requirements.tsv (no such requirement):\n"
                + "\n".join(wrong)
            )

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.nodeid in self.ids and (report.when == "call" or report.outcome != "passed"):
            expected_to_fail = hasattr(report, "wasxfail")
            before = self.outcomes.get(report.nodeid)
            if before in (None, "passed"):
                self.outcomes[report.nodeid] = "xfailed" if expected_to_fail else report.outcome

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if session.config.option.collectonly:
            return
        proofs: dict[str, dict[str, str]] = {}
        for test, outcome in sorted(self.outcomes.items()):
            for id_ in self.ids[test]:
                proofs.setdefault(id_, {})[test] = outcome
        told = {"finished": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", "tests": session.testscollected}
        path = session.config.rootpath / RESULTS
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(told | {"proofs": proofs}, ensure_ascii=False, indent=1), "utf-8")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Record(), "proves-record")
