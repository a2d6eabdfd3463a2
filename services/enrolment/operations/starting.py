"""Starts coverage on the right day after a payment (缴费后待遇起始)."""

from datetime import date
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import policy, queries
from services.enrolment.codes import EnrolmentState, PayerKind, Scheme
from services.enrolment.models import Bill, Employer, ResidentEnrolment
from services.enrolment.operations.coverage import Cause, start_coverage
from services.enrolment.operations.publishing import publish_coverage
from services.enrolment.rules.coverage import Period, employee_start, resident_period


async def start_after_payment(
    session: AsyncSession, *, bill: Bill, employer: Employer | None, paid_on: date, by: str
) -> None:
    """What a paid bill starts: the staff's cover, or the household's; other payers' bills start nothing."""
    if employer is not None and bill.determination_id is not None:
        await _start_staff(session, bill=bill, employer=employer, paid_on=paid_on, by=by)
    elif bill.payer_kind == PayerKind.HOUSEHOLD and bill.enrolment_id is not None:
        enrolment = await queries.get_enrolment(session, bill.enrolment_id)
        await start_household(session, enrolment=enrolment, bill=bill, paid_on=paid_on, by=by)


async def _start_staff(
    session: AsyncSession, *, bill: Bill, employer: Employer, paid_on: date, by: str
) -> None:
    assert bill.determination_id is not None
    month = date.fromisoformat(f"{bill.period}-01")
    rule = policy.PARAMETERS.get("coverage_start_rule", on=month, area=bill.area, scheme="employee")
    start = employee_start(month=month, paid_on=paid_on, due_on=bill.due_on, rule=str(rule.value))
    insured = await queries.list_insured_by(session, bill.determination_id)
    # Somebody removed since is not covered anew by the payment of an older month.
    employed = await queries.list_employed(session, employer.employer_id, {person for person, _ in insured})
    cause = Cause(
        reason=f"{employer.name} {bill.period} 缴费到账（{rule.value}）",
        by=by,
        bill_id=bill.bill_id,
        employer_id=employer.employer_id,
    )
    wanted = [(person, scheme) for person, scheme in insured if person in employed]
    await _start(session, wanted, period=Period(valid_from=start), cause=cause)


async def start_household(
    session: AsyncSession, *, enrolment: ResidentEnrolment, bill: Bill, paid_on: date, by: str
) -> None:
    """The enrolled members are covered for the insured year, all from the same day (以家庭为单位)."""
    rule = policy.PARAMETERS.get(
        "coverage_start_rule", on=date(enrolment.year, 1, 1), area=enrolment.area, scheme="resident"
    )
    period = resident_period(year=enrolment.year, paid_on=paid_on, rule=str(rule.value))
    enrolment.state = EnrolmentState.EFFECTIVE
    session.add(enrolment)
    if period.valid_until is None or period.valid_from >= period.valid_until:
        return
    members = await queries.list_enrolment_members(session, enrolment.enrolment_id)
    wanted = [(member.person_id, Scheme.RESIDENT_MEDICAL) for member in members if member.exclusion is None]
    cause = Cause(reason=f"{enrolment.year} 年度居民医保缴费（{rule.value}）", by=by, bill_id=bill.bill_id)
    await _start(session, wanted, period=period, cause=cause)


async def _start(
    session: AsyncSession, wanted: list[tuple[UUID, Scheme]], *, period: Period, cause: Cause
) -> None:
    people = await queries.lock_people(session, {person for person, _ in wanted})
    started = await start_coverage(session, wanted=wanted, period=period, cause=cause)
    await publish_coverage(session, people=[person for person in people if person.person_id in started])
