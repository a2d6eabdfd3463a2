"""What travels over HTTP about cases and procedures, and how a case is put into words."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from sqlmodel.ext.asyncio.session import AsyncSession

from services.kit.procedures import queries
from services.kit.procedures.declared import CaseKind, Document, Duty, Procedure, Step, StepKind
from services.kit.procedures.desk import Desk
from services.kit.procedures.tables import OPEN, CaseState, Move, ProcedureCase, ProcedureStep
from services.kit.schemas import Incoming, Outgoing

Reason = Annotated[str, Field(max_length=500)]
Word = Annotated[str, Field(min_length=1, max_length=100)]


class DocumentBrought(Incoming):
    """One document handed in (提交的材料); `reference` is its number or where its scan lies."""

    code: Word
    reference: str | None = Field(default=None, max_length=200)


class CaseCreate(Incoming):
    """An application (申请). `data` has the fields of the procedure's form, see /procedures."""

    procedure: Word
    subject_id: UUID
    kind: CaseKind = CaseKind.NORMAL
    data: dict[str, Any] = Field(default_factory=dict)
    documents: list[DocumentBrought] = Field(default_factory=list, max_length=50)


class StepCreate(Incoming):
    """A decision at the present step (审查意见). `step` names the step that was seen, so none is decided blindly."""

    decision: Literal["approve", "return", "reject"]
    reason: Reason = ""
    step: Word | None = None
    missing: list[Word] = Field(default_factory=list, max_length=50)
    participants: list[Word] = Field(default_factory=list, max_length=50)
    minute: Word | None = None


class CorrectionCreate(Incoming):
    """What mends a returned case (补正): new data, when it changes, and the documents asked for."""

    data: dict[str, Any] | None = None
    documents: list[DocumentBrought] = Field(default_factory=list, max_length=50)


class WithdrawalCreate(Incoming):
    """Why the application is taken back (撤回)."""

    reason: Reason = ""


class ObjectionCreate(Incoming):
    """What somebody objects to a public notice (公示异议)."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class DocumentRead(BaseModel):
    """A document by code and Chinese title."""

    code: str
    title: str


class HistoryRead(Outgoing):
    """One entry of a case's history (办理过程)."""

    step: str | None
    step_title: str | None = None
    actor: str
    actor_name: str
    move: Move
    move_label: str = ""
    from_state: CaseState | None
    to_state: CaseState
    reason: str
    details: dict[str, Any]
    due_on: date | None
    made_at: datetime


class CaseRead(BaseModel):
    """A case as the counter and the applicant see it (办理进度): state, step, due day, what is missing and why."""

    case_id: UUID
    number: str
    procedure: str
    title: str
    kind: CaseKind
    area: str
    subject_id: UUID
    subject_name: str
    state: CaseState
    state_label: str
    status: str
    step: str | None
    step_title: str | None
    due_on: date | None
    promised_on: date
    overdue: bool
    notice_ends_on: date | None
    missing: list[DocumentRead]
    outcome: dict[str, Any]
    opened_on: date
    ended_at: datetime | None
    version: int


class CaseDetailRead(CaseRead):
    """A case with its papers and its history."""

    data: dict[str, Any]
    documents: list[DocumentBrought]
    return_reason: str | None
    history: list[HistoryRead]


class StepRead(BaseModel):
    """A step of a procedure."""

    code: str
    title: str
    title_en: str
    kind: StepKind
    duty: Duty
    role: str
    working_days: int


class ListedDocumentRead(BaseModel):
    """A document on the public list; `condition` says when it is needed, null when always."""

    code: str
    title: str
    title_en: str
    condition: str | None


class ProcedureRead(BaseModel):
    """One entry of the service guide (办事指南)."""

    code: str
    title: str
    title_en: str
    legal_basis: str
    applicants: str
    fee: str
    outcome: str
    promised_working_days: int
    documents: list[ListedDocumentRead]
    steps: list[StepRead]
    special_steps: list[StepRead]
    form: dict[str, Any]


def summary(desk: Desk, case: ProcedureCase, *, today: date) -> CaseRead:
    """The case in the words of its procedure."""
    procedure = desk.procedure(case.procedure)
    open_step = procedure.step(case.kind, case.step) if case.state in OPEN else None
    titles = {document.code: document.title.zh for document in procedure.documents}
    return CaseRead(
        case_id=case.id,
        number=case.number,
        procedure=case.procedure,
        title=procedure.title.zh,
        kind=case.kind,
        area=case.area,
        subject_id=case.subject_id,
        subject_name=case.subject_name,
        state=case.state,
        state_label=CaseState(case.state).label,
        status=_status(case, open_step),
        step=open_step.code if open_step else None,
        step_title=open_step.title.zh if open_step else None,
        due_on=case.due_on,
        promised_on=case.promised_on,
        overdue=case.due_on is not None and case.due_on < today,
        notice_ends_on=case.notice_ends_on,
        missing=[DocumentRead(code=code, title=titles.get(code, code)) for code in case.missing],
        outcome=case.outcome,
        opened_on=case.opened_on,
        ended_at=case.ended_at,
        version=case.version,
    )


def _status(case: ProcedureCase, step: Step | None) -> str:
    """Where the case stands, in the words that the counter and the applicant both read (办理进度)."""
    if case.state == CaseState.RETURNED:
        return "需要补正，补正后继续办理，不必重新申请"
    if step is None:
        return f"已办结：{CaseState(case.state).label}"
    return f"受理通过（{case.opened_on}），{step.title.zh}办理中，本环节应于{case.due_on}前办结"


async def detail(session: AsyncSession, desk: Desk, case: ProcedureCase, *, today: date) -> CaseDetailRead:
    """The case with its papers, its history, and the reason of its last return."""
    history = await queries.list_history(session, case.id)
    titles = {step.code: step.title.zh for step in every_step(desk.procedure(case.procedure))}
    returned = [entry.reason for entry in history if entry.move == Move.RETURN]
    return CaseDetailRead(
        **summary(desk, case, today=today).model_dump(),
        data=case.data,
        documents=[DocumentBrought.model_validate(document) for document in case.documents],
        return_reason=returned[-1] if returned and case.state == CaseState.RETURNED else None,
        history=[_entry(entry, titles) for entry in history],
    )


def _entry(entry: ProcedureStep, titles: dict[str, str]) -> HistoryRead:
    read = HistoryRead.model_validate(entry)
    return read.model_copy(update={"step_title": titles.get(entry.step or ""), "move_label": read.move.label})


def every_step(procedure: Procedure) -> list[Step]:
    """The steps of both chains."""
    return [*procedure.steps, *procedure.special_steps]


def guide(procedure: Procedure, *, on: date) -> ProcedureRead:
    """The procedure as the public reads it on that day; cancelled certificates are not on it."""
    return ProcedureRead(
        code=procedure.code,
        title=procedure.title.zh,
        title_en=procedure.title.en,
        legal_basis=procedure.legal_basis,
        applicants=procedure.applicants.zh,
        fee=procedure.fee.zh,
        outcome=procedure.outcome.zh,
        promised_working_days=sum(step.working_days for step in procedure.steps),
        documents=[_listed(document) for document in procedure.askable(on=on)],
        steps=[_step(step) for step in procedure.steps],
        special_steps=[_step(step) for step in procedure.special_steps],
        form=procedure.form.model_json_schema(),
    )


def _listed(document: Document) -> ListedDocumentRead:
    return ListedDocumentRead(
        code=document.code,
        title=document.title.zh,
        title_en=document.title.en,
        condition=document.condition.zh if document.condition else None,
    )


def _step(step: Step) -> StepRead:
    return StepRead(
        code=step.code,
        title=step.title.zh,
        title_en=step.title.en,
        kind=step.kind,
        duty=step.duty,
        role=step.role,
        working_days=step.working_days,
    )
