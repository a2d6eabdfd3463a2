"""Rates as they are reported (就业统计): a rate never travels without its numerator and denominator (X8)."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A percentage with two decimals, rounded half up; None when the denominator is zero."""

    numerator: int
    denominator: int
    percent: Decimal | None


def rate(numerator: int, *, denominator: int) -> Rate:
    """`numerator` of `denominator` in percent; more than all is possible (407 posts of a target of 300)."""
    percent = None
    if denominator:
        percent = (Decimal(100 * numerator) / Decimal(denominator)).quantize(HUNDREDTH, ROUND_HALF_UP)
    return Rate(numerator=numerator, denominator=denominator, percent=percent)
