"""The source as a tree: what the structure rules look at."""

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = tuple(
    sorted(path.parent.name for path in ROOT.glob("services/*/__init__.py") if path.parent.name != "kit")
)


@dataclass(frozen=True)
class Module:
    """One Python file. `owner` is a service, `kit`, `gateway`…; `part` is its place inside the owner."""

    path: str
    text: str
    tree: ast.Module

    @property
    def owner(self) -> str:
        folders = self.path.split("/")
        return folders[1] if folders[0] == "services" and len(folders) > 2 else folders[0]

    @property
    def part(self) -> str:
        inside = self.path.partition(f"{self.owner}/")[2]
        return inside.split("/")[0].removesuffix(".py")

    @property
    def is_service(self) -> bool:
        return self.path.startswith("services/") and self.owner not in ("kit", "services")

    def at(self, node: ast.AST, what: str) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)} {what}"


@dataclass(frozen=True)
class Rule:
    """A rule of the house: what breaks it, and samples that show that it notices and lets pass."""

    check: Callable[[Module], Iterator[str]]
    broken: Sequence[tuple[str, str]]
    kept: Sequence[tuple[str, str]] = ()


def module(path: str, text: str) -> Module:
    return Module(path, text, ast.parse(text))


def modules(*folders: str) -> list[Module]:
    """Every Python file under these folders."""
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return [module(path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) for path in paths]


def imports(of: Module) -> Iterator[tuple[ast.AST, str]]:
    """Every imported name in full; relative imports are resolved, `from a import b` gives `a.b`."""
    package = of.path.removesuffix(".py").removesuffix("/__init__").split("/")
    for node in ast.walk(of.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            depth = node.level if not of.path.endswith("__init__.py") else node.level - 1
            above = package[: len(package) - depth] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((node, f"{base}.{alias.name}") for alias in node.names)


def names(of: Module) -> Iterator[tuple[ast.AST, str]]:
    """Every dotted name that is used: `session.commit`, `select`, `datetime.now`."""
    for node in ast.walk(of.tree):
        if isinstance(node, ast.Attribute | ast.Name):
            yield node, ast.unparse(node)


def calls(of: Module) -> Iterator[tuple[ast.Call, str]]:
    """Every call with the dotted name of what is called."""
    for node in ast.walk(of.tree):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def public_functions(of: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions on the top level whose name has no underscore in front."""
    for node in of.tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)
