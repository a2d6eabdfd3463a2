"""Tables of the procedures that a service runs; every service has them in its own database."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.kit.codes import Code
from services.kit.db import KitBase, code_column, moment_column
from services.kit.ids import new_id
from services.kit.procedures.declared import CaseKind


class CaseState(Code):
    """Where a case stands (办件状态)."""

    IN_REVIEW = "in_review", "办理中"
    RETURNED = "returned", "待补正"
    APPROVED = "approved", "已通过"
    REJECTED = "rejected", "不予通过"
    WITHDRAWN = "withdrawn", "已撤回"


OPEN = (CaseState.IN_REVIEW, CaseState.RETURNED)


class Move(Code):
    """What was done in a case (办理动作)."""

    APPLY = "apply", "申请"
    APPROVE = "approve", "通过"
    RETURN = "return", "退回补正"
    REJECT = "reject", "不予通过"
    CORRECT = "correct", "补正"
    WITHDRAW = "withdraw", "撤回"
    OBJECT = "object", "公示异议"


def _json(default: str) -> Any:
    return Field(sa_column=Column(JSONB, nullable=False, server_default=text(f"'{default}'::jsonb")))


class ProcedureCase(KitBase, table=True):
    """One application on its way (办件). It keeps its number through every correction (补正)."""

    __tablename__ = "procedure_case"
    __table_args__ = (
        # While a case is open its subject stands here, so that nobody runs two at once; NULLs do not collide.
        UniqueConstraint("procedure", "open_subject_id"),
        CheckConstraint("(state IN ('in_review', 'returned')) = (ended_at IS NULL)", name="ended"),
        CheckConstraint("(ended_at IS NULL) = (open_subject_id IS NOT NULL)", name="open_subject"),
        CheckConstraint("(state = 'in_review') = (due_on IS NOT NULL)", name="clock"),
        Index(None, "due_on", postgresql_where=text("state = 'in_review'")),
        Index(None, "subject_id"),
        Index(None, "area", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    serial: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), unique=True, nullable=False)
    )
    procedure: str
    kind: CaseKind = code_column(CaseKind, name="kind")
    area: str
    subject_id: UUID
    subject_name: str
    open_subject_id: UUID | None = None
    organisation: str | None = None
    data: dict[str, Any] = _json("{}")
    documents: list[dict[str, Any]] = _json("[]")
    missing: list[str] = _json("[]")
    outcome: dict[str, Any] = _json("{}")
    state: CaseState = code_column(CaseState, name="state")
    step: str
    due_on: date | None = Field(default=None, sa_column=Column(Date))
    notice_ends_on: date | None = Field(default=None, sa_column=Column(Date))
    promised_on: date
    told_due_on: date | None = Field(default=None, sa_column=Column(Date))
    opened_by: str
    opened_on: date
    opened_at: datetime = moment_column()
    ended_at: datetime | None = moment_column(nullable=True)
    version: int = 1

    @property
    def number(self) -> str:
        """The case number (办件编号): area, year and serial."""
        return f"{self.area}-{self.opened_on.year}-{self.serial:06d}"


class ProcedureActor(KitBase, table=True):
    """Which one step of a case a person acts in: one row a person, so nobody takes two steps (岗位分离)."""

    __tablename__ = "procedure_actor"
    __table_args__ = (UniqueConstraint("case_id", "actor", "step"),)

    case_id: UUID = Field(sa_column=Column(ForeignKey("procedure_case.id"), primary_key=True))
    actor: str = Field(primary_key=True)
    step: str


class ProcedureStep(KitBase, table=True):
    """One entry of a case's history: who, when, what, from which state, why. Append-only.

    A reviewer's entry names its step and must match the one step that this person has (ProcedureActor);
    the applicant's own moves (申请, 补正, 撤回, 异议) belong to no step.
    """

    __tablename__ = "procedure_step"
    __table_args__ = (
        ForeignKeyConstraint(
            ["case_id", "actor", "step"],
            ["procedure_actor.case_id", "procedure_actor.actor", "procedure_actor.step"],
        ),
        CheckConstraint(
            "(step IS NOT NULL) = (move IN ('approve', 'return', 'reject'))", name="step_of_reviewer"
        ),
        CheckConstraint(
            "move NOT IN ('return', 'reject', 'object') OR length(trim(reason)) > 0", name="reason"
        ),
        Index(None, "case_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_id: UUID = Field(foreign_key="procedure_case.id")
    step: str | None = None
    actor: str
    actor_name: str
    move: Move = code_column(Move, name="move")
    from_state: CaseState | None = code_column(CaseState, name="from_state", nullable=True)
    to_state: CaseState = code_column(CaseState, name="to_state")
    reason: str = ""
    details: dict[str, Any] = _json("{}")
    due_on: date | None = Field(default=None, sa_column=Column(Date))
    made_at: datetime = moment_column()
