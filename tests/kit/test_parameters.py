"""Legal parameters: what applied when, where, and why."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.kit.parameters import BadParameter, ParameterNotConfigured, Parameters, load

DEDUCTIBLE = """
[[inpatient_deductible]]
title = "住院起付线"
level = "level_2"
area = "*"
value = "500"
unit = "yuan"
valid_from = 2018-01-01
valid_until = 2020-01-01
source = "样例"

[[inpatient_deductible]]
level = "level_2"
area = "*"
value = "600"
unit = "yuan"
valid_from = 2020-01-01
source = "样例"

[[inpatient_deductible]]
level = "level_2"
area = "990100"
value = "700"
unit = "yuan"
valid_from = 2021-01-01
valid_until = 2022-01-01
source = "样例"
"""

ENTRY = {
    "title": "限额",
    "area": "*",
    "value": "1",
    "unit": "yuan",
    "valid_from": date(2020, 1, 1),
    "source": "样例",
}
OVERRIDE = {
    "name": "inpatient_deductible",
    "title": "住院起付线",
    "level": "level_2",
    "area": "990101",
    "value": "650",
    "unit": "yuan",
    "valid_from": date(2020, 7, 1),
    "valid_until": date(2020, 8, 1),
    "source": "审批件1号",
}


@pytest.fixture
def parameters(tmp_path):
    (tmp_path / "policy.toml").write_text(DEDUCTIBLE, "utf-8")
    return load(tmp_path)


def layered(*rows: dict[str, Any]) -> Parameters:
    return Parameters([]).with_overrides({"name": "limit", **ENTRY, **row} for row in rows)


def ask(parameters: Parameters, on: date, area: str = "990101") -> Decimal:
    return parameters.get("inpatient_deductible", on=on, area=area, level="level_2").decimal


class TestGet:
    @pytest.mark.parametrize(
        ("on", "value"),
        [
            (date(2018, 1, 1), 500),
            (date(2019, 12, 31), 500),
            (date(2020, 1, 1), 600),
            (date(2026, 1, 1), 600),
        ],
    )
    def test_answers_with_the_value_of_the_day(self, parameters, on, value):
        assert ask(parameters, on, "110000") == value

    def test_prefers_the_nearest_area(self, parameters):
        assert ask(parameters, date(2021, 6, 1), "990101") == 700
        assert ask(parameters, date(2021, 6, 1), "990000") == 600
        assert ask(parameters, date(2022, 1, 1), "990101") == 600

    def test_tells_where_it_comes_from(self, parameters):
        found = parameters.get("inpatient_deductible", on=date(2021, 6, 1), area="990101", level="level_2")
        assert (found.title, found.unit, found.source, found.area) == ("住院起付线", "yuan", "样例", "990100")
        assert found.valid_from == date(2021, 1, 1)

    @pytest.mark.parametrize(
        ("name", "selectors"),
        [("inpatient_deductible", {}), ("inpatient_deductible", {"level": "level_9"}), ("x", {})],
    )
    def test_refuses_a_question_without_an_answer(self, parameters, name, selectors):
        with pytest.raises(ParameterNotConfigured):
            parameters.get(name, on=date(2021, 1, 1), area="990101", **selectors)

    def test_refuses_a_day_before_the_first_value(self, parameters):
        with pytest.raises(ParameterNotConfigured) as refused:
            ask(parameters, date(2017, 12, 31))
        detail = refused.value.body(language="zh")["detail"]
        assert "2017-12-31 没有适用的参数 inpatient_deductible（level=level_2）" in str(detail)


class TestOverrides:
    def test_win_in_their_area_and_period(self, parameters):
        above = parameters.with_overrides([OVERRIDE])
        assert ask(above, date(2020, 7, 15)) == 650
        assert ask(above, date(2020, 8, 1)) == 600
        assert ask(above, date(2020, 7, 15), "990102") == 600
        assert ask(parameters, date(2020, 7, 15)) == 600, "the original is not changed"

    def test_do_not_win_over_a_nearer_area(self, parameters):
        above = parameters.with_overrides(
            [OVERRIDE | {"area": "*", "valid_from": date(2021, 1, 1), "valid_until": None}]
        )
        assert ask(above, date(2021, 6, 1)) == 700


class TestHistory:
    def test_shows_what_applied_when(self, parameters):
        above = parameters.with_overrides([OVERRIDE])
        spans = above.history("inpatient_deductible", area="990101", level="level_2")
        assert [(str(p.valid_from), p.valid_until and str(p.valid_until), p.value) for p in spans] == [
            ("2018-01-01", "2020-01-01", 500),
            ("2020-01-01", "2020-07-01", 600),
            ("2020-07-01", "2020-08-01", 650),
            ("2020-08-01", "2021-01-01", 600),
            ("2021-01-01", "2022-01-01", 700),
            ("2022-01-01", None, 600),
        ]

    def test_is_empty_for_an_unknown_name(self, parameters):
        assert parameters.history("x", area="990101") == []

    @given(
        st.lists(
            st.tuples(st.sampled_from(["990101", "990100", "*"]), st.integers(0, 60), st.integers(1, 30)),
            max_size=6,
        ),
        st.integers(0, 100),
    )
    def test_agrees_with_get_on_every_day(self, spans, day):
        start = date(2020, 1, 1)
        rows: list[dict[str, Any]] = []
        for number, (area, since, length) in enumerate(spans):
            row = {"area": area, "value": str(number), "valid_from": start + timedelta(since)}
            row["valid_until"] = row["valid_from"] + timedelta(length)
            clash = any(
                other["area"] == area
                and row["valid_from"] < other["valid_until"]
                and other["valid_from"] < row["valid_until"]
                for other in rows
            )
            rows += [] if clash else [row]
        parameters, on = layered(*rows), start + timedelta(day)
        in_force = [p for p in parameters.history("limit", area="990101") if p.applies(on)]
        try:
            assert [p.version for p in in_force] == [parameters.get("limit", on=on, area="990101").version]
        except ParameterNotConfigured:
            assert in_force == []


class TestVersion:
    def test_names_the_value(self):
        assert (
            layered(ENTRY).get("limit", on=date(2020, 1, 1), area="*").version
            == "limit[*]@2020-01-01#5da689cd"
        )

    def test_stays_when_a_period_is_closed(self):
        closed = ENTRY | {"valid_until": date(2021, 1, 1), "source": "样例，更正"}
        one, two = (layered(row).get("limit", on=date(2020, 1, 1), area="*") for row in (ENTRY, closed))
        assert one.version == two.version

    def test_changes_with_the_value(self):
        one, two = (
            layered(row).get("limit", on=date(2020, 1, 1), area="*")
            for row in (ENTRY, ENTRY | {"value": "2"})
        )
        assert one.version != two.version


class TestValue:
    @pytest.mark.parametrize(
        ("raw", "unit", "value"),
        [
            ("0.80", "ratio", Decimal("0.80")),
            (16, "age", 16),
            (True, "flag", True),
            (date(2007, 12, 31), "date", date(2007, 12, 31)),
            ("level_2", "code", "level_2"),
            ("007", "text", "007"),
            (["1", "2"], "yuan", (Decimal(1), Decimal(2))),
        ],
    )
    def test_keeps_its_kind(self, raw, unit, value):
        found = layered({"value": raw, "unit": unit}).get("limit", on=date(2020, 1, 1), area="*")
        assert found.value == value
        assert type(found.value) is type(value)

    def test_is_asked_for_as_a_number(self):
        found = layered({"value": "3"}).get("limit", on=date(2020, 1, 1), area="*")
        assert (found.decimal, found.integer) == (Decimal(3), 3)

    @pytest.mark.parametrize("raw", ["level_2", True, date(2020, 1, 1)])
    def test_is_no_number_when_it_is_none(self, raw):
        found = layered({"value": raw, "unit": "text"}).get("limit", on=date(2020, 1, 1), area="*")
        with pytest.raises(TypeError, match="not a number"):
            _ = found.decimal

    def test_is_no_whole_number_when_it_is_a_fraction(self):
        with pytest.raises(TypeError, match="whole"):
            _ = layered({"value": "0.5"}).get("limit", on=date(2020, 1, 1), area="*").integer


class TestLoad:
    @pytest.mark.parametrize("missing", ["title", "area", "value", "unit", "valid_from", "source"])
    def test_refuses_an_entry_that_lacks_something(self, missing):
        with pytest.raises(BadParameter, match=f"lacks {missing}"):
            layered({missing: ""})

    def test_refuses_overlapping_periods(self):
        with pytest.raises(BadParameter, match="重叠"):
            layered(ENTRY, {"valid_from": date(2021, 1, 1)})

    def test_takes_one_period_after_the_other(self):
        layered({"valid_until": date(2021, 1, 1)}, {"valid_from": date(2021, 1, 1)})

    def test_takes_the_same_period_for_other_selectors(self):
        layered({"level": "level_1"}, {"level": "level_2"})

    def test_refuses_a_period_that_ends_before_it_starts(self):
        with pytest.raises(BadParameter, match="ends before"):
            layered({"valid_until": date(2020, 1, 1)})

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[[a]]\nvalue = 0.8", "as a string"),
            ("[a]\nvalue = 1", "must be written as"),
            ("a = 1", "must be written as"),
            ("[[a]", "policy.toml"),
        ],
    )
    def test_refuses_what_is_not_a_list_of_exact_values(self, tmp_path, text, message):
        (tmp_path / "policy.toml").write_text(text, "utf-8")
        with pytest.raises(BadParameter, match=message):
            load(tmp_path)
