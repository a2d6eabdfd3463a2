"""One write for a whole answer.

uvicorn writes the head and the body of an answer apart, and uvloop sends each at once: two system calls, two
packets, and a caller that is woken twice. That is a fifth of the whole data path (`make bench`). ASGI has no
word for it, so the transport of the request is wrapped; under a server that has none, nothing changes.
"""

from typing import Any

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
