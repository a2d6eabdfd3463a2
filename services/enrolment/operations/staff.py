"""Makes a reviewed declaration effective: employments, bases, the end of coverage (申报生效, E03, E04)."""

from datetime import date
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import policy, queries
from services.enrolment.codes import LineKind
from services.enrolment.models import (
    ContributionBase,
    Declaration,
    DeclarationLine,
    Employer,
    Employment,
)
from services.enrolment.operations.coverage import Cause, stop_employer_coverage
from services.enrolment.operations.declarations import Limits, NotAsEmployed, base_limits, check_month
from services.enrolment.operations.publishing import publish_coverage, publish_employment
from services.enrolment.rules.coverage import employee_end
from services.kit.ids import new_id


async def apply_declaration(
    session: AsyncSession, *, declaration_id: UUID, by: str, today: date
) -> Declaration:
    """Writes what the declaration says, from its effective month on.

    The unit is locked before its people, everywhere in this order. Raises MonthDetermined, NotAsEmployed.
    """
    declaration, employer = await queries.get_declaration(session, declaration_id, lock=True)
    await check_month(session, employer=employer, month=declaration.effective_month)
    lines = await queries.list_declaration_lines(session, declaration_id)
    people = await queries.lock_people(session, [line.person_id for line in lines])
    limits = base_limits(month=declaration.effective_month, area=employer.area)
    stopped = {
        line.person_id
        for line in lines
        if await _apply_line(session, line, declaration=declaration, employer=employer, limits=limits, by=by)
    }
    declaration.applied_on = today
    session.add(declaration)
    await publish_employment(session, people=people)
    await publish_coverage(session, people=[person for person in people if person.person_id in stopped])
    return declaration


async def _apply_line(
    session: AsyncSession,
    line: DeclarationLine,
    *,
    declaration: Declaration,
    employer: Employer,
    limits: Limits,
    by: str,
) -> bool:
    """Applies one line; True when the person's coverage changed."""
    employment = await queries.find_employment(session, employer.employer_id, line.person_id, lock=True)
    if (line.kind == LineKind.ADDITION) != (employment is None):
        raise NotAsEmployed(lines=[str(line.person_id)])
    if employment is None:
        employment = await _add_employment(session, line, declaration)
    if line.kind == LineKind.REMOVAL:
        return await _end_employment(session, employment, declaration, employer=employer, line=line, by=by)
    await _set_base(session, employment, line, declaration, limits)
    return False


async def _add_employment(
    session: AsyncSession, line: DeclarationLine, declaration: Declaration
) -> Employment:
    employment = Employment(
        employment_id=new_id(),
        person_id=line.person_id,
        employer_id=declaration.employer_id,
        started_on=declaration.effective_month,
        added_by_id=declaration.declaration_id,
    )
    session.add(employment)
    await session.flush()
    return employment


async def _end_bases(session: AsyncSession, employment: Employment, declaration: Declaration) -> None:
    for base in await queries.list_bases(session, employment.employment_id):
        if base.valid_until is None or base.valid_until > declaration.effective_month:
            base.valid_until = max(base.valid_from, declaration.effective_month)
            session.add(base)
    await session.flush()


async def _set_base(
    session: AsyncSession,
    employment: Employment,
    line: DeclarationLine,
    declaration: Declaration,
    limits: Limits,
) -> None:
    assert line.base is not None
    await _end_bases(session, employment, declaration)
    session.add(
        ContributionBase(
            employment_id=employment.employment_id,
            amount=line.base,
            valid_from=declaration.effective_month,
            declaration_id=declaration.declaration_id,
            floor_version=limits.floor_version,
            ceiling_version=limits.ceiling_version,
        )
    )
    await session.flush()


async def _end_employment(
    session: AsyncSession,
    employment: Employment,
    declaration: Declaration,
    *,
    employer: Employer,
    line: DeclarationLine,
    by: str,
) -> bool:
    month = max(employment.started_on, declaration.effective_month)
    employment.ended_on, employment.removed_by_id = month, declaration.declaration_id
    session.add(employment)
    await _end_bases(session, employment, declaration)
    rule = policy.PARAMETERS.get("coverage_start_rule", on=month, area=employer.area, scheme="employee")
    return await stop_employer_coverage(
        session,
        person_id=line.person_id,
        employer_id=employer.employer_id,
        on=employee_end(removal_month=month, rule=str(rule.value)),
        cause=Cause(
            reason=f"单位减员（申报 {declaration.number}）：{line.reason}",
            by=by,
            employer_id=employer.employer_id,
        ),
    )
