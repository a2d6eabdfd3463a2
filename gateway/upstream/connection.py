"""One connection to a service: an httptools parser on an asyncio protocol, bounded and timed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Protocol, cast

import httptools

Headers = list[tuple[bytes, bytes]]


class UpstreamError(Exception):
    """The service gave no usable answer."""


class ConnectFailed(UpstreamError):
    """No connection to the service, or none free in time: nothing was sent."""


class TimedOut(UpstreamError):
    """The service took longer than the read timeout."""


class Broken(UpstreamError):
    """The answer is malformed, over a bound, or ended early."""


class Stale(Broken):
    """A kept connection was closed by the service before any byte of the answer came."""


class Unsendable(UpstreamError):
    """The request head holds a line break where none may be."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one upstream may cost; seconds and bytes."""

    connect_seconds: float = 2.0
    read_seconds: float = 30.0
    idle_seconds: float = 3.0  # below the five seconds after which uvicorn closes a kept connection
    age_seconds: float = 60.0  # so that new pods of a service get their share
    connections: int = 128
    head_bytes: int = 64 * 1024
    head_count: int = 128
    body_bytes: int = 256 * 1024 * 1024
    buffer_bytes: int = 256 * 1024


class _Owner(Protocol):
    bounds: Bounds

    def lost(self, connection: "Connection") -> None: ...

    def release(self, connection: "Connection") -> None: ...


class Connection(asyncio.Protocol):
    """One connection, at most one exchange at a time."""

    __slots__ = (
        "_deadline",
        "_drained",
        "_head_only",
        "_head_seen",
        "_head_size",
        "_interim",
        "_lengths",
        "_loop",
        "_owner",
        "_parser",
        "_paused",
        "_received",
        "_timer",
        "_transport",
        "_waiter",
        "answered",
        "born",
        "buffered",
        "busy",
        "chunks",
        "closed",
        "complete",
        "error",
        "headers",
        "heard",
        "idle_since",
        "keep",
        "reused",
        "status",
    )

    def __init__(self, owner: _Owner, loop: asyncio.AbstractEventLoop) -> None:
        self._owner, self._loop = owner, loop
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self.chunks: list[bytes] = []
        self.headers: Headers = []
        self.born = self.idle_since = loop.time()
        self.busy = self.closed = self.reused = self._paused = False
        self.error: UpstreamError | None = None
        self.heard: Callable[[], None] | None = None  # told of everything that comes, when nobody waits
        self._deadline, self._timer = 0.0, cast(asyncio.TimerHandle | None, None)
        self._reset(head_only=False)

    # exchange ------------------------------------------------------------------------------------

    def begin(self, data: bytes, *, head_only: bool = False) -> None:
        """Sends the head (and the body, when it is at hand) of the next request."""
        if self.closed or self._transport is None:
            raise Stale("closed")
        self._reset(head_only=head_only)
        self.busy, self.error = True, None
        self._transport.write(data)

    def _reset(self, *, head_only: bool) -> None:
        self.headers = []
        self.status = self._head_seen = self._head_size = self._received = self.buffered = self._lengths = 0
        self.answered = self.complete = self._interim = False
        self.keep, self._head_only = True, head_only

    async def write(self, data: bytes) -> None:
        """A further piece of the request's body; waits while the service does not read."""
        if self.error:
            raise self.error
        assert self._transport is not None
        self._transport.write(data)
        if self._drained is not None:
            await self._within(self._drained)

    async def answer(self) -> None:
        """Waits for the head of the answer: `status` and `headers`."""
        while not self.answered:
            await self._wait()
        if self.error:
            raise self.error

    async def read(self) -> bytes:
        """The next piece of the answer's body; empty at its end."""
        while not self.chunks and not self.complete:
            await self._wait()
        if self.error and not self.chunks:
            raise self.error
        if not self.chunks:
            return b""
        return self.taken()

    @property
    def promised(self) -> float:
        """How long the answer's body says that it is; infinite when it does not."""
        return next((int(value) for name, value in self.headers if name == b"content-length"), inf)

    def taken(self) -> bytes:
        """What has come of the answer's body."""
        data = self.chunks[0] if len(self.chunks) == 1 else b"".join(self.chunks)
        self.chunks.clear()
        self.buffered = 0
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        return data

    async def _wait(self) -> None:
        if self.error:
            raise self.error
        self._waiter = self._loop.create_future()
        self.expect()
        try:
            await self._waiter
        finally:
            self._waiter = None
        if self.error and not (self.chunks or self.complete):
            raise self.error

    def expect(self) -> None:
        """Gives the service `read_seconds` from now. One timer looks on, for one each time would cost more."""
        seconds = self._owner.bounds.read_seconds
        self._deadline = self._loop.time() + seconds
        if self._timer is None:
            self._timer = self._loop.call_later(seconds, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._waiter is None and self.heard is None:
            return
        left = self._deadline - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self._fail(TimedOut("read timeout"))

    async def _within(self, future: "asyncio.Future[None]") -> None:
        timer = self._loop.call_later(self._owner.bounds.read_seconds, _expire, future)
        try:
            await future
        finally:
            timer.cancel()

    @property
    def idle(self) -> float:
        """Seconds since its last exchange."""
        return self._loop.time() - self.idle_since

    def release(self) -> None:
        """Gives it back."""
        self._owner.release(self)

    def close(self) -> None:
        """Ends the connection at once, whatever is under way."""
        if self._transport is not None and not self.closed:
            self._transport.abort()

    # asyncio -------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one without inheriting from it

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self.busy and not self.complete:
            untouched = self.reused and not self._head_seen
            self._fail(Stale("closed before the answer") if untouched else Broken("closed within the answer"))
        if self._drained is not None and not self._drained.done():
            self._drained.set_exception(self.error or Broken("closed"))
            self._drained.exception()  # read here: nobody may be waiting for it
        self._owner.lost(self)

    def data_received(self, data: bytes) -> None:
        if not self.busy or self.complete:
            self.close()  # nobody asked: it must not become the next caller's answer
            return
        self._head_seen += len(data)
        try:
            self._parser.feed_data(data)
            if not self.answered and self._head_seen > self._owner.bounds.head_bytes:
                raise Broken("head over the bound")
        except (httptools.HttpParserError, httptools.HttpParserUpgrade, Broken) as error:
            self._fail(Broken(str(error)))
            self.close()
            return
        self._wake()

    def pause_writing(self) -> None:
        self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    def _fail(self, error: UpstreamError) -> None:
        if not self.error:
            self.error = error
        self.keep = False
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        elif self.heard is not None:
            self.heard()

    # httptools -----------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self.complete:
            raise Broken("a second answer to one request")

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"content-length":
            self._lengths += 1
        elif name == b"transfer-encoding":
            if value.lower() != b"chunked":
                raise Broken("unknown transfer encoding")
            self._lengths += 1
        self.headers.append((name, value))
        self._head_size += len(name) + len(value)
        if (
            len(self.headers) > self._owner.bounds.head_count
            or self._head_size > self._owner.bounds.head_bytes
        ):
            raise Broken("head over the bound")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            if status == 101:
                raise Broken("switching protocols was not asked for")
            self._interim = True
            return
        if self._lengths > 1 or (self._lengths == 0 and status not in (204, 304) and not self._head_only):
            raise Broken("the length of the answer is not certain")
        self.status, self.answered = status, True
        if self._head_only:
            self.complete, self.keep = True, False

    def on_body(self, body: bytes) -> None:
        if self._head_only:
            raise Broken("a body where none may be")
        self._received += len(body)
        self.buffered += len(body)
        if self._received > self._owner.bounds.body_bytes:
            raise Broken("body over the bound")
        self.chunks.append(body)
        if (
            self.buffered > self._owner.bounds.buffer_bytes
            and not self._paused
            and self._transport is not None
        ):
            self._paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        if self._interim:
            self._interim, self._lengths, self.headers = False, 0, []
            return
        self.complete = True
        self.keep = self.keep and self._parser.should_keep_alive()


def _expire(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_exception(TimedOut("read timeout"))
