"""Bills and their lines; a hospital sees its own, staff their area, a citizen himself."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from services.claims.codes import BillState
from services.claims.models import Bill, BillLine, Settlement
from services.kit.identity import Identity
from services.kit.paging import PageRequest, page
from services.kit.problems import NotFound, Text

Row = TypeVar("Row", Bill, Settlement)


class BillNotFound(NotFound):
    """There is no such bill, or it is another's (账单不存在)."""

    slug = "bill-not-found"
    title = Text("账单不存在", "No such bill")
    detail = Text(
        "没有此账单，或不属于本单位；请核对编号。", "There is no such bill of yours; check the identifier."
    )


def visible(statement: SelectOfScalar[Row], table: type[Row], caller: Identity) -> SelectOfScalar[Row]:
    """Only the rows that the caller may see."""
    if caller.kind == "system":
        return statement.where(table.institution_code == caller.organisation)
    if caller.kind == "citizen":
        return statement.where(table.person_id == caller.person_id)
    return statement.where(table.area == caller.area)


async def get_bill(
    session: AsyncSession, *, bill_id: UUID, caller: Identity, for_update: bool = False
) -> Bill:
    """Raises BillNotFound."""
    statement = visible(select(Bill).where(Bill.id == bill_id), Bill, caller)
    if for_update:
        statement = statement.with_for_update()
    found = (await session.exec(statement)).first()
    if found is None:
        raise BillNotFound
    return found


async def lines_of(session: AsyncSession, *, bill_id: UUID) -> Sequence[BillLine]:
    """The lines in the order of their numbers."""
    statement = select(BillLine).where(BillLine.bill_id == bill_id).order_by(col(BillLine.line_no))
    return (await session.exec(statement)).all()


async def find_bill(session: AsyncSession, *, institution_code: str, bill_number: str) -> Bill | None:
    """The bill that an institution gave this number."""
    statement = select(Bill).where(Bill.institution_code == institution_code, Bill.bill_number == bill_number)
    return (await session.exec(statement)).first()


async def list_bills(
    session: AsyncSession, *, caller: Identity, state: BillState | None, query: PageRequest
) -> tuple[list[Bill], str | None]:
    """The caller's bills, newest first."""
    statement = visible(select(Bill), Bill, caller)
    if state:
        statement = statement.where(Bill.state == state)
    return await page(session, statement, key=(col(Bill.id),), query=query)
