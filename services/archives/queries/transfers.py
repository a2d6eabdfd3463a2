"""Transfer lists and what sections still keep."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.archives.models import Piece, Transfer, TransferPiece
from services.archives.queries.rows import get_row
from services.kit.problems import NotFound, Text


class TransferNotFound(NotFound):
    """No such transfer list in the caller's area (没有该移交清单)."""

    slug = "transfer-not-found"
    title = Text("没有该移交清单", "No such transfer list")
    detail = Text(
        "本地区没有该移交清单，请核对编号。", "There is no such transfer list in your area; check the id."
    )


async def get_transfer(
    session: AsyncSession, *, transfer_id: UUID, area: str, for_update: bool = False
) -> Transfer:
    """A transfer list of the area. Raises TransferNotFound."""
    return await get_row(
        session, Transfer, transfer_id, area=area, for_update=for_update, unknown=TransferNotFound
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
    connection = await session.connection()
    return [tuple(row) for row in await connection.execute(statement)]
