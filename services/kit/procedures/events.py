"""What a service publishes about its cases; each service subclasses both with its own subject."""

from datetime import date
from typing import Any
from uuid import UUID

from services.kit.events import Event


class CaseDecided(Event):
    """A case ended: approved, rejected or withdrawn (办结). Subclass with subject `<service>.case.decided`."""

    case_id: UUID
    version: int
    number: str
    procedure: str
    state: str
    subject_id: UUID
    area: str
    ended_on: date
    outcome: dict[str, Any]

    example = {
        "case_id": "0198f0a0-0000-7000-8000-00000000ca5e",
        "version": 3,
        "number": "990101-2026-000012",
        "procedure": "hardship-certification",
        "state": "approved",
        "subject_id": "0198f0a0-0000-7000-8000-000000000001",
        "area": "990101",
        "ended_on": "2026-03-06",
        "outcome": {"certification_id": "0198f0a0-0000-7000-8000-0000000000ce"},
    }


class CaseOverdue(Event):
    """A step passed its promised day (超期预警). Subclass with subject `<service>.case.overdue`."""

    case_id: UUID
    version: int
    number: str
    procedure: str
    step: str
    due_on: date
    area: str

    example = {
        "case_id": "0198f0a0-0000-7000-8000-00000000ca5e",
        "version": 2,
        "number": "990101-2026-000012",
        "procedure": "hardship-certification",
        "step": "second_review",
        "due_on": "2026-03-05",
        "area": "990101",
    }
