"""One whole suite per session, with the sample county loaded once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.sample import County, load
from deploy.local.suite import Suite
from tests.journeys import look
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


@pytest.fixture(scope="module")
async def counter(journey: Journey) -> AsyncIterator[look.Counter]:
    """Counts rows, once the main job has come as far as the settlement and every event has arrived."""
    await journey.to("settle")
    await look.quiet(journey.office.suite)
    async with look.Counter(journey.office.suite) as counter:
        yield counter


@pytest.fixture
async def nothing_is_written(counter: look.Counter) -> AsyncIterator[None]:
    """No table has another number of rows afterwards, but for the trail."""
    before = await counter.count()
    yield
    assert look.changed(before, await counter.count()) == {}
