"""One case of settlement: from what was read to a decision (费用结算).

Everything here is computation on one row of `queries.state`; nothing is read or written.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from services.claims.codes import BillState
from services.claims.policy import cached_policy, pooling_digits
from services.claims.queries.bills import BillNotFound
from services.claims.rules import entitlement
from services.claims.rules.entitlement import Span
from services.claims.rules.policy import Policy
from services.claims.rules.settlement import Accumulated, Decision, Parts, settle
from services.kit.idempotency import IdempotencyKeyReused
from services.kit.identity import Identity
from services.kit.problems import Conflict, Refused, Text


class BillSettled(Conflict):
    """The bill is settled already (账单已结算)."""

    slug = "bill-settled"
    title = Text("账单已结算", "The bill is settled")
    detail = Text(
        "账单已结算，结算单 {settlement_id}；如需重新结算请先冲正。",
        "Settlement {settlement_id} is in force; reverse it before settling again.",
    )


class BillWithdrawn(Conflict):
    """The institution took the bill back (账单已撤回)."""

    slug = "bill-withdrawn"
    title = Text("账单已撤回", "The bill was withdrawn")
    detail = Text(
        "账单已撤回，请用新的单据号重新上传。", "The bill was withdrawn; upload it again under a new number."
    )


class AgreementMissing(Refused):
    """No office of the person's pooling area had a valid agreement with the institution (无有效服务协议, C01)."""

    slug = "agreement-missing"
    title = Text("无有效服务协议", "No valid agreement")
    detail = Text(
        "定点机构 {institution_code} 在 {on} 与参保地统筹区没有有效的服务协议，不能结算；请先签订或续签协议。",
        "On {on} institution {institution_code} had no valid agreement with the person's pooling area; sign it first.",
    )


class NotCovered(Refused):
    """The person was not insured throughout the stay (就医期间未参保)."""

    slug = "not-covered"
    title = Text("就医期间未参保", "Not insured throughout the stay")
    detail = Text(
        "参保人自 {uncovered_on} 起无有效医疗保险（{reason}），不能结算；请参保地核对参保信息。",
        "No medical insurance from {uncovered_on} on ({reason}); have the coverage checked.",
    )


class PresettlementDiffers(Conflict):
    """The settlement would differ from what the caller was shown before (与预结算结果不一致)."""

    slug = "presettlement-differs"
    title = Text("与预结算结果不一致", "Different from the pre-settlement")
    detail = Text(
        "结算结果与所附预结算结果不一致：{differences}。请重新预结算并向参保人说明。",
        "The settlement differs from the split you sent: {differences}. Pre-settle again.",
    )


FUNDS = ("employee_pool", "resident_pool", "catastrophic", "medical_aid")


@dataclass(frozen=True, slots=True)
class Request:
    """What a caller asks for: a bill to be settled, under a message id, at a moment."""

    bill_id: UUID
    caller: Identity
    now: datetime
    today: date
    key: str = ""
    fingerprint: bytes = b""
    presettled: dict[str, Decimal] | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """The answer that this message id got before."""

    status: int
    answer: bytes


@dataclass(frozen=True, slots=True)
class Decided:
    """A case with its decision, ready to be written."""

    request: Request
    row: asyncpg.Record
    policy: Policy
    decision: Decision
    before: Accumulated
    after: Accumulated


def decide(request: Request, *, row: asyncpg.Record) -> Decided | Replay:
    """What the case comes to.

    Raises IdempotencyKeyReused, BillNotFound, BillSettled, BillWithdrawn, AgreementMissing, NotCovered, NoPolicy,
    AidBelowFloor, PresettlementDiffers.
    """
    if row["fingerprint"] is not None:
        if row["fingerprint"] != request.fingerprint:
            raise IdempotencyKeyReused
        return Replay(row["status"], row["answer"])
    _may_settle(request, row)
    policy = _policy(row)
    before = _accumulated(row["years"], policy.scheme)
    decision = settle(parts=_parts(row), policy=policy, accumulated=before)
    _compare(request, decision)
    return Decided(request, row, policy, decision, before, before.plus(decision.use))


def sees(caller: Identity, *, institution_code: str, area: str) -> bool:
    """A hospital works on its own bills, staff on those of their area."""
    if caller.kind == "system":
        return caller.organisation == institution_code
    return caller.kind == "staff" and caller.area == area


def _may_settle(request: Request, row: asyncpg.Record) -> None:
    if row["id"] is None or not sees(
        request.caller, institution_code=row["institution_code"], area=row["bill_area"]
    ):
        raise BillNotFound
    if row["state"] == BillState.SETTLED:
        raise BillSettled(settlement_id=row["settlement_id"])
    if row["state"] == BillState.WITHDRAWN:
        raise BillWithdrawn
    if not _agreed(row):
        raise AgreementMissing(institution_code=row["institution_code"], on=row["discharged_on"])


def _agreed(row: asyncpg.Record) -> bool:
    """Whether an agreement valid on the day is of the insured person's pooling area."""
    area = row["insured_area"] or row["bill_area"]
    digits = pooling_digits(area=area, on=row["discharged_on"])
    signers = row["agreement_areas"] or ()
    return any(entitlement.pooled(area=signer, other=area, pooling_digits=digits) for signer in signers)


def _policy(row: asyncpg.Record) -> Policy:
    """The policy of the case's own date: the day of discharge."""
    first, last = row["admitted_on"], row["discharged_on"]
    cover = entitlement.cover(
        spans=spans_of(_loaded(row["coverages"]), name="scheme"), first=first, last=last
    )
    if cover.scheme is None:
        raise NotCovered(reason=cover.reason, uncovered_on=cover.first_uncovered_day)
    area = row["insured_area"]
    band = entitlement.band(
        institution_level=row["level"],
        institution_area=row["institution_area"],
        insured_area=area,
        pooling_digits=pooling_digits(area=area, on=last),
    )
    identities = entitlement.identities_on(
        spans=spans_of(_loaded(row["categories"]), name="category"), day=last
    )
    return cached_policy(area=area, scheme=cover.scheme, band=band, on=last, identities=identities)


def spans_of(periods: list[dict[str, Any]], *, name: str) -> list[Span]:
    """The periods of a copy as the rules want them."""
    return [
        Span(
            period[name],
            date.fromisoformat(period["valid_from"]),
            date.fromisoformat(period["valid_until"]) if period["valid_until"] else None,
        )
        for period in periods
    ]


def _loaded(stored: str | None) -> list[dict[str, Any]]:
    return orjson.loads(stored) if stored else []


def _accumulated(years: str | None, scheme: str) -> Accumulated:
    for name, version, in_policy, deductible, admissions, *paid in orjson.loads(years or b"[]"):
        if name == scheme:
            return Accumulated(
                version=version,
                in_policy=Decimal(in_policy),
                deductible_paid=Decimal(deductible),
                admissions=admissions,
                paid=dict(zip(FUNDS, map(Decimal, paid), strict=True)),
            )
    return Accumulated()


def _parts(row: asyncpg.Record) -> Parts:
    return Parts(row["total"], row["own_paid"], row["over_limit"], row["prior_self_pay"], row["in_policy"])


def _compare(request: Request, decision: Decision) -> None:
    if request.presettled is None:
        return
    now = {name: getattr(decision.parts, name, None) for name in Parts.__slots__}
    now |= {"fund_paid": decision.fund_paid, "person_paid": decision.person_paid}
    differences = [
        f"{name} {shown} → {now[name]}" for name, shown in request.presettled.items() if shown != now[name]
    ]
    if differences:
        raise PresettlementDiffers(differences=differences)
