"""Movement register, holdings, access log."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.archives.models import AccessLog, Movement, Piece
from services.kit.paging import PageRequest, page


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
    return {str(kind): int(number) for kind, number in (await session.exec(statement)).all()}


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
    connection = await session.connection()
    return [tuple(row) for row in await connection.execute(statement)]


async def list_accesses(
    session: AsyncSession, *, area: str, query: PageRequest
) -> tuple[list[AccessLog], str | None]:
    """Who looked for what, newest first (查询留痕)."""
    statement = select(AccessLog).where(AccessLog.area == area)
    return await page(session, statement, key=(col(AccessLog.access_log_id),), query=query)
