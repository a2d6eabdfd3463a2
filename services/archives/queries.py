"""Every SELECT of the archive. A row of another area is not found."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement, and_, cast, func, literal, or_, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY, insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from services.archives.models import (
    AccessLog,
    DestructionApproval,
    DestructionConsent,
    DestructionList,
    DestructionPiece,
    FixityCheck,
    Movement,
    Paper,
    Piece,
    PieceChange,
    PieceCounter,
    PieceSearch,
    Transfer,
    TransferPiece,
    Use,
)
from services.archives.rules.numbering import Series
from services.archives.rules.search import SearchQuery, like_pattern, ts_query
from services.kit.paging import PageRequest, page
from services.kit.problems import NotFound, Text

COUNT_CAP = 1000
Row = TypeVar("Row", Piece, Use, Transfer, DestructionList)
NEWEST = (col(Piece.formed_on), col(Piece.piece_id))


class PieceUnknown(NotFound):
    """No such piece in the caller's area (没有该件)."""

    slug = "piece-unknown"
    title = Text("没有该件", "No such piece")
    detail = Text("本地区没有该件，请核对编号。", "There is no such piece in your area; check the id.")


class PaperUnknown(NotFound):
    """No such paper in the piece (没有该材料)."""

    slug = "paper-unknown"
    title = Text("没有该材料", "No such paper")
    detail = Text("该件中没有此材料，请核对编号。", "The piece has no such paper; check the id.")


class UseUnknown(NotFound):
    """No such use in the caller's area (没有该利用登记)."""

    slug = "use-unknown"
    title = Text("没有该利用登记", "No such use")
    detail = Text("本地区没有该利用登记，请核对编号。", "There is no such use in your area; check the id.")


class TransferUnknown(NotFound):
    """No such transfer list in the caller's area (没有该移交清单)."""

    slug = "transfer-unknown"
    title = Text("没有该移交清单", "No such transfer list")
    detail = Text(
        "本地区没有该移交清单，请核对编号。", "There is no such transfer list in your area; check the id."
    )


class DestructionListUnknown(NotFound):
    """No such destruction list in the caller's area (没有该销毁清册)."""

    slug = "destruction-list-unknown"
    title = Text("没有该销毁清册", "No such destruction list")
    detail = Text("本地区没有该销毁清册，请核对编号。", "There is no such list in your area; check the id.")


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
    """A piece of the area. Raises PieceUnknown."""
    return await _get(session, Piece, piece_id, area=area, for_update=for_update, unknown=PieceUnknown)


async def _get(
    session: AsyncSession,
    model: type[Row],
    key: UUID,
    *,
    area: str,
    for_update: bool,
    unknown: type[NotFound],
) -> Row:
    found = await session.get(model, key, with_for_update=for_update, populate_existing=for_update)
    if found is None or found.area != area:
        raise unknown
    return found


async def get_piece_search(session: AsyncSession, *, piece_id: UUID) -> PieceSearch:
    """The search entry of a piece that exists."""
    return (await session.exec(select(PieceSearch).where(PieceSearch.piece_id == piece_id))).one()


async def get_pieces(session: AsyncSession, *, piece_ids: Collection[UUID], area: str) -> list[Piece]:
    """All the pieces, locked, in the order of their ids. Raises PieceUnknown when one is not there."""
    statement = (
        select(Piece)
        .where(col(Piece.piece_id).in_(piece_ids), Piece.area == area)
        .order_by(col(Piece.piece_id))
        .with_for_update()
    )
    found = (await session.exec(statement)).all()
    if len(found) != len(set(piece_ids)):
        raise PieceUnknown
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
    return int((await session.execute(select(func.count()).select_from(hits))).scalar_one())


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
    await session.execute(insert(PieceCounter).values(rows).on_conflict_do_nothing())
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
    found = await session.execute(select(*columns).where(tuple_(*columns).in_(list(sources))))
    return {(kind, source_id) for kind, source_id in found}


async def list_papers(session: AsyncSession, *, piece_id: UUID) -> list[Paper]:
    """The papers of a piece in their order."""
    statement = select(Paper).where(Paper.piece_id == piece_id).order_by(col(Paper.place))
    return list((await session.exec(statement)).all())


async def get_paper(session: AsyncSession, *, piece_id: UUID, paper_id: UUID) -> Paper:
    """A paper of a piece. Raises PaperUnknown."""
    found = await session.get(Paper, paper_id)
    if found is None or found.piece_id != piece_id:
        raise PaperUnknown
    return found


async def list_checks(session: AsyncSession, *, paper_id: UUID) -> list[FixityCheck]:
    """The fixity checks of a paper, newest first."""
    statement = select(FixityCheck).where(FixityCheck.paper_id == paper_id)
    return list((await session.exec(statement.order_by(col(FixityCheck.fixity_check_id).desc()))).all())


async def list_changes(session: AsyncSession, *, piece_id: UUID) -> list[PieceChange]:
    """The changes of a piece's description, newest first."""
    statement = select(PieceChange).where(PieceChange.piece_id == piece_id)
    return list((await session.exec(statement.order_by(col(PieceChange.piece_change_id).desc()))).all())


async def get_use(session: AsyncSession, *, use_id: UUID, area: str, for_update: bool = False) -> Use:
    """A use of the area. Raises UseUnknown."""
    return await _get(session, Use, use_id, area=area, for_update=for_update, unknown=UseUnknown)


async def list_uses(
    session: AsyncSession, *, area: str, state: str | None, piece_id: UUID | None, query: PageRequest
) -> tuple[list[Use], str | None]:
    """Uses (查阅登记表), newest first."""
    statement = select(Use).where(Use.area == area)
    if state:
        statement = statement.where(Use.state == state)
    if piece_id:
        statement = statement.where(Use.piece_id == piece_id)
    return await page(session, statement, key=(col(Use.use_id),), query=query)


async def list_overdue_loans(
    session: AsyncSession, *, area: str, today: date, query: PageRequest
) -> tuple[list[Use], str | None]:
    """Loans past their due date, longest overdue first (逾期未还)."""
    statement = select(Use).where(
        Use.area == area, Use.state == "handed_out", Use.form == "loan", col(Use.due_on) < today
    )
    return await page(
        session, statement, key=(col(Use.due_on), col(Use.use_id)), query=query, descending=False
    )


async def list_due_for_appraisal(
    session: AsyncSession, *, area: str, today: date, query: PageRequest
) -> tuple[list[Piece], str | None]:
    """Pieces whose period has run out and that are not destroyed, longest first (到期鉴定清单)."""
    statement = select(Piece).where(
        Piece.area == area, col(Piece.retain_until) <= today, Piece.holding != "destroyed"
    )
    key = (col(Piece.retain_until), col(Piece.piece_id))
    return await page(session, statement, key=key, query=query, descending=False)


async def get_transfer(
    session: AsyncSession, *, transfer_id: UUID, area: str, for_update: bool = False
) -> Transfer:
    """A transfer list of the area. Raises TransferUnknown."""
    return await _get(
        session, Transfer, transfer_id, area=area, for_update=for_update, unknown=TransferUnknown
    )


async def list_transfer_pieces(session: AsyncSession, *, transfer_id: UUID) -> list[UUID]:
    """The pieces on a transfer list, in the order of their ids."""
    statement = select(TransferPiece.piece_id).where(TransferPiece.transfer_id == transfer_id)
    return list((await session.exec(statement.order_by(col(TransferPiece.piece_id)))).all())


async def list_untransferred(session: AsyncSession, *, area: str, year: int) -> list[tuple[Any, ...]]:
    """Per section: the pieces of the year that the section still keeps, (section, pieces, first, last number)."""
    statement = (
        sa.select(
            col(Piece.section),
            func.count(),
            func.min(col(Piece.piece_number)),
            func.max(col(Piece.piece_number)),
        )
        .where(col(Piece.area) == area, col(Piece.year) == year, col(Piece.holding) == "with_section")
        .group_by(col(Piece.section))
        .order_by(col(Piece.section))
    )
    return [tuple(row) for row in await session.execute(statement)]


async def get_destruction_list(
    session: AsyncSession, *, destruction_list_id: UUID, area: str, for_update: bool = False
) -> DestructionList:
    """A destruction list of the area. Raises DestructionListUnknown."""
    return await _get(
        session,
        DestructionList,
        destruction_list_id,
        area=area,
        for_update=for_update,
        unknown=DestructionListUnknown,
    )


async def list_destruction_pieces(session: AsyncSession, *, destruction_list_id: UUID) -> list[Piece]:
    """The pieces on a destruction list, in the order of their ids."""
    statement = (
        select(Piece)
        .join(DestructionPiece, col(DestructionPiece.piece_id) == col(Piece.piece_id))
        .where(DestructionPiece.destruction_list_id == destruction_list_id)
        .order_by(col(Piece.piece_id))
    )
    return list((await session.exec(statement)).all())


async def list_approvers(session: AsyncSession, *, destruction_list_id: UUID) -> list[str]:
    """Who approved a destruction list."""
    statement = select(DestructionApproval.approved_by).where(
        DestructionApproval.destruction_list_id == destruction_list_id
    )
    return list((await session.exec(statement.order_by(DestructionApproval.approved_by))).all())


async def list_consents(session: AsyncSession, *, destruction_list_id: UUID) -> list[DestructionConsent]:
    """The consents that a destruction list has."""
    statement = select(DestructionConsent).where(
        DestructionConsent.destruction_list_id == destruction_list_id
    )
    return list((await session.exec(statement.order_by(col(DestructionConsent.authority)))).all())


async def find_on_open_list(session: AsyncSession, *, piece_ids: Collection[UUID]) -> list[UUID]:
    """Which of the pieces stand on a destruction list that is not decided yet."""
    statement = (
        select(DestructionPiece.piece_id)
        .join(
            DestructionList,
            col(DestructionList.destruction_list_id) == col(DestructionPiece.destruction_list_id),
        )
        .where(col(DestructionPiece.piece_id).in_(piece_ids), DestructionList.stage == "drawn_up")
    )
    return list((await session.exec(statement)).all())


async def count_destruction_lists(session: AsyncSession, *, area: str, year: int) -> int:
    """How many destruction lists the area drew up with numbers of the year."""
    statement = (
        select(func.count())
        .select_from(DestructionList)
        .where(DestructionList.area == area, col(DestructionList.list_number).startswith(f"{year}-"))
    )
    return int((await session.execute(statement)).scalar_one())


async def list_movements(
    session: AsyncSession,
    *,
    area: str,
    piece_id: UUID | None,
    since: date | None,
    until: date | None,
    query: PageRequest,
) -> tuple[list[Movement], str | None]:
    """The movement register (异动登记表), newest first; `until` is exclusive."""
    statement = select(Movement).where(Movement.area == area)
    if piece_id:
        statement = statement.where(Movement.piece_id == piece_id)
    if since:
        statement = statement.where(col(Movement.moved_on) >= since)
    if until:
        statement = statement.where(col(Movement.moved_on) < until)
    return await page(session, statement, key=(col(Movement.movement_id),), query=query)


async def count_movements(session: AsyncSession, *, area: str, before: date) -> Mapping[str, int]:
    """Entries of the movement register by kind, up to a day (exclusive)."""
    statement = (
        select(Movement.kind, func.count())
        .where(Movement.area == area, col(Movement.moved_on) < before)
        .group_by(col(Movement.kind))
    )
    return {str(kind): int(number) for kind, number in (await session.execute(statement)).all()}


async def sum_holdings(session: AsyncSession, *, area: str, year: int | None) -> list[tuple[Any, ...]]:
    """Holdings by year, category, retention and place: (year, category, retention, holding, pieces, pages, incomplete)."""
    groups = (col(Piece.year), col(Piece.category), col(Piece.current_retention), col(Piece.holding))
    incomplete = func.count().filter(col(Piece.completeness) == "incomplete")
    statement = (
        sa.select(*groups, func.count(), func.coalesce(func.sum(Piece.pages), 0), incomplete)
        .where(col(Piece.area) == area, *([col(Piece.year) == year] if year else []))
        .group_by(*groups)
        .order_by(*groups)
    )
    return [tuple(row) for row in await session.execute(statement)]


async def list_accesses(
    session: AsyncSession, *, area: str, query: PageRequest
) -> tuple[list[AccessLog], str | None]:
    """Who looked for what, newest first (查询留痕)."""
    statement = select(AccessLog).where(AccessLog.area == area)
    return await page(session, statement, key=(col(AccessLog.access_log_id),), query=query)
