"""Amounts stay exact on every way in and out."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from services.kit.money import FEN, SignedYuan, Yuan, yuan

amounts = st.decimals(min_value=-(10**10), max_value=10**10, places=2)
fine = st.decimals(min_value=-(10**8), max_value=10**8, places=5)


class Bill(BaseModel):
    total: Yuan


def refused(value: object) -> str:
    with pytest.raises(ValidationError) as problem:
        TypeAdapter(Yuan).validate_python(value)
    return problem.value.errors()[0]["type"]


class TestYuan:
    @pytest.mark.parametrize(
        ("value", "rounded"),
        [("0.005", "0.01"), ("0.0049", "0.00"), ("2.675", "2.68"), ("-0.005", "-0.01"), (3, "3.00")],
    )
    def test_rounds_half_away_from_zero(self, value, rounded):
        assert str(yuan(value)) == rounded

    def test_knows_no_negative_zero(self):
        assert str(yuan("-0.001")) == "0.00"

    @pytest.mark.parametrize("value", [1.5, True])
    def test_refuses_floats_and_booleans(self, value):
        with pytest.raises(TypeError):
            yuan(value)

    @pytest.mark.parametrize("value", ["NaN", "Infinity", "一百", ""])
    def test_refuses_what_is_not_a_number(self, value):
        with pytest.raises(ValueError, match="not an amount"):
            yuan(value)

    @given(fine)
    def test_is_odd_and_off_by_half_a_fen_at_most(self, value):
        assert yuan(-value) == -yuan(value)
        assert abs(yuan(value) - value) <= FEN / 2

    @given(amounts)
    def test_keeps_what_is_already_exact(self, value):
        assert yuan(value) == value


class TestYuanInJson:
    @pytest.mark.parametrize("sent", ['"1500.1"', '"1500.10"', "1500.1", "1500.10"])
    def test_takes_strings_and_numbers(self, sent):
        body = f'{{"total": {sent}}}'
        for bill in (Bill.model_validate_json(body), Bill.model_validate(json.loads(body))):
            assert bill.total == Decimal("1500.10")
            assert bill.model_dump_json() == '{"total":"1500.10"}'

    @given(st.decimals(0, Decimal("999999999999.99"), places=2))
    def test_loses_nothing_on_the_way_through_a_json_number(self, amount):
        assert Bill.model_validate(json.loads(f'{{"total": {amount}}}')).total == amount

    @given(amounts)
    def test_comes_back_as_it_left(self, amount):
        adapter = TypeAdapter(SignedYuan)
        assert adapter.validate_json(adapter.dump_json(amount)) == amount

    @pytest.mark.parametrize(
        "value",
        ["1.001", 1.001, "1.000", "NaN", "Infinity", True, False, None, "", " 1", "1_0", "1e3", "１", "٣"],
    )
    def test_refuses_anything_else(self, value):
        assert refused(value) == "amount"

    @pytest.mark.parametrize("value", ["1000000000000", 10**12, 1e15, Decimal("1E+12"), 0.1 + 0.2])
    def test_refuses_more_digits_than_a_column_holds(self, value):
        assert refused(value) == "amount"

    def test_refuses_negative_amounts_unless_they_may_be(self):
        assert refused("-0.01") == "amount_negative"
        assert TypeAdapter(SignedYuan).validate_python("-0.01") == Decimal("-0.01")

    def test_tells_what_to_do_in_chinese_first(self):
        with pytest.raises(ValidationError, match="金额应为人民币元"):
            Bill(total="1.234")

    def test_is_a_string_in_the_contract(self):
        for mode in ("validation", "serialization"):
            assert Bill.model_json_schema(mode=mode)["properties"]["total"]["type"] == "string"
