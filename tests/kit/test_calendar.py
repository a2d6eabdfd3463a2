"""Working days, on the catalogue's own dates and around the holidays of the notices."""

import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit import calendar
from services.kit.calendar import (
    NoCalendar,
    add_working_days,
    due_on,
    is_working_day,
    notice_ends_on,
    working_days_between,
)

YEARS = sorted(Path(calendar.__file__).with_name("holidays").glob("*.toml"))
days = st.dates(date(2019, 1, 1), date(2025, 12, 31))


class TestDueOn:
    @pytest.mark.parametrize(
        ("event", "count", "due"),
        [
            (date(2019, 3, 1), 3, date(2019, 3, 6)),
            (date(2006, 3, 3), 2, date(2006, 3, 7)),
            (date(2025, 1, 24), 1, date(2025, 1, 26)),  # 春节前的星期日上班
            (date(2025, 9, 30), 1, date(2025, 10, 9)),  # 国庆节、中秋节放假8天
            (date(2025, 10, 10), 1, date(2025, 10, 11)),  # 星期六上班
            (date(2020, 1, 23), 1, date(2020, 2, 3)),  # 春节假期延长
        ],
    )
    def test_does_not_count_the_day_of_the_event(self, event, count, due):
        assert due_on(event, count) == due

    def test_spans_a_new_year(self):
        assert due_on(date(2025, 12, 31), 1) == date(2026, 1, 4)


class TestAddWorkingDays:
    @given(days, st.integers(1, 90))
    def test_ends_on_a_working_day_and_counts_back(self, start, count):
        end = add_working_days(start, count)
        assert is_working_day(end)
        assert working_days_between(start, end) == count

    @given(days, st.integers(0, 40), st.integers(0, 40))
    def test_is_additive(self, start, first, second):
        assert add_working_days(add_working_days(start, first), second) == add_working_days(
            start, first + second
        )

    def test_refuses_to_count_backwards(self):
        with pytest.raises(ValueError, match="forwards"):
            add_working_days(date(2025, 1, 1), -1)

    def test_stays_where_it_is_for_no_days(self):
        assert add_working_days(date(2025, 1, 1), 0) == date(2025, 1, 1)


class TestNoticeEndsOn:
    def test_counts_its_first_day(self):
        assert notice_ends_on(date(2014, 3, 3), 15) == date(2014, 3, 21)
        assert notice_ends_on(date(2014, 3, 3), 1) == date(2014, 3, 3)

    def test_starts_counting_on_the_next_working_day_when_published_on_a_holiday(self):
        assert notice_ends_on(date(2025, 10, 1), 1) == date(2025, 10, 9)

    def test_refuses_a_notice_of_no_day(self):
        with pytest.raises(ValueError, match="公示"):
            notice_ends_on(date(2014, 3, 3), 0)


class TestWorkingDaysBetween:
    def test_counts_the_end_but_not_the_start(self):
        assert working_days_between(date(2019, 3, 1), date(2019, 3, 6)) == 3
        assert working_days_between(date(2019, 3, 1), date(2019, 3, 1)) == 0

    def test_refuses_an_end_before_the_start(self):
        with pytest.raises(ValueError, match="before"):
            working_days_between(date(2019, 3, 2), date(2019, 3, 1))


class TestYearsOnRecord:
    def test_are_the_only_ones_answered(self):
        with pytest.raises(NoCalendar, match="1999年") as problem:
            due_on(date(1999, 12, 1), 2)
        assert problem.value.year == 1999

    @pytest.mark.parametrize("path", YEARS, ids=lambda path: path.stem)
    def test_name_the_notice(self, path):
        source = tomllib.loads(path.read_text("utf-8"))["source"]
        assert "国务院办公厅" in source or "全国年节及纪念日放假办法" in source

    @pytest.mark.parametrize("path", YEARS, ids=lambda path: path.stem)
    def test_have_days_that_are_either_off_or_worked(self, path):
        notice = tomllib.loads(path.read_text("utf-8"))
        off = [
            h["first"] + timedelta(n)
            for h in notice["holidays"]
            for n in range((h["last"] - h["first"]).days + 1)
        ]
        assert len(off) == len(set(off))
        assert not set(off) & set(notice["working"])
        assert all(day.weekday() >= 5 for day in notice["working"]), "only weekend days are made working days"

    # A year's days less its weekends and 11 statutory days (13 from 2025); in 2020 two days more were free.
    @pytest.mark.parametrize(
        ("year", "working"), [(2019, 250), (2020, 249), (2024, 251), (2025, 248), (2026, 248)]
    )
    def test_leave_the_working_days_that_the_law_leaves(self, year, working):
        assert working_days_between(date(year - 1, 12, 31), date(year, 12, 31)) == working
