"""The declared procedures (办理事项) of enrolment."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import queries
from services.enrolment.codes import LineKind
from services.enrolment.events import EnrolmentCaseDecided, EnrolmentCaseOverdue
from services.enrolment.models import Declaration, DeclarationLine
from services.enrolment.operations.declarations import STAFF_DECLARATION
from services.enrolment.operations.staff import apply_declaration
from services.kit.identity import Identity
from services.kit.problems import Conflict, Text
from services.kit.procedures import Application, Desk, Document, Procedure, ProcedureCase, Step, Subject


class StaffDeclarationForm(BaseModel):
    """How many lines of each kind the declaration has; the people themselves stand in the declaration."""

    model_config = ConfigDict(extra="forbid")

    declaration_id: UUID
    additions: int = Field(ge=0)
    removals: int = Field(ge=0)
    base_changes: int = Field(ge=0)


class DeclarationClosed(Conflict):
    """The declaration took effect, or the form counts other lines than it has (申报已生效或内容不符)."""

    slug = "declaration-closed"
    title = Text("申报已生效或内容不符", "The declaration is applied, or the form does not fit it")
    detail = Text(
        "申报 {number} 已生效，或表单的增减人数与申报不符；请提交新的申报。",
        "Declaration {number} is in effect, or the form counts other lines; declare anew.",
    )


async def accept_declaration(session: AsyncSession, application: Application) -> Subject:
    """The declaration as the subject of its case; the papers asked for follow its own lines, not the form's word.

    Raises DeclarationNotFound, DeclarationClosed.
    """
    declaration, employer = await queries.get_declaration(
        session, application.subject_id, caller=application.caller
    )
    lines = await queries.list_declaration_lines(session, declaration.declaration_id)
    if declaration.applied_on is not None or application.data != form_of(declaration, lines):
        raise DeclarationClosed(number=declaration.number)
    return Subject(name=f"{employer.name} {declaration.number}", area=employer.area)


def form_of(declaration: Declaration, lines: Sequence[DeclarationLine]) -> dict[str, Any]:
    """The form that belongs to a declaration."""
    kinds = [line.kind for line in lines]
    form = StaffDeclarationForm(
        declaration_id=declaration.declaration_id,
        additions=kinds.count(LineKind.ADDITION),
        removals=kinds.count(LineKind.REMOVAL),
        base_changes=kinds.count(LineKind.BASE_CHANGE),
    )
    return form.model_dump(mode="json")


async def declaration_approved(
    session: AsyncSession, case: ProcedureCase, caller: Identity, today: date
) -> dict[str, Any]:
    """The declaration takes effect."""
    declaration = await apply_declaration(
        session, declaration_id=case.subject_id, by=caller.subject, today=today
    )
    return {"declaration_number": declaration.number}


STAFF_CHANGES = Procedure(
    code=STAFF_DECLARATION,
    title=Text("人员增减变动与缴费基数申报", "Staff additions, removals and contribution bases"),
    legal_basis="002 E-02（L363）、R1-01至R1-06（L367–L372）：申报 → 初审 → 复审 → 生效；未申报不得增减",
    applicants=Text("参保单位", "insured employers"),
    form=StaffDeclarationForm,
    documents=(
        Document(
            code="labour_contract",
            title=Text("劳动合同或录用文件", "labour contract or letter of appointment"),
            when=lambda data: int(data["additions"]) > 0,
            condition=Text("增加人员时", "when people are added"),
        ),
        Document(
            code="separation_proof",
            title=Text("解除或终止劳动关系证明", "proof that the employment ended"),
            when=lambda data: int(data["removals"]) > 0,
            condition=Text("减少人员时", "when people are removed"),
        ),
        Document(
            code="wage_statement",
            title=Text("工资发放表", "wage statement"),
            when=lambda data: int(data["base_changes"]) > 0,
            condition=Text("变更缴费基数时", "when a base changes"),
        ),
    ),
    # The sources promise no time for these steps; two working days each is the sample county's own promise.
    steps=(
        Step(code="first_review", title=Text("初审", "first review"), role="enrolment_clerk", working_days=2),
        Step(
            code="second_review",
            title=Text("复审", "second review"),
            role="enrolment_reviewer",
            working_days=2,
        ),
    ),
    outcome=Text("申报号与生效的人员变动", "the declaration number; the changes in effect"),
    accept=accept_declaration,
    effect=declaration_approved,
    opener_may_review=False,
)

DESK = Desk(procedures=(STAFF_CHANGES,), decided=EnrolmentCaseDecided, overdue=EnrolmentCaseOverdue)
