"""Uses, as they travel."""

from datetime import date, datetime
from uuid import UUID

from services.archives.codes import UseForm, UseState
from services.archives.schemas.parts import Line, Note, Pages
from services.kit.schemas import Incoming, Outgoing


class UseCreate(Incoming):
    """An application to use a piece (档案查阅登记); `identity_document` names the document that was seen."""

    piece_id: UUID
    form: UseForm
    purpose: Note
    reader_name: Line
    reader_organisation: Line | None = None
    identity_document: Line
    copy_pages: Pages | None = None


class UseDecision(Incoming):
    """Another person's decision on an application; a refusal needs its reason."""

    approved: bool
    reason: Note | None = None


class UseClosure(Incoming):
    """The end of a use with its effect (利用效果)."""

    effect: Note


class UseRead(Outgoing):
    """A use from application to effect."""

    use_id: UUID
    piece_id: UUID
    form: UseForm
    state: UseState
    purpose: str
    reader_name: str
    reader_organisation: str | None
    identity_document: str
    copy_pages: int | None
    applied_by: str
    applied_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision_reason: str | None
    handed_out_by: str | None
    handed_out_at: datetime | None
    due_on: date | None
    closed_by: str | None
    closed_at: datetime | None
    effect: str | None
