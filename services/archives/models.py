"""Tables of the archive: pieces with their papers, registers, uses, transfers, destruction lists."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field, SQLModel

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
from services.kit.db import code_column, moment_column, service_registry
from services.kit.ids import new_id


class Base(SQLModel, registry=service_registry()):
    """Base of the archive's own tables."""


class PieceCounter(Base, table=True):
    """Last piece number (件号) given in a series; its row lock makes the numbers gapless."""

    __tablename__ = "piece_counter"

    fonds_code: str = Field(primary_key=True)
    category: str = Field(primary_key=True)
    year: int = Field(primary_key=True, sa_type=Integer)
    retention: str = Field(primary_key=True)
    last_number: int = Field(default=0)


class Piece(Base, table=True):
    """A piece (件): one finished case in the catalogue; it stays as an entry when the papers are destroyed.

    `retain_until` is the first day after the period, null when permanent. `holding` is written by the
    movement register alone: a trigger refuses every other change.
    """

    __table_args__ = (
        UniqueConstraint("kind", "source_id", name="uq_piece_kind_source_id"),
        UniqueConstraint(
            "fonds_code", "category", "year", "retention", "number", name="uq_piece_series_number"
        ),
        UniqueConstraint("piece_number"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("pages >= 0", name="pages"),
        CheckConstraint("(current_retention = 'permanent') = (retain_until IS NULL)", name="retain_until"),
        CheckConstraint(
            "(completeness = 'complete') = (cardinality(missing_papers) = 0)", name="missing_papers"
        ),
        Index("ix_piece_area_formed_on", "area", "formed_on", "piece_id"),
        Index(
            "ix_piece_retain_until", "area", "retain_until", postgresql_where=text("retain_until IS NOT NULL")
        ),
        Index(
            "ix_piece_follows_source_id",
            "follows_source_id",
            postgresql_where=text("follows_source_id IS NOT NULL"),
        ),
    )

    piece_id: UUID = Field(default_factory=new_id, primary_key=True)
    piece_number: str
    fonds_code: str
    category: str = code_column(Category, name="category")
    year: int = Field(sa_type=Integer)
    retention: str = code_column(Retention, name="retention")
    number: int = Field(sa_type=Integer)
    section: str
    area: str
    kind: str = code_column(CaseKind, name="kind")
    source: str
    source_id: UUID
    follows_source_id: UUID | None = None
    title: str
    responsible_party: str
    formed_on: date
    pages: int = Field(default=0, sa_type=Integer)
    current_retention: str = code_column(Retention, name="current_retention")
    retain_until: date | None = None
    retention_source: str
    openness: str = code_column(Openness, name="openness")
    secrecy: str = code_column(Secrecy, name="secrecy")
    is_accounting: bool = False
    names: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    keywords: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    required_papers: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(String), nullable=False))
    missing_papers: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(String), nullable=False))
    completeness: str = code_column(Completeness, name="completeness")
    holding: str = code_column(Holding, name="holding")
    destruction_list_id: UUID | None = Field(default=None, foreign_key="destruction_list.destruction_list_id")
    filed_by: str
    filed_at: datetime = moment_column()
    version: int = Field(default=1, sa_type=Integer)


class SearchTerms(UserDefinedType[list[str]]):
    """A tsvector made of the given terms as they are: no dictionary, no parser, no weights."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "TSVECTOR"

    def bind_expression(self, bindvalue: BindParameter[list[str]]) -> ColumnElement[Any]:
        return func.array_to_tsvector(bindvalue, type_=self)


class PieceSearch(Base, table=True):
    """What a search sees of a piece: the folded text, and its characters and bigrams for the index."""

    __tablename__ = "piece_search"
    __table_args__ = (Index("ix_piece_search_search_terms", "search_terms", postgresql_using="gin"),)

    piece_id: UUID = Field(foreign_key="piece.piece_id", primary_key=True)
    search_text: str
    search_terms: list[str] = Field(sa_column=Column(SearchTerms, nullable=False))


class Paper(Base, table=True):
    """A paper in a piece (材料): what it is, how many pages, and the digest of its content (固化信息)."""

    __table_args__ = (
        CheckConstraint("pages > 0", name="pages"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        CheckConstraint("carrier <> 'electronic' OR sha256 IS NOT NULL", name="electronic_digest"),
        UniqueConstraint("piece_id", "place"),
    )

    paper_id: UUID = Field(default_factory=new_id, primary_key=True)
    piece_id: UUID = Field(foreign_key="piece.piece_id")
    place: int = Field(sa_type=Integer)
    kind: str = code_column(PaperKind, name="kind")
    name: str
    pages: int = Field(sa_type=Integer)
    carrier: str = code_column(Carrier, name="carrier")
    sha256: str | None = None
    added_by: str
    added_at: datetime = moment_column()


class FixityCheck(Base, table=True):
    """A check of a paper's content against its digest (真实性检测, DA/T 70-2018); append-only."""

    __tablename__ = "fixity_check"
    __table_args__ = (CheckConstraint("intact = (expected = found)", name="intact"),)

    fixity_check_id: UUID = Field(default_factory=new_id, primary_key=True)
    paper_id: UUID = Field(foreign_key="paper.paper_id", index=True)
    expected: str
    found: str
    intact: bool
    checked_by: str
    checked_at: datetime = moment_column()


class PieceChange(Base, table=True):
    """A change of a piece's description (著录变更); append-only."""

    __tablename__ = "piece_change"

    piece_change_id: UUID = Field(default_factory=new_id, primary_key=True)
    piece_id: UUID = Field(foreign_key="piece.piece_id", index=True)
    changes: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    reason: str
    changed_by: str
    changed_at: datetime = moment_column()


class Movement(Base, table=True):
    """Entry of the movement register (异动登记); append-only, and the only way to move a piece."""

    __table_args__ = (Index("ix_movement_piece_id", "piece_id", "movement_id"),)

    movement_id: UUID = Field(default_factory=new_id, primary_key=True)
    piece_id: UUID = Field(foreign_key="piece.piece_id")
    kind: str = code_column(MovementKind, name="kind")
    area: str
    reference_id: UUID
    moved_on: date = Field(index=True)
    moved_by: str
    moved_at: datetime = moment_column()


class Use(Base, table=True):
    """A use of a piece (利用登记): reading, loan or copy, from application to effect."""

    __tablename__ = "piece_use"
    __table_args__ = (
        CheckConstraint("decided_by <> applied_by", name="another_person"),
        CheckConstraint(
            "state NOT IN ('approved', 'handed_out', 'closed') OR form = 'reading' OR decided_by IS NOT NULL",
            name="approved",
        ),
        CheckConstraint("state <> 'closed' OR (closed_at IS NOT NULL AND effect IS NOT NULL)", name="closed"),
        CheckConstraint("state <> 'handed_out' OR form <> 'loan' OR due_on IS NOT NULL", name="due_on"),
        Index(
            "ix_piece_use_due_on",
            "area",
            "due_on",
            postgresql_where=text("state = 'handed_out' AND form = 'loan'"),
        ),
        Index(
            "uq_piece_use_piece_id_lent",
            "piece_id",
            unique=True,
            postgresql_where=text("state = 'handed_out' AND form = 'loan'"),
        ),
    )

    use_id: UUID = Field(default_factory=new_id, primary_key=True)
    piece_id: UUID = Field(foreign_key="piece.piece_id", index=True)
    area: str
    form: str = code_column(UseForm, name="form")
    state: str = code_column(UseState, name="state")
    purpose: str
    reader_name: str
    reader_organisation: str | None = None
    identity_document: str
    copy_pages: int | None = Field(default=None, sa_type=Integer)
    applied_by: str
    applied_at: datetime = moment_column()
    decided_by: str | None = None
    decided_at: datetime | None = moment_column(nullable=True)
    decision_reason: str | None = None
    handed_out_by: str | None = None
    handed_out_at: datetime | None = moment_column(nullable=True)
    due_on: date | None = None
    closed_by: str | None = None
    closed_at: datetime | None = moment_column(nullable=True)
    effect: str | None = None


class AccessLog(Base, table=True):
    """Who looked for or at which record, and why (个人信息查询留痕); append-only."""

    __tablename__ = "access_log"
    __table_args__ = (Index("ix_access_log_area", "area", "access_log_id"),)

    access_log_id: UUID = Field(default_factory=new_id, primary_key=True)
    subject: str
    name: str
    area: str
    purpose: str = code_column(Purpose, name="purpose")
    query: str | None = None
    piece_id: UUID | None = None
    hits: int | None = Field(default=None, sa_type=Integer)
    looked_at: datetime = moment_column()


class Transfer(Base, table=True):
    """A section's transfer list (档案移交清单) of one year, accepted whole or sent back."""

    __table_args__ = (
        CheckConstraint("declared_pieces > 0", name="declared_pieces"),
        CheckConstraint("decided_by <> submitted_by", name="another_person"),
    )

    transfer_id: UUID = Field(default_factory=new_id, primary_key=True)
    area: str
    section: str
    year: int = Field(sa_type=Integer)
    declared_pieces: int = Field(sa_type=Integer)
    state: str = code_column(TransferState, name="state")
    submitted_by: str
    submitted_at: datetime = moment_column()
    counted_pieces: int | None = Field(default=None, sa_type=Integer)
    decided_by: str | None = None
    decided_at: datetime | None = moment_column(nullable=True)
    decision_reason: str | None = None


class TransferPiece(Base, table=True):
    """A piece on a transfer list."""

    __tablename__ = "transfer_piece"

    transfer_id: UUID = Field(foreign_key="transfer.transfer_id", primary_key=True)
    piece_id: UUID = Field(foreign_key="piece.piece_id", primary_key=True, index=True)


class DestructionList(Base, table=True):
    """A destruction list (档案销毁清册)."""

    __tablename__ = "destruction_list"
    __table_args__ = (UniqueConstraint("area", "list_number"),)

    destruction_list_id: UUID = Field(default_factory=new_id, primary_key=True)
    list_number: str
    area: str
    reason: str
    stage: str = code_column(DestructionStage, name="stage")
    drawn_up_by: str
    drawn_up_at: datetime = moment_column()
    executed_by: str | None = None
    executed_at: datetime | None = moment_column(nullable=True)


class DestructionPiece(Base, table=True):
    """A piece on a destruction list."""

    __tablename__ = "destruction_piece"

    destruction_list_id: UUID = Field(foreign_key="destruction_list.destruction_list_id", primary_key=True)
    piece_id: UUID = Field(foreign_key="piece.piece_id", primary_key=True, index=True)


class DestructionApproval(Base, table=True):
    """One person's approval of a destruction list; append-only."""

    __tablename__ = "destruction_approval"

    destruction_list_id: UUID = Field(foreign_key="destruction_list.destruction_list_id", primary_key=True)
    approved_by: str = Field(primary_key=True)
    approved_at: datetime = moment_column()


class DestructionConsent(Base, table=True):
    """Consent of the audit or finance authority to destroy accounting papers (会计档案销毁同意函)."""

    __tablename__ = "destruction_consent"

    destruction_list_id: UUID = Field(
        sa_column=Column(ForeignKey("destruction_list.destruction_list_id"), primary_key=True)
    )
    authority: str = code_column(ConsentAuthority, name="authority", primary_key=True)
    document_number: str
    consented_on: date
    recorded_by: str
    recorded_at: datetime = moment_column()
