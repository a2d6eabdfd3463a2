"""What the steps of the walk share: who is signed in, what was made, and how a step is told and checked."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import TracebackType
from typing import Any, Self, TypeVar

from deploy.local.caller import Caller, Refusal
from deploy.local.people import People, Person
from deploy.local.sample import County

T = TypeVar("T")
ARRIVAL_SECONDS = 60.0


class StepFailed(Exception):
    """A step did not do what it should; the message says which expectation broke."""


@dataclass
class Stage:
    """One walk. `run` makes its people and message ids its own, so that walks do not meet."""

    county: County
    run: str
    today: date
    tell: Callable[[str], None]
    people: People = field(init=False)
    family: dict[str, Person] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _signed_in: dict[str, Caller] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.people = People(f"walk {self.run}")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def staff(self, account: str) -> Caller:
        """A member of staff, signed in once."""
        return await self._as(account, self.county.staff)

    async def system(self, organisation: str) -> Caller:
        """A hospital's or employer's system, signed in once."""
        return await self._as(organisation, self.county.system)

    async def _as(self, who: str, sign_in: Callable[[str], Awaitable[Caller]]) -> Caller:
        if who not in self._signed_in:
            self._signed_in[who] = await self._stack.enter_async_context(await sign_in(who))
        return self._signed_in[who]

    def key(self, message: str) -> str:
        """The message id of an effect of this walk: the same when the walk is repeated."""
        return f"{self.run}-{message}"


def check(expectation: str, holds: object) -> None:
    """Raises StepFailed with the expectation when it does not hold."""
    if not holds:
        raise StepFailed(expectation)


def same(what: str, found: object, wanted: object) -> None:
    """Raises StepFailed when two values differ."""
    check(f"{what}: {found} (应为 · should be {wanted})", found == wanted)


def total(amounts: list[Any]) -> Decimal:
    """The sum of amounts as they travel."""
    return sum((Decimal(amount) for amount in amounts), Decimal(0))


async def refused(answer: Awaitable[Any], *, problem: str) -> dict[str, Any]:
    """The problem of a request that must be refused with that type."""
    try:
        await answer
    except Refusal as refusal:
        same("problem type", refusal.problem.get("type"), f"/problems/{problem}")
        return refusal.problem
    raise StepFailed(f"was not refused with {problem}")


async def arrives(what: str, look: Callable[[], Awaitable[T | None]]) -> T:
    """What an event brings; waits until it is there, at most a minute."""
    deadline = asyncio.get_running_loop().time() + ARRIVAL_SECONDS
    while True:
        found = await look()
        if found:
            return found
        check(
            f"{what} 未在 {ARRIVAL_SECONDS:.0f} 秒内到达 · did not arrive",
            asyncio.get_running_loop().time() < deadline,
        )
        await asyncio.sleep(0.1)
