"""A small process supervisor: what Kubernetes does for the suite in production, on one machine.

Processes start stage by stage and are waited for until they are ready; one that dies is started again
with a growing pause; all stop in the reverse order of their start, and none outlives the supervisor, even
when it is killed with SIGKILL.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from deploy.local.child import Disguise, before_exec
from deploy.local.ports import HOST
from deploy.local.problems import CannotRun

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_STOP_SECONDS = 20.0
_DEATHS_BEFORE_GIVING_UP = 3
_LOG_BYTES = 20_000_000

Ready = Callable[[], Awaitable[bool]]
Say = Callable[[str], None]


def say(line: str) -> None:
    """Print a line of progress at once."""
    print(line, flush=True)


class StartFailed(CannotRun):
    """A process did not become ready, or a task failed; the end of its log says why."""

    def __init__(self, name: str, why: str, log: Path) -> None:
        super().__init__(
            f"{name} 未能启动（{why}），日志 {log} 的结尾：\n"
            f"{name} did not start ({why}); the end of {log}:\n\n{_tail(log)}"
        )


@dataclass(frozen=True)
class Process:
    """One process to keep alive: its command, its whole environment, and how to see that it is ready."""

    name: str
    command: Sequence[str]
    ready: Ready
    environment: Mapping[str, str] = field(default_factory=dict)
    disguise: Disguise | None = None
    stop_signal: int = signal.SIGTERM
    death_signal: int = signal.SIGKILL
    patience: float = 60.0


class Supervisor:
    """Starts, restarts and stops processes; their output goes to `<logs>/<name>.log`."""

    def __init__(self, logs: Path, *, progress: Say = say) -> None:
        self._logs = logs
        self._say = progress
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._stages: list[list[tuple[Process, asyncio.Task[None]]]] = []
        self._deaths: Counter[str] = Counter()
        self._down: dict[str, asyncio.Event] = {}
        self._stopping = False

    async def __aenter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def pids(self) -> dict[str, int]:
        """Name to process id of what runs at this moment."""
        return {name: child.pid for name, child in self._running.items()}

    def log(self, name: str) -> Path:
        """The log file of a process or task."""
        return self._logs / f"{name}.log"

    async def start(self, *processes: Process) -> None:
        """Start processes side by side and return when all are ready. Raises StartFailed."""
        stage = [(process, asyncio.create_task(self._keep(process))) for process in processes]
        self._stages.append(stage)
        waits = [asyncio.create_task(self._wait_until_ready(process, keeper)) for process, keeper in stage]
        try:
            await asyncio.gather(*waits)
        finally:
            for wait in waits:
                wait.cancel()

    async def run(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Run a task to its end, such as a migration. Raises StartFailed when it fails."""
        started = time.monotonic()
        child = await self._spawn(Process(name, command, ready=_at_once, environment=environment))
        try:
            code = await child.wait()
        finally:
            _signal_group(child, signal.SIGKILL)
        if code != 0:
            raise StartFailed(name, f"exit {code}", self.log(name))
        self._say(f"  ✓ {name:<24} {time.monotonic() - started:5.1f} s")

    @asynccontextmanager
    async def down(self, name: str) -> AsyncIterator[None]:
        """Kill a process and keep it down until the block ends, as in an outage."""
        child, self._down[name] = self._running[name], asyncio.Event()
        try:
            _signal_group(child, signal.SIGKILL)
            await child.wait()
            yield
        finally:
            self._down.pop(name).set()

    async def stop(self) -> None:
        """Stop everything, the last started first; what does not stop in time is killed."""
        self._stopping = True
        for stage in reversed(self._stages):
            await asyncio.gather(*(self._stop(process, keeper) for process, keeper in stage))
        self._stages.clear()

    async def _keep(self, process: Process) -> None:
        pause = _SHORTEST_PAUSE
        while not self._stopping:
            started = time.monotonic()
            child = self._running[process.name] = await self._spawn(process)
            code = await child.wait()
            del self._running[process.name]
            if self._stopping:
                return
            if time.monotonic() - started > 2 * _LONGEST_PAUSE:
                pause = _SHORTEST_PAUSE
            self._deaths[process.name] += 1
            self._note(process.name, f"died with exit {code}, starts again in {pause:.1f} s")
            await asyncio.sleep(pause)
            if outage := self._down.get(process.name):
                await outage.wait()
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _wait_until_ready(self, process: Process, keeper: asyncio.Task[None]) -> None:
        started = time.monotonic()
        while not await process.ready():
            if keeper.done():
                keeper.result()
            if self._deaths[process.name] >= _DEATHS_BEFORE_GIVING_UP:
                raise StartFailed(process.name, "it keeps dying", self.log(process.name))
            if time.monotonic() - started > process.patience:
                raise StartFailed(process.name, f"{process.patience:.0f} s", self.log(process.name))
            await asyncio.sleep(0.05)
        self._say(f"  ✓ {process.name:<24} {time.monotonic() - started:5.1f} s")

    async def _spawn(self, process: Process) -> asyncio.subprocess.Process:
        with _open_log(self.log(process.name)) as log:
            return await asyncio.create_subprocess_exec(
                *process.command,
                env=dict(process.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Its own session, so that Ctrl-C reaches only the supervisor, which then stops in order.
                start_new_session=True,
                preexec_fn=before_exec(
                    parent=os.getpid(), death_signal=process.death_signal, disguise=process.disguise
                ),
            )

    async def _stop(self, process: Process, keeper: asyncio.Task[None]) -> None:
        child = self._running.get(process.name)
        if child is None:
            keeper.cancel()
        else:
            with suppress(ProcessLookupError):
                child.send_signal(process.stop_signal)
            try:
                await asyncio.wait_for(child.wait(), _STOP_SECONDS)
            except TimeoutError:
                self._note(process.name, "did not stop in time, killed")
            _signal_group(child, signal.SIGKILL)
        with suppress(asyncio.CancelledError, OSError):
            await keeper

    def _note(self, name: str, line: str) -> None:
        with _open_log(self.log(name)) as log:
            log.write(f"[supervisor] {name}: {line}\n".encode())


def quiet_supervisor(state: Path) -> Supervisor:
    """A supervisor for one server alone, which logs below its state folder and prints nothing."""
    return Supervisor(state / "logs", progress=lambda line: None)


async def answers_tcp(port: int) -> bool:
    """Whether a server listens on this loopback port."""
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    return True


async def answers_http(url: str) -> bool:
    """Whether a GET answers 200 within a second."""
    try:
        async with httpx.AsyncClient(timeout=1.0, trust_env=False) as client:
            return (await client.get(url)).status_code == 200
    except httpx.HTTPError:
        return False


def run_main(main: Callable[[], Coroutine[object, object, int]], *, interrupted: int = 130) -> int:
    """Run a program that holds a supervisor and return its exit code.

    SIGINT, SIGTERM and SIGHUP stop it in order and give the code `interrupted`; more of them do not hurry
    it. What cannot run is told on standard error and gives 1.
    """
    _die_with_make()
    try:
        return asyncio.run(_until_signalled(main, interrupted))
    except CannotRun as problem:
        print(f"\n{problem}", file=sys.stderr, flush=True)
        return 1


async def _until_signalled(main: Callable[[], Coroutine[object, object, int]], interrupted: int) -> int:
    task = asyncio.ensure_future(main())
    stopping: list[bool] = []

    def stop() -> None:
        if not stopping:
            stopping.append(task.cancel())

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        return await task
    except asyncio.CancelledError:
        return interrupted


def _die_with_make() -> None:
    """A killed `make` takes the program that it started along; a program started by hand stands alone."""
    if os.environ.get("MAKELEVEL"):
        before_exec(parent=os.getppid(), death_signal=signal.SIGTERM, disguise=None)()


async def _at_once() -> bool:
    return True


def _signal_group(child: asyncio.subprocess.Process, number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)


def _open_log(path: Path):  # type: ignore[no-untyped-def]
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab", buffering=0)


def _tail(log: Path, lines: int = 25) -> str:
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return "\n".join(text.splitlines()[-lines:])
