"""A row by its id, within one area."""

from typing import TypeVar
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.archives.models import DestructionList, Piece, Transfer, Use
from services.kit.problems import NotFound

Row = TypeVar("Row", Piece, Use, Transfer, DestructionList)


async def get_row(
    session: AsyncSession,
    model: type[Row],
    key: UUID,
    *,
    area: str,
    for_update: bool,
    unknown: type[NotFound],
) -> Row:
    """The row if it is of the area, locked if it is to change. Raises the problem that says it is not there."""
    found = await session.get(model, key, with_for_update=for_update, populate_existing=for_update)
    if found is None or found.area != area:
        raise unknown
    return found
