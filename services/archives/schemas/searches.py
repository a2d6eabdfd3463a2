"""Searches and the access log, as they travel."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from services.archives.codes import Category, Completeness, Holding, Purpose, Retention
from services.archives.schemas.parts import Line, Words, Year
from services.archives.schemas.pieces import PieceSummary
from services.kit.schemas import Incoming, Outgoing


class SearchCreate(Incoming):
    """A search: words separated by blanks must all occur. Sent in the body, because names do not belong into URLs."""

    q: Words
    purpose: Purpose
    category: Category | None = None
    year: Year | None = None
    retention: Retention | None = None
    section: Line | None = None
    completeness: Completeness | None = None
    holding: Holding | None = None
    after: str | None = None
    size: int = Field(default=20, ge=1, le=100)


class Highlight(Outgoing):
    """Where a field shows the searched words: [start, end) ranges of characters."""

    field: str
    text: str
    ranges: list[tuple[int, int]]


class Hit(Outgoing):
    """A piece that was found, and where the words stand in it."""

    piece: PieceSummary
    highlights: list[Highlight]


class SearchRead(Outgoing):
    """One page of hits, newest first; `count` stops at a cap, then `count_capped` is true."""

    items: list[Hit]
    next: str | None
    count: int
    count_capped: bool


class AccessRead(Outgoing):
    """Who looked for or at what, and why."""

    access_log_id: UUID
    subject: str
    name: str
    purpose: Purpose
    query: str | None
    piece_id: UUID | None
    hits: int | None
    looked_at: datetime
