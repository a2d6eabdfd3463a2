"""The promise of employment assistance (就业援助: 不挑不选，两个工作日安排上岗; 003 J23 L43)."""

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """援助申请 → 核实情况 → 开展援助 → 安排上岗 → 回访登记 → 办结."""

    APPLIED = "applied"
    VERIFIED = "verified"
    OFFERED = "offered"
    PLACED = "placed"
    CLOSED = "closed"
    REFUSED = "refused"


NEXT: dict[Stage, frozenset[Stage]] = {
    Stage.APPLIED: frozenset({Stage.VERIFIED, Stage.REFUSED}),
    Stage.VERIFIED: frozenset({Stage.OFFERED, Stage.CLOSED}),
    Stage.OFFERED: frozenset({Stage.OFFERED, Stage.VERIFIED, Stage.PLACED}),
    Stage.PLACED: frozenset({Stage.CLOSED}),
    Stage.CLOSED: frozenset(),
    Stage.REFUSED: frozenset(),
}


def may_move(stage: Stage, *, to: Stage) -> bool:
    """Whether a request may go from one stage to another."""
    return to in NEXT[stage]


@dataclass(frozen=True, kw_only=True)
class Promise:
    """Whether the promise still binds the bureau, and why not."""

    holds: bool
    reason: str


def promise_after_refusals(refusals: int, *, allowed: int) -> Promise:
    """Who picks and chooses ends the promise (不挑不选): more refused offers than allowed."""
    if refusals > allowed:
        return Promise(
            holds=False,
            reason=f"已拒绝{refusals}个适合岗位，不再适用两个工作日安排上岗的承诺，继续提供普通就业服务",
        )
    return Promise(holds=True, reason="")
