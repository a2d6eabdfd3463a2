"""The trial balance and the entries of a booking (试算平衡)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.claims.codes import Account
from services.claims.models import LedgerEntry, Reversal


async def balances(
    session: AsyncSession, *, area: str, on: date
) -> Sequence[tuple[Account, Decimal, Decimal]]:
    """Debits and credits of each account of an area, up to and including the day."""
    debit = func.coalesce(func.sum(col(LedgerEntry.amount)).filter(col(LedgerEntry.amount) > 0), 0)
    credit = func.coalesce(-func.sum(col(LedgerEntry.amount)).filter(col(LedgerEntry.amount) < 0), 0)
    statement = (
        select(LedgerEntry.account, debit, credit)
        .where(LedgerEntry.area == area, col(LedgerEntry.booked_on) <= on)
        .group_by(col(LedgerEntry.account))
        .order_by(col(LedgerEntry.account))
    )
    return [(Account(account), taken, given) for account, taken, given in await session.exec(statement)]


async def entries_of(session: AsyncSession, *, settlement_id: UUID) -> Sequence[LedgerEntry]:
    """The entries of a settlement and of its reversal, in the order of booking."""
    reversal = select(Reversal.id).where(Reversal.settlement_id == settlement_id).scalar_subquery()
    statement = select(LedgerEntry).where(
        or_(LedgerEntry.transaction_id == settlement_id, col(LedgerEntry.transaction_id) == reversal)
    )
    ordered = statement.order_by(col(LedgerEntry.kind).desc(), col(LedgerEntry.position))
    return (await session.exec(ordered)).all()
