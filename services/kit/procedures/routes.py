"""The routes of every service that declares procedures."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.kit import clock
from services.kit.db import DbSession
from services.kit.idempotency import Once
from services.kit.identity import Identity, anyone, requires
from services.kit.paging import CursorRefused, Page, PageQuery
from services.kit.problems import answers
from services.kit.procedures import problems, queries, running
from services.kit.procedures.checks import Decision, Papers
from services.kit.procedures.declared import StepKind
from services.kit.procedures.desk import Desk
from services.kit.procedures.schemas import (
    CaseCreate,
    CaseDetailRead,
    CaseRead,
    CorrectionCreate,
    ObjectionCreate,
    ProcedureRead,
    StepCreate,
    WithdrawalCreate,
    detail,
    every_step,
    guide,
    summary,
)
from services.kit.procedures.tables import CaseState, Move


def router_of(desk: Desk, *, apply: str, review: str, read: str, own: str | None = None) -> APIRouter:
    """The routes on cases; each argument is the scope that its routes need.

    `own` adds the citizen's view of his own cases under /my.
    """
    router = APIRouter(tags=["cases"])

    @router.get("/procedures", dependencies=[anyone()])
    async def list_procedures() -> list[ProcedureRead]:
        """办事指南 · what is offered here, for whom, with which documents, in which time."""
        return [guide(procedure, on=clock.today()) for procedure in desk.procedures]

    @router.post(
        "/cases",
        status_code=201,
        responses=answers(
            problems.CalendarMissing,
            problems.ProcedureNotFound,
            problems.NotOwnApplication,
            problems.DocumentsMissing,
            problems.DocumentNotListed,
            problems.CaseOpen,
        ),
    )
    async def open_case(
        body: CaseCreate, session: DbSession, caller: Annotated[Identity, requires(apply)], once: Once
    ) -> CaseDetailRead:
        """申请受理 · hand in an application."""
        case = await running.open_case(
            session,
            desk,
            procedure_code=body.procedure,
            subject_id=body.subject_id,
            papers=Papers(data=body.data, documents=[document.model_dump() for document in body.documents]),
            kind=body.kind,
            caller=caller,
            now=clock.now(),
        )
        return once.keep(await detail(session, desk, case, today=clock.today()), status=201)

    @router.get("/cases", responses=answers(CursorRefused))
    async def list_cases(
        session: DbSession,
        caller: Annotated[Identity, requires(read)],
        query: PageQuery,
        state: CaseState | None = None,
        procedure: str | None = None,
        overdue: Annotated[bool | None, Query(description="超期 · past the due day")] = None,
    ) -> Page[CaseRead]:
        """办件列表 · cases of the caller's area, newest first."""
        rows, following = await queries.list_cases(
            session,
            caller=caller,
            query=query,
            today=clock.today(),
            state=state,
            procedure=procedure,
            overdue=overdue,
        )
        return Page(items=[summary(desk, case, today=clock.today()) for case in rows], next=following)

    @router.get("/cases/{case_id}", responses=answers(problems.CaseNotFound))
    async def get_case(
        case_id: UUID, session: DbSession, caller: Annotated[Identity, requires(read)]
    ) -> CaseDetailRead:
        """办件详情 · one case with its history."""
        case = await queries.get_case(session, case_id, caller=caller)
        return await detail(session, desk, case, today=clock.today())

    @router.post(
        "/cases/{case_id}/steps",
        status_code=201,
        responses=answers(
            problems.CalendarMissing,
            problems.CaseNotFound,
            problems.CaseClosed,
            problems.RoleMissing,
            problems.DutiesIncompatible,
            problems.OwnCase,
            problems.StepTakenBySamePerson,
            problems.ReasonMissing,
            problems.DocumentNotListed,
            problems.DocumentsMissing,
            problems.NoticeRunning,
            problems.MinuteMissing,
        ),
    )
    async def decide_step(
        case_id: UUID,
        body: StepCreate,
        session: DbSession,
        caller: Annotated[Identity, requires(review)],
        once: Once,
    ) -> CaseDetailRead:
        """审查 · approve, return for correction, or reject at the present step."""
        decision = Decision(move=Move(body.decision), **body.model_dump(exclude={"decision"}))
        case = await running.decide_step(
            session, desk, case_id=case_id, decision=decision, caller=caller, now=clock.now()
        )
        return once.keep(await detail(session, desk, case, today=clock.today()), status=201)

    @router.post(
        "/cases/{case_id}/correction",
        responses=answers(
            problems.CalendarMissing,
            problems.CaseNotFound,
            problems.CaseClosed,
            problems.DocumentsMissing,
            problems.DocumentNotListed,
        ),
    )
    async def correct_case(
        case_id: UUID,
        body: CorrectionCreate,
        session: DbSession,
        caller: Annotated[Identity, requires(apply)],
        once: Once,
    ) -> CaseDetailRead:
        """补正 · mend a returned case; it keeps its number and goes on where it was returned."""
        papers = Papers(data=body.data, documents=[document.model_dump() for document in body.documents])
        case = await running.correct_case(
            session, desk, case_id=case_id, papers=papers, caller=caller, now=clock.now()
        )
        return once.keep(await detail(session, desk, case, today=clock.today()))

    @router.post(
        "/cases/{case_id}/withdrawal",
        responses=answers(problems.CalendarMissing, problems.CaseNotFound, problems.CaseClosed),
    )
    async def withdraw_case(
        case_id: UUID,
        body: WithdrawalCreate,
        session: DbSession,
        caller: Annotated[Identity, requires(apply)],
        once: Once,
    ) -> CaseDetailRead:
        """撤回 · take the application back."""
        case = await running.withdraw_case(
            session, desk, case_id=case_id, reason=body.reason, caller=caller, now=clock.now()
        )
        return once.keep(await detail(session, desk, case, today=clock.today()))

    if any(step.kind is StepKind.NOTICE for offered in desk.procedures for step in every_step(offered)):
        _add_objections(router, desk, apply=apply)
    if own:
        _add_own(router, desk, own=own)
    return router


def _add_objections(router: APIRouter, desk: Desk, *, apply: str) -> None:
    @router.post(
        "/cases/{case_id}/objections",
        status_code=201,
        responses=answers(problems.CalendarMissing, problems.CaseNotFound, problems.NoNoticeRunning),
    )
    async def object_to_notice(
        case_id: UUID,
        body: ObjectionCreate,
        session: DbSession,
        caller: Annotated[Identity, requires(apply)],
        once: Once,
    ) -> CaseDetailRead:
        """公示异议 · record an objection to a public notice."""
        case = await running.object_to_notice(
            session, desk, case_id=case_id, reason=body.reason, caller=caller, now=clock.now()
        )
        return once.keep(await detail(session, desk, case, today=clock.today()), status=201)


def _add_own(router: APIRouter, desk: Desk, *, own: str) -> None:
    @router.get("/my/cases", responses=answers(CursorRefused))
    async def list_own_cases(
        session: DbSession, caller: Annotated[Identity, requires(own)], query: PageQuery
    ) -> Page[CaseRead]:
        """我的办件 · the caller's own cases, with the same text as at the counter."""
        rows, following = await queries.list_cases(session, caller=caller, query=query, today=clock.today())
        return Page(items=[summary(desk, case, today=clock.today()) for case in rows], next=following)

    @router.get("/my/cases/{case_id}", responses=answers(problems.CaseNotFound))
    async def get_own_case(
        case_id: UUID, session: DbSession, caller: Annotated[Identity, requires(own)]
    ) -> CaseDetailRead:
        """我的办件详情 · one of the caller's own cases: where it stands, what is missing and why."""
        case = await queries.get_case(session, case_id, caller=caller)
        return await detail(session, desk, case, today=clock.today())
