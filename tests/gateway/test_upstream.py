"""The client for services: every valid answer however it is cut, no malformed one, and it never hangs."""

import asyncio
import itertools
from contextlib import asynccontextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.upstream import (
    Bounds,
    Broken,
    ConnectFailed,
    TimedOut,
    Unsendable,
    Upstream,
    UpstreamError,
    check_head,
)
from tests.gateway.build import scripted

GET = b"GET /x HTTP/1.1\r\nhost: s\r\n\r\n"
QUICK = Bounds(connect_seconds=1.0, read_seconds=0.3, head_bytes=4096, head_count=20, body_bytes=100_000)


@asynccontextmanager
async def answering(*answers: bytes, close: bool = False, cuts: tuple[int, ...] = (), gap: float = 0.0):
    """An upstream whose service gives these answers, one for each request, cut into pieces."""

    async def handler(reader, writer):
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n")
            edges = sorted({0, len(answer), *(cut % (len(answer) + 1) for cut in cuts)})
            for start, end in itertools.pairwise(edges):
                writer.write(answer[start:end])
                await writer.drain()
                await asyncio.sleep(gap)
        if not close:
            await reader.read()

    async with scripted(handler) as url:
        upstream = Upstream(url, bounds=QUICK)
        try:
            yield upstream
        finally:
            await upstream.close()


async def whole(upstream: Upstream, data: bytes = GET, *, head_only: bool = False):
    """Status, headers and body of one exchange."""
    lines = data[: data.find(b"\r\n\r\n")].count(b"\r\n") + 1
    connection = await upstream.exchange(data, lines=lines, repeatable=True, head_only=head_only)
    try:
        body = b""
        while piece := await connection.read():
            body += piece
        return connection.status, dict(connection.headers), body
    finally:
        upstream.release(connection)


def ok(body: bytes = b"hello", *more: bytes) -> bytes:
    head = [b"HTTP/1.1 200 OK", b"content-length: %d" % len(body), *more]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def chunked(*chunks: bytes) -> bytes:
    pieces = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n"


class TestValidAnswers:
    async def test_with_length(self):
        async with answering(ok()) as upstream:
            assert (await whole(upstream))[2] == b"hello"

    async def test_in_chunks(self):
        async with answering(chunked(b"ab", b"c" * 5000)) as upstream:
            assert (await whole(upstream))[2] == b"ab" + b"c" * 5000

    async def test_without_body(self):
        async with answering(b"HTTP/1.1 204 No Content\r\n\r\n", ok()) as upstream:
            assert (await whole(upstream))[0] == 204
            assert (await whole(upstream))[2] == b"hello"

    async def test_after_interim_ones(self):
        early = b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
        async with answering(early + ok()) as upstream:
            status, headers, body = await whole(upstream)
        assert (status, body) == (200, b"hello")
        assert b"link" not in headers

    async def test_to_head_requests_end_with_the_head(self):
        async with answering(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n") as upstream:
            assert (await whole(upstream, GET.replace(b"GET", b"HEAD"), head_only=True))[2] == b""

    async def test_use_one_connection_again(self):
        async with answering(ok(b"1"), ok(b"2"), ok(b"3")) as upstream:
            assert [(await whole(upstream))[2] for _ in range(3)] == [b"1", b"2", b"3"]
            assert len(upstream._all) == 1

    async def test_that_close_end_the_connection(self):
        async with answering(ok(b"x", b"connection: close")) as upstream:
            await whole(upstream)
            await asyncio.sleep(0.05)
            assert upstream._all == set()

    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(
        body=st.binary(max_size=3000),
        cuts=st.lists(st.integers(0, 10_000), max_size=8).map(tuple),
        sizes=st.lists(st.integers(1, 900), max_size=6),
        in_chunks=st.booleans(),
    )
    async def test_are_the_same_however_they_are_cut(self, body, cuts, sizes, in_chunks):
        pieces, rest = [], body
        for size in sizes:
            pieces.append(rest[:size])
            rest = rest[size:]
        answer = chunked(*filter(None, [*pieces, rest])) if in_chunks else ok(body)
        async with answering(answer, cuts=cuts) as upstream:
            assert (await whole(upstream))[2] == body


MALFORMED = {
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 5\r\n\r\nhello",
    "contradictory lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
    "length and chunks": b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
    "no length": b"HTTP/1.1 200 OK\r\n\r\nhello",
    "unknown coding": b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "negative length": b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nhello",
    "no number": b"HTTP/1.1 200 OK\r\ncontent-length: five\r\n\r\nhello",
    "huge length": b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\nhello",
    "bad chunk": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
    "no http": b"220 smtp.example ESMTP\r\n\r\n",
    "bad status": b"HTTP/1.1 abc OK\r\ncontent-length: 0\r\n\r\n",
    "upgrade": b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    "header over the bound": b"HTTP/1.1 200 OK\r\nx: " + b"a" * 9000 + b"\r\ncontent-length: 0\r\n\r\n",
    "endless header": b"HTTP/1.1 200 OK\r\nx: " + b"a" * 9000,
    "too many headers": b"HTTP/1.1 200 OK\r\n" + b"x: 1\r\n" * 40 + b"content-length: 0\r\n\r\n",
    "body over the bound": b"HTTP/1.1 200 OK\r\ncontent-length: 200000\r\n\r\n" + b"a" * 200_000,
    "second answer": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil",
    "nul in a header": b"HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 0\r\n\r\n",
    "space before the colon": b"HTTP/1.1 200 OK\r\ncontent-length : 5\r\n\r\nhello",
}


class TestMalformedAnswers:
    @pytest.mark.parametrize("name", MALFORMED)
    async def test_are_broken_and_end_the_connection(self, name):
        async with answering(MALFORMED[name]) as upstream:
            with pytest.raises(Broken):
                await whole(upstream)
            await asyncio.sleep(0.05)
            assert upstream._all == set()

    async def test_that_end_early_are_broken(self):
        async with answering(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", close=True) as upstream:
            with pytest.raises(Broken):
                await whole(upstream)

    async def test_that_nobody_asked_for_never_reach_the_next_caller(self):
        async with answering(ok(b"1") + b"", ok(b"2")) as upstream:

            async def poison(reader, writer):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(ok(b"mine"))
                await asyncio.sleep(0.1)
                writer.write(ok(b"evil"))
                await reader.read()

            async with scripted(poison) as url:
                bad = Upstream(url, bounds=QUICK)
                assert (await whole(bad))[2] == b"mine"
                await asyncio.sleep(0.3)
                assert bad._idle == []
                await bad.close()
            assert (await whole(upstream))[2] == b"1"

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(
        noise=st.one_of(
            st.binary(max_size=300),
            st.lists(
                st.sampled_from(
                    [b"HTTP/1.1 200 OK", b"\r\n", b"content-length: 3", b"abc", b"\n", b"0", b":", b" "]
                )
            ).map(b"".join),
        ),
        cuts=st.lists(st.integers(0, 1000), max_size=4).map(tuple),
    )
    async def test_never_hang_and_never_break_the_client(self, noise, cuts):
        async with answering(noise, cuts=cuts, close=True) as upstream:
            async with asyncio.timeout(5):
                try:
                    status, _, _ = await whole(upstream)
                    assert status >= 200
                except UpstreamError:
                    pass
            await asyncio.sleep(0)
            assert upstream._connecting == 0


class TestTime:
    async def test_is_bounded_for_the_head(self):
        async def silent(reader, writer):
            await reader.read()

        async with scripted(silent) as url:
            upstream = Upstream(url, bounds=QUICK)
            with pytest.raises(TimedOut):
                await whole(upstream)
            await asyncio.sleep(0.05)
            assert upstream._all == set()

    async def test_is_bounded_between_pieces(self):
        async with answering(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf") as upstream:
            with pytest.raises(TimedOut):
                await whole(upstream)

    async def test_is_bounded_for_connecting(self):
        upstream = Upstream("http://127.0.0.1:1", bounds=QUICK)
        with pytest.raises(ConnectFailed):
            await whole(upstream)

    async def test_is_bounded_for_a_free_connection(self):
        async def silent(reader, writer):
            await reader.read()

        async with scripted(silent) as url:
            bounds = Bounds(connect_seconds=0.2, read_seconds=2.0, connections=1)
            upstream = Upstream(url, bounds=bounds)
            first = asyncio.create_task(whole(upstream))
            await asyncio.sleep(0.05)
            with pytest.raises(ConnectFailed):
                await whole(upstream)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            await asyncio.sleep(0.05)
            assert upstream._all == set()


class TestRepeating:
    async def test_happens_once_for_safe_requests_on_a_kept_connection(self):
        seen = []

        async def fickle(reader, writer):
            seen.append(1)
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ok(b"%d" % len(seen)))
            await reader.readuntil(b"\r\n\r\n")  # the second request on this connection gets no answer

        async with scripted(fickle) as url:
            upstream = Upstream(url, bounds=QUICK)
            assert (await whole(upstream))[2] == b"1"
            assert (await whole(upstream))[2] == b"2"
            await upstream.close()

    async def test_never_happens_for_others(self):
        async def fickle(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ok())
            await reader.readuntil(b"\r\n\r\n")

        async with scripted(fickle) as url:
            upstream = Upstream(url, bounds=QUICK)
            await whole(upstream)
            with pytest.raises(Broken):
                await upstream.exchange(GET, lines=2, repeatable=False)
            await upstream.close()

    async def test_never_happens_on_a_new_connection(self):
        seen = []

        async def closing(reader, writer):
            seen.append(1)
            await reader.readuntil(b"\r\n\r\n")

        async with scripted(closing) as url:
            upstream = Upstream(url, bounds=QUICK)
            with pytest.raises(Broken):
                await whole(upstream)
        assert seen == [1]


class TestHeads:
    @pytest.mark.parametrize(
        "value", [b"a\r\nx-evil: 1", b"a\nb", b"a\rb", b"a\0b", b"a\r\n\r\nGET /evil HTTP/1.1"]
    )
    async def test_with_line_breaks_in_values_are_not_sent(self, value):
        with pytest.raises(Unsendable):
            check_head(b"GET / HTTP/1.1\r\nx: " + value + b"\r\n\r\n", lines=2)

    async def test_without_are(self):
        check_head(GET, lines=2)


class TestAddress:
    @pytest.mark.parametrize("url", ["ftp://x", "http://", "http://x/path", "x:80"])
    def test_of_a_service_is_an_origin(self, url):
        with pytest.raises(ValueError, match="not the address"):
            Upstream(url)
