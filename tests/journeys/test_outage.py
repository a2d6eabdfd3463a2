"""Something is down: what needs it says so at once, the rest works, and all recovers without a restart."""

import asyncio
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from deploy.local.people import AREA
from deploy.local.suite import Suite
from deploy.local.supervisor import answers_http
from tests.journeys import look
from tests.journeys.journey import Journey
from tests.journeys.office import HOSPITAL, Office, message, problem

PROMPT_SECONDS = 8.0
BACK_SECONDS = 60.0
PEOPLE = "/enrolment/v1/people"


async def answered(client: httpx.AsyncClient, method: str, path: str, **how: object) -> httpx.Response:
    """The answer that is no 503, sent again with the same message id as the problem says."""
    deadline = time.monotonic() + BACK_SECONDS
    while True:
        answer = await client.request(method, path, **how)  # type: ignore[arg-type]
        if answer.status_code != 503 or time.monotonic() > deadline:
            return answer
        await asyncio.sleep(0.3)


async def person_arrives(suite: Suite, person_id: str) -> bool:
    """Whether claims hears of a person in time."""
    heard = "SELECT count(*) FROM person_copy WHERE person_id::text = $1"
    deadline = time.monotonic() + BACK_SECONDS
    while time.monotonic() < deadline:
        if await look.value(suite, "claims", heard, person_id):
            return True
        await asyncio.sleep(0.2)
    return False


def others(suite: Suite, *down: str) -> dict[str, int]:
    return {name: pid for name, pid in suite.processes.items() if name not in down}


@pytest.fixture
async def newcomer(journey: Journey, office: Office) -> AsyncIterator[dict[str, str]]:
    """A person whom nobody knows yet; in the end everything runs again and nothing is broken."""
    stage = await journey.to("settle")
    person = stage.people.person(age=33, on=stage.today)
    yield {"name": person.name, "id_number": person.id_number, "area": AREA, "hukou": "urban"}
    for name in (*look.SERVICES, *(f"{service}-worker" for service in look.SERVICES), "gateway"):
        deadline = time.monotonic() + BACK_SECONDS
        while not await answers_http(f"{office.suite.url(name)}/health/ready"):
            assert time.monotonic() < deadline, f"{name} is not ready again"
            await asyncio.sleep(0.2)
    assert await look.settled(office.suite) == {}


@pytest.mark.slow
class TestPostgresDown:
    async def test_requests_get_503_and_are_done_once_when_it_is_back(
        self, newcomer: dict[str, str], journey: Journey, office: Office
    ):
        clerk, hospital = await office.client("canbao01"), await office.client(HOSPITAL)
        archivist = await office.client("dangan01")
        headers, before = message(), others(office.suite, "postgres")
        people = await look.value(office.suite, "enrolment", "SELECT count(*) FROM person")
        bill = f"/claims/v1/bills/{journey.stage.ids['bill']}"

        async with office.suite.supervisor.down("postgres"):
            for client, method, path, body in (
                (clerk, "GET", PEOPLE, None),
                (clerk, "POST", PEOPLE, newcomer),
                (hospital, "GET", bill, None),
                (hospital, "POST", f"{bill}/settlement", {}),
                (archivist, "GET", "/archives/v1/pieces?purpose=service", None),
            ):
                self._refused(*await self._timed(client, method, path, body, headers))
            sign_in = {"account": "canbao01", "password": "Wrong-password-1"}
            stranger = await office.client()
            self._refused(
                *await self._timed(stranger, "POST", "/gateway/v1/sessions", sign_in, {}), sign_in=True
            )

        made = await answered(clerk, "POST", PEOPLE, json=newcomer, headers=headers)
        assert made.status_code == 201, made.text
        again = await clerk.post(PEOPLE, json=newcomer, headers=headers)
        assert again.json() == made.json()
        assert again.headers["idempotent-replayed"] == "true"
        assert await look.value(office.suite, "enrolment", "SELECT count(*) FROM person") == people + 1
        assert await person_arrives(office.suite, made.json()["person_id"])
        assert others(office.suite, "postgres") == before, "nothing was restarted"

    async def _timed(
        self, client: httpx.AsyncClient, method: str, path: str, body: object, headers: dict[str, str]
    ) -> tuple[httpx.Response, float]:
        began = time.monotonic()
        answer = await client.request(method, path, json=body, headers=headers)
        return answer, time.monotonic() - began

    def _refused(self, answer: httpx.Response, seconds: float, *, sign_in: bool = False) -> None:
        told = problem(answer, 503, answer.json().get("type", "").rpartition("/")[2])
        assert answer.headers["retry-after"]
        assert "重试" in told["detail"]
        if not sign_in:
            assert "同一" in told["detail"], told["detail"]
        assert seconds < PROMPT_SECONDS


@pytest.mark.slow
class TestNatsDown:
    async def test_the_api_works_and_events_arrive_when_it_is_back(
        self, newcomer: dict[str, str], office: Office
    ):
        clerk = await office.client("canbao01")
        before = others(office.suite, "nats")

        async with office.suite.supervisor.down("nats"):
            made = await clerk.post(PEOPLE, json=newcomer, headers=message())
            assert made.status_code == 201, made.text
            assert (await clerk.get(f"{PEOPLE}/{made.json()['person_id']}")).status_code == 200
            await asyncio.sleep(1)
            assert await look.waiting_events(office.suite) == {"enrolment": 1}

        assert await person_arrives(office.suite, made.json()["person_id"])
        assert others(office.suite, "nats") == before, "nothing was restarted"


@pytest.mark.slow
class TestServiceDown:
    async def test_the_others_work(self, newcomer: dict[str, str], office: Office):
        clerk, hospital = await office.client("canbao01"), await office.client(HOSPITAL)

        async with office.suite.supervisor.down("claims"):
            began = time.monotonic()
            told = problem(await hospital.get("/claims/v1/bills"), 503, "service-unavailable")
            assert time.monotonic() - began < PROMPT_SECONDS
            assert told["service"] == "claims"
            assert (await clerk.post(PEOPLE, json=newcomer, headers=message())).status_code == 201
            assert (await (await office.client("shenji01")).get("/gateway/v1/audit")).status_code == 200

        assert (await answered(hospital, "GET", "/claims/v1/bills")).status_code == 200

    async def test_what_a_worker_missed_arrives_when_it_is_back(
        self, newcomer: dict[str, str], office: Office
    ):
        clerk = await office.client("canbao01")

        async with office.suite.supervisor.down("claims-worker"):
            made = await clerk.post(PEOPLE, json=newcomer, headers=message())
            person_id = made.json()["person_id"]
            await asyncio.sleep(1)
            heard = "SELECT count(*) FROM person_copy WHERE person_id::text = $1"
            assert await look.value(office.suite, "claims", heard, person_id) == 0

        assert await person_arrives(office.suite, person_id)
