"""Filing (归档): a finished case becomes a piece with its number; papers are added, the description corrected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from services.archives import events, policy, queries
from services.archives.models import Base, Paper, Piece, PieceChange, PieceSearch
from services.archives.rules import search
from services.archives.rules.filing import PLAN, ClosedCase, digest, missing_papers
from services.archives.rules.numbering import Series, archival_number
from services.archives.rules.retention import retain_until
from services.kit.clock import business_date
from services.kit.events import publish
from services.kit.identity import Identity
from services.kit.ids import new_id
from services.kit.problems import Conflict, Text

Draft = dict[str, Any]  # the columns of a piece that is not written yet


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


async def file_cases(session: AsyncSession, *, cases: Sequence[ClosedCase], now: datetime) -> list[UUID]:
    """Files each case that is not filed yet as one piece; a case known already is left alone.

    Whole batches are written by few statements, because every event of three services passes here. Gives back
    the ids of the new pieces.
    """
    drafts = {(case.kind, case.source_id): (_drafted(case, now=now), case) for case in cases}
    await _file(session, [draft for draft, _ in drafts.values()])
    filed = [(draft, case) for draft, case in drafts.values() if draft["number"]]
    papers = [paper for draft, case in filed for paper in _papers_of(case, draft)]
    if papers:
        await _insert(session, Paper, papers)
    return [draft["piece_id"] for draft, _ in filed]


async def enter_piece(
    session: AsyncSession, *, entered: EnteredPiece, caller: Identity, now: datetime
) -> Piece:
    """Files a piece that no event brought (人工归档)."""
    piece_id = new_id()
    told = vars(entered) | {"names": list(entered.names), "keywords": list(entered.keywords)}
    required = told.pop("required_papers")
    draft = told | {
        "piece_id": piece_id,
        "fonds_code": policy.fonds_code(area=caller.area, on=entered.formed_on),
        "area": caller.area,
        "kind": "entered",
        "source": "archives",
        "source_id": piece_id,
        "follows_source_id": None,
        "pages": 0,
        "filed_by": caller.subject,
        "filed_at": now,
    }
    draft |= _kept(draft) | _papers_state(required=required, present=())
    await _file(session, [draft])
    return await queries.pieces.get_piece(session, piece_id=piece_id, area=caller.area)


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
    state = _papers_state(required=piece.required_papers, present=kinds)
    piece.missing_papers, piece.completeness = state["missing_papers"], state["completeness"]
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
    entry.search_text, entry.search_terms = _searchable(piece.model_dump())
    session.add(
        PieceChange(
            piece_id=piece_id, changes=changes, reason=reason, changed_by=caller.subject, changed_at=now
        )
    )
    await session.flush()
    return piece


def _drafted(case: ClosedCase, *, now: datetime) -> Draft:
    place, on = PLAN[case.kind], case.formed_on
    period = policy.retention(kind=case.kind, area=case.area, on=on)
    required = policy.required_papers(kind=case.kind, care=case.care, area=case.area, on=on)
    draft: Draft = {
        "piece_id": new_id(),
        "fonds_code": policy.fonds_code(area=case.area, on=on),
        "category": place.category,
        "retention": str(period.value),
        "section": place.section,
        "area": case.area,
        "kind": case.kind,
        "source": case.source,
        "source_id": case.source_id,
        "follows_source_id": case.follows_source_id,
        "title": case.title,
        "responsible_party": policy.responsible_party(kind=case.kind, area=case.area, on=on),
        "formed_on": on,
        "pages": 1 + case.attachment_pages,
        "retention_source": f"{period.version} {period.source}",
        "openness": "controlled",
        "secrecy": "internal",
        "is_accounting": place.accounting,
        "names": list(case.names),
        "keywords": [word for word in case.keywords if word],
        "filed_by": case.source,
        "filed_at": now,
    }
    return draft | _kept(draft) | _papers_state(required=required, present=[place.record])


def _kept(draft: Draft) -> Draft:
    """How long the piece is kept, and what every piece begins with."""
    on = draft["formed_on"]
    return {
        "year": on.year,
        "current_retention": draft["retention"],
        "retain_until": retain_until(formed_on=on, retention=draft["retention"]),
        "holding": "with_section",
        "version": 1,
        "number": 0,
    }


def _papers_state(*, required: Sequence[str], present: Sequence[str]) -> Draft:
    missing = list(missing_papers(required=required, present=present))
    completeness = "incomplete" if missing else "complete"
    return {"required_papers": list(required), "missing_papers": missing, "completeness": completeness}


def _papers_of(case: ClosedCase, draft: Draft) -> list[Draft]:
    common = {"piece_id": draft["piece_id"], "added_by": draft["filed_by"], "added_at": draft["filed_at"]}
    record = common | {
        "paper_id": new_id(),
        "place": 1,
        "kind": PLAN[case.kind].record,
        "name": case.title,
        "pages": 1,
        "carrier": "electronic",
        "sha256": digest(case.record),
    }
    if not case.attachment_pages:
        return [record]
    attached = {"place": 2, "kind": "attachment", "name": "随案附件", "pages": case.attachment_pages}
    return [record, record | attached | {"paper_id": new_id(), "carrier": "paper", "sha256": None}]


async def _file(session: AsyncSession, drafts: Sequence[Draft]) -> None:
    """Numbers and writes the drafts that are not filed yet, with their search entries and events.

    The counter rows are locked first, in one order for all, so that two workers neither leave a gap nor wait
    for each other in a circle; what is known is read only under that lock.
    """
    counters = await queries.pieces.lock_counters(session, series={_series(draft) for draft in drafts})
    known = await queries.pieces.find_filed(
        session, sources=[(draft["kind"], draft["source_id"]) for draft in drafts]
    )
    new = [draft for draft in drafts if (draft["kind"], draft["source_id"]) not in known]
    for draft in new:
        series = _series(draft)
        counters[series].last_number += 1
        draft["number"] = counters[series].last_number
        draft["piece_number"] = archival_number(series=series, number=draft["number"])
    if not new:
        return
    await _insert(session, Piece, new)
    await _insert(session, PieceSearch, [_search_entry(draft) for draft in new])
    for draft in new:
        _announce(session, draft)


async def _insert(session: AsyncSession, table: type[Base], rows: Sequence[Draft]) -> None:
    # On the connection: the session's own bulk insert cuts a batch wherever a row has other nulls.
    connection = await session.connection()
    await connection.execute(insert(table), rows)


def _search_entry(draft: Draft) -> Draft:
    text, terms = _searchable(draft)
    return {"piece_id": draft["piece_id"], "search_text": text, "search_terms": terms}


def _series(draft: Draft) -> Series:
    return Series(draft["fonds_code"], draft["category"], draft["year"], draft["retention"])


def _announce(session: AsyncSession, draft: Draft) -> None:
    publish(
        session,
        events.PieceFiled(
            piece_id=draft["piece_id"],
            piece_number=draft["piece_number"],
            title=draft["title"],
            source=f"{draft['source']}/{draft['source_id']}",
            filed_on=business_date(draft["filed_at"]),
        ),
    )


def _searchable(draft: Draft) -> tuple[str, list[str]]:
    fields = ("title", "responsible_party", "section", "piece_number")
    text = search.search_text([*(draft[field] for field in fields), *draft["names"], *draft["keywords"]])
    return text, search.index_terms(folded=text)


def _refuse_destroyed(piece: Piece) -> None:
    if piece.holding == "destroyed":
        raise PieceDestroyed(piece_number=piece.piece_number)


def _changes(piece: Piece, wanted: Mapping[str, object]) -> dict[str, list[object]]:
    return {
        name: [getattr(piece, name), value]
        for name, value in wanted.items()
        if value is not None and value != getattr(piece, name)
    }
