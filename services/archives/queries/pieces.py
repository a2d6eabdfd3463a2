"""Pieces and what lies in them; the search."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, cast, func, literal, or_, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY, insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from services.archives.models import FixityCheck, Paper, Piece, PieceChange, PieceCounter, PieceSearch
from services.archives.queries.rows import get_row
from services.archives.rules.numbering import Series
from services.archives.rules.search import SearchQuery, like_pattern, ts_query
from services.kit.paging import PageRequest, page
from services.kit.problems import NotFound, Text

COUNT_CAP = 1000


NEWEST = (col(Piece.formed_on), col(Piece.piece_id))


class PieceNotFound(NotFound):
    """No such piece in the caller's area (没有该件)."""

    slug = "piece-not-found"
    title = Text("没有该件", "No such piece")
    detail = Text("本地区没有该件，请核对编号。", "There is no such piece in your area; check the id.")


class PaperNotFound(NotFound):
    """No such paper in the piece (没有该材料)."""

    slug = "paper-not-found"
    title = Text("没有该材料", "No such paper")
    detail = Text("该件中没有此材料，请核对编号。", "The piece has no such paper; check the id.")


@dataclass(frozen=True)
class PieceFilter:
    """Which pieces are asked for; None asks for all."""

    category: str | None = None
    year: int | None = None
    retention: str | None = None
    section: str | None = None
    kind: str | None = None
    source_id: UUID | None = None
    completeness: str | None = None
    holding: str | None = None

    def conditions(self, *, area: str) -> list[ColumnElement[bool]]:
        """The filter as SQL, always within one area."""
        asked = [getattr(Piece, name) == value for name, value in vars(self).items() if value is not None]
        return [col(Piece.area) == area, *asked]


async def get_piece(session: AsyncSession, *, piece_id: UUID, area: str, for_update: bool = False) -> Piece:
    """A piece of the area. Raises PieceNotFound."""
    return await get_row(session, Piece, piece_id, area=area, for_update=for_update, unknown=PieceNotFound)


async def get_piece_search(session: AsyncSession, *, piece_id: UUID) -> PieceSearch:
    """The search entry of a piece that exists."""
    return (await session.exec(select(PieceSearch).where(PieceSearch.piece_id == piece_id))).one()


async def get_pieces(session: AsyncSession, *, piece_ids: Collection[UUID], area: str) -> list[Piece]:
    """All the pieces, locked, in the order of their ids. Raises PieceNotFound when one is not there."""
    statement = (
        select(Piece)
        .where(col(Piece.piece_id).in_(piece_ids), Piece.area == area)
        .order_by(col(Piece.piece_id))
        .with_for_update()
    )
    found = (await session.exec(statement)).all()
    if len(found) != len(set(piece_ids)):
        raise PieceNotFound
    return list(found)


async def list_pieces(
    session: AsyncSession, *, wanted: PieceFilter, area: str, query: PageRequest
) -> tuple[list[Piece], str | None]:
    """Pieces, newest first."""
    return await page(session, select(Piece).where(*wanted.conditions(area=area)), key=NEWEST, query=query)


async def search_pieces(
    session: AsyncSession, *, searched: SearchQuery, wanted: PieceFilter, area: str, query: PageRequest
) -> tuple[list[Piece], str | None]:
    """Pieces whose text contains every word, newest first."""
    return await page(session, _search(searched, wanted, area), key=NEWEST, query=query)


async def count_hits(session: AsyncSession, *, searched: SearchQuery, wanted: PieceFilter, area: str) -> int:
    """How many pieces a search finds, counted to one more than COUNT_CAP."""
    hits = _search(searched, wanted, area).with_only_columns(literal(1)).limit(COUNT_CAP + 1).subquery()
    return int((await session.exec(select(func.count()).select_from(hits))).one())


def _search(searched: SearchQuery, wanted: PieceFilter, area: str) -> SelectOfScalar[Piece]:
    terms = cast(literal(ts_query(terms=searched.terms)), TSQUERY)
    contains = [
        col(PieceSearch.search_text).like(like_pattern(word=word), escape="\\") for word in searched.words
    ]
    return (
        select(Piece)
        .join(PieceSearch, col(PieceSearch.piece_id) == col(Piece.piece_id))
        .where(*wanted.conditions(area=area), col(PieceSearch.search_terms).op("@@")(terms), *contains)
    )


async def list_related(session: AsyncSession, *, piece: Piece) -> list[Piece]:
    """The pieces that this one follows, or that follow it (a reversal and its settlement)."""
    either = or_(
        col(Piece.follows_source_id) == piece.source_id,
        and_(col(Piece.source_id) == piece.follows_source_id, col(Piece.kind) != "entered"),
    )
    statement = select(Piece).where(either, Piece.area == piece.area, Piece.piece_id != piece.piece_id)
    return list((await session.exec(statement.order_by(col(Piece.piece_id)))).all())


async def lock_counters(session: AsyncSession, *, series: Collection[Series]) -> dict[Series, PieceCounter]:
    """The counters of the series, made when new, locked in the order of the series."""
    keys = [vars(key) for key in sorted(series)]
    if not keys:
        return {}
    rows = [
        {
            "fonds_code": key["fonds"],
            **{name: key[name] for name in ("category", "year", "retention")},
            "last_number": 0,
        }
        for key in keys
    ]
    await session.exec(insert(PieceCounter).values(rows).on_conflict_do_nothing())
    parts = (
        col(PieceCounter.fonds_code),
        col(PieceCounter.category),
        col(PieceCounter.year),
        col(PieceCounter.retention),
    )
    statement = (
        select(PieceCounter)
        .where(tuple_(*parts).in_([tuple(key.values()) for key in keys]))
        .order_by(*parts)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = (await session.exec(statement)).all()
    return {Series(row.fonds_code, row.category, row.year, row.retention): row for row in found}


async def find_filed(session: AsyncSession, *, sources: Iterable[tuple[str, UUID]]) -> set[tuple[str, UUID]]:
    """Which of the cases are filed already."""
    columns = (col(Piece.kind), col(Piece.source_id))
    found = await session.exec(select(*columns).where(tuple_(*columns).in_(list(sources))))
    return {(kind, source_id) for kind, source_id in found}


async def list_papers(session: AsyncSession, *, piece_id: UUID) -> list[Paper]:
    """The papers of a piece in their order."""
    statement = select(Paper).where(Paper.piece_id == piece_id).order_by(col(Paper.place))
    return list((await session.exec(statement)).all())


async def get_paper(session: AsyncSession, *, piece_id: UUID, paper_id: UUID) -> Paper:
    """A paper of a piece. Raises PaperNotFound."""
    found = await session.get(Paper, paper_id)
    if found is None or found.piece_id != piece_id:
        raise PaperNotFound
    return found


async def list_checks(session: AsyncSession, *, paper_id: UUID) -> list[FixityCheck]:
    """The fixity checks of a paper, newest first."""
    statement = select(FixityCheck).where(FixityCheck.paper_id == paper_id)
    return list((await session.exec(statement.order_by(col(FixityCheck.fixity_check_id).desc()))).all())


async def list_changes(session: AsyncSession, *, piece_id: UUID) -> list[PieceChange]:
    """The changes of a piece's description, newest first."""
    statement = select(PieceChange).where(PieceChange.piece_id == piece_id)
    return list((await session.exec(statement.order_by(col(PieceChange.piece_change_id).desc()))).all())
