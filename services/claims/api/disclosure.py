"""What institutions cost, made public (收费公示)."""

from calendar import monthrange
from datetime import date
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query

from services.claims.queries import settlements as queries
from services.claims.rules.amounts import mean
from services.claims.schemas.settlements import InstitutionCost, MonthCosts
from services.kit.db import DbSession
from services.kit.identity import anyone

router = APIRouter(tags=["disclosure"], dependencies=[anyone()])


@router.get("/disclosures/institution-costs")
async def get_institution_costs(
    session: DbSession,
    area: Annotated[str, Query(pattern="^[0-9]{6}$", description="行政区划代码")],
    month: Annotated[
        str, Query(pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$", description="结算月份，例如 2026-01")
    ],
) -> MonthCosts:
    """定点机构费用公示 · one row per institution of the area, for the cases settled in the month."""
    first = date.fromisoformat(f"{month}-01")
    last = first.replace(day=monthrange(first.year, first.month)[1])
    rows = await queries.month_costs(session, area=area, first=first, last=last)
    return MonthCosts(area=area, month=month, institutions=[_row(*row) for row in rows])


def _row(
    code: str, name: str, cases: int, total: Decimal, fund_paid: Decimal, person_paid: Decimal
) -> InstitutionCost:
    return InstitutionCost(
        institution_code=code,
        institution_name=name,
        cases=cases,
        total=total,
        fund_paid=fund_paid,
        person_paid=person_paid,
        mean=mean(total, cases=cases),
    )
