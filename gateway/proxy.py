"""Sends a request on to its service and brings the answer back, streaming both ways."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from gateway.ask import Ask, trace_line
from gateway.limits import BodyTooLarge
from gateway.upstream import (
    Broken,
    ConnectFailed,
    Connection,
    TimedOut,
    Unsendable,
    Upstream,
    UpstreamError,
    check_head,
)
from services.kit.problems import Problem, Text, Unavailable

log = structlog.get_logger()

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
RawHeaders = list[tuple[bytes, bytes]]

WHOLE = 64 * 1024  # a body up to this size is sent in one piece, either way
IDENTITY = b"x-minsheng-identity: "
_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"server",
        b"date",
        b"x-request-id",
        b"x-content-type-options",
        b"ratelimit",
        b"ratelimit-policy",
    )
)


class ServiceUnavailable(Unavailable):
    """The service cannot be reached (业务服务不可用)."""

    slug = "service-unavailable"
    title = Text("业务服务暂时不可用", "The service is unavailable")
    detail = Text(
        "服务 {service} 暂时无法连接，请稍后用同一消息编号（Idempotency-Key）重试，不会重复办理。",
        "The service {service} cannot be reached; try again with the same Idempotency-Key.",
    )


class ServiceTimeout(Problem):
    """The service took too long (业务服务超时)."""

    status = 504
    slug = "service-timeout"
    title = Text("业务服务响应超时", "The service took too long")
    detail = Text(
        "服务 {service} 未及时响应，请用同一幂等键（Idempotency-Key）重试。",
        "The service {service} did not answer in time; try again with the same Idempotency-Key.",
    )


class ServiceBroken(Problem):
    """The service's answer cannot be used (业务服务响应异常)."""

    status = 502
    slug = "service-broken"
    title = Text("业务服务响应异常", "The service gave a broken answer")
    detail = Text(
        "服务 {service} 的响应无法识别，请用同一幂等键（Idempotency-Key）重试。",
        "The answer of {service} cannot be read; try again with the same Idempotency-Key.",
    )


class BodyTimeout(Problem):
    """The body did not arrive in time (请求体接收超时)."""

    status = 408
    slug = "body-timeout"
    title = Text("请求体接收超时", "The body took too long")
    detail = Text("请检查网络后重新提交。", "Check the network and send again.")


class BodyLengthWrong(Problem):
    """The body is not as long as its Content-Length says (请求体长度不符)."""

    slug = "body-length-wrong"
    title = Text("请求体长度与 Content-Length 不符", "The body does not have its declared length")
    detail = Text("请更正 Content-Length 后重新提交。", "Correct Content-Length and send again.")


class ClientGone(Exception):
    """The caller left before the request was whole."""


class Body:
    """The incoming body, bounded in size and time."""

    __slots__ = ("_length", "_limit", "_receive", "_seconds", "_seen", "more")

    def __init__(self, receive: Receive, *, length: int | None, limit: int, seconds: float) -> None:
        self._receive, self._length, self._limit, self._seconds = receive, length, limit, seconds
        self._seen, self.more = 0, length != 0

    @property
    def chunked(self) -> bool:
        """Whether the length is not known beforehand."""
        return self._length is None

    async def read(self) -> bytes:
        """The next piece. Raises BodyTooLarge, BodyTimeout, BodyLengthWrong, ClientGone."""
        try:
            async with asyncio.timeout(self._seconds):
                message = await self._receive()
        except TimeoutError as error:
            raise BodyTimeout from error
        if message["type"] == "http.disconnect":
            raise ClientGone
        data: bytes = message.get("body", b"")
        self.more = message.get("more_body", False)
        self._seen += len(data)
        if self._seen > self._limit:
            raise BodyTooLarge(limit=self._limit)
        if self._length is not None and (
            self._seen > self._length or (not self.more and self._seen < self._length)
        ):
            raise BodyLengthWrong
        return data

    async def start(self) -> bytes:
        """The whole body when it is small, else its beginning: a service is not bothered with half a small one."""
        pieces = [await self.read()]
        while self.more and self._seen < WHOLE:
            pieces.append(await self.read())
        return b"".join(pieces)

    async def all(self) -> bytes:
        """The whole body."""
        pieces = []
        while self.more:
            pieces.append(await self.read())
        return b"".join(pieces)


def request_head(ask: Ask, upstream: Upstream, identity: bytes | None, framing: bytes) -> tuple[bytes, int]:
    """The head that a service gets, and its number of lines."""
    target = ask.path + b"?" + ask.query if ask.query else ask.path
    request_id = ask.request_id
    lines = [
        b"%b %b HTTP/1.1" % (ask.method.encode("ascii"), target),
        b"host: " + upstream.host,
        *ask.passed,
        b"x-request-id: " + request_id,
        trace_line(ask.picked.get(b"traceparent"), request_id),
        b"x-forwarded-for: " + ask.client_ip.encode("ascii"),
    ]
    if identity is not None:
        lines.append(IDENTITY + identity)
    if framing:
        lines.append(framing)
    lines.append(b"\r\n")
    return b"\r\n".join(lines), len(lines) - 1


async def forward(
    ask: Ask, upstream: Upstream, identity: bytes | None, body: Body, *, sent: Connection | None = None
) -> Connection:
    """Sends the request; the connection that then holds the head of the answer. Raises a Problem, ClientGone.

    `sent` is a connection over which it was sent already.
    """
    service = ask.route.service if ask.route else ""
    try:
        if not body.more:
            framing = b"content-length: 0" if ask.method in ("POST", "PUT", "PATCH") else b""
            head, lines = request_head(ask, upstream, identity, framing)
            safe = ask.method in ("GET", "HEAD")
            return await upstream.exchange(
                head, lines=lines, repeatable=safe, head_only=ask.method == "HEAD", sent=sent
            )
        return await _with_body(ask, upstream, identity, body)
    except ConnectFailed as error:
        log.warning("upstream.unreachable", upstream=service, error=str(error))
        raise ServiceUnavailable(service=service) from error
    except TimedOut as error:
        log.warning("upstream.timeout", upstream=service, action=ask.route.action if ask.route else "")
        raise ServiceTimeout(service=service) from error
    except (Broken, Unsendable) as error:
        log.warning("upstream.broken", upstream=service, error=str(error))
        raise ServiceBroken(service=service) from error


async def _with_body(ask: Ask, upstream: Upstream, identity: bytes | None, body: Body) -> Connection:
    first = await body.start()
    if not body.more:
        head, lines = request_head(ask, upstream, identity, b"content-length: %d" % len(first))
        return await upstream.exchange(head, body=first, lines=lines, repeatable=False)
    length = (
        b"transfer-encoding: chunked" if body.chunked else b"content-length: " + ask.picked[b"content-length"]
    )
    head, lines = request_head(ask, upstream, identity, length)
    check_head(head, lines=lines)
    connection = await upstream.acquire()
    try:
        connection.begin(head)
        await _stream_body(connection, first, body)
        await connection.answer()
    except BaseException as error:
        # Closing mid-body tells the service that the request never became whole.
        connection.keep = False
        if isinstance(error, UpstreamError) and connection.answered:
            return connection
        upstream.release(connection)
        raise
    return connection


async def _stream_body(connection: Connection, first: bytes, body: Body) -> None:
    data = first
    while True:
        if data:
            await connection.write(b"%x\r\n%b\r\n" % (len(data), data) if body.chunked else data)
        if connection.answered:
            connection.keep = False  # answered before the body was whole: no further exchange can follow
            return
        if not body.more:
            break
        data = await body.read()
    if body.chunked:
        await connection.write(b"0\r\n\r\n")


async def relay(connection: Connection, added: RawHeaders, receive: Receive, send: Send) -> None:
    """Passes the answer on. A service that breaks off ends the caller's connection: half an answer is none."""
    if connection.complete:
        body = await connection.read()
        headers = answer_headers(
            connection, added, length=None if connection.status in (204, 304) else len(body)
        )
        await send({"type": "http.response.start", "status": connection.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return
    await send(
        {
            "type": "http.response.start",
            "status": connection.status,
            "headers": answer_headers(connection, added),
        }
    )
    watcher = asyncio.ensure_future(_gone(receive, connection))
    try:
        while data := await connection.read():
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    except UpstreamError as error:
        if not watcher.done():
            log.warning("upstream.broken_off", error=str(error))
    finally:
        watcher.cancel()


async def _gone(receive: Receive, connection: Connection) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    connection.close()


def answer_headers(connection: Connection, added: RawHeaders, *, length: int | None = -1) -> RawHeaders:
    """The headers that the caller gets; length -1 leaves it to the service, None drops it."""
    headers = [pair for pair in connection.headers if pair[0] not in _HOP]
    if length is None:
        headers = [pair for pair in headers if pair[0] != b"content-length"]
    elif length >= 0 and not any(pair[0] == b"content-length" for pair in headers):
        headers.append((b"content-length", b"%d" % length))
    if not any(pair[0] == b"cache-control" for pair in headers):
        headers.append((b"cache-control", b"no-store"))
    return headers + added
