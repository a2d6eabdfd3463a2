"""Data beside the code: migrations, parameters, make targets."""

import ast
import re
from pathlib import Path

import pytest

from services.kit.parameters import load
from tests.structure.source import ROOT, SERVICES

TARGETS = [
    "help",
    "setup",
    "run",
    "demo",
    "test",
    "check",
    "rows",
    "bench",
    "contracts",
    "migration",
    "format",
    "clean",
]


def assigned(path: Path) -> dict[str, object]:
    """The constants that a module assigns on its top level."""
    tree = ast.parse(path.read_text("utf-8"))
    simple = [
        node for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    ]
    annotated = [
        node for node in tree.body if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Constant)
    ]
    return {
        **{
            ast.unparse(node.targets[0]): node.value.value
            for node in simple
            if isinstance(node.value, ast.Constant)
        },
        **{
            ast.unparse(node.target): node.value.value
            for node in annotated
            if isinstance(node.value, ast.Constant)
        },
    }


def faults(folder: Path) -> list[str]:
    """What is wrong with the chain of migrations 0001, 0002, … in a folder."""
    found: list[str] = []
    before: str | None = None
    files = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
    for number, path in enumerate(files, 1):
        told = assigned(path)
        if not re.fullmatch(rf"{number:04}_[a-z0-9_]+\.py", path.name):
            found.append(f"{path.name} is not numbered {number:04}")
        if told.get("revision") != f"{number:04}":
            found.append(f"{path.name} has the revision {told.get('revision')!r}")
        if told.get("down_revision") != before:
            found.append(f"{path.name} follows {told.get('down_revision')!r}, not {before!r}")
        before = f"{number:04}"
    return found if files else ["there is no migration"]


def unexplained(makefile: str) -> list[str]:
    """The targets of a Makefile that have no `## help` text."""
    targets = re.findall(r"^([a-z][a-z-]*):(?!=)(.*)$", makefile, re.MULTILINE)
    return [name for name, rest in targets if not re.search(r"## \S", rest)]


class TestFaults:
    def chain(self, folder: Path, *links: tuple[str, str, str | None]) -> list[str]:
        for name, revision, down in links:
            (folder / name).write_text(f"revision = {revision!r}\ndown_revision = {down!r}\n", "utf-8")
        return faults(folder)

    def test_are_none_in_a_chain(self, tmp_path):
        assert self.chain(tmp_path, ("0001_a.py", "0001", None), ("0002_b.py", "0002", "0001")) == []

    def test_name_a_gap_a_second_head_and_an_empty_folder(self, tmp_path):
        assert faults(tmp_path) == ["there is no migration"]
        assert self.chain(tmp_path, ("0001_a.py", "0001", None), ("0003_c.py", "0003", "0001"))
        assert self.chain(tmp_path, ("0002_b.py", "0002", "0001"), ("0003_c.py", "0003", "0001"))


@pytest.mark.parametrize("folder", [*(f"services/{service}" for service in SERVICES), "gateway"])
class TestMigrations:
    def test_are_one_numbered_chain(self, folder):
        assert faults(ROOT / folder / "migrations") == []


@pytest.mark.parametrize("service", SERVICES)
class TestParameters:
    def test_are_complete_sourced_and_without_overlap(self, service):
        load(ROOT / f"services/{service}/parameters")


class TestMakeTargets:
    def test_are_all_there_and_explained(self):
        makefile = (ROOT / "Makefile").read_text("utf-8")
        assert unexplained(makefile) == []
        assert [name for name in TARGETS if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []

    def test_are_noticed_when_they_are_not_explained(self):
        assert unexplained("NAME := x\nrun: setup\n\techo\ntest: ## run the tests\n") == ["run"]
