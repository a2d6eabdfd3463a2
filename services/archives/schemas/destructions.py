"""Appraisal and destruction, as they travel."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from services.archives.codes import ConsentAuthority, DestructionStage, Retention
from services.archives.schemas.parts import Line, Note
from services.kit.schemas import Incoming, Outgoing


class ExtensionCreate(Incoming):
    """A new period that the appraisal group sets for a piece that is due."""

    new_period: Retention
    reason: Note


class DestructionCreate(Incoming):
    """A destruction list of pieces that are due."""

    piece_ids: list[UUID] = Field(min_length=1, max_length=1000)
    reason: Note


class ConsentCreate(Incoming):
    """The consent of an authority to destroy accounting papers."""

    authority: ConsentAuthority
    document_number: Line
    consented_on: date


class ConsentRead(Outgoing):
    """A recorded consent."""

    authority: ConsentAuthority
    document_number: str
    consented_on: date


class DestructionSummary(Outgoing):
    """A destruction list (销毁清册)."""

    destruction_list_id: UUID
    list_number: str
    reason: str
    stage: DestructionStage
    drawn_up_by: str
    drawn_up_at: datetime
    executed_by: str | None
    executed_at: datetime | None


class DestructionRead(DestructionSummary):
    """A destruction list with its pieces, approvals and consents."""

    piece_numbers: list[str]
    approved_by: list[str]
    consents: list[ConsentRead]
