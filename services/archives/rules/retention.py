"""Retention periods (保管期限): when they begin, when they end, what may follow.

Source: 《社会保险业务档案管理规定（试行）》 (2009, 人力资源和社会保障部、国家档案局令第3号): permanent or fixed,
fixed periods are the least, counted from 1 January of the year after formation; after expiry an
appraisal group decides on a new period or on destruction.
"""

from dataclasses import dataclass
from datetime import date


def period_years(*, retention: str) -> int | None:
    """The years of a period code: ``d30`` -> 30, ``permanent`` -> None."""
    return None if retention == "permanent" else int(retention.removeprefix("d"))


def retain_until(*, formed_on: date, retention: str) -> date | None:
    """First day on which the period has run out (exclusive end), None when permanent (永久)."""
    years = period_years(retention=retention)
    return None if years is None else date(formed_on.year + 1 + years, 1, 1)


def is_due_for_appraisal(*, until: date | None, today: date) -> bool:
    """Whether the period has run out and the piece waits for appraisal (鉴定)."""
    return until is not None and until <= today


def extended_until(*, retention: str, today: date) -> date | None:
    """End of a new period that the appraisal group sets (重新确定保管期限): it begins next 1 January.

    The new period of a piece that is kept begins with the decision, not with its formation, else a
    piece of 1990 given ten more years would be due at once.
    """
    return retain_until(formed_on=today, retention=retention)


@dataclass(frozen=True)
class DestructionState:
    """What a destruction list (销毁清册) has gathered so far."""

    drawn_up_by: str
    approvers: frozenset[str]
    consents: frozenset[str]
    has_accounting: bool


REQUIRED_APPROVERS = 2
ACCOUNTING_CONSENTS = frozenset({"audit", "finance"})


def may_approve(*, state: DestructionState, person: str) -> bool:
    """Whether the person may approve: neither the one who drew up the list nor one who approved already."""
    return person != state.drawn_up_by and person not in state.approvers


def missing_consents(*, state: DestructionState) -> frozenset[str]:
    """Consents that are missing: accounting vouchers wait for the audit and the finance bureau (源002 §A-05)."""
    return ACCOUNTING_CONSENTS - state.consents if state.has_accounting else frozenset()


def missing_approvals(*, state: DestructionState) -> int:
    """How many approvals are missing; two persons approve a destruction (两人批准)."""
    return max(0, REQUIRED_APPROVERS - len(state.approvers))
