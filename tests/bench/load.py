"""A generator of requests in a process of its own: `python -m tests.bench.load`, a job on stdin, what came of it on stdout."""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import repeat
from typing import cast
from urllib.parse import urlsplit

import httptools
import orjson
import uvloop

from tests.bench.harness import Done

PATIENCE_SECONDS = 15.0


class LoadFailed(Exception):
    """There were answers other than 2xx, or none."""


@dataclass(frozen=True)
class Job:
    """GET `url` again and again; or, with `ids`, POST to it with each of them once in the place of ID."""

    url: str
    headers: dict[str, str]
    connections: int
    seconds: float
    ids: Sequence[str] = ()


@dataclass(frozen=True)
class Told:
    """Answers by status; 0 counts connections that the server closed."""

    answers: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def done(self) -> Done:
        """The answers, all of them with 2xx. Raises LoadFailed when there were others."""
        bad = {status: number for status, number in self.answers.items() if not status.startswith("2")}
        if bad or not self.answers:
            raise LoadFailed(f"answers by status: {self.answers}")
        return Done(sum(self.answers.values()), self.seconds)


class Line(asyncio.Protocol):
    """One kept connection, which sends the next request when it has its answer."""

    def __init__(self, more: Iterator[bytes], until: float, answers: Counter[str]) -> None:
        self._more, self._until, self._answers = more, until, answers
        self._parser = httptools.HttpResponseParser(self)
        self.ended = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by class
        self._next()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._answers[str(self._parser.get_status_code())] += 1
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self._answers["0"] += 1
            self.ended.set_result(None)

    def _next(self) -> None:
        request = next(self._more, None) if time.perf_counter() < self._until else None
        if request is not None:
            self._transport.write(request)
            return
        self.ended.set_result(None)
        self._transport.close()


def requests_of(job: Job) -> Iterator[bytes]:
    """The bytes to send, one request after the other."""
    parts = urlsplit(job.url)
    head = "".join(f"{name}: {value}\r\n" for name, value in ({"host": parts.netloc} | job.headers).items())
    if not job.ids:
        return repeat(f"GET {parts.path} HTTP/1.1\r\n{head}\r\n".encode())
    return (
        f"POST {parts.path.replace('ID', one)} HTTP/1.1\r\n{head}"
        f"idempotency-key: bench-{one}\r\ncontent-length: 0\r\n\r\n".encode()
        for one in job.ids
    )


async def send(job: Job) -> Told:
    """Does the job in this process."""
    answers: Counter[str] = Counter()
    parts, more, began = urlsplit(job.url), requests_of(job), time.perf_counter()
    made = (
        asyncio.get_running_loop().create_connection(
            lambda: Line(more, began + job.seconds, answers), parts.hostname or "", parts.port or 80
        )
        for _ in range(job.connections)
    )
    await asyncio.gather(*[(await one)[1].ended for one in made])
    return Told(dict(answers), time.perf_counter() - began)


async def apart(job: Job) -> Told:
    """Does the job in a process of its own."""
    child = await create_subprocess_exec(sys.executable, "-m", "tests.bench.load", stdin=PIPE, stdout=PIPE)
    try:
        async with asyncio.timeout(job.seconds + PATIENCE_SECONDS):
            output, _ = await child.communicate(orjson.dumps(asdict(job)))
    except TimeoutError as error:
        child.kill()
        raise LoadFailed("the generator did not end") from error
    if child.returncode != 0:
        raise LoadFailed(f"the generator ended with {child.returncode}")
    return Told(**orjson.loads(output))


if __name__ == "__main__":
    print(orjson.dumps(asdict(uvloop.run(send(Job(**orjson.loads(sys.stdin.buffer.read())))))).decode())
