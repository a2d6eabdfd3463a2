"""The database, sessions and app of the desk."""

import pytest

from tests.conftest import ServiceApi
from tests.jobs.office import Office


@pytest.fixture
def office(jobs_api: ServiceApi) -> Office:
    return Office(jobs_api)
