"""What travels over HTTP."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.archives.codes import (
    Carrier,
    CaseKind,
    Category,
    Completeness,
    ConsentAuthority,
    DestructionStage,
    Holding,
    MovementKind,
    Openness,
    PaperKind,
    Purpose,
    Retention,
    Secrecy,
    TransferState,
    UseForm,
    UseState,
)

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Pages = Annotated[int, Field(ge=1, le=100_000)]
Year = Annotated[int, Field(ge=1900, le=2200)]


class Sent(BaseModel):
    """Base of what callers send: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Told(BaseModel):
    """Base of what the archive answers."""

    model_config = ConfigDict(from_attributes=True)


class PieceCreate(Sent):
    """A piece described by hand (人工著录)."""

    category: Category
    section: Line
    title: Line
    responsible_party: Line
    formed_on: date
    retention: Retention
    retention_source: Note
    openness: Openness = Openness.UNREVIEWED
    secrecy: Secrecy = Secrecy.INTERNAL
    is_accounting: bool = False
    names: list[Line] = Field(default=[], max_length=50)
    keywords: list[Line] = Field(default=[], max_length=50)
    required_papers: list[PaperKind] = Field(default=[], max_length=20)


class PieceUpdate(Sent):
    """Corrections of a description; `version` is the one that was read, `reason` goes into the change log."""

    version: int
    reason: Note
    title: Line | None = None
    responsible_party: Line | None = None
    section: Line | None = None
    openness: Openness | None = None
    secrecy: Secrecy | None = None
    names: list[Line] | None = Field(default=None, max_length=50)
    keywords: list[Line] | None = Field(default=None, max_length=50)


class PieceSummary(Told):
    """A line of the catalogue (归档文件目录)."""

    piece_id: UUID
    piece_number: str
    fonds_code: str
    category: Category
    year: int
    retention: Retention
    number: int
    section: str
    kind: CaseKind
    title: str
    responsible_party: str
    formed_on: date
    pages: int
    retain_until: date | None
    completeness: Completeness
    holding: Holding
    filed_at: datetime
    version: int


class PaperCreate(Sent):
    """A paper to be added to a piece; an electronic one needs the SHA-256 of its content."""

    kind: PaperKind
    name: Line
    pages: Pages
    carrier: Carrier = Carrier.PAPER
    sha256: Digest | None = None


class PaperRead(Told):
    """A paper in a piece."""

    paper_id: UUID
    place: int
    kind: PaperKind
    name: str
    pages: int
    carrier: Carrier
    sha256: str | None
    added_by: str
    added_at: datetime


class PieceRead(PieceSummary):
    """A piece with its papers and what it is related to; `retain_until` is the first day after the period."""

    source: str
    source_id: UUID
    current_retention: Retention
    retention_source: str
    openness: Openness
    secrecy: Secrecy
    is_accounting: bool
    names: list[str]
    keywords: list[str]
    required_papers: list[PaperKind]
    missing_papers: list[PaperKind]
    destruction_list_id: UUID | None
    filed_by: str
    papers: list[PaperRead]
    related_piece_ids: list[UUID]


class PieceChangeRead(Told):
    """An entry of the change log: each changed field with its old and new value."""

    changes: dict[str, list[str | list[str] | None]]
    reason: str
    changed_by: str
    changed_at: datetime


class FixityCheckRead(Told):
    """The result of comparing supplied content with the recorded digest."""

    fixity_check_id: UUID
    paper_id: UUID
    expected: str
    found: str
    intact: bool
    checked_by: str
    checked_at: datetime


class SearchCreate(Sent):
    """A search: words separated by blanks must all occur. Sent in the body, because names do not belong into URLs."""

    q: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    purpose: Purpose
    category: Category | None = None
    year: Year | None = None
    retention: Retention | None = None
    section: Line | None = None
    completeness: Completeness | None = None
    holding: Holding | None = None
    after: str | None = None
    size: int = Field(default=20, ge=1, le=100)


class Highlight(Told):
    """Where a field shows the searched words: [start, end) ranges of characters."""

    field: str
    text: str
    ranges: list[tuple[int, int]]


class Hit(Told):
    """A piece that was found, and where the words stand in it."""

    piece: PieceSummary
    highlights: list[Highlight]


class SearchRead(Told):
    """One page of hits, newest first; `count` stops at a cap, then `count_capped` is true."""

    items: list[Hit]
    next: str | None
    count: int
    count_capped: bool


class AccessRead(Told):
    """Who looked for or at what, and why."""

    access_log_id: UUID
    subject: str
    name: str
    purpose: Purpose
    query: str | None
    piece_id: UUID | None
    hits: int | None
    looked_at: datetime


class UseCreate(Sent):
    """An application to use a piece (档案查阅登记); `identity_document` names the document that was seen."""

    piece_id: UUID
    form: UseForm
    purpose: Note
    reader_name: Line
    reader_organisation: Line | None = None
    identity_document: Line
    copy_pages: Pages | None = None


class UseDecision(Sent):
    """Another person's decision on an application; a refusal needs its reason."""

    approved: bool
    reason: Note | None = None


class UseClosure(Sent):
    """The end of a use with its effect (利用效果)."""

    effect: Note


class UseRead(Told):
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


class TransferCreate(Sent):
    """A section's transfer list; `declared_pieces` is what the section counted in its boxes."""

    section: Line
    year: Year
    declared_pieces: int = Field(ge=1, le=5000)
    piece_ids: list[UUID] = Field(min_length=1, max_length=5000)


class TransferAcceptance(Sent):
    """What the archive counted."""

    counted_pieces: int = Field(ge=0, le=5000)


class TransferRead(Told):
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


class UntransferredRead(Told):
    """What a section still keeps of a year."""

    section: str
    pieces: int
    first_number: str
    last_number: str
    deadline: date
    overdue: bool


class ExtensionCreate(Sent):
    """A new period that the appraisal group sets for a piece that is due."""

    new_period: Retention
    reason: Note


class DestructionCreate(Sent):
    """A destruction list of pieces that are due."""

    piece_ids: list[UUID] = Field(min_length=1, max_length=1000)
    reason: Note


class ConsentCreate(Sent):
    """The consent of an authority to destroy accounting papers."""

    authority: ConsentAuthority
    document_number: Line
    consented_on: date


class ConsentRead(Told):
    """A recorded consent."""

    authority: ConsentAuthority
    document_number: str
    consented_on: date


class DestructionRead(Told):
    """A destruction list with its pieces, approvals and consents."""

    destruction_list_id: UUID
    list_number: str
    reason: str
    stage: DestructionStage
    drawn_up_by: str
    drawn_up_at: datetime
    executed_by: str | None
    executed_at: datetime | None
    piece_numbers: list[str]
    approved_by: list[str]
    consents: list[ConsentRead]


class MovementRead(Told):
    """An entry of the movement register (异动登记)."""

    movement_id: UUID
    piece_id: UUID
    kind: MovementKind
    reference_id: UUID
    moved_on: date
    moved_by: str
    moved_at: datetime


class HoldingsLine(Told):
    """Holdings of one year, category, retention and place (业务档案统计表)."""

    year: int
    category: Category
    retention: Retention
    holding: Holding
    pieces: int
    pages: int
    incomplete: int


class HoldingsRead(Told):
    """Holdings statistics; the totals are the sums of the lines."""

    lines: list[HoldingsLine]
    pieces: int
    pages: int


class StockRead(Told):
    """The register's balance of a period: opening + received - destroyed = closing, and lent of the closing stock."""

    since: date
    until: date
    opening: int
    received: int
    destroyed: int
    closing: int
    lent: int


class ParameterRead(Told):
    """A dated parameter: its value, its period [valid_from, valid_until) and its source."""

    name: str
    title: str
    value: str | list[str]
    unit: str
    area: str
    source: str
    valid_from: date
    valid_until: date | None
    version: str
