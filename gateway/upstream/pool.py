"""The connections to one service: kept, bounded in number, handed to waiting callers in turn."""

import asyncio
import ssl
from collections import deque
from urllib.parse import urlsplit

from gateway.upstream.connection import Bounds, ConnectFailed, Connection, Stale, Unsendable


class Upstream:
    """The connections to one service."""

    def __init__(self, url: str, *, bounds: Bounds | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
            raise ValueError(f"not the address of a service: {url}")
        self.bounds = bounds or Bounds()
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._host, self._port = parts.hostname, parts.port or (443 if self._tls else 80)
        self.host = parts.netloc.rpartition("@")[2].encode("ascii")
        self._idle: list[Connection] = []
        self._all: set[Connection] = set()
        self._connecting = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    def begin(self, head: bytes, *, lines: int) -> Connection | None:
        """Sends a request at once, if a kept connection is free and nobody waits for one. Raises Unsendable."""
        check_head(head, lines=lines)
        connection = None if self._waiting else self._kept()
        if connection is not None:
            connection.begin(head)
            connection.expect()
        return connection

    async def exchange(
        self,
        head: bytes,
        *,
        lines: int,
        repeatable: bool,
        body: bytes = b"",
        head_only: bool = False,
        sent: Connection | None = None,
    ) -> Connection:
        """Sends a whole request and waits for the head of its answer.

        `lines` is the number of lines of the head: a head with more was tampered with. Only a repeatable request
        is sent again, once, and only when a kept connection turned out to be closed before it was used. `sent` is
        a connection over which the request was begun.
        """
        check_head(head, lines=lines)
        data = head + body if body else head
        while True:
            connection = sent or await self.acquire()
            try:
                if sent is None:
                    connection.begin(data, head_only=head_only)
                await connection.answer()
                return connection
            except Stale:
                self.release(connection)
                if not repeatable:
                    raise
                repeatable, sent = False, None
                self._drop_idle()
            except BaseException:
                self.release(connection)
                raise

    async def acquire(self) -> Connection:
        """A free connection, the last used first. Raises ConnectFailed."""
        loop = asyncio.get_running_loop()
        while True:
            connection = self._kept()
            if connection is not None:
                return connection
            if len(self._all) + self._connecting < self.bounds.connections:
                return await self._connect(loop)
            await self._turn(loop)

    def _kept(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed and connection.idle < self.bounds.idle_seconds:
                connection.reused = True
                return connection
            connection.close()
        return None

    def release(self, connection: Connection) -> None:
        """Gives a connection back: kept when its exchange ended cleanly, else closed."""
        now = connection._loop.time()
        clean = connection.complete and connection.keep and not connection.closed and not connection.error
        connection.busy = False
        if clean and not connection.chunks and now - connection.born < self.bounds.age_seconds:
            connection.idle_since = now
            self._idle.append(connection)
            self._next()
        else:
            connection.chunks.clear()
            connection.close()

    def lost(self, connection: Connection) -> None:
        """Called by a connection that ended."""
        self._all.discard(connection)
        if not connection.busy and connection in self._idle:
            self._idle.remove(connection)
        self._next()

    async def close(self) -> None:
        """Ends every connection."""
        for connection in list(self._all):
            connection.close()
        await asyncio.sleep(0)

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> Connection:
        self._connecting += 1
        try:
            async with asyncio.timeout(self.bounds.connect_seconds):
                _, connection = await loop.create_connection(
                    lambda: Connection(self, loop), self._host, self._port, ssl=self._tls
                )
        except OSError as error:  # TimeoutError is one
            raise ConnectFailed(str(error)) from error
        finally:
            self._connecting -= 1
        if not connection.closed:
            self._all.add(connection)
        return connection

    async def _turn(self, loop: asyncio.AbstractEventLoop) -> None:
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self.bounds.connect_seconds):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self._next()  # the turn came too late for this caller: the next one takes it
            elif turn in self._waiting:
                self._waiting.remove(turn)
            if isinstance(error, TimeoutError):
                raise ConnectFailed("no free connection") from error
            raise

    def _next(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def _drop_idle(self) -> None:
        for connection in self._idle:
            connection.close()
        self._idle.clear()


def check_head(head: bytes, *, lines: int) -> None:
    """Refuses a head that holds more line breaks than lines. Raises Unsendable."""
    if head.count(b"\n") != lines + 1 or head.count(b"\r") != lines + 1 or b"\0" in head:
        raise Unsendable("line break within the request head")
