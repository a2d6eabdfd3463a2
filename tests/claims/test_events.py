"""What claims takes over from enrolment: whole batches, newest wins, stale ones change nothing."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.claims import events
from services.claims.models import AssistanceCopy, CoverageCopy, PersonCopy
from services.claims.operations import copies
from services.kit.events import Envelope
from services.kit.ids import new_id
from tests.claims import build
from tests.claims.build import Person

HEARD = {entry.view.subject: entry for entry in events.HEARS}


def envelope(subject: str, data: dict[str, Any]) -> Envelope:
    return Envelope(new_id(), "enrolment", subject, datetime.now(UTC), data)


def person_event(person: Person, version: int, name: str) -> Envelope:
    data = {
        "person_id": str(person.person_id),
        "version": version,
        "name": name,
        "sex": "male",
        "birth_on": "1990-01-01",
        "id_number_index": "ab" * 32,
        "id_number_masked": "990101********0018",
        "area": "990101",
        "not_used": "ignored",
    }
    return envelope("enrolment.person.registered", data)


def coverage_event(person: Person, version: int, until: str | None) -> Envelope:
    held = {"scheme": "resident_medical", "valid_from": "2026-01-01", "valid_until": until}
    data = {"person_id": str(person.person_id), "version": version, "area": "990101", "coverages": [held]}
    return envelope("enrolment.coverage.changed", data)


class TestHearEnrolment:
    async def test_keeps_the_newest_of_a_batch(self, claims_session):
        person = Person()
        batch = [person_event(person, version, f"张{version}") for version in (2, 3, 1)]
        await HEARD["enrolment.person.registered"].apply(claims_session, batch)
        found = await claims_session.get(PersonCopy, person.person_id)
        assert (found.version, found.name) == (3, "张3")

    @pytest.mark.parametrize(("version", "until"), [(4, None), (5, None), (6, "2026-06-01")])
    async def test_ignores_what_is_not_newer(self, claims_session, version, until):
        person = Person()
        hear = HEARD["enrolment.coverage.changed"]
        await hear.apply(claims_session, [coverage_event(person, 5, None)])
        await hear.apply(claims_session, [coverage_event(person, version, "2026-06-01")])
        found = await claims_session.get(CoverageCopy, person.person_id, populate_existing=True)
        assert (found.version, found.coverages[0]["valid_until"]) == (max(version, 5), until)

    async def test_takes_over_assistance_and_its_end(self, claims_session):
        person = Person(categories=["minimum_living_allowance"])
        held = [{"category": "minimum_living_allowance", "valid_from": "2026-01-01", "valid_until": None}]
        for version, categories in ((1, held), (2, [])):
            data = {"person_id": str(person.person_id), "version": version, "categories": categories}
            told = envelope("enrolment.assistance.changed", data)
            await HEARD["enrolment.assistance.changed"].apply(claims_session, [told])
        found = await claims_session.get(AssistanceCopy, person.person_id, populate_existing=True)
        assert found.categories == []

    async def test_needs_no_order(self, claims_session):
        person = Person()
        await HEARD["enrolment.coverage.changed"].apply(claims_session, [coverage_event(person, 1, None)])
        assert await claims_session.get(PersonCopy, person.person_id) is None

    async def test_takes_a_thousand_at_once(self, claims_session):
        rows = [build.coverage_row(Person()) for _ in range(1000)]
        await copies.copy_coverages(claims_session, rows=rows)
        assert await claims_session.get(CoverageCopy, rows[999]["person_id"])


class TestPublished:
    @pytest.mark.parametrize("event", events.PUBLISHES, ids=lambda event: event.subject)
    def test_has_an_example_that_fits(self, event):
        assert event.model_validate(event.example).model_dump(mode="json") == event.example
