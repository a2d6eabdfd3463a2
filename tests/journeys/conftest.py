"""One whole suite per session, with the sample county loaded once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.sample import County, load
from deploy.local.suite import Suite
from tests.journeys.journey import Journey
from tests.journeys.office import Office


@pytest.fixture(scope="session")
async def suite(state: Path) -> AsyncIterator[Suite]:
    """Gateway, services and workers on free ports."""
    async with Suite(state=state / "suite", progress=lambda line: None) as running:
        yield running


@pytest.fixture(scope="session")
async def county(suite: Suite) -> County:
    """The sample county of this suite."""
    return await load(suite)


@pytest.fixture(scope="session")
async def office(suite: Suite, county: County) -> AsyncIterator[Office]:
    """Everybody who can sign in."""
    async with Office(suite=suite, county=county) as opened:
        yield opened


@pytest.fixture(scope="session")
async def journey(office: Office) -> AsyncIterator[Journey]:
    """The main job, walked once as far as the tests ask."""
    async with Journey(office) as walked:
        yield walked
