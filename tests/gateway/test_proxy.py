"""What passes through the gateway, and what does not: headers, bodies, smuggling, slow and broken services."""

import asyncio

import httpx
import pytest

from gateway.auth import Revocations
from services.kit.ids import new_id
from tests.gateway.build import raw, scripted
from tests.gateway.conftest import opened
from tests.gateway.test_entrance import slug


class TestRequestHeaders:
    async def test_of_this_hop_end_here(self, entrance):
        client = await entrance.hospital()
        sent = {
            "Connection": "keep-alive, X-Private",
            "X-Private": "1",
            "TE": "trailers",
            "Upgrade": "h2c",
            "Proxy-Authorization": "Basic x",
            "Cookie": "a=b",
        }
        told = (await client.get("/claims/v1/bills", headers=sent)).json()
        names = set(told["names"])
        assert not names & {
            "connection",
            "te",
            "upgrade",
            "proxy-authorization",
            "cookie",
            "x-private",
            "authorization",
        }

    async def test_of_the_caller_pass(self, entrance):
        client = await entrance.hospital()
        sent = {"Idempotency-Key": str(new_id()), "Accept-Language": "en", "X-Trace": "1"}
        told = (await client.post("/claims/v1/bills", json={"a": 1}, headers=sent)).json()["headers"]
        assert told["idempotency-key"] == sent["Idempotency-Key"]
        assert (told["accept-language"], told["x-trace"]) == ("en", "1")
        assert told["content-type"] == "application/json"

    @pytest.mark.parametrize(
        "name", ["X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-IP", "X_Forwarded_For"]
    )
    async def test_cannot_invent_where_the_request_comes_from(self, entrance, name):
        client = await entrance.hospital()
        told = (await client.get("/claims/v1/bills", headers={name: "6.6.6.6"})).json()
        assert "6.6.6.6" not in str(told["headers"])
        assert told["headers"]["x-forwarded-for"] == "127.0.0.1"

    async def test_of_a_trusted_proxy_say_where_it_comes_from(self, prepared):
        async with opened(prepared, trusted_proxies="127.0.0.0/8,10.0.0.0/8") as behind:
            client = behind.client(**{"X-Forwarded-For": "6.6.6.6, 202.96.1.1, 10.1.1.1"})
            told = (await client.get("/claims/v1/codes")).json()
            assert told["headers"]["x-forwarded-for"] == "202.96.1.1"

    async def test_get_a_request_id(self, entrance):
        answer = await entrance.client().get("/claims/v1/codes")
        assert answer.headers["x-request-id"] == answer.json()["headers"]["x-request-id"]
        assert len(answer.headers["x-request-id"]) == 32

    @pytest.mark.parametrize("bad", ["short", "x" * 65, "with space", "a;b=c;d=e", "注入注入注入"])
    async def test_keep_no_invalid_request_id(self, entrance, bad):
        request = entrance.client().build_request("GET", "/claims/v1/codes")
        request.headers.raw.append((b"x-request-id", bad.encode()))
        answer = await entrance.client().get("/claims/v1/codes", headers={b"x-request-id": bad.encode()})
        assert answer.headers["x-request-id"] != bad

    async def test_continue_a_trace(self, entrance):
        trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        told = (await entrance.client().get("/claims/v1/codes", headers={"traceparent": trace})).json()[
            "headers"
        ]
        version, trace_id, span, flags = told["traceparent"].split("-")
        assert (version, trace_id, flags) == ("00", "4bf92f3577b34da6a3ce929d0e0e4736", "01")
        assert span != "00f067aa0ba902b7"

    @pytest.mark.parametrize(
        "bad",
        [
            "",
            "00-0",
            f"00-{'0' * 32}-{'1' * 16}-01",
            f"00-{'g' * 32}-{'1' * 16}-01",
            f"ff-{'1' * 32}-{'1' * 16}-01",
        ],
    )
    async def test_start_a_trace_where_there_is_none(self, entrance, bad):
        told = (await entrance.client().get("/claims/v1/codes", headers={"traceparent": bad})).json()[
            "headers"
        ]
        version, trace_id, span, _ = told["traceparent"].split("-")
        assert (version, len(trace_id), len(span)) == ("00", 32, 16)
        assert set(trace_id) != {"0"}

    async def test_twice_are_refused(self, entrance):
        url = entrance.url
        for header in (
            b"authorization: Bearer a\r\nauthorization: Bearer b",
            b"content-type: a/b\r\ncontent-type: c/d",
        ):
            got = await raw(url, b"GET /claims/v1/bills HTTP/1.1\r\nhost: x\r\n" + header + b"\r\n\r\n")
            assert b" 400 " in got.split(b"\r\n")[0]
        assert entrance.service.asked == []

    async def test_over_the_limit_are_refused(self, entrance):
        answer = await entrance.client(**{"X-Long": "a" * 40_000}).get("/claims/v1/codes")
        assert (answer.status_code, slug(answer)) == (431, "headers-too-large")


SMUGGLING = {
    "length and chunks": b"content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": b"transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n0\r\n\r\n",
    "two lengths": b"content-length: 2\r\ncontent-length: 20\r\n\r\n{}",
    "two same lengths": b"content-length: 2\r\ncontent-length: 2\r\n\r\n{}",
    "list of lengths": b"content-length: 2, 20\r\n\r\n{}",
    "signed length": b"content-length: +2\r\n\r\n{}",
    "other coding": b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    "coding list": b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "two codings": b"transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n",
    "coding with a tab": b"transfer-encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    "space before the colon": b"content-length : 2\r\n\r\n{}",
    "folded header": b"content-length:\r\n 2\r\n\r\n{}",
    "line feeds only": b"x: a\ncontent-length: 2\n\n{}",
    "bad chunk size": b"transfer-encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
    "nul in a header": b"x: a\0b\r\ncontent-length: 2\r\n\r\n{}",
}


class TestSmuggling:
    @pytest.mark.parametrize("name", SMUGGLING)
    async def test_reaches_no_service(self, entrance, name):
        client_id, secret = await entrance.system()
        token = (await entrance.token(client_id, secret)).json()["access_token"]
        head = (
            b"POST /claims/v1/bills HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"authorization: Bearer " + token.encode() + b"\r\n"
        )
        tail = b"GET /claims/v1/bills/smuggled HTTP/1.1\r\nhost: x\r\n\r\n"
        got = await raw(entrance.url, head + SMUGGLING[name] + tail, wait=1.0)
        assert ("GET", "/claims/v1/bills/smuggled") not in entrance.service.asked
        first = got.split(b"\r\n")[0]
        if b" 200 " in first:  # read as one whole request: then the service must have got exactly one
            assert len(entrance.service.asked) == 1
        else:
            assert entrance.service.asked == []

    async def test_in_a_path_is_not_http(self, entrance):
        got = await raw(entrance.url, b"GET /claims/v1/codes HTTP/1.1\r\nx: 1 HTTP/1.1\r\nhost: a b\r\n\r\n")
        assert len(entrance.service.asked) <= 1
        assert got.startswith(b"HTTP/1.1 ")

    async def test_by_pipelining_gives_each_request_its_own_answer(self, entrance):
        one = b"GET /claims/v1/codes?n=%d HTTP/1.1\r\nhost: x\r\n\r\n"
        got = await raw(entrance.url, b"".join(one % number for number in range(3)), answers=3)
        assert got.count(b"HTTP/1.1 200") == 3
        assert got.index(b'"n=0"') < got.index(b'"n=1"') < got.index(b'"n=2"')


class TestBodies:
    async def test_pass_whole(self, entrance):
        client = await entrance.hospital()
        told = (await client.post("/claims/v1/bills", json={"a": "x" * 100_000})).json()
        assert told["length"] > 100_000
        assert told["headers"]["content-length"] == str(told["length"])

    async def test_in_chunks_pass_in_chunks(self, entrance):
        async def pieces():
            for _ in range(20):
                yield b"[" + b" " * 30_000 + b"]"
                await asyncio.sleep(0)

        client = await entrance.hospital()
        answer = await client.post(
            "/claims/v1/bills", content=pieces(), headers={"Content-Type": "application/json"}
        )
        assert answer.json()["length"] == 20 * 30_002
        assert answer.json()["headers"]["transfer-encoding"] == "chunked"

    async def test_over_the_limit_are_refused_unread(self, entrance):
        client = await entrance.hospital()
        answer = await client.post(
            "/claims/v1/bills",
            content=b"x" * (2 * 1024 * 1024 + 1),
            headers={"Content-Type": "application/json"},
        )
        assert (answer.status_code, slug(answer)) == (413, "body-too-large")
        assert entrance.service.asked == []

    async def test_in_chunks_over_the_limit_are_cut_off(self, entrance):
        async def endless():
            while True:
                yield b"x" * 65536

        client = await entrance.hospital()
        try:
            answer = await client.post(
                "/claims/v1/bills", content=endless(), headers={"Content-Type": "application/json"}
            )
            assert (answer.status_code, slug(answer)) == (413, "body-too-large")
        except (httpx.WriteError, httpx.ReadError):
            pass  # the gateway closed the connection before the caller had written all
        ended = (await entrance.trail(action="claims.upload_bill", phase="ended"))[-1]
        assert (ended["status"], ended["outcome"]) == (413, "failed")
        await asyncio.wait_for(entrance.service.left.wait(), 3)

    async def test_that_are_files_may_be_larger(self, entrance):
        client = await entrance.hospital()
        answer = await client.put(
            "/claims/v1/scans", content=b"x" * 3_000_000, headers={"Content-Type": "application/octet-stream"}
        )
        assert answer.json()["length"] == 3_000_000

    async def test_shorter_than_declared_end_nothing(self, entrance):
        token = (await entrance.token(*await entrance.system())).json()["access_token"]
        head = (
            b"POST /claims/v1/bills HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n"
            b"authorization: Bearer " + token.encode() + b"\r\n\r\n{}"
        )
        got = await raw(entrance.url, head, wait=2.5)
        assert b" 408 " in got.split(b"\r\n")[0]
        assert entrance.service.asked == []

    @pytest.mark.parametrize(
        "headers",
        [
            {"Content-Type": "text/xml"},
            {"Content-Type": "application/x-www-form-urlencoded"},
            {},
            {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        ],
    )
    async def test_of_another_kind_are_refused(self, entrance, headers):
        client = await entrance.hospital()
        answer = await client.post("/claims/v1/bills", content=b"<a/>", headers=headers)
        assert (answer.status_code, slug(answer)) == (415, "content-type-refused")
        assert entrance.service.asked == []

    async def test_where_none_is_taken_are_refused(self, entrance):
        client = await entrance.hospital()
        answer = await client.request("GET", "/claims/v1/bills", json={})
        assert (answer.status_code, slug(answer)) == (415, "content-type-refused")

    async def test_may_name_a_charset(self, entrance):
        client = await entrance.hospital()
        kind = {"Content-Type": "application/json; charset=utf-8"}
        assert (await client.post("/claims/v1/bills", content=b"{}", headers=kind)).status_code == 200


class TestAnswers:
    async def test_are_not_kept_by_caches(self, entrance):
        answer = await entrance.client().get("/claims/v1/codes")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"

    async def test_stream(self, entrance):
        client = await entrance.hospital()
        length = 0
        async with client.stream("GET", "/claims/v1/stream?pieces=100") as answer:
            async for piece in answer.aiter_raw():
                length += len(piece)
        assert length == 100 * 65536
        assert not any(connection.busy for connection in entrance.gateway.upstreams["claims"]._all)

    async def test_wait_for_a_slow_caller(self, entrance):
        client = await entrance.hospital()
        async with client.stream("GET", "/claims/v1/stream?pieces=400") as answer:
            await asyncio.sleep(0.5)  # nobody reads: the gateway must not take 26 MB into memory
            held = sum(
                len(piece) for one in entrance.gateway.upstreams["claims"]._all for piece in one.chunks
            )
            assert held < 2_000_000
            length = 0
            async for piece in answer.aiter_raw():
                length += len(piece)
        assert length == 400 * 65536

    async def test_that_nobody_waits_for_are_let_go(self, entrance):
        client = await entrance.hospital()
        async with client.stream("GET", "/claims/v1/stream?pieces=2000"):
            pass  # the caller leaves
        await client.aclose()
        for _ in range(50):
            await asyncio.sleep(0.05)
            if not any(connection.busy for connection in entrance.gateway.upstreams["claims"]._all):
                break
        assert not any(connection.busy for connection in entrance.gateway.upstreams["claims"]._all)

    async def test_of_a_service_pass_with_their_status(self, entrance):
        client = await entrance.hospital()
        entrance.service.failing = 422
        assert (await client.get("/claims/v1/bills")).status_code == 422


class TestServices:
    async def test_that_are_down_are_503(self, prepared):
        async with opened(prepared, services="http://127.0.0.1:1") as alone:
            answer = await (await alone.hospital()).get("/claims/v1/bills")
            assert (answer.status_code, slug(answer)) == (503, "service-unavailable")
            assert answer.headers["retry-after"]
            assert answer.json()["service"] == "claims"

    async def test_that_are_slow_are_504(self, entrance):
        client = await entrance.hospital()
        answer = await client.get("/claims/v1/slow")
        assert (answer.status_code, slug(answer)) == (504, "service-timeout")
        answer = await client.post("/claims/v1/slow")
        assert answer.status_code == 504
        assert [row["outcome"] for row in await entrance.trail(action="claims.slow_post")] == [
            "begun",
            "failed",
        ]

    async def test_that_talk_nonsense_are_502(self, prepared):
        async def nonsense(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc")
            await writer.drain()

        async with scripted(nonsense) as url, opened(prepared, services=url) as alone:
            answer = await (await alone.hospital()).get("/claims/v1/bills")
            assert (answer.status_code, slug(answer)) == (502, "service-broken")

    async def test_that_break_off_end_the_callers_connection(self, prepared):
        async def half(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n" + b"x" * 100_000)
            await writer.drain()
            await asyncio.sleep(0.2)

        async with scripted(half) as url, opened(prepared, services=url) as alone:
            client = await alone.hospital()
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get("/claims/v1/bills")


async def until_ready(entrance):
    async with asyncio.timeout(5):
        while (await entrance.client().get("/health/ready")).status_code != 200:
            await asyncio.sleep(0.02)


class TestHealth:
    async def test_is_told_without_a_token(self, entrance):
        assert (await entrance.client().get("/health/live")).status_code == 200
        await until_ready(entrance)
        assert (await entrance.client().get("/health/secret")).status_code == 404

    async def test_is_ready_when_ended_sessions_are_known(self, prepared, monkeypatch):
        listen, let = Revocations._listen, asyncio.Event()

        async def late(*given):
            await let.wait()
            await listen(*given)

        monkeypatch.setattr(Revocations, "_listen", late)
        async with opened(prepared) as starting:
            await starting.hospital()  # everything else is up
            assert (await starting.client().get("/health/ready")).status_code == 503
            let.set()
            await until_ready(starting)

    async def test_and_metrics_stand_apart(self, prepared, spare_port):
        async with opened(prepared, metrics_port=spare_port) as measured:
            assert (await measured.client().get("/metrics")).status_code == 404
            await measured.client().get("/claims/v1/codes")
            async with httpx.AsyncClient() as inside:
                told = (await inside.get(f"http://127.0.0.1:{spare_port}/metrics")).text
        assert 'gateway_requests_total{action="claims.list_code_lists",status="200"} 1.0' in told
        assert "gateway_audit_down 0.0" in told
