"""Where a request goes and what it needs, built at start from the committed contracts.

Deny by default: what no contract names is not found, and an operation without a scope must stand on
`PUBLIC`, or the gateway does not start.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson

from services.kit.problems import NotFound, Problem, Text

CONTRACTS = Path(__file__).parent / "contracts"
SERVICES = ("enrolment", "claims", "jobs", "archives")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SAFE = frozenset(("GET", "HEAD", "OPTIONS"))

# Operations open to everyone: "<service>.<operation id>".
PUBLIC = frozenset(
    (
        *(f"{service}.{name}" for service in SERVICES for name in ("list_code_lists", "get_code_list")),
        "enrolment.list_procedures",
        "jobs.list_procedures",
        "claims.get_institution_costs",
        "jobs.list_published_vacancies",
        "gateway.sign_in",
        "gateway.sign_in_citizen",
        "gateway.issue_token",
        "gateway.refresh_session",
        "gateway.get_guide",
        "gateway.list_roles",
    )
)
# Reads whose trail is durable before the answer, as a state change's is.
GUARDED = frozenset(("gateway:audit",))


class PathNotFound(NotFound):
    """No service has this address (地址不存在)."""

    slug = "path-not-found"
    title = Text("地址不存在", "No such address")
    detail = Text("请对照接口文档 /docs 核对地址。", "Check the address against the documentation at /docs.")


class MethodNotAllowed(Problem):
    """The address exists, the method does not (不支持此方法)."""

    status = 405
    slug = "method-not-allowed"
    title = Text("此地址不支持该方法", "Method not allowed")
    detail = Text("此地址支持的方法：{allowed}。", "This address allows: {allowed}.")

    def __init__(self, *, allowed: Sequence[str]) -> None:
        super().__init__(allowed=list(allowed))
        self.headers = {"Allow": ", ".join(allowed)}  # type: ignore[misc]


class PathMalformed(Problem):
    """A path that two programs could read differently (地址格式有误)."""

    slug = "path-malformed"
    title = Text("地址格式有误", "Malformed address")
    detail = Text(
        "地址中不能有空段、点段、斜杠转义或控制字符。",
        "The address must not have empty or dot segments, escaped slashes or control characters.",
    )


class ContractInvalid(ValueError):
    """A contract that the gateway cannot stand behind; it does not start."""


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One operation of one service."""

    service: str
    action: str  # "claims.settle"
    method: str
    template: str
    scopes: frozenset[str]
    public: bool
    media: frozenset[bytes]  # accepted content types of the body; empty: no body
    names: tuple[str, ...]

    @property
    def safe(self) -> bool:
        return self.method in SAFE

    @property
    def durable(self) -> bool:
        """Whether the trail must be on disk before the answer leaves."""
        return self.method not in SAFE or not self.scopes.isdisjoint(GUARDED)


@dataclass(slots=True)
class _Node:
    literal: dict[bytes, "_Node"] = field(default_factory=dict)
    any: "_Node | None" = None
    routes: dict[str, Route] = field(default_factory=dict)


class Routes:
    """Method and path to route."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.all = tuple(routes)
        self._root = _Node()
        self._exact: dict[tuple[str, bytes], Route] = {}
        for route in self.all:
            self._add(route)

    def match(self, method: str, path: bytes) -> tuple[Route, tuple[bytes, ...]]:
        """The route and the values of its placeholders. Raises PathNotFound, MethodNotAllowed, PathMalformed."""
        exact = self._exact.get((method, path))
        if exact is not None:
            return exact, ()
        segments = path.split(b"/")
        node, values = _find(self._root, segments, 1)
        if node is None:
            raise PathNotFound
        _check(values)
        route = node.routes.get(method)
        if route is None:
            raise MethodNotAllowed(allowed=sorted(node.routes))
        return route, values

    def _add(self, route: Route) -> None:
        node = self._root
        for segment in route.template.split("/")[1:]:
            if segment.startswith("{"):
                node.any = node.any or _Node()
                node = node.any
            else:
                node = node.literal.setdefault(segment.encode("ascii"), _Node())
        if route.method in node.routes:
            raise ContractInvalid(f"two operations for {route.method} {route.template}")
        node.routes[route.method] = route
        if not route.names:
            self._exact[route.method, route.template.encode("ascii")] = route


def _find(node: _Node, segments: list[bytes], at: int) -> tuple[_Node | None, tuple[bytes, ...]]:
    """Literal segments win over placeholders; walks back where they lead nowhere."""
    if at == len(segments):
        return (node if node.routes else None), ()
    literal = node.literal.get(segments[at])
    if literal is not None:
        found, values = _find(literal, segments, at + 1)
        if found is not None:
            return found, values
    if node.any is None:
        return None, ()
    found, values = _find(node.any, segments, at + 1)
    return found, (segments[at], *values)


def _check(values: tuple[bytes, ...]) -> None:
    for value in values:
        plain = unquote_to_bytes(value) if b"%" in value else value
        if plain in (b"", b".", b"..") or len(plain) > 200 or not plain.translate(None, _UNSAFE) == plain:
            raise PathMalformed


_UNSAFE = bytes(range(32)) + b"/\\?#%\x7f"


def load(folder: Path = CONTRACTS, *, services: Sequence[str] = SERVICES) -> dict[str, dict[str, Any]]:
    """The committed contracts by service; a service whose contract is missing has no routes."""
    found = {}
    for service in services:
        file = folder / f"{service}.json"
        if file.exists():
            found[service] = orjson.loads(file.read_bytes())
    return found


def build(contracts: Mapping[str, Mapping[str, Any]], *, public: frozenset[str] = PUBLIC) -> Routes:
    """The route table of all contracts. Raises ContractInvalid."""
    return Routes(
        _route(service, method.upper(), template, operation, public)
        for service, contract in contracts.items()
        for template, operations in contract["paths"].items()
        for method, operation in operations.items()
        if method.upper() in METHODS and not template.startswith(("/health", "/metrics"))
    )


def _route(
    service: str, method: str, template: str, operation: Mapping[str, Any], public: frozenset[str]
) -> Route:
    action = f"{service}.{operation['operationId']}"
    scopes = frozenset(scope for need in operation.get("security", ()) for scope in need.get("gateway", ()))
    if not template.startswith(f"/{service}/v"):
        raise ContractInvalid(f"{action}: {template} is outside /{service}/")
    if not operation.get("security") and action not in public:
        raise ContractInvalid(f"{action} names no scope and is not on the public list")
    if ":" in template or "*" in template:
        raise ContractInvalid(f"{action}: {template} could swallow other paths")
    content = operation.get("requestBody", {}).get("content", {})
    return Route(
        service=service,
        action=action,
        method=method,
        template=template,
        scopes=scopes,
        public=not operation.get("security"),
        media=frozenset(kind.lower().encode("ascii") for kind in content),
        names=tuple(part[1:-1] for part in template.split("/") if part.startswith("{")),
    )
