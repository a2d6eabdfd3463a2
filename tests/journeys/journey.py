"""The main job, step by step, on one stage."""

from types import TracebackType
from typing import Self

import pytest

from deploy.local.demo import STEPS, new_run
from deploy.local.walk.stage import Stage
from services.kit import clock
from tests.journeys.office import Office

NAMES = tuple(step.__name__ for _, step in STEPS)


class Journey:
    """Walks up to a step and remembers how far it came, so that each test may be run alone."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.told: list[str] = []
        self.stage = Stage(county=office.county, run=new_run(), today=clock.today(), tell=self.told.append)
        self._next = 0
        self._failed = ""

    async def __aenter__(self) -> Self:
        await self.stage.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stage.__aexit__(kind, error, trace)

    def reached(self, name: str) -> bool:
        """Whether the step of this name was taken."""
        return self._next > NAMES.index(name)

    async def to(self, name: str) -> Stage:
        """The stage after the step of this name."""
        wanted = NAMES.index(name) + 1
        while self._next < wanted:
            if self._failed:
                pytest.skip(f"the step {self._failed} failed")
            title, step = STEPS[self._next]
            self._failed = title
            await step(self.stage)
            self._failed = ""
            self._next += 1
        return self.stage
