"""One incoming request as the gateway sees it: what it carries, and what of it may go on to a service."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from random import Random
from typing import Any

from gateway.audit import Entry
from gateway.auth import Caller
from gateway.limits import BodyTooLarge
from gateway.routes import Route
from services.kit.problems import Problem, Text, language_of

Networks = tuple[IPv4Network | IPv6Network, ...]

HEADERS_MOST, HEADERS_BYTES = 100, 32 * 1024

_PICK, _ONCE, _PASS = 1, 2, 4
# Headers that the gateway reads, refuses to see twice, or passes on; named without _PASS, they end here.
_KNOWN: Mapping[bytes, int] = {
    b"host": _PICK | _ONCE,
    b"authorization": _PICK | _ONCE,
    b"content-length": _PICK | _ONCE,
    b"transfer-encoding": _PICK | _ONCE,
    b"content-type": _PICK | _ONCE | _PASS,
    b"content-encoding": _PICK | _ONCE,
    b"idempotency-key": _PICK | _ONCE | _PASS,
    b"accept-language": _PICK | _PASS,
    b"user-agent": _PICK | _PASS,
    b"x-request-id": _PICK,
    b"traceparent": _PICK,
    b"x-forwarded-for": _PICK,
    b"connection": _PICK,
    **dict.fromkeys(
        (
            b"keep-alive",
            b"proxy-authenticate",
            b"proxy-authorization",
            b"proxy-connection",
            b"te",
            b"trailer",
            b"upgrade",
            b"http2-settings",
            b"expect",
            b"forwarded",
            b"x-real-ip",
            b"cookie",
        ),
        0,
    ),
}
_OURS = (b"x-forwarded-", b"x-minsheng-")
_ID = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
_HEX = b"0123456789abcdef"
# Names of requests and spans, no secrets: seeded once, for a system call each would cost 6 µs a request.
_random = Random()  # noqa: S311


class HeaderRefused(Problem):
    """A header that two programs could read differently (请求头有误)."""

    slug = "header-refused"
    title = Text("请求头有误", "A header is not acceptable")
    detail = Text(
        "请求头 {header} 重复、矛盾或格式有误。",
        "The header {header} is repeated, contradictory or malformed.",
    )


class HeadersTooLarge(Problem):
    """More headers than the gateway takes (请求头过大)."""

    status = 431
    slug = "headers-too-large"
    title = Text("请求头过大", "The headers are too large")
    detail = Text("请求头最多 {limit} 字节。", "At most {limit} bytes of headers.")


class ContentTypeRefused(Problem):
    """The body is of a kind that the operation does not take (请求体类型不支持)."""

    status = 415
    slug = "content-type-refused"
    title = Text("请求体类型不支持", "The content type is not accepted")
    detail = Text("此操作接受的请求体类型：{accepted}。", "This operation accepts: {accepted}.")


@dataclass(slots=True, eq=False)
class Ask:
    """A request under way."""

    method: str
    path: bytes
    query: bytes
    peer: str
    began: float = field(default_factory=time.perf_counter)
    picked: dict[bytes, bytes] = field(default_factory=dict)
    passed: list[bytes] = field(default_factory=list)  # header lines that go on, without line ends
    client_ip: str = ""
    request_id: bytes = b""
    route: Route | None = None
    values: tuple[bytes, ...] = ()
    caller: Caller | None = None
    acted: Mapping[str, str] | None = None  # who it turned out to be, when a sign-in said so
    made: str = ""  # what a route made or granted
    left: int = -1

    @property
    def language(self) -> str:
        """`zh` or `en`."""
        accepted = self.picked.get(b"accept-language")
        return language_of(accepted.decode("latin-1")) if accepted else "zh"

    def read_headers(self, headers: list[tuple[bytes, bytes]], trusted: Networks) -> None:
        """Sorts the headers. Raises HeaderRefused, HeadersTooLarge."""
        picked, passed, size = self.picked, self.passed, 0
        for name, value in headers:
            known = _KNOWN.get(name)
            size += len(name) + len(value)
            if known is None:
                if not name.startswith(_OURS) and b"_" not in name:
                    passed.append(name + b": " + value)
                continue
            if known & _PICK:
                if known & _ONCE and name in picked:
                    raise HeaderRefused(header=name.decode("ascii"))
                picked[name] = value
            if known & _PASS:
                passed.append(name + b": " + value)
        self.request_id = _request_id(picked.get(b"x-request-id", b""))
        self.client_ip = self.peer
        if trusted and _within(self.peer, trusted):
            self.client_ip = _first_untrusted(picked.get(b"x-forwarded-for", b""), self.peer, trusted)
        if size > HEADERS_BYTES or len(headers) > HEADERS_MOST:
            raise HeadersTooLarge(limit=HEADERS_BYTES)
        if b"connection" in picked:
            self._drop_named(picked[b"connection"])

    def _drop_named(self, connection: bytes) -> None:
        """Headers that `Connection` names concern this hop only (RFC 9110 7.6.1)."""
        if connection.lower() in (b"keep-alive", b"close"):
            return
        named = tuple(part.strip().lower() + b":" for part in connection.split(b",") if part.strip())
        self.passed = [line for line in self.passed if not line.startswith(named)]

    def body_length(self, limit: int) -> int | None:
        """Declared length of the body; None when it comes in chunks. Raises HeaderRefused, BodyTooLarge."""
        length, coding = self.picked.get(b"content-length"), self.picked.get(b"transfer-encoding")
        if coding is not None:
            if length is not None or coding.lower() != b"chunked":
                raise HeaderRefused(header="transfer-encoding")
            return None
        if length is None:
            return 0
        if not length.isdigit() or len(length) > 15:
            raise HeaderRefused(header="content-length")
        if int(length) > limit:
            raise BodyTooLarge(limit=limit)
        return int(length)

    def check_media(self, route: Route) -> None:
        """The body is of a kind that the contract names. Raises ContentTypeRefused."""
        media = self.picked.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if (
            media not in route.media
            or self.picked.get(b"content-encoding", b"identity").lower() != b"identity"
        ):
            raise ContentTypeRefused(
                accepted=sorted(kind.decode("ascii") for kind in route.media) or ["无 (none)"]
            )

    def entry(self, phase: str, *, outcome: str, status: int, begun: int | None = None) -> Entry:
        """A row of the trail."""
        route, who = self.route, self.who()
        return Entry(
            at=datetime.now(UTC),
            phase=phase,
            begun_place=begun,
            outcome=outcome,
            subject=who["subject"],
            kind=who["kind"],
            name=who["name"],
            organisation=who["organisation"],
            area=who["area"],
            action=route.action if route else "",
            method=self.method,
            path=route.template if route else "",
            service=route.service if route else "",
            resources=self.resources() if self.values or self.made else "",
            status=status,
            duration_us=int((time.perf_counter() - self.began) * 1_000_000),
            request_id=self.request_id.decode("ascii"),
            client_ip=self.client_ip,
            user_agent=self.picked.get(b"user-agent", b"").decode("latin-1")[:200].replace("\0", ""),
        )

    def who(self) -> Mapping[str, str]:
        """The caller's columns of the trail."""
        if self.acted is not None:
            return _NOBODY | dict(self.acted)
        return self.caller.columns if self.caller is not None else _NOBODY

    def resources(self) -> str:
        """What the path names: `bill_id=…&line_id=…`."""
        names = self.route.names if self.route else ()
        pairs = zip(names, self.values, strict=False)
        named = [f"{name}={value.decode('latin-1').replace('&', '%26')}" for name, value in pairs]
        return "&".join([*named, self.made] if self.made else named)


_NOBODY: dict[str, str] = dict.fromkeys(("subject", "kind", "name", "organisation", "area"), "")


def ask_of(scope: Mapping[str, Any]) -> Ask:
    """The request of an ASGI scope, its headers not yet read."""
    client = scope.get("client")
    return Ask(
        method=scope["method"],
        path=scope.get("raw_path") or scope["path"].encode("utf-8"),
        query=scope["query_string"],
        peer=client[0] if client else "",
    )


def trace_line(given: bytes | None, request_id: bytes) -> bytes:
    """The traceparent header (W3C): the caller's trace goes on, or one starts."""
    span = b"%016x" % (_random.getrandbits(64) or 1)
    if given is not None and len(given) == 55 and given.startswith(b"00-"):
        trace, parent, flags = given[3:35], given[36:52], given[53:]
        plain = given[35] == given[52] == 45 and not (trace + parent + flags).translate(None, _HEX)
        if plain and trace.strip(b"0") and parent.strip(b"0"):
            return b"traceparent: 00-" + trace + b"-" + span + b"-" + flags
    own = request_id if len(request_id) == 32 and not request_id.translate(None, _HEX) else b""
    return b"traceparent: 00-" + (own or b"%032x" % _random.getrandbits(128)) + b"-" + span + b"-01"


def _request_id(given: bytes) -> bytes:
    if 8 <= len(given) <= 64 and not given.translate(None, _ID):
        return given
    return b"%012x%020x" % (int(time.time() * 1000), _random.getrandbits(80))


@lru_cache(maxsize=10_000)
def _within(address: str, networks: Networks) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


def _first_untrusted(forwarded: bytes, peer: str, trusted: Networks) -> str:
    """The nearest address that is not one of our proxies; what stands further left could be invented."""
    for part in reversed(forwarded.decode("latin-1").split(",")):
        address = part.strip()
        try:
            ip_address(address)
        except ValueError:
            return peer
        if not _within(address, trusted):
            return address
    return peer
