"""A parameter over HTTP: what applied when, where, and why (政策参数查询)."""

from datetime import date

from pydantic import BaseModel

from services.kit.parameters import Parameter, Parameters, Value


class ParameterRead(BaseModel):
    """One value with its period [valid_from, valid_until), source and version; numbers are strings, to stay exact."""

    name: str
    title: str
    value: str | bool | list[str]
    unit: str
    area: str
    selectors: dict[str, str]
    valid_from: date
    valid_until: date | None
    source: str
    version: str


class ParameterHistoryRead(BaseModel):
    """What applies on the day, and all that applied over time, oldest first."""

    on: date
    applies: ParameterRead
    history: list[ParameterRead]


def history_of(
    parameters: Parameters, name: str, /, *, on: date, area: str, **selectors: str | None
) -> ParameterHistoryRead:
    """The parameter on a day and over time; a selector that is None was not asked. Raises ParameterNotConfigured."""
    asked = {key: str(value) for key, value in selectors.items() if value is not None}
    applies = parameters.get(name, on=on, area=area, **asked)
    history = parameters.history(name, area=area, **asked)
    return ParameterHistoryRead(on=on, applies=_read(applies), history=[_read(entry) for entry in history])


def _read(found: Parameter) -> ParameterRead:
    return ParameterRead(
        name=found.name,
        title=found.title,
        value=_plain(found.value),
        unit=found.unit,
        area=found.area,
        selectors={key: str(value) for key, value in found.selectors},
        valid_from=found.valid_from,
        valid_until=found.valid_until,
        source=found.source,
        version=found.version,
    )


def _plain(value: Value) -> str | bool | list[str]:
    if isinstance(value, bool):
        return value
    return [str(part) for part in value] if isinstance(value, tuple) else str(value)
