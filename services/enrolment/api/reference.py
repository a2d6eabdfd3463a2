"""Parameters: what applied when, where, and why (政策参数查询)."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from services.enrolment import policy
from services.enrolment.api.common import Reader
from services.enrolment.codes import AssistanceCategory, HukouKind, InjuryClass, Payer, PremiumGrade
from services.enrolment.schemas import ParameterAnswer, ParameterRead
from services.kit import clock
from services.kit.parameters import Parameter
from services.kit.problems import answers

router = APIRouter(tags=["reference"])


def _read(found: Parameter) -> ParameterRead:
    return ParameterRead(
        name=found.name,
        title=found.title,
        value=str(found.value) if not isinstance(found.value, bool | int) else found.value,
        unit=found.unit,
        area=found.area,
        selectors={key: str(value) for key, value in found.selectors},
        valid_from=found.valid_from,
        valid_until=found.valid_until,
        source=found.source,
        version=found.version,
    )


@router.get("/parameters/{name}", responses=answers(policy.NotConfigured))
async def get_parameter(
    name: str,
    caller: Reader,
    on: date | None = None,
    area: Annotated[str | None, Query(pattern=r"^[1-9][0-9]{5}$")] = None,
    scheme: Annotated[
        str | None, Query(max_length=40, description="险种；起始规则用 employee / resident")
    ] = None,
    payer: Payer | None = None,
    injury_class: InjuryClass | None = None,
    grade: PremiumGrade | None = None,
    category: AssistanceCategory | None = None,
    hukou: HukouKind | None = None,
) -> ParameterAnswer:
    """政策参数 · the value in force on a day in an area, its source, and all that applied over time."""
    asked = {
        "scheme": scheme,
        "payer": payer,
        "injury_class": injury_class,
        "grade": grade,
        "category": category,
        "hukou": hukou,
    }
    selectors = {key: str(value) for key, value in asked.items() if value is not None}
    day, place = on or clock.today(), area or caller.area
    applies = policy.parameter(name, on=day, area=place, **selectors)
    history = policy.PARAMETERS.history(name, area=place, **selectors)
    return ParameterAnswer(on=day, applies=_read(applies), history=[_read(entry) for entry in history])
