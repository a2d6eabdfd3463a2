"""Request id, metrics and the one log line of a failure, as a pure ASGI middleware."""

import re
import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.kit import metrics
from services.kit.ids import new_id
from services.kit.logging import request_id

log = structlog.get_logger()
HEADER = b"x-request-id"
_VALID = re.compile(rb"[A-Za-z0-9._-]{8,64}")


class Observe:
    """Wraps the app; adds the request id to the log, the answer and the state."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == HEADER), b"")
        current = given.decode() if _VALID.fullmatch(given) else str(new_id())
        scope.setdefault("state", {})["request_id"] = current
        token = request_id.set(current)
        status, began = 500, time.perf_counter()

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message.setdefault("headers", [])
                message["headers"] = [*message["headers"], (HEADER, current.encode())]
            await send(message)

        try:
            await self.app(scope, receive, observed)
        finally:
            route = scope.get("route")
            operation = getattr(route, "name", None) or "unknown"
            metrics.requests.labels(operation, str(status)).inc()
            metrics.request_seconds.labels(operation).observe(time.perf_counter() - began)
            if status >= 500:
                log.error("request.answered", operation=operation, status=status)
            request_id.reset(token)
