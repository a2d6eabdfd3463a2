"""Registers and statistics (登记、统计)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.archives import queries
from services.archives.api.callers import NoCitizens, Reader
from services.archives.operations import registers
from services.archives.schemas.parts import Year
from services.archives.schemas.registers import (
    HoldingsLine,
    HoldingsRead,
    MovementRead,
    StockRead,
)
from services.kit.db import DbSession
from services.kit.paging import Page, PageQuery
from services.kit.problems import answers

router = APIRouter(tags=["registers"], responses=answers(NoCitizens))
Until = Annotated[date, Query(description="不含当日 · exclusive")]


@router.get("/movements")
async def list_movements(
    session: DbSession,
    caller: Reader,
    query: PageQuery,
    piece_id: UUID | None = None,
    since: date | None = None,
    until: date | None = None,
) -> Page[MovementRead]:
    """异动登记表 · the movement register, newest first; `until` is exclusive."""
    found, following = await queries.registers.list_movements(
        session, area=caller.area, piece_id=piece_id, since=since, until=until, query=query
    )
    return Page(items=[MovementRead.model_validate(entry) for entry in found], next=following)


@router.get("/statistics/holdings")
async def count_holdings(session: DbSession, caller: Reader, year: Year | None = None) -> HoldingsRead:
    """业务档案统计表 · pieces and pages by year, category, retention and place."""
    lines = [
        HoldingsLine.model_validate(line)
        for line in await registers.holdings(session, area=caller.area, year=year)
    ]
    return HoldingsRead(
        lines=lines, pieces=sum(line.pieces for line in lines), pages=sum(line.pages for line in lines)
    )


@router.get("/statistics/stock")
async def count_stock(session: DbSession, caller: Reader, since: date, until: Until) -> StockRead:
    """库存异动统计 · opening + received - destroyed = closing."""
    return StockRead.model_validate(
        await registers.stock(session, area=caller.area, since=since, until=until)
    )
