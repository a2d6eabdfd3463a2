"""Starts, stops and corrects coverage (待遇期). The person's row is locked before; each change is logged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import queries
from services.enrolment.codes import Scheme
from services.enrolment.models import Coverage, CoverageChange, Person
from services.enrolment.operations.publishing import publish_coverage
from services.enrolment.rules.coverage import Period, first_gap
from services.kit.identity import Identity
from services.kit.ids import new_id
from services.kit.problems import Conflict, Refused, Text


class CoverageOverlaps(Conflict):
    """The period meets another one of the same scheme (待遇期重叠)."""

    slug = "coverage-overlaps"
    title = Text("待遇期重叠", "The coverage period overlaps another")
    detail = Text(
        "该险种已有 {valid_from} 起的待遇期，请先更正或选择不重叠的日期。",
        "The scheme is covered from {valid_from} already; choose days that do not overlap.",
    )


class DatesOutOfOrder(Refused):
    """A period ends before it begins (日期先后有误)."""

    slug = "dates-out-of-order"
    title = Text("日期先后有误", "The dates are out of order")
    detail = Text(
        "终止日 {valid_until} 应晚于起始日 {valid_from}。", "{valid_until} must be after {valid_from}."
    )


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why a coverage changes, through whom, and who says so."""

    reason: str
    by: str
    bill_id: UUID | None = None
    employer_id: UUID | None = None


async def start_coverage(
    session: AsyncSession, *, wanted: Sequence[tuple[UUID, Scheme]], period: Period, cause: Cause
) -> set[UUID]:
    """Adds for each person and scheme what of the period is not covered yet; tells for whom something was added.

    The people are locked. A running period already covers the rest, so a new one ends where the next begins.
    """
    known = await queries.list_coverage_of(session, {person_id for person_id, _ in wanted})
    added = []
    for person_id, scheme in wanted:
        gap = first_gap(period, taken=[_period(row) for row in known[person_id] if _counts(row, scheme)])
        if gap is not None:
            added.append(_new(person_id=person_id, scheme=scheme, period=gap, cause=cause))
    await _add(session, added, cause=cause)
    return {row.person_id for row in added}


def _period(row: Coverage) -> Period:
    return Period(valid_from=row.valid_from, valid_until=row.valid_until)


def _counts(row: Coverage, scheme: Scheme) -> bool:
    """A row of the scheme that is no empty (stopped before it began) period."""
    return row.scheme == scheme and row.valid_until != row.valid_from


def _new(*, person_id: UUID, scheme: Scheme, period: Period, cause: Cause) -> Coverage:
    return Coverage(
        coverage_id=new_id(),
        person_id=person_id,
        scheme=scheme,
        valid_from=period.valid_from,
        valid_until=period.valid_until,
        reason=cause.reason,
        bill_id=cause.bill_id,
        employer_id=cause.employer_id,
        recorded_by=cause.by,
    )


async def _add(session: AsyncSession, rows: Sequence[Coverage], *, cause: Cause) -> None:
    session.add_all(rows)
    await session.flush()
    for row in rows:
        _log(session, row, before=None, cause=cause)


def _log(session: AsyncSession, row: Coverage, *, before: Period | None, cause: Cause) -> None:
    session.add(
        CoverageChange(
            coverage_id=row.coverage_id,
            old_valid_from=before.valid_from if before else None,
            old_valid_until=before.valid_until if before else None,
            new_valid_from=row.valid_from,
            new_valid_until=row.valid_until,
            reason=cause.reason,
            changed_by=cause.by,
        )
    )


async def stop_employer_coverage(
    session: AsyncSession, *, person_id: UUID, employer_id: UUID, on: date, cause: Cause
) -> bool:
    """Ends what the person has through the unit; `on` is the first day without. The person's row is locked."""
    rows = await queries.list_employer_coverage(session, person_id, employer_id, ending_after=on)
    for row in rows:
        before = _period(row)
        row.valid_until = max(row.valid_from, on)
        session.add(row)
        _log(session, row, before=before, cause=cause)
    return bool(rows)


async def correct_coverage(
    session: AsyncSession,
    *,
    person: Person,
    scheme: Scheme,
    period: Period,
    reason: str,
    caller: Identity,
) -> Coverage:
    """Adds a period by hand, also in the past, with the reason (待遇期更正); the person is locked.

    Raises DatesOutOfOrder, CoverageOverlaps.
    """
    if period.valid_until is not None and period.valid_until <= period.valid_from:
        raise DatesOutOfOrder(valid_from=period.valid_from, valid_until=period.valid_until)
    for row in await queries.list_coverage(session, person.person_id, scheme=scheme):
        if _counts(row, scheme) and period.overlaps(_period(row)):
            raise CoverageOverlaps(valid_from=row.valid_from)
    cause = Cause(reason=reason, by=caller.subject)
    row = _new(person_id=person.person_id, scheme=scheme, period=period, cause=cause)
    await _add(session, [row], cause=cause)
    await publish_coverage(session, people=[person])
    return row
