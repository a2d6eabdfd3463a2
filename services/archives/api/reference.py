"""Parameters: what applied when, where, and why (政策参数查询)."""

from datetime import date

from fastapi import APIRouter

from services.archives.api.callers import NoCitizens, Reader
from services.archives.policy import PARAMETERS
from services.kit import clock
from services.kit.identifiers import AreaCode
from services.kit.parameter_history import ParameterHistoryRead, history_of
from services.kit.parameters import ParameterNotConfigured
from services.kit.problems import answers

router = APIRouter(tags=["reference"], responses=answers(NoCitizens))


@router.get("/parameters/{name}", responses=answers(ParameterNotConfigured))
async def get_parameter(
    name: str,
    caller: Reader,
    on: date | None = None,
    area: AreaCode | None = None,
    kind: str | None = None,
    care: str | None = None,
) -> ParameterHistoryRead:
    """政策参数 · the value in force on a day in an area, its source, and all that applied over time."""
    return history_of(
        PARAMETERS, name, on=on or clock.today(), area=area or caller.area, kind=kind, care=care
    )
