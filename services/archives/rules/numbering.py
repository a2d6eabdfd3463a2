"""Archival numbers (档号) in the grammar of DA/T 13-2022: 全宗号-门类·年度·保管期限-件号.

Parts are joined with ``-``, the members of the class part with ``·``; the number of a piece has at least
four digits. Example of the standard: ``Z008-WS·2019·Y-037``.
"""

import re
from dataclasses import dataclass

PIECE_DIGITS = 4
FONDS_CODE = re.compile(r"[A-Z]\d{3}")
PERIOD_CODE = re.compile(r"Y|D[1-9]\d{0,2}")


@dataclass(frozen=True, order=True)
class Series:
    """What shares one run of piece numbers: fonds 全宗, category 门类, year 年度 and retention 保管期限."""

    fonds: str
    category: str
    year: int
    retention: str


def period_code(*, retention: str) -> str:
    """The code of a retention period in an archival number: ``permanent`` -> Y, ``d30`` -> D30 (DA/T 13-2022)."""
    return "Y" if retention == "permanent" else retention.upper()


def archival_number(*, series: Series, number: int) -> str:
    """The archival number (档号) of piece ``number`` of a series.

    Raises ValueError for a part that DA/T 13-2022 does not allow.
    """
    period = period_code(retention=series.retention)
    if not FONDS_CODE.fullmatch(series.fonds):
        raise ValueError(f"fonds code {series.fonds!r} is not one capital and three digits")
    if not PERIOD_CODE.fullmatch(period):
        raise ValueError(f"retention {series.retention!r} has no code")
    if number < 1:
        raise ValueError("piece numbers begin with 1")
    return f"{series.fonds}-{series.category.upper()}·{series.year}·{period}-{number:0{PIECE_DIGITS}d}"
