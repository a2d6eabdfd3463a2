"""Coverage on a day and the contribution record (待遇查询、缴费记录)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.enrolment import queries
from services.enrolment.api.common import Assessor, Reader, residents_of
from services.enrolment.codes import Scheme
from services.enrolment.operations import coverage as covers
from services.enrolment.operations import records
from services.enrolment.operations.people import log_access
from services.enrolment.problems import PersonNotFound
from services.enrolment.rules.coverage import Period
from services.enrolment.schemas import (
    ContributionRecordRead,
    CoverageAnswer,
    CoverageCorrectionCreate,
    CoveragePeriodRead,
    Month,
)
from services.kit import clock
from services.kit.db import DbSession
from services.kit.idempotency import Once
from services.kit.problems import answers

router = APIRouter(tags=["coverage"])


@router.get("/people/{person_id}/coverage", responses=answers(PersonNotFound))
async def get_coverage(
    person_id: UUID, scheme: Scheme, session: DbSession, caller: Reader, on: date | None = None
) -> CoverageAnswer:
    """待遇查询 · whether the person is covered by a scheme on a day, and why; the reading is logged."""
    person = await queries.get_person(session, person_id, area=residents_of(caller))
    log_access(session, person=person, query="get_coverage", caller=caller, now=clock.now())
    return await records.coverage_on(
        session, person_id=person.person_id, scheme=scheme, on=on or clock.today()
    )


@router.post(
    "/people/{person_id}/coverage-corrections",
    status_code=201,
    responses=answers(PersonNotFound, covers.CoverageOverlaps, covers.DatesOutOfOrder),
)
async def correct_coverage(
    person_id: UUID, body: CoverageCorrectionCreate, session: DbSession, caller: Assessor, once: Once
) -> CoveragePeriodRead:
    """待遇期更正 · set a period by hand, also in the past, with the reason."""
    person = await queries.get_person(session, person_id, area=residents_of(caller), lock=True)
    row = await covers.correct_coverage(
        session,
        person=person,
        scheme=body.scheme,
        period=Period(valid_from=body.valid_from, valid_until=body.valid_until),
        reason=body.reason,
        caller=caller,
    )
    return once.keep(CoveragePeriodRead.model_validate(row), status=201)


@router.get(
    "/people/{person_id}/contribution-record",
    responses=answers(PersonNotFound, covers.DatesOutOfOrder),
)
async def get_contribution_record(
    person_id: UUID,
    scheme: Scheme,
    first_month: Month,
    last_month: Month,
    session: DbSession,
    caller: Reader,
    required_months: Annotated[
        int | None, Query(ge=1, le=600, description="要求月数 · months asked for")
    ] = None,
) -> ContributionRecordRead:
    """缴费记录查询 · months paid, gaps, base per year; for permits, points and subsidies. It is logged."""
    person = await queries.get_person(session, person_id, area=residents_of(caller))
    log_access(session, person=person, query="get_contribution_record", caller=caller, now=clock.now())
    return await records.contribution_record(
        session,
        person=person,
        scheme=scheme,
        first=date.fromisoformat(f"{first_month}-01"),
        last=date.fromisoformat(f"{last_month}-01"),
        required=required_months,
        today=clock.today(),
    )
