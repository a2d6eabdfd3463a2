"""Parameters over HTTP."""

from datetime import date

from pydantic import BaseModel


class ParameterRead(BaseModel):
    """One value with its period, source and version (政策参数及依据)."""

    name: str
    title: str
    value: str | list[str]
    unit: str
    area: str
    selectors: dict[str, str]
    valid_from: date
    valid_until: date | None
    source: str
    version: str


class ParameterAnswer(BaseModel):
    """What applies on the day, and all that applied over time."""

    on: date
    applies: ParameterRead
    history: list[ParameterRead]
