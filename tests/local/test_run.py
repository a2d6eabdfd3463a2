"""The commands of the Makefile: clear messages where a newcomer may stumble."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import clean
from deploy.local.ports import PortBusy, free_port
from deploy.local.run import NoPort, first_port
from deploy.local.state import hold
from deploy.local.suite import Ports

ROOT = Path(__file__).parents[2]


def _make(*arguments, **environment):
    path = {"PATH": os.environ["PATH"]}
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env=path | environment,
        capture_output=True,
        text=True,
    )


class TestPorts:
    def test_follow_each_other_from_the_chosen_one(self):
        first = free_port()
        ports = Ports.fixed(first)
        assert ports.of["gateway"] == first
        assert sorted(ports.of.values()) == list(range(first, first + len(ports.of)))

    def test_name_the_one_that_is_busy(self):
        first = free_port()
        with socket.create_server(("127.0.0.1", first + 3)), pytest.raises(PortBusy, match=str(first + 3)):
            Ports.fixed(first, patience=0.0)

    def test_are_different_ones_when_any_free_one_will_do(self):
        assert len(set(Ports.free().of.values())) == len(Ports.free().of)

    @pytest.mark.parametrize("given", ["", "http", "80", "-1", "70000", "８０００"])
    def test_refuse_what_is_no_usable_number(self, given):
        with pytest.raises(NoPort, match="PORT"):
            first_port(given)


class TestMakeRun:
    def test_tells_a_busy_port_without_a_traceback(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            run = subprocess.run(
                [sys.executable, "-m", "deploy.local.run"],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], "PORT": str(port)},
                capture_output=True,
                text=True,
            )
        assert run.returncode == 1
        assert f"端口 {port} 已被占用" in run.stderr
        assert "Traceback" not in run.stderr


class TestMakeHelp:
    def test_lists_every_target_with_what_it_is_for(self):
        shown = _make().stdout
        for target in (
            *("help", "setup", "run", "demo", "test", "check", "rows", "bench"),
            *("contracts", "migration", "format", "lock", "clean"),
        ):
            assert f"make {target} " in shown


class TestMakeSetup:
    def test_says_which_python_is_needed(self):
        made = _make("--always-make", "--dry-run", "setup", PYTHON="/nonexistent/python")
        assert "Python 3.11" in made.stdout


class TestMakeClean:
    @pytest.fixture
    def local(self, tmp_path, monkeypatch):
        monkeypatch.setattr(clean, "LOCAL", tmp_path / ".local")
        return tmp_path / ".local"

    def test_removes_the_state_of_runs_that_have_ended(self, local):
        with hold(local / "run", part="suite"):
            pass
        assert clean.clean() == 0
        assert not local.exists()

    def test_refuses_while_a_run_works_in_there(self, local, capsys):
        with hold(local / "run", part="suite"):
            assert clean.clean() == 1
        assert "正在使用" in capsys.readouterr().err
        assert local.exists()
