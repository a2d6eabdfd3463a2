"""Every SELECT on cases."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, false, func
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.kit.identity import Identity
from services.kit.paging import PageRequest, page
from services.kit.procedures.problems import CaseNotFound
from services.kit.procedures.tables import CaseState, Move, ProcedureActor, ProcedureCase, ProcedureStep


def visible_to(caller: Identity) -> ColumnElement[bool]:
    """Which cases the caller may see: a citizen his own, a system its organisation's, staff their area."""
    if caller.kind == "citizen":
        return col(ProcedureCase.subject_id) == caller.person_id if caller.person_id else false()
    if caller.kind == "system":
        return col(ProcedureCase.organisation) == caller.organisation if caller.organisation else false()
    return col(ProcedureCase.area) == caller.area


async def get_case(
    session: AsyncSession, case_id: UUID, *, caller: Identity, for_update: bool = False
) -> ProcedureCase:
    """The case. Raises CaseNotFound when there is none that the caller may see."""
    statement = select(ProcedureCase).where(ProcedureCase.id == case_id, visible_to(caller))
    if for_update:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    case = (await session.exec(statement)).one_or_none()
    if case is None:
        raise CaseNotFound
    return case


async def find_open_case(session: AsyncSession, procedure: str, subject_id: UUID) -> ProcedureCase | None:
    """The open case of that subject, if there is one."""
    statement = select(ProcedureCase).where(
        ProcedureCase.procedure == procedure, ProcedureCase.open_subject_id == subject_id
    )
    return (await session.exec(statement)).one_or_none()


async def find_step_of(session: AsyncSession, case_id: UUID, actor: str) -> str | None:
    """The step of the case that this person has, if any."""
    statement = select(ProcedureActor.step).where(
        ProcedureActor.case_id == case_id, ProcedureActor.actor == actor
    )
    return (await session.exec(statement)).one_or_none()


async def list_history(session: AsyncSession, case_id: UUID) -> Sequence[ProcedureStep]:
    """What was done in the case, oldest first."""
    statement = select(ProcedureStep).where(ProcedureStep.case_id == case_id).order_by(col(ProcedureStep.id))
    return (await session.exec(statement)).all()


async def count_objections(session: AsyncSession, case_id: UUID) -> int:
    """How many objections (异议) the notice of the case met."""
    statement = select(func.count()).where(
        col(ProcedureStep.case_id) == case_id, col(ProcedureStep.move) == Move.OBJECT
    )
    return (await session.exec(statement)).one()


async def list_cases(
    session: AsyncSession,
    *,
    caller: Identity,
    query: PageRequest,
    today: date,
    state: CaseState | None = None,
    procedure: str | None = None,
    overdue: bool | None = None,
) -> tuple[list[ProcedureCase], str | None]:
    """Cases that the caller may see, newest first. `overdue` asks for those past their due day (超期)."""
    statement = select(ProcedureCase).where(visible_to(caller))
    if state is not None:
        statement = statement.where(ProcedureCase.state == state)
    if procedure is not None:
        statement = statement.where(ProcedureCase.procedure == procedure)
    if overdue is True:
        statement = statement.where(is_overdue(today))
    if overdue is False:
        statement = statement.where(
            or_(col(ProcedureCase.due_on).is_(None), col(ProcedureCase.due_on) >= today)
        )
    return await page(session, statement, key=(col(ProcedureCase.id),), query=query)


def is_overdue(today: date) -> ColumnElement[bool]:
    """Past the due day of its step; a returned case waits for the applicant and has no clock."""
    return col(ProcedureCase.due_on) < today


async def list_overdue_untold(session: AsyncSession, *, today: date, most: int) -> Sequence[ProcedureCase]:
    """Overdue cases of which nobody was told for this due day yet, locked for telling."""
    statement = (
        select(ProcedureCase)
        .where(is_overdue(today), col(ProcedureCase.told_due_on).is_distinct_from(ProcedureCase.due_on))
        .order_by(col(ProcedureCase.due_on))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return (await session.exec(statement)).all()


async def count_overdue(session: AsyncSession, *, today: date) -> dict[str, int]:
    """Overdue cases by procedure."""
    statement: Any = (
        select(ProcedureCase.procedure, func.count())
        .where(is_overdue(today))
        .group_by(col(ProcedureCase.procedure))
    )
    return dict((await session.exec(statement)).all())
