"""What the services say to each other: every example is valid, every hearer understands it."""

import importlib
import re
from collections.abc import Iterable
from types import ModuleType

import pytest
from pydantic import ValidationError

from services.kit.events import Event, Heard
from tests.structure.source import SERVICES

SUBJECT = re.compile(r"\b[a-z]+\.[a-z_]+\.[a-z_]+(?:\.v\d+)?\b")


def events_of(service: str) -> ModuleType:
    return importlib.import_module(f"services.{service}.events")


def heard_by(service: str) -> list[type[Heard]]:
    return [entry.view for entry in events_of(service).HEARS]


def published() -> dict[str, type[Event]]:
    """Every event that any service publishes, by subject."""
    return {event.subject: event for service in SERVICES for event in events_of(service).PUBLISHES}


def misunderstood(view: type[Heard], event: type[Event]) -> str | None:
    """What a hearer's view makes of the publisher's example, as it travels."""
    try:
        view.model_validate(event.model_validate(event.example).model_dump(mode="json"))
    except ValidationError as error:
        return f"{view.__module__}.{view.__name__}: {error}"
    return None


def told_in(docstring: str, verb: str) -> set[str]:
    """The subjects that a docstring names behind "Publishes" or "Hears"."""
    behind = docstring.partition(verb)[2]
    return set(SUBJECT.findall(re.split(r"\b(?:Owns|Publishes|Hears)\b", behind)[0]))


def subjects(kinds: Iterable[type[Event] | type[Heard]]) -> set[str]:
    return {kind.subject for kind in kinds}


class Sample(Event):
    subject = "claims.sample.made"
    example = {"total": "1.00"}

    total: str


class Tolerant(Heard):
    subject = "claims.sample.made"

    total: str


class Demanding(Heard):
    subject = "claims.sample.made"

    total: str
    payer: str


class TestMisunderstood:
    def test_notices_a_field_that_the_publisher_does_not_send(self):
        assert "payer" in (misunderstood(Demanding, Sample) or "")

    def test_lets_a_tolerant_view_pass(self):
        assert misunderstood(Tolerant, Sample) is None


class TestToldIn:
    def test_reads_the_subjects_behind_a_verb(self):
        text = "Claims.\n\nOwns: bills.\nPublishes: claims.a.made, `claims.b.made`.\nHears: jobs.c.granted."
        assert told_in(text, "Publishes") == {"claims.a.made", "claims.b.made"}
        assert told_in(text, "Hears") == {"jobs.c.granted"}


@pytest.mark.parametrize("service", SERVICES)
class TestEventsOf:
    def test_are_all_published(self, service):
        module = events_of(service)
        declared = {
            kind
            for kind in vars(module).values()
            if isinstance(kind, type)
            and issubclass(kind, Event)
            and f"{kind.__module__}.".startswith(f"{module.__name__}.")
        }
        assert declared == set(module.PUBLISHES)

    def test_are_named_after_the_service_and_what_happened(self, service):
        for event in events_of(service).PUBLISHES:
            assert SUBJECT.fullmatch(event.subject), event.subject
            assert event.subject.startswith(f"{service}."), event.subject

    def test_have_an_example_that_is_valid(self, service):
        for event in events_of(service).PUBLISHES:
            event.model_validate(event.example)

    def test_have_a_publisher_when_they_are_heard(self, service):
        assert subjects(heard_by(service)) - published().keys() == set()

    def test_are_not_heard_by_the_service_itself(self, service):
        assert [view.subject for view in heard_by(service) if view.subject.startswith(f"{service}.")] == []

    def test_are_understood_by_the_service_that_hears_them(self, service):
        known = published()
        wrong = [
            misunderstood(view, known[view.subject]) for view in heard_by(service) if view.subject in known
        ]
        assert [line for line in wrong if line] == []

    def test_are_told_truly_in_the_docstring_of_the_service(self, service):
        docstring = importlib.import_module(f"services.{service}").__doc__ or ""
        assert "Owns" in docstring
        assert told_in(docstring, "Publishes") == subjects(events_of(service).PUBLISHES)
        assert told_in(docstring, "Hears") == subjects(heard_by(service))
