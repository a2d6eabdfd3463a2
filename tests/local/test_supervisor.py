"""The supervisor: order, restarts, and nothing left behind whatever happens to it."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from deploy.local.ports import PortBusy, free_port, require_free
from deploy.local.state import Secrets, hold_free
from deploy.local.supervisor import Process, StartFailed, Supervisor, answers_tcp

ROOT = Path(__file__).parents[2]


def _listener(name, port, *, script="pass"):
    program = (
        f"import socket, time; {script}; s = socket.create_server(('127.0.0.1', {port})); time.sleep(600)"
    )
    return Process(name, [sys.executable, "-c", program], ready=lambda: answers_tcp(port))


def _alive(pid):
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


async def _until(condition, seconds=10.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not happen in time"
        await asyncio.sleep(0.02)


class TestSupervisor:
    async def test_returns_when_all_are_ready_and_stops_all_of_them(self, tmp_path):
        lines: list[str] = []
        async with Supervisor(tmp_path, progress=lines.append) as supervisor:
            await supervisor.start(_listener("first", free_port()), _listener("second", free_port()))
            pids = dict(supervisor.pids)
            assert set(pids) == {"first", "second"}
        assert len(lines) == 2
        assert not any(_alive(pid) for pid in pids.values())

    async def test_starts_a_process_again_that_was_killed(self, tmp_path):
        port = free_port()
        async with Supervisor(tmp_path, progress=lambda line: None) as supervisor:
            await supervisor.start(_listener("server", port))
            before = supervisor.pids["server"]
            os.kill(before, signal.SIGKILL)
            await _until(lambda: supervisor.pids.get("server", before) != before)
            assert "died with exit -9" in supervisor.log("server").read_text()

    async def test_keeps_a_process_down_for_as_long_as_it_is_told(self, tmp_path):
        port = free_port()
        async with Supervisor(tmp_path, progress=lambda line: None) as supervisor:
            await supervisor.start(_listener("server", port))
            async with supervisor.down("server"):
                assert not await answers_tcp(port)
                await asyncio.sleep(0.5)
                assert "server" not in supervisor.pids
            await _until(lambda: "server" in supervisor.pids)

    async def test_gives_up_on_a_process_that_keeps_dying_and_shows_why(self, tmp_path):
        broken = Process("broken", [sys.executable, "-c", "raise SystemExit('no such table')"], ready=_never)
        with pytest.raises(StartFailed, match="no such table"):
            async with Supervisor(tmp_path, progress=lambda line: None) as supervisor:
                await supervisor.start(broken)

    async def test_shows_the_end_of_a_failed_task(self, tmp_path):
        async with Supervisor(tmp_path, progress=lambda line: None) as supervisor:
            with pytest.raises(StartFailed, match="half way"):
                await supervisor.run("task", [sys.executable, "-c", "raise SystemExit('half way')"], {})

    async def test_stops_the_last_stage_first(self, tmp_path):
        order = tmp_path / "order"
        async with Supervisor(tmp_path / "logs", progress=lambda line: None) as supervisor:
            for name in ("database", "service"):
                await supervisor.start(_listener(name, free_port(), script=_note_end(order, name)))
        assert order.read_text().split() == ["service", "database"]

    async def test_leaves_no_process_when_it_is_cancelled_while_starting(self, tmp_path):
        supervisor = Supervisor(tmp_path, progress=lambda line: None)
        started = []

        async def start():
            async with supervisor:
                await supervisor.start(_listener("first", free_port()))
                started.append(supervisor.pids["first"])
                await supervisor.start(Process("slow", ["sleep", "600"], ready=_never))

        task = asyncio.create_task(start())
        await _until(lambda: "slow" in supervisor.pids)
        started.append(supervisor.pids["slow"])
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not any(_alive(pid) for pid in started)


class TestWhenTheSupervisorIsKilled:
    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
    async def test_leaves_no_process_behind(self, tmp_path, number):
        program = subprocess.Popen(
            [sys.executable, "-m", "tests.local.two_children", str(tmp_path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert program.stdout is not None
        pids = [int(word) for word in program.stdout.readline().split()]
        assert len(pids) == 3 and all(_alive(pid) for pid in pids)

        program.send_signal(number)
        await _until(lambda: not any(_alive(pid) for pid in pids))
        assert program.wait(10) == (130 if number != signal.SIGKILL else -9)
        program.stdout.close()


class TestPorts:
    def test_names_a_busy_port_and_the_variable_that_changes_it(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(PortBusy, match=rf"端口 {port} (?s:.)*PORT=9000"):
                require_free(port, variable="PORT", instead=9000, patience=0.0)

    async def test_waits_a_moment_for_a_killed_run_to_leave_its_port(self):
        other = socket.create_server(("127.0.0.1", 0))
        port = other.getsockname()[1]
        waiting = asyncio.create_task(
            asyncio.to_thread(require_free, port, variable="PORT", instead=9000, patience=5.0)
        )
        await asyncio.sleep(0.05)
        assert not waiting.done()
        other.close()
        assert await waiting == port


class TestState:
    def test_gives_sessions_side_by_side_folders_of_their_own(self, tmp_path):
        with hold_free(tmp_path / "test") as first, hold_free(tmp_path / "test") as second:
            assert (first.name, second.name) == ("test", "test-2")
        with hold_free(tmp_path / "test") as again:
            assert again.name == "test"

    def test_keeps_secrets_in_a_file_that_only_its_owner_reads(self, tmp_path):
        one, other = Secrets(tmp_path), Secrets(tmp_path)
        first, second = one.get("first"), other.get("second")

        assert Secrets(tmp_path).get("first") == first
        assert Secrets(tmp_path).get("second") == second
        assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


async def _never():
    return False


def _note_end(file, name):
    note = f"lambda *_: (open({str(file)!r}, 'a').write({name!r} + ' '), __import__('os')._exit(0))"
    return f"import signal; signal.signal(signal.SIGTERM, {note})"
