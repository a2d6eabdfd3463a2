"""The promise of a step in working days, and the timer that tells of broken ones."""

from collections.abc import Callable
from datetime import date, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from services.kit import calendar, metrics
from services.kit.clock import business_date
from services.kit.events import Timer, publish
from services.kit.procedures import queries
from services.kit.procedures.declared import Procedure, Step, StepKind
from services.kit.procedures.desk import Desk
from services.kit.procedures.problems import CalendarMissing
from services.kit.procedures.tables import ProcedureCase

BATCH = 500


def due_on(event_day: date, *, working_days: int) -> date:
    """The last day of a time limit (办理时限). Raises CalendarMissing where the year's holidays are unknown."""
    try:
        return calendar.due_on(event_day, working_days)
    except calendar.NoCalendar as error:
        raise CalendarMissing(year=error.year) from error


def notice_end(step: Step, *, begins: date) -> date | None:
    """The last day of a public notice (公示期), None for other steps: the day it begins counts as the first (X3)."""
    if step.kind is not StepKind.NOTICE:
        return None
    try:
        return calendar.notice_ends_on(begins, step.working_days)
    except calendar.NoCalendar as error:
        raise CalendarMissing(year=error.year) from error


def step_due(step: Step, *, begins: date) -> date:
    """The promised day of a step: the day of the event is not counted (X3); a notice is closed the day after."""
    ends = notice_end(step, begins=begins)
    return due_on(ends, working_days=1) if ends else due_on(begins, working_days=step.working_days)


def start_step(case: ProcedureCase, procedure: Procedure, step: Step, *, today: date) -> None:
    """The clock of a step begins; the promise of the case is what its remaining steps add up to."""
    case.step = step.code
    case.notice_ends_on = notice_end(step, begins=today)
    case.due_on = case.promised_on = step_due(step, begins=today)
    following = procedure.after(case.kind, step.code)
    while following:
        case.promised_on = step_due(following, begins=case.promised_on)
        following = procedure.after(case.kind, following.code)


def overdue_timer(desk: Callable[[], Desk], *, every_seconds: float = 60) -> Timer:
    """Counts overdue cases and tells of each once per due day (超期预警)."""

    async def tell(session: AsyncSession, now: datetime) -> None:
        await tell_overdue(session, desk(), today=business_date(now))

    return Timer(name="procedures.overdue", every_seconds=every_seconds, run=tell)


async def tell_overdue(session: AsyncSession, desk: Desk, *, today: date) -> None:
    """Sets the metric and publishes `<service>.case.overdue` for every case not told of yet."""
    counts = await queries.count_overdue(session, today=today)
    for procedure in desk.procedures:
        metrics.cases_overdue.labels(procedure=procedure.code).set(counts.get(procedure.code, 0))
    for case in await queries.list_overdue_untold(session, today=today, most=BATCH):
        if case.due_on is None:
            continue
        case.told_due_on = case.due_on
        publish(
            session,
            desk.overdue(
                case_id=case.id,
                version=case.version,
                number=case.number,
                procedure=case.procedure,
                step=case.step,
                due_on=case.due_on,
                area=case.area,
            ),
        )
