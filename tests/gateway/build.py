"""What the gateway's tests put together: contracts, a service that tells what it got, servers, callers."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal

import httpx
import orjson
import uvicorn

from services.kit.identity import Verifier

ADMIN, PASSWORD = "admin", "Initial-1234"
AREA = "990101"


def operation(name: str, *scopes: str, media: str | None = None, public: bool = False) -> dict[str, Any]:
    """One operation of a contract."""
    made: dict[str, Any] = {"operationId": name, "responses": {}}
    if not public:
        made["security"] = [{"gateway": list(scopes)}]
    if media:
        made["requestBody"] = {"content": {media: {"schema": {"type": "object"}}}}
    return made


def contracts() -> dict[str, dict[str, Any]]:
    """Contracts of services small enough to read."""
    json = "application/json"
    return {
        "claims": {
            "info": {"title": "医保结算"},
            "paths": {
                "/claims/v1/bills": {
                    "get": operation("list_bills", "claims:read"),
                    "post": operation("upload_bill", "claims:bill", media=json),
                },
                "/claims/v1/bills/{bill_id}": {"get": operation("read_bill", "claims:read")},
                "/claims/v1/bills/newest": {"get": operation("read_newest", "claims:read")},
                "/claims/v1/bills/{bill_id}/withdrawal": {"post": operation("withdraw_bill", "claims:bill")},
                "/claims/v1/scans": {
                    "put": operation("put_scan", "claims:bill", media="application/octet-stream")
                },
                "/claims/v1/my/settlements": {"get": operation("list_own", "claims:own")},
                "/claims/v1/slow": {
                    "get": operation("slow", "claims:read"),
                    "post": operation("slow_post", "claims:bill"),
                },
                "/claims/v1/stream": {"get": operation("stream", "claims:read")},
                "/claims/v1/codes": {"get": operation("list_code_lists", public=True)},
            },
        },
        "enrolment": {
            "info": {"title": "参保"},
            "paths": {
                "/enrolment/v1/identity-bindings": {
                    "post": operation("bind_identity", "enrolment:bind", media=json)
                },
                "/enrolment/v1/people": {"get": operation("list_people", "enrolment:read")},
            },
        },
    }


class Service:
    """Stands for all services: answers with what it got, and checks the identity as a service does."""

    def __init__(self) -> None:
        self.verifier: Verifier | None = None
        self.reset()

    def reset(self) -> None:
        """As new."""
        self.people: dict[tuple[str, str], dict[str, str]] = {}
        self.asked: list[tuple[str, str]] = []
        self.left = asyncio.Event()
        self.failing = 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.asked.append((scope["method"], scope["path"]))
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left.set()
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if self.failing:
            await _answer(send, self.failing, {"type": "/problems/unavailable"})
        elif scope["path"].endswith("/slow"):
            await asyncio.sleep(3)
            await _answer(send, 200, {})
        elif scope["path"].endswith("/stream"):
            await self._stream(send, scope)
        elif scope["path"].endswith("/identity-bindings"):
            await self._bind(send, headers, body)
        else:
            await _answer(send, 200, self._told(scope, headers, body))

    def _told(self, scope: dict[str, Any], headers: dict[str, str], body: bytes) -> dict[str, Any]:
        service = scope["path"].split("/")[1]
        who = None
        if "x-minsheng-identity" in headers and self.verifier:
            verifier = Verifier(public_key=self.verifier._public_key, audience=service)
            who = verifier(headers["x-minsheng-identity"])
        return {
            "method": scope["method"],
            "path": scope["path"],
            "query": scope["query_string"].decode(),
            "headers": headers,
            "names": [name.decode() for name, _ in scope["headers"]],
            "length": len(body),
            "subject": who.subject if who else None,
            "scopes": sorted(who.scopes) if who else [],
            "person_id": str(who.person_id) if who and who.person_id else None,
            "organisation": who.organisation if who else None,
        }

    async def _stream(self, send: Any, scope: dict[str, Any]) -> None:
        pieces = int(dict(part.split("=") for part in scope["query_string"].decode().split("&"))["pieces"])
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}
        )
        for _ in range(pieces):
            await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
            await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": b""})

    async def _bind(self, send: Any, headers: dict[str, str], body: bytes) -> None:
        assert self.verifier
        identity = Verifier(public_key=self.verifier._public_key, audience="enrolment")(
            headers["x-minsheng-identity"]
        )
        assert (identity.kind, identity.subject) == ("system", "gateway")
        assert identity.scopes == {"enrolment:bind"}
        asked = orjson.loads(body)
        person = self.people.get((asked["name"], asked["id_number"]))
        await _answer(send, 201 if person else 404, person or {"type": "/problems/not-found"})


async def _answer(send: Any, status: int, body: Any) -> None:
    content = orjson.dumps(body)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


@asynccontextmanager
async def served(
    app: Any, *, http: str = "httptools", lifespan: Literal["on", "off"] = "on"
) -> AsyncIterator[str]:
    """The app on a real port, as uvicorn serves it in production."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, http=http, lifespan=lifespan, log_level="critical", access_log=False, proxy_headers=False
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    task = asyncio.create_task(server._serve([listener]))
    while not server.started:
        await asyncio.sleep(0.01)
        if task.done():
            await task
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def scripted(handler: Handler) -> AsyncIterator[str]:
    """A server that answers byte by byte as the test says."""

    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(guarded, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def raw(url: str, data: bytes, *, wait: float = 2.0, answers: int = 1) -> bytes:
    """Sends bytes as they are, and reads until the server closes or is silent."""
    parts = httpx.URL(url)
    reader, writer = await asyncio.open_connection(parts.host, parts.port)
    writer.write(data)
    got = b""
    try:
        async with asyncio.timeout(wait):
            while piece := await reader.read(65536):
                got += piece
                if got.count(b"HTTP/1.1 ") >= answers and got.endswith((b"}", b"0\r\n\r\n")):
                    break
    except TimeoutError:
        pass
    writer.close()
    return got
