"""Filing (归档): a finished case becomes a piece with its number; papers are added, the description corrected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.archives import events, queries
from services.archives.models import Paper, Piece, PieceChange, PieceSearch
from services.archives.operations import policy
from services.archives.rules import search
from services.archives.rules.filing import PLAN, ClosedCase, digest, missing_papers
from services.archives.rules.numbering import Series, archival_number
from services.archives.rules.retention import retain_until
from services.kit.clock import business_date
from services.kit.events import publish
from services.kit.identity import Identity
from services.kit.ids import new_id
from services.kit.problems import Conflict, Text


class PieceDestroyed(Conflict):
    """The papers are destroyed; only the catalogue entry is left (已销毁)."""

    slug = "piece-destroyed"
    title = Text("该件已销毁", "The piece is destroyed")
    detail = Text(
        "{piece_number} 已销毁，只保留目录，不能变更。",
        "{piece_number} is destroyed; only its entry is left.",
    )


class PieceChanged(Conflict):
    """Somebody else changed the piece meanwhile (版本冲突)."""

    slug = "piece-changed"
    title = Text("该件已被他人修改", "The piece changed meanwhile")
    detail = Text(
        "当前版本为 {version}，请重新读取后再提交。", "It is at version {version} now; read it again."
    )


@dataclass(frozen=True)
class EnteredPiece:
    """A piece that an archivist describes by hand (人工著录); the retention source is the schedule he applied."""

    category: str
    section: str
    title: str
    responsible_party: str
    formed_on: date
    retention: str
    retention_source: str
    openness: str
    secrecy: str
    is_accounting: bool
    names: Sequence[str]
    keywords: Sequence[str]
    required_papers: Sequence[str]


@dataclass(frozen=True)
class NewPaper:
    """A paper to be added: what it is, its pages, and the digest of its content if it is known."""

    kind: str
    name: str
    pages: int
    carrier: str
    sha256: str | None


@dataclass(frozen=True)
class Corrections:
    """New values of a description; None leaves the value as it is."""

    title: str | None = None
    responsible_party: str | None = None
    section: str | None = None
    openness: str | None = None
    secrecy: str | None = None
    names: list[str] | None = None
    keywords: list[str] | None = None


async def file_cases(session: AsyncSession, *, cases: Sequence[ClosedCase], now: datetime) -> list[Piece]:
    """Files each case that is not filed yet as one piece; a case known already is left alone.

    The counter rows are locked first, in one order for all, so that two workers neither leave a gap nor wait
    for each other in a circle; what is known is read only under that lock.
    """
    drafts = {(case.kind, case.source_id): (_drafted(case, now=now), case) for case in cases}
    await _number(session, [piece for piece, _ in drafts.values()])
    filed = [(piece, case) for piece, case in drafts.values() if piece.number]
    session.add_all([piece for piece, _ in filed])
    await session.flush()
    session.add_all([paper for piece, case in filed for paper in _papers_of(case, piece, now=now)])
    for piece, _ in filed:
        _announce(session, piece)
    return [piece for piece, _ in filed]


async def enter_piece(
    session: AsyncSession, *, entered: EnteredPiece, caller: Identity, now: datetime
) -> Piece:
    """Files a piece that no event brought (人工归档)."""
    piece_id = new_id()
    piece = Piece(
        piece_id=piece_id,
        fonds_code=policy.fonds_code(area=caller.area, on=entered.formed_on),
        category=entered.category,
        year=entered.formed_on.year,
        retention=entered.retention,
        number=0,
        piece_number="",
        section=entered.section,
        area=caller.area,
        kind="entered",
        source="archives",
        source_id=piece_id,
        title=entered.title,
        responsible_party=entered.responsible_party,
        formed_on=entered.formed_on,
        current_retention=entered.retention,
        retain_until=retain_until(formed_on=entered.formed_on, retention=entered.retention),
        retention_source=entered.retention_source,
        openness=entered.openness,
        secrecy=entered.secrecy,
        is_accounting=entered.is_accounting,
        names=list(entered.names),
        keywords=list(entered.keywords),
        holding="with_section",
        filed_by=caller.subject,
        filed_at=now,
    )
    _set_papers(piece, required=entered.required_papers, present=())
    await _number(session, [piece])
    session.add(piece)
    await session.flush()
    _announce(session, piece)
    return piece


async def add_paper(
    session: AsyncSession, *, piece_id: UUID, paper: NewPaper, caller: Identity, now: datetime
) -> Piece:
    """Adds a paper behind the others; the piece is complete when nothing required is missing (补充材料)."""
    piece = await queries.pieces.get_piece(session, piece_id=piece_id, area=caller.area, for_update=True)
    _refuse_destroyed(piece)
    present = await queries.pieces.list_papers(session, piece_id=piece_id)
    session.add(
        Paper(
            piece_id=piece_id,
            place=len(present) + 1,
            kind=paper.kind,
            name=paper.name,
            pages=paper.pages,
            carrier=paper.carrier,
            sha256=paper.sha256,
            added_by=caller.subject,
            added_at=now,
        )
    )
    kinds = [str(known.kind) for known in present] + [paper.kind]
    _set_papers(piece, required=piece.required_papers, present=kinds)
    piece.pages += paper.pages
    piece.version += 1
    await session.flush()
    return piece


async def correct_description(
    session: AsyncSession,
    *,
    piece_id: UUID,
    corrections: Corrections,
    version: int,
    reason: str,
    caller: Identity,
    now: datetime,
) -> Piece:
    """Corrects a description; old and new values, who, when and why stay in the change log (著录变更)."""
    piece = await queries.pieces.get_piece(session, piece_id=piece_id, area=caller.area, for_update=True)
    _refuse_destroyed(piece)
    if piece.version != version:
        raise PieceChanged(version=piece.version)
    changes = _changes(piece, vars(corrections))
    if not changes:
        return piece
    for name in changes:
        setattr(piece, name, getattr(corrections, name))
    piece.version += 1
    entry = await queries.pieces.get_piece_search(session, piece_id=piece_id)
    entry.search_text, entry.search_terms = _searchable(piece)
    session.add(
        PieceChange(
            piece_id=piece_id, changes=changes, reason=reason, changed_by=caller.subject, changed_at=now
        )
    )
    await session.flush()
    return piece


def _drafted(case: ClosedCase, *, now: datetime) -> Piece:
    place, on = PLAN[case.kind], case.formed_on
    period = policy.retention(kind=case.kind, area=case.area, on=on)
    retention = str(period.value)
    required = policy.required_papers(kind=case.kind, care=case.care, area=case.area, on=on)
    piece = Piece(
        fonds_code=policy.fonds_code(area=case.area, on=on),
        category=place.category,
        year=on.year,
        retention=retention,
        number=0,
        piece_number="",
        section=place.section,
        area=case.area,
        kind=case.kind,
        source=case.source,
        source_id=case.source_id,
        follows_source_id=case.follows_source_id,
        title=case.title,
        responsible_party=policy.responsible_party(kind=case.kind, area=case.area, on=on),
        formed_on=on,
        pages=1 + case.attachment_pages,
        current_retention=retention,
        retain_until=retain_until(formed_on=on, retention=retention),
        retention_source=f"{period.version} {period.source}",
        openness="controlled",
        secrecy="internal",
        is_accounting=place.accounting,
        names=list(case.names),
        keywords=[word for word in case.keywords if word],
        holding="with_section",
        filed_by=case.source,
        filed_at=now,
    )
    _set_papers(piece, required=required, present=[place.record])
    return piece


def _papers_of(case: ClosedCase, piece: Piece, *, now: datetime) -> list[Paper]:
    record = PLAN[case.kind].record
    main = _paper(piece, place=1, kind=record, name=case.title, pages=1, now=now)
    main.carrier, main.sha256 = "electronic", digest(case.record)
    if not case.attachment_pages:
        return [main]
    return [
        main,
        _paper(piece, place=2, kind="attachment", name="随案附件", pages=case.attachment_pages, now=now),
    ]


def _paper(piece: Piece, *, place: int, kind: str, name: str, pages: int, now: datetime) -> Paper:
    return Paper(
        piece_id=piece.piece_id,
        place=place,
        kind=kind,
        name=name,
        pages=pages,
        carrier="paper",
        added_by=piece.filed_by,
        added_at=now,
    )


async def _number(session: AsyncSession, pieces: Sequence[Piece]) -> None:
    counters = await queries.pieces.lock_counters(session, series={_series(piece) for piece in pieces})
    known = await queries.pieces.find_filed(
        session, sources=[(str(piece.kind), piece.source_id) for piece in pieces]
    )
    for piece in pieces:
        if (piece.kind, piece.source_id) in known:
            continue
        counter = counters[_series(piece)]
        counter.last_number += 1
        piece.number = counter.last_number
        piece.piece_number = archival_number(series=_series(piece), number=piece.number)


def _series(piece: Piece) -> Series:
    return Series(piece.fonds_code, str(piece.category), piece.year, str(piece.retention))


def _announce(session: AsyncSession, piece: Piece) -> None:
    text, terms = _searchable(piece)
    session.add(PieceSearch(piece_id=piece.piece_id, search_text=text, search_terms=terms))
    publish(
        session,
        events.PieceFiled(
            piece_id=piece.piece_id,
            piece_number=piece.piece_number,
            title=piece.title,
            source=f"{piece.source}/{piece.source_id}",
            filed_on=business_date(piece.filed_at),
        ),
    )


def _searchable(piece: Piece) -> tuple[str, list[str]]:
    parts = (
        piece.title,
        piece.responsible_party,
        piece.section,
        piece.piece_number,
        *piece.names,
        *piece.keywords,
    )
    text = search.search_text(parts)
    return text, search.index_terms(folded=text)


def _set_papers(piece: Piece, *, required: Sequence[str], present: Sequence[str]) -> None:
    missing = missing_papers(required=required, present=present)
    piece.required_papers, piece.missing_papers = list(required), list(missing)
    piece.completeness = "incomplete" if missing else "complete"


def _refuse_destroyed(piece: Piece) -> None:
    if piece.holding == "destroyed":
        raise PieceDestroyed(piece_number=piece.piece_number)


def _changes(piece: Piece, wanted: Mapping[str, object]) -> dict[str, list[object]]:
    return {
        name: [getattr(piece, name), value]
        for name, value in wanted.items()
        if value is not None and value != getattr(piece, name)
    }
