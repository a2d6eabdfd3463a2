"""What a procedure (办理事项) is: declared once, as data, beside its service."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from services.kit.codes import Code
from services.kit.problems import Text

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

    from services.kit.identity import Identity
    from services.kit.procedures.tables import ProcedureCase

FINANCE_ROLES = frozenset({"finance"})


class CaseKind(Code):
    """Which chain a case runs: normal (初审、复审) or the longer one of special cases (… 审批 or 集体研究)."""

    NORMAL = "normal", "一般"
    SPECIAL = "special", "特殊"


class StepKind(Code):
    """What happens at a step."""

    REVIEW = "review", "审查"
    COLLECTIVE = "collective", "集体研究"
    NOTICE = "notice", "公示"


class Duty(Code):
    """Whose post a step belongs to: one person never holds both (R2-09, R3-1-4)."""

    BUSINESS = "business", "业务"
    FINANCE = "finance", "财务"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: who may take it (role) and the promised working days (承诺时限).

    For a public notice (公示) `working_days` is its length; the day it begins counts as the first.
    """

    code: str
    title: Text
    role: str
    working_days: int
    kind: StepKind = StepKind.REVIEW
    duty: Duty = Duty.BUSINESS


@dataclass(frozen=True, kw_only=True)
class Document:
    """One document that a procedure may ask for (办理材料).

    `when` makes it conditional on the application's data, `condition` says so to people. From `cancelled_on`
    (with the notice in `cancelled_by`) the certificate is cancelled: it is shown nowhere and cannot be asked for.
    """

    code: str
    title: Text
    when: Callable[[Mapping[str, Any]], bool] | None = None
    condition: Text | None = None
    cancelled_on: date | None = None
    cancelled_by: str | None = None

    def askable(self, *, on: date) -> bool:
        """Whether the document may be asked for on that day."""
        return self.cancelled_on is None or on < self.cancelled_on

    def required(self, data: Mapping[str, Any], *, on: date) -> bool:
        """Whether an application with this data must bring it on that day."""
        return self.askable(on=on) and (self.when is None or self.when(data))


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Whom or what an application is about, as the service knows it."""

    name: str
    area: str


@dataclass(frozen=True, kw_only=True)
class Application:
    """An application as it comes to the counter."""

    subject_id: Any
    data: Mapping[str, Any]
    caller: "Identity"
    today: date


# Looks the subject up and raises the service's own Problem when the application may not be accepted (受理).
Acceptance = Callable[["AsyncSession", Application], Awaitable[Subject]]
# Does what the approval means, in the transaction of the last step; its answer is kept as the case's outcome.
Effect = Callable[["AsyncSession", "ProcedureCase", "Identity", date], Awaitable[dict[str, Any]]]
# Does what a rejection or a withdrawal means, in the same transaction.
Closing = Callable[["AsyncSession", "ProcedureCase", "Identity", date], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """One declared procedure. `special_steps` is the longer chain of special cases, empty where there is none."""

    code: str
    title: Text
    legal_basis: str
    applicants: Text
    form: type[BaseModel]
    documents: Sequence[Document]
    steps: Sequence[Step]
    outcome: Text
    accept: Acceptance
    effect: Effect
    special_steps: Sequence[Step] = ()
    closing: Closing | None = None
    kind_of: Callable[[Mapping[str, Any]], CaseKind] = field(default=lambda _: CaseKind.NORMAL)
    opener_may_review: bool = True
    fee: Text = field(default=Text("不收费", "free of charge"))

    def __post_init__(self) -> None:
        for chain in (self.steps, self.special_steps):
            codes = [step.code for step in chain]
            if len(codes) != len(set(codes)):
                raise ValueError(f"{self.code}: a chain names a step twice: {codes}")
        if not self.steps:
            raise ValueError(f"{self.code}: a procedure needs at least one step")
        if self.special_steps and len(self.special_steps) <= len(self.steps):
            raise ValueError(f"{self.code}: the special chain must be longer than the normal one")

    def chain(self, kind: CaseKind) -> Sequence[Step]:
        """The steps of a case of that kind, in order."""
        return self.special_steps if kind == CaseKind.SPECIAL and self.special_steps else self.steps

    def step(self, kind: CaseKind, code: str) -> Step:
        """The step of that code."""
        return next(step for step in self.chain(kind) if step.code == code)

    def after(self, kind: CaseKind, code: str) -> Step | None:
        """The step that follows, or None after the last."""
        chain = list(self.chain(kind))
        following = [step.code for step in chain].index(code) + 1
        return chain[following] if following < len(chain) else None

    def required(self, data: Mapping[str, Any], *, on: date) -> list[Document]:
        """The documents that this application must bring on that day."""
        return [document for document in self.documents if document.required(data, on=on)]

    def askable(self, *, on: date) -> list[Document]:
        """The documents that may be asked for on that day: the public list (材料清单)."""
        return [document for document in self.documents if document.askable(on=on)]
