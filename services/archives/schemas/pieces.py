"""Pieces, papers, changes and checks, as they travel."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from services.archives.codes import (
    Carrier,
    CaseKind,
    Category,
    Completeness,
    Holding,
    Openness,
    PaperKind,
    Retention,
    Secrecy,
)
from services.archives.schemas.parts import Digest, Line, Note, Pages
from services.kit.schemas import Incoming, Outgoing


class PieceCreate(Incoming):
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


class PieceUpdate(Incoming):
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


class PieceSummary(Outgoing):
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


class PaperCreate(Incoming):
    """A paper to be added to a piece; an electronic one needs the SHA-256 of its content."""

    kind: PaperKind
    name: Line
    pages: Pages
    carrier: Carrier = Carrier.PAPER
    sha256: Digest | None = None


class PaperRead(Outgoing):
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


class PieceChangeRead(Outgoing):
    """An entry of the change log: each changed field with its old and new value."""

    changes: dict[str, list[str | list[str] | None]]
    reason: str
    changed_by: str
    changed_at: datetime


class FixityCheckRead(Outgoing):
    """The result of comparing supplied content with the recorded digest."""

    fixity_check_id: UUID
    paper_id: UUID
    expected: str
    found: str
    intact: bool
    checked_by: str
    checked_at: datetime
