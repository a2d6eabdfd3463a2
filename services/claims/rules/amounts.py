"""The one rounding rule (四舍五入到分) and how amounts are shown in a working."""

from decimal import ROUND_HALF_UP, Decimal

FEN = Decimal("0.01")
ZERO = Decimal("0.00")
HUNDRED = Decimal(100)


def fen(amount: Decimal) -> Decimal:
    """The amount in yuan, rounded half up to the fen; once per step that a rule names."""
    return amount.quantize(FEN, ROUND_HALF_UP)


def mean(total: Decimal, *, cases: int) -> Decimal:
    """Total ÷ cases in yuan, rounded half up; zero without a case (次均费用)."""
    return fen(total / cases) if cases else ZERO


def rate(part: int, *, whole: int) -> Decimal:
    """Part ÷ whole in percent with two places, rounded half up; zero of nothing is zero."""
    return fen(HUNDRED * part / whole) if whole else ZERO


def percent(ratio: Decimal) -> str:
    """A ratio as people write it: 0.75 is 75 %."""
    return f"{(ratio * HUNDRED).normalize():f} %"
