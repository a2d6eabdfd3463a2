"""Plain reads go the short way, and nobody can tell: the same bytes, the same trail, the same order."""

import asyncio
import re
from collections import Counter

import httpx
import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.app import Application
from tests.gateway.build import raw, scripted, served
from tests.gateway.conftest import ORDINARY, SHORT, opened

CODES = b"GET /claims/v1/codes HTTP/1.1\r\nhost: x\r\n"
ID = b"x-request-id: the-same-request\r\n"
TRACE = b"traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
BILL = b"GET /claims/v1/bills/%%E4%%B8%%80?a=b&c=%%20 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer %b\r\n"

# Requests, and how many of them need a task of their own: what is left goes the short way.
REQUESTS = {
    "open to all": (CODES + b"\r\n", 0),
    "by a known caller": (BILL + b"\r\n", 0),
    "the last of its connection": (BILL + b"connection: close\r\n\r\n", 0),
    "with an empty body": (BILL + b"content-length: 0\r\n\r\n", 0),
    "with a language": (BILL + b"accept-language: en\r\nuser-agent: \xe5\r\n\r\n", 0),
    "with a body": (BILL + b"content-length: 2\r\n\r\n{}", 1),
    "with chunks": (BILL + b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n", 1),
    "with two tokens": (BILL + b"authorization: Bearer a.b.c\r\n\r\n", 1),
    "with a broken token": (CODES.replace(b"codes", b"bills") + b"authorization: Bearer a.b.c\r\n\r\n", 1),
    "without a token": (CODES.replace(b"codes", b"bills") + b"\r\n", 1),
    "without the right": (
        CODES.replace(b"codes", b"my/settlements") + b"authorization: Bearer %b\r\n\r\n",
        1,
    ),
    "to nowhere": (CODES.replace(b"codes", b"nothing") + b"\r\n", 1),
    "to a path in two ways": (CODES.replace(b"codes", b"bills/%%2e%%2e") + b"\r\n", 1),
    "to a path beyond ASCII": (CODES.replace(b"codes", b"bills/\xe5") + b"\r\n", 0),
    "to a fragment": (CODES.replace(b"codes", b"codes#x") + b"\r\n", 1),
    "to a whole address": (CODES.replace(b"/claims", b"http://x/claims") + b"\r\n", 1),
    "in old HTTP": (CODES.replace(b"1.1", b"1.0") + b"\r\n", 1),
    "that expects": (CODES + b"expect: 100-continue\r\n\r\n", 1),
    "to change the protocol": (CODES + b"connection: upgrade\r\nupgrade: h2c\r\n\r\n", 1),
    "of a head": (CODES.replace(b"GET", b"HEAD") + b"\r\n", 1),
    "for the gateway": (b"GET /gateway/v1/guide HTTP/1.1\r\nhost: x\r\n\r\n", 1),
    "for a page": (b"GET /docs HTTP/1.1\r\nhost: x\r\n\r\n", 1),
    "for its health": (b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n", 1),
    "too long": (CODES + b"x-long: " + b"a" * 40_000 + b"\r\n\r\n", 1),
    "in a row": (CODES + b"\r\n" + CODES + b"\r\n" + CODES + b"connection: close\r\n\r\n", 3),
}


@pytest.fixture
def tasks(monkeypatch) -> Counter[str]:
    """Counts the tasks that uvicorn starts for requests to the gateway."""
    started: Counter[str] = Counter()
    start = HttpToolsProtocol._start_asgi_task

    def counting(self, cycle, app):
        started["gateway"] += type(self) is not HttpToolsProtocol
        start(self, cycle, app)

    monkeypatch.setattr(HttpToolsProtocol, "_start_asgi_task", counting)
    return started


def masked(answer: bytes) -> bytes:
    """Without what differs from call to call: time, spans, the size of the whole that they are part of."""
    answer = re.sub(rb"(?m)^date: .*$", b"date", answer)
    answer = re.sub(rb'(ratelimit: "\w+";r=)\d+', rb"\1", answer)
    answer = re.sub(rb'"x-minsheng-identity":"[^"]+"', b"identity", answer)
    answer = re.sub(rb"\b[0-9a-f]{32}\b", b"request", answer)
    return re.sub(rb"-[0-9a-f]{16}-01", b"span", answer)


async def token_of(entrance) -> bytes:
    token: str = (await entrance.token(*await entrance.system())).json()["access_token"]
    return token.encode()


async def trail_of(entrance) -> list[dict[str, object]]:
    """The rows of the request, without their places and times."""
    rows = await entrance.trail(request_id="the-same-request")
    own = ("id", "chain", "place", "hash", "at", "duration_us")
    return [{name: value for name, value in row.items() if name not in own} for row in rows]


class TestBothWays:
    @pytest.mark.parametrize("name", REQUESTS)
    async def test_give_the_same_answer_and_the_same_trail(self, entrance, tasks, name):
        text, expected = REQUESTS[name]
        token = await token_of(entrance)
        await entrance.client(Authorization=f"Bearer {token.decode()}").get("/claims/v1/bills")
        data = text.replace(b"host: x\r\n", b"host: x\r\n" + ID + TRACE)
        data = data.replace(b"Bearer %b", b"Bearer " + token).replace(b"%%", b"%")
        tasks.clear()
        short = await raw(entrance.url, data, wait=0.5, answers=data.count(b"GET /"))
        assert tasks["gateway"] == expected
        async with served(Application(entrance.gateway), http=ORDINARY, lifespan="off") as url:
            ordinary = await raw(url, data, wait=0.5, answers=data.count(b"GET /"))
        assert masked(short) == masked(ordinary)
        assert short.startswith(b"HTTP/1.1 ")
        rows = await trail_of(entrance)
        assert rows[: len(rows) // 2] == rows[len(rows) // 2 :]


def ok(body: bytes = b"{}", *more: bytes) -> bytes:
    head = [b"HTTP/1.1 200 OK", b"content-length: %d" % len(body), *more]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


# What a service says to the second request on a connection, and the status that its caller sees.
SECOND = {
    "nothing": (b"", 200),  # the connection was stale: the read is asked again over another one
    "half a head": (b"HTTP/1.1 200 OK\r\nx", 502),
    "two lengths": (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}}", 502),
    "two answers": (ok() + ok(b"evil"), 502),
    "an unknown status": (ok().replace(b"200 OK", b"799 X"), 500),
    "nothing new": (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n", 304),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", 204),
    "a refusal": (ok().replace(b"200 OK", b"422 X"), 422),
    "chunks": (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 200),
    "an interim answer first": (b"HTTP/1.1 103 X\r\n\r\n" + ok(), 200),
    "headers of its own": (ok(b"{}", b"cache-control: max-age=9", b"server: x", b"x-own: \xe5"), 200),
}


class TestServices:
    @pytest.mark.parametrize("name", SECOND)
    @pytest.mark.parametrize("cut", [0, 20])
    async def test_are_understood_the_same_both_ways(self, prepared, name, cut):
        said, status = SECOND[name]

        async def service(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ok())
            await reader.readuntil(b"\r\n\r\n")
            for piece in (said[:cut], said[cut:]):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.02)

        got = []
        async with scripted(service) as url, opened(prepared, services=url) as one:
            async with served(Application(one.gateway), http=ORDINARY, lifespan="off") as ordinary:
                for way in (one.url, ordinary):
                    await one.gateway.upstreams["claims"].close()
                    await raw(way, CODES + b"\r\n")
                    got.append(masked(await raw(way, CODES + ID + b"\r\n", wait=0.5)))
            rows = await trail_of(one)
        assert got[0] == got[1]
        assert got[0].startswith(b"HTTP/1.1 %d " % status) or (status == 500 and got[0] == b"")
        assert len(rows) == 2 and rows[0] == rows[1]

    async def test_that_break_off_a_short_answer_are_502(self, prepared):
        async def half(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ok())
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ok(b"x" * 100)[:-50])

        async with scripted(half) as url, opened(prepared, services=url) as one:
            await raw(one.url, CODES + b"\r\n")
            got = await raw(one.url, CODES + ID + b"\r\n")
            (row,) = await trail_of(one)
        assert got.startswith(b"HTTP/1.1 502 ")
        assert (row["status"], row["outcome"]) == (502, "failed")


class TestMistakes:
    @pytest.mark.parametrize("http", [SHORT, ORDINARY])
    @pytest.mark.parametrize("where", ["trail", "meter", "signer"])
    async def test_of_ours_are_told_and_hold_no_connection(self, prepared, monkeypatch, http, where):
        def mistaken(*_: object) -> None:
            raise RuntimeError(where)

        name = {"trail": "note", "meter": "count", "signer": "of"}[where]
        async with opened(prepared, http=http) as one:
            client = await one.hospital()
            await client.get("/claims/v1/bills")
            with monkeypatch.context() as patched:
                patched.setattr(getattr(one.gateway, where), name, mistaken)
                got = await raw(
                    one.url,
                    CODES.replace(b"codes", b"bills")
                    + b"authorization: "
                    + client.headers["authorization"].encode()
                    + b"\r\n\r\n",
                )
            assert got.startswith(b"HTTP/1.1 500 ")
            assert not any(connection.busy for connection in one.gateway.upstreams["claims"]._all)


class TestCallers:
    async def test_who_leave_are_on_the_trail(self, entrance, tasks):
        client = await entrance.hospital()
        await client.get("/claims/v1/bills")
        tasks.clear()
        _, writer = await asyncio.open_connection("127.0.0.1", httpx.URL(entrance.url).port)
        token = client.headers["authorization"].encode()
        writer.write(CODES.replace(b"codes", b"slow") + b"authorization: " + token + b"\r\n" + ID + b"\r\n")
        await asyncio.sleep(0.1)
        assert tasks["gateway"] == 0
        writer.close()
        await asyncio.sleep(1.5)
        (row,) = await entrance.trail(request_id="the-same-request")
        assert (row["status"], row["outcome"]) == (504, "failed")
        assert tasks["gateway"] == 1

    async def test_are_answered_before_the_server_stops(self, prepared):
        async def slow(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ok())
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(0.5)
            writer.write(ok(b'{"late":1}'))

        async with scripted(slow) as url:
            async with opened(prepared, services=url) as one:
                await raw(one.url, CODES + b"\r\n")
                late = asyncio.create_task(raw(one.url, CODES + b"\r\n"))
                await asyncio.sleep(0.1)
            got = await late
        assert b"connection: close" in got
        assert got.endswith(b'{"late":1}')
