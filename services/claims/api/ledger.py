"""The funds' ledger (基金分录)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.claims.queries import ledger as queries
from services.claims.queries.settlements import SettlementNotFound, get_settlement
from services.claims.rules.amounts import ZERO
from services.claims.schemas.settlements import BalanceRead, BalanceRow, EntryRead
from services.kit import clock
from services.kit.db import DbSession
from services.kit.identity import Identity, requires
from services.kit.problems import answers

router = APIRouter(tags=["ledger"])
Accountant = Annotated[Identity, requires("claims:ledger")]


@router.get("/ledger/balance")
async def get_trial_balance(
    session: DbSession,
    caller: Accountant,
    on: Annotated[date | None, Query(description="截止日期，默认今天")] = None,
) -> BalanceRead:
    """试算平衡 · debits and credits of each account of the caller's area; the difference is zero."""
    day = on or clock.today()
    rows = [
        BalanceRow(account=account, debit=debit, credit=credit, balance=debit - credit)
        for account, debit, credit in await queries.balances(session, area=caller.area, on=day)
    ]
    debit = sum((row.debit for row in rows), ZERO)
    credit = sum((row.credit for row in rows), ZERO)
    return BalanceRead(
        area=caller.area, on=day, accounts=rows, debit=debit, credit=credit, difference=debit - credit
    )


@router.get("/settlements/{settlement_id}/entries", responses=answers(SettlementNotFound))
async def list_settlement_entries(
    settlement_id: UUID, session: DbSession, caller: Accountant
) -> list[EntryRead]:
    """结算单的分录 · the entries of a settlement and of its reversal."""
    await get_settlement(session, settlement_id=settlement_id, caller=caller)
    entries = await queries.entries_of(session, settlement_id=settlement_id)
    return [EntryRead.model_validate(entry) for entry in entries]
