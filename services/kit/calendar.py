"""Working days (工作日), with the State Council's holidays and make-up days (调休) as data.

`holidays/<year>.toml` holds one year: the notice, its holidays, the weekend days that are worked. A
year without a file is refused, because a guessed deadline is worse than none. The notice appears in
autumn of the year before; until then a file marked `provisional` holds the statutory days.
"""

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).with_name("holidays")
_DAY = timedelta(days=1)
_SATURDAY = 5


class NoCalendar(LookupError):
    """There are no holidays on record for a year (缺少该年度节假日数据); `year` names it."""

    def __init__(self, year: int) -> None:
        self.year = year
        super().__init__(
            f"缺少{year}年的节假日数据，请按国务院办公厅通知补充 holidays/{year}.toml "
            f"(no holidays on record for {year})"
        )


@dataclass(frozen=True)
class _Notices:
    years: frozenset[int]
    off: frozenset[date]
    worked: frozenset[date]


def is_working_day(day: date) -> bool:
    """Whether offices work on this day; raises NoCalendar."""
    notices = _notices()
    if day.year not in notices.years:
        raise NoCalendar(day.year)
    if day in notices.worked:
        return True
    return day.weekday() < _SATURDAY and day not in notices.off


def add_working_days(start: date, count: int) -> date:
    """The day that is `count` working days after the start, which is not counted itself.

    With count zero it is the start, working day or not. Raises NoCalendar, and ValueError for a
    negative count.
    """
    if count < 0:
        raise ValueError("working days are counted forwards (工作日不能为负)")
    day = start
    while count:
        day += _DAY
        count -= is_working_day(day)
    return day


def due_on(event_day: date, working_days: int) -> date:
    """The last day of a time limit (办理时限截止日); the day of the event is not counted."""
    return add_working_days(event_day, working_days)


def notice_ends_on(first_day: date, working_days: int) -> date:
    """The last day of a public notice (公示期满日): its first day counts if offices work on it."""
    if working_days < 1:
        raise ValueError("a notice lasts at least one working day (公示期至少一个工作日)")
    return add_working_days(first_day - _DAY, working_days)


def working_days_between(start: date, end: date) -> int:
    """How many working days come after the start, up to and including the end.

    So `working_days_between(day, due_on(day, n)) == n`. Raises NoCalendar, and ValueError when the
    end lies before the start.
    """
    if end < start:
        raise ValueError(f"{end} lies before {start} (结束日期早于开始日期)")
    return sum(is_working_day(start + _DAY * n) for n in range(1, (end - start).days + 1))


@cache
def _notices() -> _Notices:
    years: set[int] = set()
    off: set[date] = set()
    worked: set[date] = set()
    for path in sorted(_FOLDER.glob("*.toml")):
        notice = tomllib.loads(path.read_text("utf-8"))
        years.add(int(path.stem))
        worked.update(notice["working"])
        for holiday in notice["holidays"]:
            length = (holiday["last"] - holiday["first"]).days
            off.update(holiday["first"] + _DAY * n for n in range(length + 1))
    return _Notices(frozenset(years), frozenset(off), frozenset(worked))
