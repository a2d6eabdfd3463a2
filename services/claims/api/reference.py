"""Parameters: what applied when, where, and why (政策参数查询)."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from services.claims.codes import Scheme
from services.claims.policy import PARAMETERS
from services.kit import clock
from services.kit.identifiers import AreaCode
from services.kit.identity import Identity, requires
from services.kit.parameter_history import ParameterHistoryRead, history_of
from services.kit.parameters import ParameterNotConfigured
from services.kit.problems import answers

router = APIRouter(tags=["reference"])


@router.get("/parameters/{name}", responses=answers(ParameterNotConfigured))
async def get_parameter(
    name: str,
    caller: Annotated[Identity, requires("claims:read")],
    on: date | None = None,
    area: AreaCode | None = None,
    level: Annotated[
        str | None, Query(max_length=40, description="机构等级档 · band of the institution")
    ] = None,
    scheme: Scheme | None = None,
    category: Annotated[
        str | None, Query(max_length=40, description="救助类别 · assistance category")
    ] = None,
) -> ParameterHistoryRead:
    """政策参数 · the value in force on a day in an area, its source, and all that applied over time."""
    return history_of(
        PARAMETERS,
        name,
        on=on or clock.today(),
        area=area or caller.area,
        level=level,
        scheme=scheme,
        category=category,
    )
