"""The gateway: one raw ASGI application. `python -m uvicorn gateway.app:app --loop uvloop --http gateway.protocol:Protocol`.

A request's way: route → who → limit → body → trail → service (or the gateway's own routes) → trail → answer.
"""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import structlog
from fastapi import FastAPI

from gateway import routes as routing
from gateway.api import create_own
from gateway.ask import Ask, ask_of
from gateway.audit import Trail
from gateway.auth import (
    BindingNeeded,
    Caller,
    Revocations,
    Signer,
    TokenMissing,
    TokenRevoked,
    Tokens,
    bearer,
)
from gateway.config import Settings
from gateway.docs import Pages
from gateway.limits import Addresses, Policy, TooManyRequests
from gateway.metrics import Meter
from gateway.openapi import merged
from gateway.own import OWN_BODY, Own
from gateway.proxy import Body, ClientGone, RawHeaders, Receive, Send, forward, relay, request_head
from gateway.roles import BIND
from gateway.roles import load as load_roles
from gateway.routes import Route
from gateway.upstream import Bounds, Connection, Unsendable, Upstream
from gateway.wire import join_writes, send_whole
from services.kit import logging
from services.kit.identity import ScopeMissing
from services.kit.problems import Problem, Unexpected, answer

log = structlog.get_logger()

FIXED: RawHeaders = [(b"x-content-type-options", b"nosniff")]
NO_STORE = (b"cache-control", b"no-store")


class Gateway:
    """Everything that a request needs, made once per process."""

    def __init__(self, settings: Settings, *, contracts: dict[str, dict[str, Any]] | None = None) -> None:
        self.settings = settings
        found = routing.load() if contracts is None else contracts
        roles = load_roles()
        url = settings.database_url.get_secret_value()
        self.tokens, self.signer = Tokens(settings, roles), Signer(settings.identity_key)
        self.revoked = Revocations(url, keep=timedelta(minutes=settings.access_minutes))
        self.trail, self.meter = Trail(url), Meter()
        self.upstreams = {
            name: Upstream(address, bounds=bounds_of(settings)) for name, address in settings.services.items()
        }
        self.addresses = Addresses(
            Policy("address", settings.rate_sign_in, max(1, round(settings.rate_sign_in * 4)))
        )
        self.readers = Addresses(
            Policy("reader", settings.rate_citizen, max(1, round(settings.rate_citizen * 4)))
        )
        own: FastAPI = create_own(settings, roles=roles, gateway=self)
        self.own = Own(own)
        self.routes = routing.build(found | {"gateway": own.openapi()})
        self.pages = Pages(merged(found | {"gateway": own.openapi()}))

    async def start(self) -> None:
        """Connects."""
        await self.trail.start()
        await self.revoked.start()
        await self.own.start()
        self.meter.serve(self.settings.metrics_port, self.trail)
        log.info("gateway.started", routes=len(self.routes.all))

    async def stop(self) -> None:
        """Writes the rest of the trail and lets go."""
        self.meter.close()
        await self.own.stop()
        await self.revoked.stop()
        await asyncio.gather(*(upstream.close() for upstream in self.upstreams.values()))
        await self.trail.stop()

    async def serve(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """One request."""
        page = self.pages.get(scope["method"], scope["path"])
        if page is not None:
            await send_whole(send, *page)
            return
        if scope["path"].startswith("/health/"):
            await self._health(scope["path"], send)
            return
        ask = ask_of(scope)
        await self._told(ask, self._serve(ask, scope, receive, send), receive, send)

    async def _told(self, ask: Ask, work: Awaitable[None], receive: Receive, send: Send) -> None:
        try:
            await work
        except Problem as problem:
            await self._refuse(ask, problem, receive, send)
        except ClientGone:
            self._count(ask, 499)
        except Exception as error:
            log.error("gateway.failed", error=type(error).__name__, exc_info=error)
            await self._refuse(ask, Unexpected(), receive, send)

    async def _serve(self, ask: Ask, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        ask.read_headers(scope["headers"], self.settings.trusted)
        route, ask.values = self.routes.match(ask.method, ask.path)
        ask.route = route
        self._admit(ask, route)
        own, limit = route.service == "gateway", self._limit(route)
        length = ask.body_length(limit)
        if length != 0:
            ask.check_media(route)
        body = Body(receive, length=length, limit=limit, seconds=self.settings.read_seconds)
        begun = None
        if not route.safe:
            begun = await self.trail.begin(ask.entry("begun", outcome="begun", status=0))
        if own:
            await self._own(ask, route, scope, await self._whole(ask, body, begun), begun, send)
        else:
            await self._service(ask, route, body, begun, receive, send)

    # the short way of a plain read (gateway.protocol) ----------------------------------------------

    def is_plain(self, ask: Ask, headers: RawHeaders) -> bool:
        """Whether a request is a read for a service, without a body. Nothing is done yet."""
        try:
            ask.route, ask.values = self.routes.match(ask.method, ask.path)
            if ask.route.service not in self.upstreams:
                return False
            ask.read_headers(headers, self.settings.trusted)
            return ask.route.safe and ask.body_length(0) == 0
        except Problem:
            return False

    def begin(self, ask: Ask) -> Connection | None:
        """Admits a plain read and sends it on; None when no kept connection is free. Raises a Problem."""
        assert ask.route is not None
        self._admit(ask, ask.route)
        upstream = self.upstreams[ask.route.service]
        identity = self.signer.of(ask.caller, ask.route.service) if ask.caller else None
        head, lines = request_head(ask, upstream, identity, b"")
        try:
            return upstream.begin(head, lines=lines)
        except Unsendable:
            return None

    async def resume(
        self,
        ask: Ask,
        begun: Connection | Exception | None,
        scope: dict[str, Any],
        receive: Receive,
        send: Send,
    ) -> None:
        """Goes on with a plain read in the ordinary way: refused, not yet sent, or sent over a connection."""
        join_writes(send)
        await self._told(ask, self._resume(ask, begun, receive, send), receive, send)

    async def _resume(
        self, ask: Ask, begun: Connection | Exception | None, receive: Receive, send: Send
    ) -> None:
        if isinstance(begun, Exception):
            raise begun
        assert ask.route is not None
        body = Body(receive, length=0, limit=0, seconds=self.settings.read_seconds)
        await self._service(ask, ask.route, body, None, receive, send, sent=begun)

    def _limit(self, route: Route) -> int:
        if route.service == "gateway":
            return min(OWN_BODY, self.settings.body_limit)
        upload = bool(route.media) and b"application/json" not in route.media
        return self.settings.upload_limit if upload else self.settings.body_limit

    # who and how often ---------------------------------------------------------------------------

    def _admit(self, ask: Ask, route: Route) -> None:
        """Deny by default. Raises a Problem."""
        if route.public:
            (self.readers if route.safe else self.addresses).take(ask.client_ip)
            return
        caller = ask.caller = self._caller(ask)
        ask.left = caller.bucket.take()
        if ask.left < 0:
            raise TooManyRequests(retry_after=caller.bucket.wait())
        if not route.scopes <= caller.identity.scopes:
            if BIND in caller.identity.scopes:
                raise BindingNeeded
            raise ScopeMissing(needed=sorted(route.scopes - caller.identity.scopes))

    def _caller(self, ask: Ask) -> Caller:
        given = ask.picked.get(b"authorization")
        if given is None:
            raise TokenMissing
        token = bearer(given)
        caller = self.tokens.known(token)
        if caller is None:
            address = self.addresses.of(ask.client_ip)
            if address.left() < 1.0:
                raise TooManyRequests(retry_after=address.wait())
            try:
                caller = self.tokens.verify(token)
            except Problem:
                address.take()
                raise
        if caller.session in self.revoked:
            raise TokenRevoked
        return caller

    # onward --------------------------------------------------------------------------------------

    async def _whole(self, ask: Ask, body: Body, begun: int | None) -> bytes:
        try:
            return await body.all()
        except ClientGone:
            await self._end(ask, begun, outcome="failed", status=499)
            raise

    async def _own(
        self, ask: Ask, route: Route, scope: dict[str, Any], body: bytes, begun: int | None, send: Send
    ) -> None:
        identity = self.signer.of(ask.caller, "gateway") if ask.caller else None
        status, headers, content = await self.own.answer(ask, scope, body, identity)
        outcome = _outcome(status)
        if route.durable:
            await self.trail.end(ask.entry("ended", outcome=outcome, status=status, begun=begun))
        else:
            self.trail.note(ask.entry("ended", outcome=outcome, status=status))
        self._count(ask, status)
        await send_whole(send, status, [*headers, NO_STORE, *self.added(ask)], content)

    async def _service(
        self,
        ask: Ask,
        route: Route,
        body: Body,
        begun: int | None,
        receive: Receive,
        send: Send,
        *,
        sent: Connection | None = None,
    ) -> None:
        upstream = self.upstreams[route.service]
        identity = self.signer.of(ask.caller, route.service) if ask.caller else None
        try:
            connection = await forward(ask, upstream, identity, body, sent=sent)
        except ClientGone:
            await self._end(ask, begun, outcome="failed", status=499)
            raise
        except Problem as problem:
            await self._end(ask, begun, outcome="failed", status=problem.status)
            raise
        try:
            status = connection.status
            if begun is None:
                self.note(ask, status)
            else:
                await self._end(ask, begun, outcome=_outcome(status), status=status)
                self._count(ask, status)
            await relay(connection, self.added(ask), receive, send)
        finally:
            upstream.release(connection)

    async def _end(self, ask: Ask, begun: int | None, *, outcome: str, status: int) -> None:
        entry = ask.entry("ended", outcome=outcome, status=status, begun=begun)
        if begun is None:
            self.trail.note(entry)
        else:
            await self.trail.end(entry)

    def note(self, ask: Ask, status: int) -> None:
        """Writes down that a service answered a read."""
        self.trail.note(ask.entry("ended", outcome=_outcome(status), status=status))
        self._count(ask, status)

    # answers -------------------------------------------------------------------------------------

    def added(self, ask: Ask) -> RawHeaders:
        """The headers that the gateway itself adds to an answer."""
        added = [*FIXED, (b"x-request-id", ask.request_id)]
        if ask.caller is not None and ask.left >= 0:
            bucket = ask.caller.bucket
            added.append((b"ratelimit-policy", bucket.policy))
            added.append(
                (b"ratelimit", bucket.prefix + b"%d;t=%d" % (ask.left, 0 if ask.left else bucket.wait()))
            )
        return added

    async def _refuse(self, ask: Ask, problem: Problem, receive: Receive, send: Send) -> None:
        if not ask.request_id:
            ask.request_id = b"%032x" % id(ask)
        refused_here = ask.route is not None and problem.status in (401, 403)
        if refused_here and not isinstance(problem, TokenMissing):
            self.trail.note(ask.entry("ended", outcome="refused", status=problem.status))
        self._count(ask, problem.status)
        told = answer(
            problem,
            language=ask.language,
            instance=ask.path.decode("latin-1"),
            request_id=ask.request_id.decode("ascii"),
        )
        headers = [*told.raw_headers, NO_STORE, *self.added(ask)]
        unread = problem.status in (408, 413)
        if unread:
            headers.append((b"connection", b"close"))
        await send_whole(send, problem.status, headers, bytes(told.body), rest=receive if unread else None)

    def _count(self, ask: Ask, status: int) -> None:
        self.meter.count(ask.route.action if ask.route else "none", status, ask.began)

    async def _health(self, path: str, send: Send) -> None:
        ready = self.trail.connected and self.own.started and self.revoked.known
        status = 200 if path == "/health/live" or (path == "/health/ready" and ready) else 503
        if path not in ("/health/live", "/health/ready"):
            status = 404
        body = b'{"status":"%b"}' % {200: b"ok", 503: b"starting", 404: b"unknown"}[status]
        await send_whole(send, status, [(b"content-type", b"application/json"), *FIXED], body)


def bounds_of(settings: Settings) -> Bounds:
    """The bounds of every upstream."""
    return Bounds(
        connect_seconds=settings.connect_seconds,
        read_seconds=settings.read_seconds,
        connections=settings.upstream_connections,
        body_bytes=settings.answer_limit,
    )


def _outcome(status: int) -> str:
    if status < 400:
        return "done"
    return "refused" if status < 500 else "failed"


class Application:
    """The ASGI callable; makes the gateway when the server starts, from the environment unless it is given."""

    def __init__(self, gateway: Gateway | None = None) -> None:
        self.gateway = gateway

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            assert self.gateway is not None
            if scope["method"] != "HEAD":  # whose answer has no second part
                join_writes(send)
            await self.gateway.serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1003})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        if self.gateway is None:
            settings = Settings()
            logging.configure(service="gateway", level=settings.log_level)
            self.gateway = Gateway(settings)
        await self.gateway.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.gateway.stop()
        await send({"type": "lifespan.shutdown.complete"})


app = Application()
