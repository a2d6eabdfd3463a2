"""Runs a case: opened, decided step by step, returned, corrected, withdrawn, done."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.kit.clock import business_date
from services.kit.events import publish
from services.kit.identity import Identity
from services.kit.procedures import problems, queries
from services.kit.procedures.checks import (
    OPENING,
    Decision,
    Papers,
    check_complete,
    check_decision,
    check_listed,
    read_form,
    take_step,
)
from services.kit.procedures.deadlines import start_step
from services.kit.procedures.declared import Application, CaseKind, Procedure
from services.kit.procedures.desk import Desk
from services.kit.procedures.tables import OPEN, CaseState, Move, ProcedureActor, ProcedureCase, ProcedureStep


async def open_case(
    session: AsyncSession,
    desk: Desk,
    *,
    procedure_code: str,
    subject_id: UUID,
    papers: Papers,
    caller: Identity,
    now: datetime,
    kind: CaseKind = CaseKind.NORMAL,
) -> ProcedureCase:
    """Accepts an application (受理) and starts the clock of its first step.

    Raises ProcedureNotFound, NotOwnApplication, Invalid (form), DocumentNotListed, DocumentsMissing, CaseOpen, and whatever the
    procedure's own acceptance says.
    """
    procedure, today = desk.procedure(procedure_code), business_date(now)
    if caller.kind == "citizen" and caller.person_id != subject_id:
        raise problems.NotOwnApplication
    data = read_form(procedure, papers.data or {})
    check_listed(procedure, [document["code"] for document in papers.documents], today=today)
    subject = await procedure.accept(
        session, Application(subject_id=subject_id, data=data, caller=caller, today=today)
    )
    check_complete(procedure, papers.documents, data=data, today=today)
    running = await queries.find_open_case(session, procedure.code, subject_id)
    if running is not None:
        raise problems.CaseOpen(number=running.number)
    special = CaseKind.SPECIAL in (kind, procedure.kind_of(data)) and procedure.special_steps
    case = ProcedureCase(
        procedure=procedure.code,
        kind=CaseKind.SPECIAL if special else CaseKind.NORMAL,
        area=subject.area,
        subject_id=subject_id,
        subject_name=subject.name,
        open_subject_id=subject_id,
        organisation=caller.organisation,
        data=data,
        documents=[dict(document) for document in papers.documents],
        state=CaseState.IN_REVIEW,
        opened_by=caller.subject,
        opened_on=today,
        opened_at=now,
        step="",
        promised_on=today,
    )
    start_step(case, procedure, procedure.chain(case.kind)[0], today=today)
    session.add(case)
    await session.flush()
    _enter(session, case, Move.APPLY, caller=caller, now=now, before=None)
    if not procedure.opener_may_review:
        session.add(ProcedureActor(case_id=case.id, actor=caller.subject, step=OPENING))
    await session.flush()
    return case


async def decide_step(
    session: AsyncSession, desk: Desk, *, case_id: UUID, decision: Decision, caller: Identity, now: datetime
) -> ProcedureCase:
    """One officer decides the step at which the case is; the last approval has its effect here.

    Raises CaseClosed, RoleMissing, DutiesIncompatible, OwnCase, StepTakenBySamePerson, ReasonMissing,
    DocumentNotListed, DocumentsMissing, NoticeRunning, MinuteMissing, and what the effect says.
    """
    case = await queries.get_case(session, case_id, caller=caller, for_update=True)
    procedure, today = desk.procedure(case.procedure), business_date(now)
    if case.state != CaseState.IN_REVIEW or decision.step not in (None, case.step):
        raise problems.CaseClosed(state=CaseState(case.state).label, step=case.step)
    step = procedure.step(case.kind, case.step)
    await take_step(session, case, procedure, step, caller=caller)
    await check_decision(session, case, procedure, step, decision, today=today)
    before, due_on = case.state, case.due_on
    await _apply(session, case, procedure, decision, caller=caller, now=now)
    _enter(
        session,
        case,
        decision.move,
        caller=caller,
        now=now,
        before=before,
        step=step.code,
        due_on=due_on,
        reason=decision.reason,
        details=_details(decision),
    )
    return await _moved(session, desk, case, today=today)


async def correct_case(
    session: AsyncSession, desk: Desk, *, case_id: UUID, papers: Papers, caller: Identity, now: datetime
) -> ProcedureCase:
    """The applicant mends a returned case (补正); it goes on at the step that returned it, under its number.

    Every document that the return named must be handed in anew.
    Raises CaseClosed, Invalid, DocumentNotListed, DocumentsMissing, and what the acceptance says.
    """
    case = await queries.get_case(session, case_id, caller=caller, for_update=True)
    procedure, today = desk.procedure(case.procedure), business_date(now)
    if case.state != CaseState.RETURNED:
        raise problems.CaseClosed(state=CaseState(case.state).label, step=case.step)
    data = case.data if papers.data is None else read_form(procedure, papers.data)
    check_listed(procedure, [document["code"] for document in papers.documents], today=today)
    await procedure.accept(
        session, Application(subject_id=case.subject_id, data=data, caller=caller, today=today)
    )
    kept = [document for document in case.documents if document["code"] not in case.missing]
    brought = {document["code"]: dict(document) for document in [*kept, *papers.documents]}
    check_complete(procedure, list(brought.values()), data=data, today=today, asked=case.missing)
    changed = {
        name: [case.data.get(name), value] for name, value in data.items() if case.data.get(name) != value
    }
    case.data, case.documents = data, list(brought.values())
    case.missing, case.state = [], CaseState.IN_REVIEW
    start_step(case, procedure, procedure.step(case.kind, case.step), today=today)
    details = {"changed": changed, "documents": [document["code"] for document in papers.documents]}
    _enter(session, case, Move.CORRECT, caller=caller, now=now, before=CaseState.RETURNED, details=details)
    return await _moved(session, desk, case, today=today)


async def withdraw_case(
    session: AsyncSession, desk: Desk, *, case_id: UUID, reason: str, caller: Identity, now: datetime
) -> ProcedureCase:
    """The applicant takes the application back (撤回). Raises CaseClosed when it has ended."""
    case = await queries.get_case(session, case_id, caller=caller, for_update=True)
    if case.state not in OPEN:
        raise problems.CaseClosed(state=CaseState(case.state).label, step=case.step)
    before, procedure = case.state, desk.procedure(case.procedure)
    await _close(session, case, procedure, CaseState.WITHDRAWN, caller=caller, now=now)
    _enter(session, case, Move.WITHDRAW, caller=caller, now=now, before=before, reason=reason)
    return await _moved(session, desk, case, today=business_date(now))


async def object_to_notice(
    session: AsyncSession, desk: Desk, *, case_id: UUID, reason: str, caller: Identity, now: datetime
) -> ProcedureCase:
    """Somebody objects while the public notice runs (公示异议). Raises NoNoticeRunning, ReasonMissing."""
    case = await queries.get_case(session, case_id, caller=caller, for_update=True)
    if case.notice_ends_on is None or business_date(now) > case.notice_ends_on:
        raise problems.NoNoticeRunning
    if not reason.strip():
        raise problems.ReasonMissing
    _enter(session, case, Move.OBJECT, caller=caller, now=now, before=case.state, reason=reason)
    return await _moved(session, desk, case, today=business_date(now))


async def _apply(
    session: AsyncSession,
    case: ProcedureCase,
    procedure: Procedure,
    decision: Decision,
    *,
    caller: Identity,
    now: datetime,
) -> None:
    following = procedure.after(case.kind, case.step)
    if decision.move == Move.RETURN:
        case.state, case.due_on, case.notice_ends_on = CaseState.RETURNED, None, None
        case.missing = list(decision.missing)
    elif decision.move == Move.REJECT:
        await _close(session, case, procedure, CaseState.REJECTED, caller=caller, now=now)
    elif following:
        start_step(case, procedure, following, today=business_date(now))
    else:
        case.outcome = await procedure.effect(session, case, caller, business_date(now))
        _end(case, CaseState.APPROVED, now=now)


async def _close(
    session: AsyncSession,
    case: ProcedureCase,
    procedure: Procedure,
    state: CaseState,
    *,
    caller: Identity,
    now: datetime,
) -> None:
    if procedure.closing:
        await procedure.closing(session, case, caller, business_date(now))
    _end(case, state, now=now)


def _end(case: ProcedureCase, state: CaseState, *, now: datetime) -> None:
    case.state, case.ended_at = state, now
    case.open_subject_id = case.due_on = case.notice_ends_on = None


def _enter(
    session: AsyncSession,
    case: ProcedureCase,
    move: Move,
    *,
    caller: Identity,
    now: datetime,
    before: CaseState | None,
    step: str | None = None,
    due_on: date | None = None,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """One entry of the history: who, when, what, from which state, why (X5)."""
    session.add(
        ProcedureStep(
            case_id=case.id,
            step=step,
            actor=caller.subject,
            actor_name=caller.name,
            move=move,
            from_state=before,
            to_state=case.state,
            reason=reason,
            details=dict(details or {}),
            due_on=due_on,
            made_at=now,
        )
    )


async def _moved(session: AsyncSession, desk: Desk, case: ProcedureCase, *, today: date) -> ProcedureCase:
    case.version += 1
    session.add(case)
    await session.flush()
    if case.state in OPEN:
        return case
    publish(
        session,
        desk.decided(
            case_id=case.id,
            version=case.version,
            number=case.number,
            procedure=case.procedure,
            state=str(case.state),
            subject_id=case.subject_id,
            area=case.area,
            ended_on=today,
            outcome=case.outcome,
        ),
    )
    return case


def _details(decision: Decision) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if decision.missing:
        details["missing"] = list(decision.missing)
    if decision.minute:
        details |= {"participants": list(decision.participants), "minute": decision.minute}
    return details
