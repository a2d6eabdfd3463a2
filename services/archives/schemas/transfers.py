"""Transfers, as they travel."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from services.archives.codes import TransferState
from services.archives.schemas.parts import Line, Year
from services.kit.schemas import Incoming, Outgoing


class TransferCreate(Incoming):
    """A section's transfer list; `declared_pieces` is what the section counted in its boxes."""

    section: Line
    year: Year
    declared_pieces: int = Field(ge=1, le=5000)
    piece_ids: list[UUID] = Field(min_length=1, max_length=5000)


class TransferAcceptance(Incoming):
    """What the archive counted."""

    counted_pieces: int = Field(ge=0, le=5000)


class TransferRead(Outgoing):
    """A transfer list and what became of it."""

    transfer_id: UUID
    section: str
    year: int
    declared_pieces: int
    counted_pieces: int | None
    state: TransferState
    submitted_by: str
    submitted_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None


class UntransferredRead(Outgoing):
    """What a section still keeps of a year."""

    section: str
    pieces: int
    first_number: str
    last_number: str
    deadline: date
    overdue: bool
