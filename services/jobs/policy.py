"""The dated parameters of the job service (政策参数), asked for by what the operations need."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from services.jobs.codes import Sex
from services.jobs.rules.employment import WorkingAge
from services.jobs.rules.hardship import Limits
from services.jobs.rules.matching import Criterion, Scale, Weight
from services.kit.parameters import Parameter, load

PARAMETERS = load(Path(__file__).parent / "parameters")


def working_age(sex: str, *, on: date, area: str) -> WorkingAge:
    """The working age (劳动年龄) of a sex."""
    return WorkingAge(
        least=PARAMETERS.get("working_age_least", on=on, area=area).integer,
        below=PARAMETERS.get("working_age_below", on=on, area=area, sex=Sex(sex).value).integer,
    )


def hardship_limits(sex: str, *, on: date, area: str) -> tuple[Limits, list[Parameter]]:
    """The limits of hardship certification, and the parameters that they come from."""
    age = PARAMETERS.get("hardship_age", on=on, area=area, sex=Sex(sex).value)
    months = PARAMETERS.get("long_term_unemployed_months", on=on, area=area)
    return Limits(least_age=age.integer, unemployed_months=months.integer), [age, months]


def scale(*, on: date, area: str) -> Scale:
    """The figures of the matching score in force."""
    return Scale(
        weights={criterion: _weight(criterion, on=on, area=area) for criterion in Criterion},
        occupation_steps=_decimals(PARAMETERS.get("match_occupation_steps", on=on, area=area)),
        place_steps=_decimals(PARAMETERS.get("match_place_steps", on=on, area=area)),
        schooling_step=PARAMETERS.get("match_schooling_step", on=on, area=area).decimal,
        neutral=PARAMETERS.get("match_neutral", on=on, area=area).decimal,
    )


def words(name: str, *, on: date, area: str) -> Sequence[str]:
    """A parameter that is a list of words."""
    value = PARAMETERS.get(name, on=on, area=area).value
    assert isinstance(value, tuple)
    return [str(word) for word in value]


def _weight(criterion: Criterion, *, on: date, area: str) -> Weight:
    found = PARAMETERS.get("match_weight", on=on, area=area, criterion=criterion.value)
    return Weight(points=found.decimal, version=found.version, source=found.source)


def _decimals(found: Parameter) -> list[Decimal]:
    assert isinstance(found.value, tuple)
    return [Decimal(str(part)) for part in found.value]
