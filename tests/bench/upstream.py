"""The tiny service behind the gateways where nginx is not installed: `python -m tests.bench.upstream <port>`."""

import asyncio
import sys
from typing import cast

import httptools
import uvloop

from deploy.local.ports import HOST
from tests.bench.programs import ANSWER

_HEAD = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(ANSWER)}\r\n\r\n"
_WHOLE = (_HEAD + ANSWER).encode()


class Answer(asyncio.Protocol):
    """Gives the same answer to every request of a kept connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by class
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._transport.write(_WHOLE)


async def main(port: int) -> None:
    """Serves until it is stopped."""
    server = await asyncio.get_running_loop().create_server(Answer, HOST, port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
