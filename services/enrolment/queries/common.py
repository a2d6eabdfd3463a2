"""What several queries share: validity on a day, row locks, who may see a unit."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment.models import Employer
from services.kit.identity import Identity

Rows = tuple[list[Any], str | None]


def in_force(valid_from: Any, valid_until: Any, on: date) -> ColumnElement[bool]:
    """Whether [valid_from, valid_until) holds the day."""
    return and_(col(valid_from) <= on, or_(col(valid_until).is_(None), col(valid_until) > on))


async def one_or_none(session: AsyncSession, statement: Any, *, lock: bool = False) -> Any:
    """The row, fresh and locked when asked for; rows that refer to it can still be added meanwhile."""
    if lock:
        statement = statement.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await session.exec(statement)).one_or_none()


def employer_seen_by(caller: Identity) -> ColumnElement[bool]:
    """Which units the caller may see: a unit's system its own, staff those of their area."""
    if caller.kind == "system":
        return col(Employer.credit_code) == (caller.organisation or "")
    if caller.kind == "staff":
        return col(Employer.area) == caller.area
    return false()
