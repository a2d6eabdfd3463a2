"""How an answer leaves: in one write, and so that its caller can read it.

uvicorn writes the head and the body of an answer apart, and uvloop sends each at once: two system calls, two
packets, and a caller that is woken twice. That is a fifth of the whole data path (`make bench`). ASGI has no
word for it, so the transport of the request is wrapped; under a server that has none, nothing changes.
"""

import asyncio
from contextlib import suppress
from typing import Any

from gateway.proxy import RawHeaders, Receive, Send

LINGER_SECONDS, LINGER_BYTES = 2.0, 32 * 1024 * 1024
_CONTINUE = b"HTTP/1.1 100 "


class Joined:
    """A transport that keeps the head of an answer until its body, or its end, comes."""

    __slots__ = ("_head", "_transport", "_whole")

    def __init__(self, transport: Any) -> None:
        self._transport, self._head, self._whole = transport, b"", False

    def write(self, data: bytes) -> None:
        """Writes, except the head."""
        if self._whole or data.startswith(_CONTINUE):
            self._transport.write(data)
        elif not self._head:
            self._head = data
        else:
            self._whole = True
            self._transport.write(self._head + data)

    def close(self) -> None:
        """Ends the connection after what was kept."""
        if not self._whole and self._head:
            self._whole = True
            self._transport.write(self._head)
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def join_writes(send: Any) -> None:
    """Has the answer to this request leave in one write."""
    request = getattr(send, "__self__", None)
    if request is not None and hasattr(request, "transport"):
        request.transport = Joined(request.transport)


async def send_whole(
    send: Send, status: int, headers: RawHeaders, body: bytes, *, rest: Receive | None = None
) -> None:
    """Sends an answer; `rest` is what its caller may still be sending."""
    if not any(name == b"content-length" for name, _ in headers):
        headers = [*headers, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if rest is not None:
        await send({"type": "http.response.body", "body": body, "more_body": True})
        await _linger(rest)
        body = b""
    await send({"type": "http.response.body", "body": body})


async def _linger(receive: Receive) -> None:
    """Reads on for a moment: who is still sending when the connection closes sees a reset, and not the answer."""
    seen = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while seen < LINGER_BYTES:
                message = await receive()
                if not message.get("more_body", False):
                    return
                seen += len(message["body"])
