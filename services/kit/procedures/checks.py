"""What must hold before a case moves: the person, the decision, the papers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.kit.identity import Identity
from services.kit.problems import Invalid
from services.kit.procedures import problems, queries
from services.kit.procedures.declared import FINANCE_ROLES, Duty, Procedure, Step, StepKind
from services.kit.procedures.tables import Move, ProcedureActor, ProcedureCase

OPENING = "opening"
COLLECTIVE_LEAST = 2


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What an officer says at a step. `step` guards against deciding another step than the one he saw."""

    move: Move
    reason: str = ""
    step: str | None = None
    missing: Sequence[str] = ()
    participants: Sequence[str] = ()
    minute: str | None = None


@dataclass(frozen=True, kw_only=True)
class Papers:
    """What an applicant hands in: the form's data and the documents as {code, reference}."""

    data: Mapping[str, Any] | None = None
    documents: Sequence[Mapping[str, Any]] = ()


async def take_step(
    session: AsyncSession, case: ProcedureCase, procedure: Procedure, step: Step, *, caller: Identity
) -> None:
    """Makes this step the caller's one step of the case.

    Raises RoleMissing, DutiesIncompatible, OwnCase, StepTakenBySamePerson.
    """
    if step.role not in caller.roles:
        raise problems.RoleMissing(step=step.title.zh, role=step.role)
    chain = procedure.chain(case.kind)
    business = {other.role for other in chain if other.duty is Duty.BUSINESS}
    if caller.roles & FINANCE_ROLES and (step.duty is Duty.BUSINESS or caller.roles & business):
        raise problems.DutiesIncompatible(step=step.title.zh)
    if caller.person_id is not None and caller.person_id == case.subject_id:
        raise problems.OwnCase
    taken = await queries.find_step_of(session, case.id, caller.subject)
    if taken is not None and taken != step.code:
        titles = {other.code: other.title.zh for other in chain} | {OPENING: "申请受理"}
        raise problems.StepTakenBySamePerson(taken=titles.get(taken, taken), step=step.title.zh)
    if taken is None:
        session.add(ProcedureActor(case_id=case.id, actor=caller.subject, step=step.code))
        await session.flush()


async def check_decision(
    session: AsyncSession,
    case: ProcedureCase,
    procedure: Procedure,
    step: Step,
    decision: Decision,
    *,
    today: date,
) -> None:
    """Raises ReasonMissing, DocumentNotListed, DocumentsMissing, NoticeRunning, MinuteMissing."""
    check_listed(procedure, decision.missing, today=today)
    if decision.move is not Move.APPROVE:
        if not decision.reason.strip():
            raise problems.ReasonMissing
        return
    check_complete(procedure, case.documents, data=case.data, today=today)
    if step.kind is StepKind.NOTICE:
        await _check_notice(session, case, decision, today=today)
    if step.kind is StepKind.COLLECTIVE and (
        len(set(decision.participants)) < COLLECTIVE_LEAST or not decision.minute
    ):
        raise problems.MinuteMissing


async def _check_notice(
    session: AsyncSession, case: ProcedureCase, decision: Decision, *, today: date
) -> None:
    if case.notice_ends_on is not None and today <= case.notice_ends_on:
        raise problems.NoticeRunning(ends_on=case.notice_ends_on)
    if await queries.count_objections(session, case.id) and not decision.reason.strip():
        raise problems.ReasonMissing  # an objection is answered before the notice closes


def read_form(procedure: Procedure, data: Mapping[str, Any]) -> dict[str, Any]:
    """The application's data as the procedure's form has it. Raises Invalid."""
    try:
        form = procedure.form.model_validate(dict(data))
    except ValidationError as error:
        raise Invalid(
            errors=[
                {
                    "field": ".".join(["data", *map(str, fault["loc"])]),
                    "in": "body",
                    "code": fault["type"],
                    "message": fault["msg"],
                }
                for fault in error.errors()
            ]
        ) from error
    return form.model_dump(mode="json")


def check_listed(procedure: Procedure, codes: Sequence[str], *, today: date) -> None:
    """No document outside the list and no cancelled certificate (G03). Raises DocumentNotListed."""
    askable = {document.code for document in procedure.askable(on=today)}
    outside = [code for code in codes if code not in askable]
    if outside:
        raise problems.DocumentNotListed(documents=outside)


def check_complete(
    procedure: Procedure,
    brought: Sequence[Mapping[str, Any]],
    *,
    data: Mapping[str, Any],
    today: date,
    asked: Sequence[str] = (),
) -> None:
    """Every required document, and what a reviewer asked for, is there.

    Raises DocumentsMissing with the whole list at once (一次性告知).
    """
    codes = {document["code"] for document in brought}
    required = {document.code for document in procedure.required(data, on=today)} | set(asked)
    missing = [document for document in procedure.documents if document.code in required - codes]
    if missing:
        raise problems.DocumentsMissing(
            missing=[document.code for document in missing],
            titles=[document.title.zh for document in missing],
        )
