"""A decided case as the answer to its caller, the event to all, and the arguments of settle().

Amounts leave as strings with two places. Written by hand rather than through the response models, for this is
the hot path; a test holds the answer against `SettlementRead` and the event against `SettlementMade`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from services.claims.operations.settlement import FUNDS, Decided
from services.claims.rules.amounts import ZERO
from services.claims.rules.ledger import entries_of
from services.claims.rules.settlement import Step
from services.kit.events import Envelope
from services.kit.ids import new_id

SUBJECT = "claims.settlement.made"


@dataclass(frozen=True, slots=True)
class Written:
    """A case with the ids and texts under which it is stored."""

    case: Decided
    settlement_id: UUID
    event_id: UUID
    working: bytes
    answer: bytes
    event: bytes


def shown_ratio(ratio: Decimal) -> str:
    """A ratio without trailing zeros, as the parameters write it."""
    return f"{ratio.normalize():f}"


def working_of(steps: Sequence[Step]) -> list[dict[str, str]]:
    """The working (计算过程), step by step."""
    return [
        {
            "step": step.step,
            "title": step.title.zh,
            "title_en": step.title.en,
            "formula": step.formula,
            "amount": str(step.amount),
            "source": step.source,
            "version": step.version,
        }
        for step in steps
    ]


def parts_of(case: Decided) -> dict[str, Any]:
    """What a pre-settlement and a settlement both tell."""
    row, decision, parts = case.row, case.decision, case.decision.parts
    return {
        "bill_id": row["id"],
        "bill_number": row["bill_number"],
        "institution_code": row["institution_code"],
        "institution_name": row["institution_name"],
        "person_id": row["person_id"],
        "area": case.policy.area,
        "scheme": case.policy.scheme,
        "year": row["discharged_on"].year,
        "band": case.policy.band,
        "care_type": row["care_type"],
        "admitted_on": row["admitted_on"],
        "discharged_on": row["discharged_on"],
        "total": str(parts.total),
        "own_paid": str(parts.own_paid),
        "over_limit": str(parts.over_limit),
        "prior_self_pay": str(parts.prior_self_pay),
        "in_policy": str(parts.in_policy),
        "deductible": str(decision.deductible),
        "fund_paid": str(decision.fund_paid),
        "person_paid": str(decision.person_paid),
        "layers": [
            {
                "fund": layer.fund,
                "base": str(layer.base),
                "deductible": str(layer.deductible),
                "ratio": shown_ratio(layer.ratio),
                "limit_left": None if layer.limit_left is None else str(layer.limit_left),
                "amount": str(layer.amount),
            }
            for layer in decision.layers
        ],
        "working": working_of(decision.working),
        "coverage_version": row["coverage_version"],
        "accumulator_version": case.before.version,
    }


def write(case: Decided) -> Written:
    """Names the settlement and writes its answer and its event."""
    settlement_id, event_id = new_id(), new_id()
    parts = parts_of(case)
    told = {
        "settlement_id": settlement_id,
        **parts,
        "state": "made",
        "settled_on": case.request.today,
        "settled_at": case.request.now,
        "reversal": None,
    }
    return Written(
        case=case,
        settlement_id=settlement_id,
        event_id=event_id,
        working=orjson.dumps(parts["working"]),
        answer=orjson.dumps(told, option=orjson.OPT_UTC_Z),
        event=_event(case, settlement_id, event_id),
    )


def _event(case: Decided, settlement_id: UUID, event_id: UUID) -> bytes:
    row, decision = case.row, case.decision
    data = {
        "settlement_id": settlement_id,
        "bill_id": row["id"],
        "bill_number": row["bill_number"],
        "institution_code": row["institution_code"],
        "institution_name": row["institution_name"],
        "person_id": row["person_id"],
        "person_name": row["person_name"],
        "area": case.policy.area,
        "care_type": row["care_type"],
        "admitted_on": row["admitted_on"],
        "discharged_on": row["discharged_on"],
        "total": str(decision.parts.total),
        "fund_paid": str(decision.fund_paid),
        "person_paid": str(decision.person_paid),
        "layers": [{"fund": layer.fund, "amount": str(layer.amount)} for layer in decision.layers],
        "settled_on": case.request.today,
        "line_count": row["line_count"],
        "attachments_pages": row["attachments_pages"],
    }
    envelope = Envelope(event_id, "claims", SUBJECT, case.request.now, data, case.request.request_id)
    return envelope.to_bytes()


def arguments(group: Sequence[Written]) -> tuple[str, str, str, list[str], list[bytes], list[bytes]]:
    """The arguments of the database function settle() for a group of cases."""
    return (
        orjson.dumps([_case(number, written) for number, written in enumerate(group, 1)]).decode(),
        orjson.dumps([layer for written in group for layer in _layers(written)]).decode(),
        orjson.dumps([entry for written in group for entry in _entries(written)]).decode(),
        [written.working.decode() for written in group],
        [written.answer for written in group],
        [written.event for written in group],
    )


def _case(number: int, written: Written) -> dict[str, Any]:
    case, request = written.case, written.case.request
    decision, parts = case.decision, case.decision.parts
    return {
        "n": number,
        "caller": request.caller.subject,
        "key": request.key,
        "fingerprint": request.fingerprint.hex(),
        "settlement_id": written.settlement_id,
        "event_id": written.event_id,
        "bill_id": case.row["id"],
        "institution_name": case.row["institution_name"],
        "area": case.policy.area,
        "scheme": case.policy.scheme,
        "year": case.row["discharged_on"].year,
        "band": case.policy.band,
        "own_paid": str(parts.own_paid),
        "over_limit": str(parts.over_limit),
        "prior_self_pay": str(parts.prior_self_pay),
        "in_policy": str(parts.in_policy),
        "deductible": str(decision.deductible),
        "fund_paid": str(decision.fund_paid),
        "person_paid": str(decision.person_paid),
        "coverage_version": case.row["coverage_version"],
        "accumulator_version": case.before.version,
        "settled_on": request.today,
        "settled_at": request.now,
        "settled_by": request.caller.subject,
        "year_after": _year(case),
    }


def _year(case: Decided) -> dict[str, Any]:
    after = case.after
    return {
        "person_id": case.row["person_id"],
        "scheme": case.policy.scheme,
        "year": case.row["discharged_on"].year,
        "version": after.version,
        "in_policy": str(after.in_policy),
        "deductible_paid": str(after.deductible_paid),
        "admissions": after.admissions,
        **{fund: str(after.paid.get(fund, ZERO)) for fund in FUNDS},
    }


def _layers(written: Written) -> list[dict[str, Any]]:
    return [
        {
            "settlement_id": written.settlement_id,
            "position": position,
            "fund": layer.fund,
            "base": str(layer.base),
            "deductible": str(layer.deductible),
            "ratio": str(layer.ratio),
            "limit_left": None if layer.limit_left is None else str(layer.limit_left),
            "amount": str(layer.amount),
        }
        for position, layer in enumerate(written.case.decision.layers, 1)
    ]


def _entries(written: Written) -> list[dict[str, Any]]:
    case = written.case
    entries = entries_of(
        decision=case.decision,
        area=case.policy.area,
        person_id=str(case.row["person_id"]),
        institution_code=case.row["institution_code"],
    )
    return [
        {
            "transaction_id": written.settlement_id,
            "position": position,
            "account": entry.account,
            "party": entry.party,
            "amount": str(entry.amount),
            "area": case.policy.area,
            "booked_on": case.request.today,
        }
        for position, entry in enumerate(entries, 1)
    ]
