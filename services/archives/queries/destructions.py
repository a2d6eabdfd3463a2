"""What is due for appraisal, and destruction lists."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.archives.models import (
    DestructionApproval,
    DestructionConsent,
    DestructionList,
    DestructionPiece,
    Piece,
)
from services.archives.queries.rows import get_row
from services.kit.paging import PageRequest, page
from services.kit.problems import NotFound, Text


class DestructionListNotFound(NotFound):
    """No such destruction list in the caller's area (没有该销毁清册)."""

    slug = "destruction-list-not-found"
    title = Text("没有该销毁清册", "No such destruction list")
    detail = Text("本地区没有该销毁清册，请核对编号。", "There is no such list in your area; check the id.")


async def list_due_for_appraisal(
    session: AsyncSession, *, area: str, today: date, query: PageRequest
) -> tuple[list[Piece], str | None]:
    """Pieces whose period has run out and that are not destroyed, longest first (到期鉴定清单)."""
    statement = select(Piece).where(
        Piece.area == area, col(Piece.retain_until) <= today, Piece.holding != "destroyed"
    )
    key = (col(Piece.retain_until), col(Piece.piece_id))
    return await page(session, statement, key=key, query=query, descending=False)


async def get_destruction_list(
    session: AsyncSession, *, destruction_list_id: UUID, area: str, for_update: bool = False
) -> DestructionList:
    """A destruction list of the area. Raises DestructionListNotFound."""
    return await get_row(
        session,
        DestructionList,
        destruction_list_id,
        area=area,
        for_update=for_update,
        unknown=DestructionListNotFound,
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
    return int((await session.exec(statement)).one())
