"""Contribution bases, determination and windows (缴费基数、缴费核定, E04, E05)."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate, pairwise

FEN = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A rate as it applied: who pays it in which scheme, and where it is written."""

    scheme: str
    payer: str
    value: Decimal
    version: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Due:
    """What one payer owes for one scheme and month: Σ base × rate, rounded once (应缴额)."""

    rate: Rate
    base_sum: Decimal
    heads: int
    amount: Decimal


def determine(*, bases: Sequence[Decimal], rates: Iterable[Rate]) -> list[Due]:
    """The amounts of a unit for one month (缴费核定); a rate of zero gives no line.

    Unit: yuan. Rounded half up to the fen once per scheme and payer, as the bill is made per scheme.
    Source: 002 E-03 (Σ base × rate per scheme).
    """
    base_sum = sum(bases, Decimal(0))
    return [
        Due(
            rate=rate,
            base_sum=base_sum,
            heads=len(bases),
            amount=(base_sum * rate.value).quantize(FEN, ROUND_HALF_UP),
        )
        for rate in rates
        if rate.value
    ]


def divide(total: Decimal, *, weights: Sequence[Decimal]) -> list[Decimal]:
    """The total in proportion to the weights, to the fen; the parts always sum to it.

    The running total is rounded, not the part, so no part is a fen or more from its exact share.
    """
    whole = sum(weights, Decimal(0))
    marks = [
        (total * mark / whole).quantize(FEN, ROUND_HALF_UP)
        for mark in accumulate(weights, initial=Decimal(0))
    ]
    return [after - before for before, after in pairwise(marks)]


def month_of(day: date) -> date:
    """The first day of the month (所属期), by which a period is named."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def months_between(*, start: date, end: date) -> int:
    """Whole months from one first-of-month to another."""
    return (end.year - start.year) * 12 + end.month - start.month


@dataclass(frozen=True, kw_only=True)
class Window:
    """The determination window (核定业务期) of a period: both days belong to it."""

    opens_on: date
    closes_on: date

    def holds(self, day: date) -> bool:
        return self.opens_on <= day <= self.closes_on


def window(*, period: date, first_day: int, last_day: int) -> Window:
    """The window of a period, in the period's own month; a day beyond the month's end means its end.

    Source: 002 R1-04 (L370): the window is fixed and is not extended by hand.
    """
    end = monthrange(period.year, period.month)[1]
    return Window(
        opens_on=period.replace(day=min(first_day, end)), closes_on=period.replace(day=min(last_day, end))
    )


def base_fits(base: Decimal, *, floor: Decimal, ceiling: Decimal) -> bool:
    """Whether a monthly base lies between floor and ceiling, both included (社保基数审核, R1-03)."""
    return floor <= base <= ceiling
