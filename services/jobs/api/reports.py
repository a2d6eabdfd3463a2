"""Counts and rates of the labour market (就业统计)."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from services.jobs import queries
from services.jobs.api.callers import Reader
from services.jobs.codes import Group
from services.jobs.rules.statistics import rate
from services.jobs.schemas.vacancies import GroupPlacementRead, MarketRead, RateRead
from services.kit.db import DbSession

router = APIRouter(tags=["reports"])
Until = Annotated[date, Query(description="不含 · exclusive")]


@router.get("/reports/market")
async def report_market(
    session: DbSession,
    caller: Reader,
    since: date,
    until: Until,
) -> MarketRead:
    """市场统计 · companies, posts, hires, registrations and introductions as separate counts."""
    return MarketRead.model_validate(
        await queries.market(session, area=caller.area, since=since, until=until)
    )


@router.get("/reports/groups/{group}")
async def report_group(
    group: Group, session: DbSession, caller: Reader, since: date, until: Until
) -> GroupPlacementRead:
    """群体安置 · posts gathered for a group and people placed in them."""
    found = await queries.group_placement(session, group=group, area=caller.area, since=since, until=until)
    return GroupPlacementRead(
        group=group,
        posts=found.posts,
        placed=found.placed,
        rate=RateRead.model_validate(rate(found.placed, denominator=found.posts)),
    )
