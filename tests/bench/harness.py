"""Short slices of everything that is compared, side by side, so that a shared machine's moods hit all alike.

A round runs one slice of each contender; the next round runs them in the reverse order (ABBA). What is told is the
median of the rounds' ratios to the control of the same round. Beside wall time the CPU seconds of the contender's
processes are counted: they leave out what a neighbour stole. A round in which more than a tenth was stolen is marked,
and left out of the median as long as three others remain.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil

STEAL_MOST = 0.10
CALM_ROUNDS = 3


@dataclass(frozen=True)
class Done:
    """Units of work, and the seconds that they took by the generator's own clock: its start is no work."""

    units: float
    seconds: float


Run = Callable[[float], Awaitable[Done]]


@dataclass(frozen=True)
class Contender:
    """Something that does work for some seconds and says how much; `pids` are its process trees."""

    name: str
    run: Run
    pids: Callable[[], Collection[int]]


@dataclass(frozen=True)
class Slice:
    """What one contender did in one round."""

    units: float
    wall: float
    cpu: float

    @property
    def per_second(self) -> float:
        return self.units / self.wall

    @property
    def per_cpu_second(self) -> float:
        return self.units / self.cpu if self.cpu else 0.0


@dataclass(frozen=True)
class Round:
    """One slice of each contender, and the share of the machine that was stolen meanwhile."""

    slices: dict[str, Slice]
    steal: float

    @property
    def calm(self) -> bool:
        return self.steal <= STEAL_MOST


@dataclass(frozen=True)
class Rounds:
    """All rounds of a comparison."""

    all: Sequence[Round]

    @property
    def counted(self) -> Sequence[Round]:
        """The calm rounds, or all when too few were calm."""
        calm = [one for one in self.all if one.calm]
        return calm if len(calm) >= CALM_ROUNDS else self.all

    def per_second(self, name: str) -> float:
        """Median units a second."""
        return median(one.slices[name].per_second for one in self.counted)

    def per_cpu_second(self, name: str) -> float:
        """Median units a CPU second."""
        return median(one.slices[name].per_cpu_second for one in self.counted)

    def ratio(self, name: str, control: str) -> float:
        """Median of the rounds' ratios by wall time."""
        return median(one.slices[name].per_second / one.slices[control].per_second for one in self.counted)

    def cpu_ratio(self, name: str, control: str) -> float:
        """Median of the rounds' ratios by CPU time."""
        return median(
            one.slices[name].per_cpu_second / one.slices[control].per_cpu_second for one in self.counted
        )

    @property
    def steal(self) -> float:
        return median(one.steal for one in self.all)


async def compare(
    contenders: Sequence[Contender], *, rounds: int, seconds: float, say: Callable[[str], None]
) -> Rounds:
    """Runs the rounds, after a slice of each that warms it up and is not counted."""
    for contender in contenders:
        await contender.run(seconds)
    done: list[Round] = []
    for number in range(rounds):
        ordered = contenders if number % 2 == 0 else tuple(reversed(contenders))
        before = machine_ticks()
        slices = {contender.name: await _slice(contender, seconds) for contender in ordered}
        done.append(Round(slices, stolen(before, machine_ticks())))
        say(_line(number, done[-1], contenders))
    return Rounds(done)


async def _slice(contender: Contender, seconds: float) -> Slice:
    before = cpu_seconds(contender.pids())
    done = await contender.run(seconds)
    await asyncio.sleep(0.1)  # what it does after its last answer is its work too
    return Slice(done.units, done.seconds, cpu_seconds(contender.pids()) - before)


def _line(number: int, done: Round, contenders: Sequence[Contender]) -> str:
    told = [f"{one.name} {done.slices[one.name].per_second:,.0f}/s" for one in contenders]
    mark = "" if done.calm else "  ! marked"
    return f"  {number + 1:>2}  {' · '.join(told)} · steal {done.steal:.0%}{mark}"


def cpu_seconds(pids: Collection[int]) -> float:
    """User and system time of the processes and all their children, those that have ended included."""
    return sum(_own(process) for pid in pids for process in tree(pid))


def tree(pid: int) -> list[psutil.Process]:
    """A process and its living descendants."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _own(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)
    return 0.0


def machine_ticks() -> tuple[int, int]:
    """Ticks of all processors since boot: stolen, and in all."""
    ticks = [
        int(tick) for tick in Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]
    ]
    return ticks[7], sum(ticks)


def stolen(before: tuple[int, int], after: tuple[int, int]) -> float:
    """The share of the machine that the host gave to others."""
    return (after[0] - before[0]) / max(1, after[1] - before[1])


def pin(pids: Collection[int], *, processor: int) -> None:
    """Keeps the processes on one processor; on a machine with a single one nothing is done."""
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        return
    for pid in pids:
        for process in tree(pid):
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                process.cpu_affinity([allowed[processor % len(allowed)]])
