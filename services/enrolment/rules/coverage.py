"""From when until when a person is covered (待遇享受期). Periods are [valid_from, valid_until)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.enrolment.rules.contributions import next_month

CONTRIBUTION_MONTH = "contribution_month"
MONTH_AFTER_PAYMENT = "month_after_payment"
PAYMENT_DAY = "payment_day"
DAY_AFTER_PAYMENT = "day_after_payment"


class UnknownRule(ValueError):
    """The area's `coverage_start_rule` is none that this suite knows (未知的起始规则)."""


@dataclass(frozen=True, kw_only=True)
class Period:
    """Half-open days; no end means until further notice."""

    valid_from: date
    valid_until: date | None = None

    def holds(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)

    def overlaps(self, other: "Period") -> bool:
        return (other.valid_until is None or self.valid_from < other.valid_until) and (
            self.valid_until is None or other.valid_from < self.valid_until
        )


def first_gap(wanted: Period, *, taken: Sequence[Period]) -> Period | None:
    """The first stretch of the wanted period that no other period takes."""
    start = wanted.valid_from
    for other in sorted(taken, key=lambda period: period.valid_from):
        if other.holds(start):
            if other.valid_until is None:
                return None
            start = other.valid_until
    later = [other.valid_from for other in taken if other.valid_from > start]
    ends = [day for day in (*later, wanted.valid_until) if day is not None]
    end = min(ends, default=None)
    return Period(valid_from=start, valid_until=end) if end is None or start < end else None


def employee_start(*, month: date, paid_on: date, due_on: date, rule: str) -> date:
    """The first covered day of an employee whose unit paid the contribution of `month`.

    Paid late, cover begins after the payment whatever the rule says: the past needs a reasoned correction.
    The sources print no day; the rule is a parameter of the area (inferred).
    """
    if rule not in (CONTRIBUTION_MONTH, MONTH_AFTER_PAYMENT):
        raise UnknownRule(rule)
    late = paid_on > due_on
    if rule == CONTRIBUTION_MONTH and not late:
        return month
    return max(month, next_month(paid_on))


def employee_end(*, removal_month: date, rule: str) -> date:
    """The first day without cover after a removal (减员); under MONTH_AFTER_PAYMENT cover runs a month longer."""
    if rule == CONTRIBUTION_MONTH:
        return removal_month
    if rule == MONTH_AFTER_PAYMENT:
        return next_month(removal_month)
    raise UnknownRule(rule)


def resident_period(*, year: int, paid_on: date, rule: str) -> Period:
    """The cover of an insured year (参保年度): from 1 January, or from the payment made within the year."""
    if rule not in (PAYMENT_DAY, DAY_AFTER_PAYMENT):
        raise UnknownRule(rule)
    wait = timedelta(days=1 if rule == DAY_AFTER_PAYMENT else 0)
    year_end = date(year + 1, 1, 1)
    start = min(max(date(year, 1, 1), paid_on + wait), year_end)
    return Period(valid_from=start, valid_until=year_end)


@dataclass(frozen=True, kw_only=True)
class Record:
    """The contribution record of a stretch of months (缴费记录, E34)."""

    months_paid: int
    months_asked: int
    continuous: bool


def contribution_record(*, paid_months: Iterable[date], months: Sequence[date]) -> Record:
    """How many of the months are paid, and whether all between the first and the last paid one are."""
    paid = [month for month in months if month in frozenset(paid_months)]
    gapless = not paid or months.index(paid[-1]) - months.index(paid[0]) + 1 == len(paid)
    return Record(months_paid=len(paid), months_asked=len(months), continuous=gapless)
