"""Uses: the register of readings, loans and copies."""

from datetime import date
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.archives.models import Use
from services.archives.queries.rows import get_row
from services.kit.paging import PageRequest, page
from services.kit.problems import NotFound, Text


class UseNotFound(NotFound):
    """No such use in the caller's area (没有该利用登记)."""

    slug = "use-not-found"
    title = Text("没有该利用登记", "No such use")
    detail = Text("本地区没有该利用登记，请核对编号。", "There is no such use in your area; check the id.")


async def get_use(session: AsyncSession, *, use_id: UUID, area: str, for_update: bool = False) -> Use:
    """A use of the area. Raises UseNotFound."""
    return await get_row(session, Use, use_id, area=area, for_update=for_update, unknown=UseNotFound)


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
