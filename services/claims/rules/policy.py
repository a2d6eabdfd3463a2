"""A benefit policy as data (待遇政策): layers of funds, paid one after the other.

Each number is a `Value` that knows where it comes from, so the working of a case can cite it.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Base = Literal["in_policy", "in_policy_rest", "own_part"]
Period = Literal["admission", "year"]


@dataclass(frozen=True, slots=True)
class Value:
    """A number of the policy with its source and the version of the parameter (参数版本)."""

    amount: Decimal
    source: str
    version: str


@dataclass(frozen=True, slots=True)
class Title:
    """A name in the two languages of the suite."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Layer:
    """One fund's part of the bill: (base - deductible) x ratio, at most what is left of the cap.

    base         in_policy: the in-policy cost; in_policy_rest: what earlier layers left of it;
                 own_part: what earlier layers left of the whole bill, own-paid lines included
    full_up_to   up to this total cost the whole base is paid, without ratio and cap
    base_source  where it says so, when the base is not simply the in-policy cost
    cap_period   whether the cap is for one admission or for the year
    """

    fund: str
    title: Title
    base: Base
    ratio: Value
    deductible: Value | None = None
    cap: Value | None = None
    cap_period: Period = "year"
    full_up_to: Value | None = None
    base_source: str = ""
    base_version: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a scheme pays in an area, for a tariff band and a person's identities, on a date."""

    area: str
    scheme: str
    band: str
    layers: tuple[Layer, ...]


def aid_at_least(*, ratio: Decimal, floor: Decimal) -> bool:
    """Whether an area's aid rule keeps the national floor (救助比例不低于50%). Source: 002 §3.1 L506."""
    return ratio >= floor
