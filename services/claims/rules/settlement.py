"""Who pays which part of a bill, to the fen, with the working (费用结算).

The layers of the policy pay one after the other; the person pays the rest, so the parts always sum to the bill.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from services.claims.rules.amounts import ZERO, fen, percent
from services.claims.rules.policy import Layer, Policy, Title, Value

SPLIT_SOURCE = (
    "国家医疗保障信息平台接口规范 2204、2206 (医疗费用总额 = 全自费 + 超限价 + 先行自付 + 符合范围)"
)
NO_VERSION = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """The sums of a bill's lines, in yuan."""

    total: Decimal
    own_paid: Decimal
    over_limit: Decimal
    prior_self_pay: Decimal
    in_policy: Decimal

    @property
    def balanced(self) -> bool:
        return self.total == self.own_paid + self.over_limit + self.prior_self_pay + self.in_policy


@dataclass(frozen=True, slots=True)
class Accumulated:
    """What a person has used in one scheme and year (年度累计), in yuan; `version` counts its changes."""

    version: int = 0
    in_policy: Decimal = ZERO
    deductible_paid: Decimal = ZERO
    admissions: int = 0
    paid: Mapping[str, Decimal] = field(default_factory=dict)

    def plus(self, use: "Use") -> "Accumulated":
        """The year with a settlement in it."""
        return self._moved(use, 1)

    def minus(self, use: "Use") -> "Accumulated":
        """The year with a settlement taken out again (冲正): the opposite of `plus`, but for the version."""
        return self._moved(use, -1)

    def _moved(self, use: "Use", sign: int) -> "Accumulated":
        paid = dict(self.paid)
        for fund, amount in use.paid.items():
            paid[fund] = paid.get(fund, ZERO) + sign * amount
        return Accumulated(
            version=self.version + 1,
            in_policy=self.in_policy + sign * use.in_policy,
            deductible_paid=self.deductible_paid + sign * use.deductible,
            admissions=self.admissions + sign,
            paid=paid,
        )


@dataclass(frozen=True, slots=True)
class Use:
    """What one settlement adds to the year."""

    in_policy: Decimal
    deductible: Decimal
    paid: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the working: what was computed, from what, and by which rule."""

    step: str
    title: Title
    formula: str
    amount: Decimal
    source: str
    version: str


@dataclass(frozen=True, slots=True)
class PaidLayer:
    """What one fund pays (基金支付), and how much of its cap was left before."""

    fund: str
    base: Decimal
    deductible: Decimal
    ratio: Decimal
    limit_left: Decimal | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Decision:
    """The settlement of one bill: all parts sum to the total."""

    parts: Parts
    layers: tuple[PaidLayer, ...]
    deductible: Decimal
    fund_paid: Decimal
    person_paid: Decimal
    working: tuple[Step, ...]

    @property
    def use(self) -> Use:
        paid = {layer.fund: layer.amount for layer in self.layers}
        return Use(self.parts.in_policy, self.deductible, paid)


SPLIT = Title("费用拆分", "Split of the bill")
PERSON = Title("个人负担", "Paid by the person")
PERSON_SOURCE = "国家医疗保障信息平台接口规范 2206 (医疗费用总额 = 基金支付总额 + 个人负担总额)"


def settle(*, parts: Parts, policy: Policy, accumulated: Accumulated) -> Decision:
    """Decides who pays what. Raises ValueError when the parts do not sum to the total.

    Sources: 003 §3C L193 (deductible and ratio), 004 §3E L479 (order: scheme, then civil affairs on the rest).
    """
    if not parts.balanced:
        raise ValueError("the parts of the bill do not sum to its total")
    working = [_split_step(parts)]
    layers: list[PaidLayer] = []
    fund_paid = in_policy_paid = deductible = ZERO
    for layer in policy.layers:
        base = _base(layer, parts, in_policy_paid, fund_paid, working)
        paid = _pay(layer, base, parts.total, accumulated.paid.get(layer.fund, ZERO), working)
        layers.append(paid)
        fund_paid += paid.amount
        deductible += paid.deductible
        in_policy_paid += paid.amount if layer.base != "own_part" else ZERO
    person_paid = parts.total - fund_paid
    working.append(
        Step("person", PERSON, f"{parts.total} − {fund_paid}", person_paid, PERSON_SOURCE, NO_VERSION)
    )
    return Decision(parts, tuple(layers), deductible, fund_paid, person_paid, tuple(working))


def _base(
    layer: Layer, parts: Parts, in_policy_paid: Decimal, fund_paid: Decimal, working: list[Step]
) -> Decimal:
    if layer.base == "in_policy":
        return parts.in_policy
    whole, paid = (
        (parts.in_policy, in_policy_paid) if layer.base == "in_policy_rest" else (parts.total, fund_paid)
    )
    base = max(whole - paid, ZERO)
    title = Title(f"{layer.title.zh}：基数", f"{layer.title.en}: base")
    formula = f"{whole} − {paid}"
    working.append(Step(f"{layer.fund}.base", title, formula, base, layer.base_source, layer.base_version))
    return base


def _pay(layer: Layer, base: Decimal, total: Decimal, paid_before: Decimal, working: list[Step]) -> PaidLayer:
    if layer.full_up_to is not None and total <= layer.full_up_to.amount:
        working.append(_full_step(layer, layer.full_up_to, base, total))
        return PaidLayer(layer.fund, base, ZERO, Decimal(1), None, base)
    deductible = _deductible(layer, base, working)
    amount = fen((base - deductible) * layer.ratio.amount)
    working.append(
        Step(
            f"{layer.fund}.ratio",
            layer.title,
            f"{_net(layer, base, deductible)} × {percent(layer.ratio.amount)}",
            amount,
            layer.ratio.source,
            layer.ratio.version,
        )
    )
    left = _left(layer, paid_before)
    if left is not None and amount > left:
        amount = left
        working.append(_cap_step(layer, left, paid_before))
    return PaidLayer(layer.fund, base, deductible, layer.ratio.amount, left, amount)


def _net(layer: Layer, base: Decimal, deductible: Decimal) -> str:
    return f"({base} − {deductible})" if layer.deductible else f"{base}"


def _deductible(layer: Layer, base: Decimal, working: list[Step]) -> Decimal:
    if layer.deductible is None:
        return ZERO
    value = layer.deductible
    taken = min(value.amount, base)
    working.append(
        Step(
            f"{layer.fund}.deductible",
            Title(f"{layer.title.zh}：起付线", f"{layer.title.en}: deductible"),
            f"min({value.amount}, {base})",
            taken,
            value.source,
            value.version,
        )
    )
    return taken


def limit_left(*, layer: Layer, accumulated: Accumulated) -> Decimal | None:
    """How much of the fund's cap is left before the next settlement (剩余限额), in yuan; None without a cap."""
    return _left(layer, accumulated.paid.get(layer.fund, ZERO))


def _left(layer: Layer, paid_before: Decimal) -> Decimal | None:
    if layer.cap is None:
        return None
    used = paid_before if layer.cap_period == "year" else ZERO
    return max(layer.cap.amount - used, ZERO)


def _cap_step(layer: Layer, left: Decimal, paid_before: Decimal) -> Step:
    cap: Value = layer.cap  # type: ignore[assignment]  # only called when there is one
    formula = f"{cap.amount} − {paid_before}" if layer.cap_period == "year" else f"{cap.amount}"
    title = Title(f"{layer.title.zh}：最高限额", f"{layer.title.en}: cap")
    return Step(f"{layer.fund}.cap", title, formula, left, cap.source, cap.version)


def _full_step(layer: Layer, limit: Value, base: Decimal, total: Decimal) -> Step:
    formula = f"{total} ≤ {limit.amount}: {base} × 100 %"
    return Step(f"{layer.fund}.full", layer.title, formula, base, limit.source, limit.version)


def _split_step(parts: Parts) -> Step:
    formula = f"{parts.total} − {parts.own_paid} (全自费) − {parts.over_limit} (超限价) − {parts.prior_self_pay} (先行自付)"
    return Step("split", SPLIT, formula, parts.in_policy, SPLIT_SOURCE, NO_VERSION)
