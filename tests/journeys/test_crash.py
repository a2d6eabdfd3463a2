"""Kill -9 of any process at any moment of the demo loses nothing and doubles nothing."""

import asyncio
import os
import random
import signal
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from deploy.local import caller
from deploy.local.demo import new_run, walk
from deploy.local.suite import Suite
from deploy.local.walk import stage as walking
from deploy.local.walk.stage import Stage
from services.kit import clock
from tests.journeys import look
from tests.journeys.office import Office

SEED = 20260101
PATIENCE_SECONDS = 300.0
SHORTEST, LONGEST = 0.3, 2.5  # seconds between two kills


class Killer:
    """Kills processes at random moments: first each kind once in random order, then whichever."""

    def __init__(self, suite: Suite, chance: random.Random) -> None:
        self._suite, self._chance = suite, chance
        self.due = [name for name in suite.processes if name != "wechat"]
        self.kinds = frozenset(self.due)
        chance.shuffle(self.due)
        self.killed: Counter[str] = Counter()

    async def run(self) -> None:
        """Kills until cancelled."""
        while True:
            await asyncio.sleep(self._chance.uniform(SHORTEST, LONGEST))
            name = self.due[-1] if self.due else self._chance.choice(sorted(self.kinds))
            pid = self._suite.processes.get(name)
            if pid is None:  # still dead from the last time
                continue
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.killed[name] += 1
                if self.due:
                    self.due.pop()


@pytest.mark.slow
class TestKillOfAnyProcess:
    async def test_the_main_job_ends_and_nothing_is_lost_or_doubled(
        self, office: Office, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(caller, "PATIENCE_SECONDS", PATIENCE_SECONDS)
        monkeypatch.setattr(walking, "ARRIVAL_SECONDS", PATIENCE_SECONDS)
        killer = Killer(office.suite, random.Random(SEED))
        told: list[str] = []

        killing = asyncio.create_task(killer.run())
        try:
            while killer.due:
                async with Stage(
                    county=office.county, run=new_run(), today=clock.today(), tell=told.append
                ) as stage:
                    await walk(stage)
        except Exception as error:
            error.add_note(f"killed {dict(killer.killed)}; told: {told[-5:]}")
            raise
        finally:
            killing.cancel()

        assert set(killer.killed) == killer.kinds
        assert await look.settled(office.suite) == {}


@pytest.mark.slow
class TestKillOfEverything:
    async def test_the_demo_killed_in_the_middle_starts_again_on_what_is_there(self, state: Path):
        folder = state / "killed-demo"
        folder.mkdir()

        first = await self._demo(folder)
        assert first.stdout is not None
        told = b""
        async for line in first.stdout:
            told += line
            if line.startswith(b"    "):  # in the working of the settlement
                break
        else:
            raise AssertionError(told.decode()[-3000:])
        children = psutil.Process(first.pid).children(recursive=True)
        first.kill()
        await first.wait()
        await self._all_gone(children)

        again = await self._demo(folder)
        output, _ = await asyncio.wait_for(again.communicate(), 180)
        assert again.returncode == 0, output.decode()[-3000:]

    async def _demo(self, folder: Path) -> asyncio.subprocess.Process:
        command = (sys.executable, "-m", "tests.journeys.demo_at", str(folder))
        return await asyncio.create_subprocess_exec(
            *command,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def _all_gone(self, children: list[psutil.Process]) -> None:
        assert len(children) > 10
        for _ in range(200):
            alive = [child for child in children if self._alive(child)]
            if not alive:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"outlived the supervisor: {alive}")

    def _alive(self, child: psutil.Process) -> bool:
        try:
            return bool(child.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False
