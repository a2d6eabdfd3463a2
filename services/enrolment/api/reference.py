"""Parameters: what applied when, where, and why (政策参数查询)."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from services.enrolment.api.common import Reader
from services.enrolment.codes import AssistanceCategory, HukouKind, InjuryClass, Payer, PremiumGrade
from services.enrolment.policy import PARAMETERS
from services.kit import clock
from services.kit.identifiers import AreaCode
from services.kit.parameter_history import ParameterHistoryRead, history_of
from services.kit.parameters import ParameterNotConfigured
from services.kit.problems import answers

router = APIRouter(tags=["reference"])


@router.get("/parameters/{name}", responses=answers(ParameterNotConfigured))
async def get_parameter(
    name: str,
    caller: Reader,
    on: date | None = None,
    area: AreaCode | None = None,
    scheme: Annotated[
        str | None, Query(max_length=40, description="险种；起始规则用 employee / resident")
    ] = None,
    payer: Payer | None = None,
    injury_class: InjuryClass | None = None,
    grade: PremiumGrade | None = None,
    category: AssistanceCategory | None = None,
    hukou: HukouKind | None = None,
) -> ParameterHistoryRead:
    """政策参数 · the value in force on a day in an area, its source, and all that applied over time."""
    return history_of(
        PARAMETERS,
        name,
        on=on or clock.today(),
        area=area or caller.area,
        scheme=scheme,
        payer=payer,
        injury_class=injury_class,
        grade=grade,
        category=category,
        hukou=hukou,
    )
