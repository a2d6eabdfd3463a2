"""What of a bill line is within the policy (费用明细拆分).

Every line is cut into four parts that sum to its amount (国家医保接口规范 2204):
fully own-paid (全自费), above the price limit (超限价), paid in advance by the patient for category B
(先行自付), and within the policy (符合政策范围).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from services.claims.rules.amounts import FEN, ZERO, fen

Reason = Literal["in_catalogue", "category_c", "outside_catalogue", "not_approved"]
Fault = Literal["unknown_item", "amount_mismatch", "outside_stay", "doubled_line"]


@dataclass(frozen=True, slots=True)
class Item:
    """One dated version of a catalogue item (目录项目): category a, b or c (甲乙丙)."""

    id: UUID
    category: str
    prior_self_pay_ratio: Decimal
    restricted: bool
    price_limits: Mapping[str, Decimal]
    valid_from: date
    valid_until: date | None

    def valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)


@dataclass(frozen=True, slots=True)
class Line:
    """What the hospital charged (费用明细): quantity times unit price, in yuan."""

    number: int
    item_code: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    occurred_on: date
    approval: str


@dataclass(frozen=True, slots=True)
class Split:
    """The four parts of an amount, in yuan, and why."""

    own_paid: Decimal
    over_limit: Decimal
    prior_self_pay: Decimal
    in_policy: Decimal
    reason: Reason

    @property
    def total(self) -> Decimal:
        return self.own_paid + self.over_limit + self.prior_self_pay + self.in_policy


def item_on(*, versions: Sequence[Item], day: date) -> Item | None:
    """The version of an item that is valid on the day of the service; a day before the change uses the old price."""
    return next((version for version in versions if version.valid_on(day)), None)


def split_line(*, line: Line, item: Item | None, level: str) -> Split:
    """The four parts of a line.

    An item that is not in the catalogue on the day, of category C (丙类), or restricted and not approved by
    the hospital, is own-paid in full. Then the part above the price limit of the hospital's level, then the
    prior self-pay share of category B (乙类) of what is left. Source: 国家医保接口规范 2204, 医院审批标志.
    """
    reason = _reason(line, item)
    if item is None or reason != "in_catalogue":
        return Split(line.amount, ZERO, ZERO, ZERO, reason)
    over = _over_limit(line, item.price_limits.get(level))
    counted = line.amount - over
    prior = fen(counted * item.prior_self_pay_ratio) if item.category == "b" else ZERO
    return Split(ZERO, over, prior, counted - prior, reason)


def _reason(line: Line, item: Item | None) -> Reason:
    if item is None:
        return "outside_catalogue"
    if item.category == "c":
        return "category_c"
    if line.approval == "self_paid" or (item.restricted and line.approval != "approved"):
        return "not_approved"
    return "in_catalogue"


def _over_limit(line: Line, limit: Decimal | None) -> Decimal:
    if limit is None or line.unit_price <= limit:
        return ZERO
    return max(line.amount - fen(limit * line.quantity), ZERO)


def line_faults(
    *, line: Line, known: bool, admitted_on: date, discharged_on: date, seen: set[int]
) -> list[tuple[str, Fault]]:
    """What is wrong with a line: the field and the fault; empty when nothing is."""
    faults: list[tuple[str, Fault]] = []
    if line.number in seen:
        faults.append(("line_no", "doubled_line"))
    if not known:
        faults.append(("item_code", "unknown_item"))
    # A hospital may cut, round or round to even; none of them is a whole fen away.
    if abs(line.quantity * line.unit_price - line.amount) >= FEN:
        faults.append(("amount", "amount_mismatch"))
    if not admitted_on <= line.occurred_on <= discharged_on:
        faults.append(("occurred_on", "outside_stay"))
    return faults
