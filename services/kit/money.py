"""Money (金额): Decimal yuan with two places, one rounding rule, never a float."""

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

FEN = Decimal("0.01")
_AMOUNT = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,2})?", re.ASCII)
# A decimal of so many digits survives the way through a binary float unchanged (IEEE 754).
_FLOAT_DIGITS = 15


def yuan(value: Decimal | int | str) -> Decimal:
    """An amount in yuan, rounded half away from zero to the fen (四舍五入到分).

    The sign does not matter, so a reversal is always exactly the opposite of what it reverses.
    Raises TypeError for floats and booleans, ValueError for what is not a finite number.
    """
    if isinstance(value, bool | float):
        raise TypeError(f"an amount is a Decimal, int or str, not {type(value).__name__}")
    number = value if isinstance(value, Decimal) else _decimal(value)
    if not number.is_finite():
        raise ValueError(f"not an amount: {value}")
    return number.quantize(FEN, ROUND_HALF_UP) + 0  # adding zero makes -0.00 plain 0.00


def _decimal(value: int | str) -> Decimal:
    try:
        return Decimal(value)
    except ArithmeticError:
        raise ValueError(f"not an amount: {value}") from None


def _exact(value: Any) -> Decimal:
    """What the caller sent, if it is an amount to the fen without any rounding."""
    text = _plain(value)
    if text is None or not _AMOUNT.fullmatch(text):
        raise PydanticCustomError(
            "amount",
            '金额应为人民币元，最多12位整数、2位小数，例如 "1500.00" '
            "(an amount in yuan: at most 12 digits and 2 decimals)",
        )
    return yuan(text)


def _plain(value: Any) -> str | None:
    match value:
        case str():
            return value
        case bool():
            return None
        case int():
            return str(value)
        case float():
            number = Decimal(repr(value))
            return format(number, "f") if len(number.as_tuple().digits) <= _FLOAT_DIGITS else None
        case Decimal():
            return format(value, "f")
    return None


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise PydanticCustomError("amount_negative", "金额不能为负 (the amount must not be negative)")
    return value


def _schema(sign: str) -> WithJsonSchema:
    return WithJsonSchema(
        {
            "type": "string",
            "pattern": rf"^{sign}[0-9]{{1,12}}(\.[0-9]{{1,2}})?$",
            "description": "人民币元，两位小数 (yuan, two decimals)",
            "examples": ["1500.00"],
        }
    )


_text = PlainSerializer(lambda value: format(value, ".2f"), return_type=str, when_used="json")

SignedYuan = Annotated[Decimal, BeforeValidator(_exact), _text, _schema("-?")]
"""An amount that may be negative; in JSON a string with two places."""

Yuan = Annotated[Decimal, BeforeValidator(_exact), AfterValidator(_not_negative), _text, _schema("")]
"""An amount of zero or more; in JSON a string with two places."""
