"""Parameters: what applied when, where, and why (政策参数查询)."""

from datetime import date

from fastapi import APIRouter

from services.jobs import policy
from services.jobs.api.callers import Reader
from services.jobs.codes import Criterion, Sex
from services.jobs.schemas.reference import ParameterAnswer, ParameterRead
from services.jobs.schemas.seekers import Area
from services.kit import clock
from services.kit.parameters import Parameter
from services.kit.problems import answers

router = APIRouter(tags=["reference"])


@router.get("/parameters/{name}", responses=answers(policy.NotConfigured))
async def get_parameter(
    name: str,
    caller: Reader,
    on: date | None = None,
    area: Area | None = None,
    sex: Sex | None = None,
    criterion: Criterion | None = None,
) -> ParameterAnswer:
    """政策参数 · the value in force on a day in an area, its source, and all that applied over time."""
    asked = {"sex": sex, "criterion": criterion}
    selectors = {key: value.value for key, value in asked.items() if value is not None}
    day, place = on or clock.today(), area or caller.area
    applies = policy.parameter(name, on=day, area=place, **selectors)
    history = policy.PARAMETERS.history(name, area=place, **selectors)
    return ParameterAnswer(on=day, applies=_read(applies), history=[_read(one) for one in history])


def _read(found: Parameter) -> ParameterRead:
    value = found.value
    return ParameterRead(
        name=found.name,
        title=found.title,
        value=[str(part) for part in value] if isinstance(value, tuple) else str(value),
        unit=found.unit,
        area=found.area,
        selectors={key: str(chosen) for key, chosen in found.selectors},
        valid_from=found.valid_from,
        valid_until=found.valid_until,
        source=found.source,
        version=found.version,
    )
