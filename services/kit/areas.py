"""Administrative areas 行政区划: six digits, in pairs province, city, county (GB/T 2260); trailing 00 stands for the whole.

"990000" is a province, "990100" a city of it, "990101" a county of that; "000000" is everywhere.
"""

import re
from typing import Any

from sqlalchemy import ColumnElement

CODE = re.compile(r"[0-9]{6}")


def covers(area: str, other: str) -> bool:
    """Whether an area is the other one or lies above it. Raises ValueError where `area` is no area code."""
    return other.startswith(_stem(area))


def covered(column: Any, area: str) -> ColumnElement[bool]:
    """The same as a condition on a column. Raises ValueError."""
    condition: ColumnElement[bool] = column.startswith(_stem(area))
    return condition


def _stem(area: str) -> str:
    # An empty code must not pass for "everywhere".
    if not CODE.fullmatch(area):
        raise ValueError(f"not an area code: {area!r}")
    return re.sub("(00)+$", "", area)
