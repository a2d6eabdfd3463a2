"""The dated parameters of a case, put together as a policy (待遇政策)."""

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import cast

from services.claims.rules.amounts import fen
from services.claims.rules.policy import Base, Layer, Period, Policy, Title, Value, aid_at_least
from services.kit.parameters import Parameter, ParameterNotConfigured, Parameters, load
from services.kit.problems import Refused, Text

PARAMETERS = load(Path(__file__).parent / "parameters")

POOL = {
    "resident_medical": ("resident_pool", Title("居民医保基金支付", "Paid by the resident scheme")),
    "employee_medical": ("employee_pool", Title("职工医保统筹基金支付", "Paid by the employee scheme")),
}
CATASTROPHIC = Title("大病保险支付", "Paid by catastrophic insurance")
AID = Title("医疗救助支付", "Paid by medical assistance")


class NoPolicy(Refused):
    """No benefit policy was in force on the case's date (无适用的待遇政策)."""

    slug = "no-policy"
    title = Text("无适用的待遇政策", "No policy was in force")
    detail = Text(
        "参保地 {area} 在 {on} 没有适用于 {scheme}、{band} 的住院待遇政策，请联系医保经办机构。",
        "Area {area} had no inpatient policy for {scheme}, {band} on {on}; ask the bureau.",
    )


class AidBelowFloor(Refused):
    """The area's aid rule pays less than the higher rule allows (救助比例低于规定下限)."""

    slug = "aid-below-floor"
    title = Text("救助比例低于规定下限", "The aid rule is below the floor")
    detail = Text(
        "地区 {area} 的救助比例 {ratio} 低于规定下限 {floor}，请医保经办机构更正参数。",
        "The aid ratio {ratio} of area {area} is below the floor {floor}; the bureau must correct it.",
    )


def value_of(parameter: Parameter) -> Value:
    """The parameter as a rule wants it; amounts of yuan with their two places."""
    amount = fen(parameter.decimal) if parameter.unit == "yuan" else parameter.decimal
    return Value(amount, parameter.source, parameter.version)


def policy_for(
    *,
    area: str,
    scheme: str,
    band: str,
    on: date,
    identities: tuple[str, ...],
    parameters: Parameters = PARAMETERS,
) -> Policy:
    """The layers that pay for a case of this date, in order: basic scheme, catastrophic, medical assistance.

    Raises NoPolicy and AidBelowFloor. Order of payment: 004 §3E L479.
    """
    try:
        layers = [_pool(parameters, area, scheme, band, on)]
    except ParameterNotConfigured as error:
        raise NoPolicy(area=area, scheme=scheme, band=band, on=on) from error
    layers += _catastrophic(parameters, area, scheme, on)
    layers += _aid(parameters, area, on, identities)
    return Policy(area=area, scheme=scheme, band=band, layers=tuple(layers))


cached_policy = lru_cache(maxsize=8192)(policy_for)


@lru_cache(maxsize=256)
def pooling_digits(*, area: str, on: date) -> int:
    """How many leading digits of the area code name the pooling area (统筹区)."""
    return PARAMETERS.get("pooling_area_digits", on=on, area=area).integer


def pooling_area(*, area: str, on: date) -> str:
    """The leading digits that all areas of the area's pooling area share (统筹区)."""
    return area[: pooling_digits(area=area, on=on)]


def _pool(parameters: Parameters, area: str, scheme: str, band: str, on: date) -> Layer:
    fund, title = POOL[scheme]
    return Layer(
        fund=fund,
        title=title,
        base="in_policy",
        ratio=value_of(parameters.get("inpatient_ratio", on=on, area=area, level=band)),
        deductible=value_of(parameters.get("inpatient_deductible", on=on, area=area, level=band)),
        cap=_optional(parameters, "fund_cap", on=on, area=area, scheme=scheme),
    )


def _catastrophic(parameters: Parameters, area: str, scheme: str, on: date) -> list[Layer]:
    ratio = _optional(parameters, "catastrophic_ratio", on=on, area=area, scheme=scheme)
    if ratio is None:
        return []
    cap = _optional(parameters, "catastrophic_cap", on=on, area=area, scheme=scheme)
    return [
        Layer(
            fund="catastrophic",
            title=CATASTROPHIC,
            base="in_policy_rest",
            base_source=ratio.source,
            base_version=ratio.version,
            ratio=ratio,
            cap=cap,
        )
    ]


def _aid(parameters: Parameters, area: str, on: date, identities: tuple[str, ...]) -> list[Layer]:
    """The aid of the identity with the highest ratio; none without an identity that the area assists.

    What the ratio is applied to is the parameter `aid_base`: "own_part" is total cost minus what the scheme
    pays, own-paid items included (W08, 004 §3E L479); "in_policy_rest" counts only the in-policy part
    (002 §3.1 L506). The two readings exist, so each area states its own.
    """
    found = [layer for identity in identities if (layer := _aid_of(parameters, area, on, identity))]
    return sorted(found, key=lambda layer: layer.ratio.amount, reverse=True)[:1]


def _aid_of(parameters: Parameters, area: str, on: date, identity: str) -> Layer | None:
    ratio = _optional(parameters, "aid_ratio", on=on, area=area, category=identity)
    if ratio is None:
        return None
    floor = _optional(parameters, "aid_ratio_floor", on=on, area=area)
    if floor and not aid_at_least(ratio=ratio.amount, floor=floor.amount):
        raise AidBelowFloor(area=area, ratio=ratio.amount, floor=floor.amount)
    cap = _optional(parameters, "aid_cap", on=on, area=area, category=identity)
    period = parameters.get("aid_cap_period", on=on, area=area, category=identity).value if cap else "year"
    base = parameters.get("aid_base", on=on, area=area, category=identity)
    return Layer(
        fund="medical_aid",
        title=AID,
        base=cast(Base, base.value),
        base_source=base.source,
        base_version=base.version,
        ratio=ratio,
        cap=cap,
        cap_period=cast(Period, period),
        full_up_to=_optional(parameters, "aid_full_limit", on=on, area=area, category=identity),
    )


def _optional(parameters: Parameters, name: str, *, on: date, area: str, **selectors: str) -> Value | None:
    """The value, or None where the area has no such rule on the day."""
    try:
        return value_of(parameters.get(name, on=on, area=area, **selectors))
    except ParameterNotConfigured:
        return None
