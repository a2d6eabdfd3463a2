"""What the job service hears and says: enrolment's own examples, the consumer's entry, order and repetition."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import queries
from services.jobs.codes import HardshipCategory
from services.jobs.events import HEARS, PUBLISHES, TIMERS
from services.jobs.models import Person
from services.kit.events import Envelope, Outbox
from services.kit.ids import new_id
from tests.jobs import build
from tests.jobs.build import NOW

PERSON = UUID("0198f0a0-0000-7000-8000-000000000001")


def envelope(subject: str, *, version: int = 1, **data: Any) -> Envelope:
    return Envelope(
        id=new_id(),
        source="enrolment",
        type=subject,
        time=NOW,
        data={"person_id": str(PERSON), "version": version, "more": "ignored"} | data,
    )


def registered(**data: Any) -> Envelope:
    told = {
        "name": "样例一",
        "sex": "female",
        "birth_on": "1981-01-01",
        "id_number_index": "0f" * 32,
        "id_number_masked": "990***********0021",
        "area": "990101",
    }
    return envelope("enrolment.person.registered", **(told | data))


def employed(**data: Any) -> Envelope:
    period = {
        "employer_id": str(new_id()),
        "employer_name": "样例建材有限公司",
        "credit_code": "91990101MA00000019",
        "started_on": "2026-01-01",
        "ended_on": None,
    }
    return envelope("enrolment.employment.changed", **({"employments": [period]} | data))


async def hear(session: AsyncSession, *envelopes: Envelope) -> None:
    by_subject = {entry.view.subject: entry for entry in HEARS}
    for one in envelopes:
        await by_subject[one.type].apply(session, [one])


class TestHearing:
    def test_names_what_it_hears(self) -> None:
        assert {entry.view.subject for entry in HEARS} == {
            "enrolment.person.registered",
            "enrolment.employment.changed",
            "enrolment.assistance.changed",
        }

    async def test_keeps_the_newest_version_in_any_order(self, jobs_session: AsyncSession) -> None:
        await hear(jobs_session, registered(version=2, name="新名"), registered(version=1, name="旧名"))
        assert (await jobs_session.exec(select(Person.name))).all() == ["新名"]

    async def test_hears_the_same_event_twice_with_one_effect(self, jobs_session: AsyncSession) -> None:
        await hear(jobs_session, registered(), registered())
        assert len((await jobs_session.exec(select(Person))).all()) == 1

    async def test_updates_the_register_of_a_person_who_found_work(self, jobs_session: AsyncSession) -> None:
        await hear(jobs_session, registered())
        person = await queries.find_person(jobs_session, PERSON)
        assert person is not None
        seeker = await build.seeker(jobs_session, of=person)
        await hear(jobs_session, employed())
        assert (seeker.state, seeker.employer_name) == ("employed", "样例建材有限公司")

    async def test_knows_an_employment_that_came_before_its_person(self, jobs_session: AsyncSession) -> None:
        await hear(jobs_session, employed(), registered())
        person = await queries.find_person(jobs_session, PERSON)
        assert person is not None
        assert (await build.seeker(jobs_session, of=person)).state == "employed"

    async def test_certifies_a_minimum_living_family_from_what_it_heard(
        self, jobs_session: AsyncSession
    ) -> None:
        period = {"category": "minimum_living_allowance", "valid_from": "2026-01-01", "valid_until": None}
        told = envelope("enrolment.assistance.changed", categories=[period])
        await hear(jobs_session, registered(birth_on="1999-01-01"), told)
        person = await queries.find_person(jobs_session, PERSON)
        assert person is not None
        await build.seeker(jobs_session, of=person)
        category = HardshipCategory.MINIMUM_LIVING
        assert (await build.hardship_case(jobs_session, PERSON, category=category)).step == "first_review"


class TestPublishing:
    @pytest.mark.parametrize("event", PUBLISHES, ids=lambda event: event.subject)
    def test_has_a_valid_example(self, event: Any) -> None:
        assert event.model_validate(event.example)
        assert event.subject.startswith("jobs.")


class TestTimers:
    @pytest.mark.parametrize("timer", TIMERS, ids=lambda timer: timer.name)
    async def test_run_on_an_empty_database(self, jobs_session: AsyncSession, timer: Any) -> None:
        await timer.run(jobs_session, datetime(2026, 3, 2, tzinfo=UTC))

    async def test_tell_of_an_overdue_case(self, jobs_session: AsyncSession) -> None:
        seeker = await build.seeker(jobs_session)
        await build.hardship_case(jobs_session, seeker.person_id)
        overdue = next(timer for timer in TIMERS if timer.name == "procedures.overdue")
        await overdue.run(jobs_session, datetime(2026, 3, 5, 2, tzinfo=UTC))
        assert (await jobs_session.exec(select(Outbox.subject))).all() == []
        await overdue.run(jobs_session, datetime(2026, 3, 6, 2, tzinfo=UTC))
        assert (await jobs_session.exec(select(Outbox.subject))).all() == ["jobs.case.overdue"]
