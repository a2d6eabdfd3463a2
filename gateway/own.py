"""The gateway's own routes, called in process as if they were one more service."""

from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import FastAPI

from gateway.ask import Ask
from gateway.proxy import RawHeaders

OWN_BODY = 64 * 1024
_KEPT = frozenset((b"content-type", b"accept-language", b"authorization"))
_IDENTITY = b"x-minsheng-identity"


class Own:
    """Runs the FastAPI application of the gateway's own routes."""

    def __init__(self, application: FastAPI) -> None:
        self._app = application
        self._life: AbstractAsyncContextManager[Any] | None = None

    @property
    def started(self) -> bool:
        """Whether its lifespan is entered."""
        return self._life is not None

    async def start(self) -> None:
        """Enters its lifespan."""
        self._life = self._app.router.lifespan_context(self._app)
        await self._life.__aenter__()

    async def stop(self) -> None:
        """Leaves its lifespan."""
        if self._life is not None:
            life, self._life = self._life, None
            await life.__aexit__(None, None, None)

    async def answer(
        self, ask: Ask, scope: dict[str, Any], body: bytes, identity: bytes | None
    ) -> tuple[int, RawHeaders, bytes]:
        """Status, headers and body; held back, so that the trail can be written before the answer leaves."""
        headers = [pair for pair in scope["headers"] if pair[0] in _KEPT]
        if identity is not None:
            headers.append((_IDENTITY, identity))
        headers.append((b"content-length", b"%d" % len(body)))
        state = {"request_id": ask.request_id.decode("ascii"), "ask": ask}
        answered: dict[str, Any] = {}
        pieces: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answered.update(message)
            else:
                pieces.append(message.get("body", b""))

        await self._app(scope | {"headers": headers, "state": state}, receive, send)  # type: ignore[arg-type]
        return answered["status"], list(answered["headers"]), b"".join(pieces)
