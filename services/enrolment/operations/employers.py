"""Registers units, blocks and releases them (单位参保登记、封锁与解除封锁, E01, E08)."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import queries
from services.enrolment.codes import EMPLOYEE_SCHEMES, Standing
from services.enrolment.models import Employer, EmployerScheme, StandingChange
from services.enrolment.problems import OtherArea
from services.enrolment.schemas import EmployerCreate
from services.kit.clock import business_date
from services.kit.identity import Identity
from services.kit.ids import new_id
from services.kit.problems import Conflict, Refused, Text


class EmployerRegistered(Conflict):
    """The unit is registered already (单位已参保登记)."""

    slug = "employer-registered"
    title = Text("单位已参保登记", "The employer is registered already")
    detail = Text(
        "统一社会信用代码 {credit_code} 已登记，不能重复登记。",
        "{credit_code} is registered; a unit registers once.",
    )


class NotAnEmployeeScheme(Refused):
    """A unit insures its staff in employee schemes only (单位不能参加居民险种)."""

    slug = "not-an-employee-scheme"
    title = Text("单位不能参加居民险种", "Not a scheme of employees")
    detail = Text(
        "险种 {schemes} 不适用于单位参保，请删除。", "{schemes} is not for employers; leave it out."
    )


class RegisteredInFuture(Refused):
    """The day of registration lies in the future (登记日期在将来)."""

    slug = "registered-in-future"
    title = Text("登记日期在将来", "The registration date lies in the future")
    detail = Text("登记日期不能晚于 {today}。", "The registration date cannot be after {today}.")


class ArrearsOpen(Refused):
    """The unit still has arrears (单位尚有欠费)."""

    slug = "arrears-open"
    title = Text("单位尚有欠费，不能解除封锁", "Arrears are open; the unit cannot be released")
    detail = Text("尚欠 {arrears} 元，缴清后方可解除封锁。", "{arrears} yuan are open; pay them first.")


class SameStanding(Conflict):
    """The unit has that standing already (状态未变)."""

    slug = "same-standing"
    title = Text("单位已处于该状态", "The employer has that standing already")
    detail = Text("单位当前状态为 {standing}，无需变更。", "The standing is {standing}; nothing to change.")


async def register_employer(
    session: AsyncSession, *, draft: EmployerCreate, caller: Identity, now: datetime
) -> Employer:
    """Registers a unit once (R: credit code). Raises OtherArea, NotAnEmployeeScheme, EmployerRegistered."""
    if draft.area != caller.area:
        raise OtherArea(own=caller.area, area=draft.area)
    foreign = [scheme.label for scheme in draft.schemes if scheme not in EMPLOYEE_SCHEMES]
    if foreign:
        raise NotAnEmployeeScheme(schemes=foreign)
    today = business_date(now)
    registered_on = draft.registered_on or today
    if registered_on > today:
        raise RegisteredInFuture(today=today)
    employer = Employer(
        employer_id=new_id(),
        standing=Standing.NORMAL,
        registered_on=registered_on,
        registered_by=caller.subject,
        registered_at=now,
        **draft.model_dump(exclude={"schemes", "registered_on"}),
    )
    await _flush_unique(session, employer)
    session.add_all(
        [EmployerScheme(employer_id=employer.employer_id, scheme=scheme) for scheme in set(draft.schemes)]
    )
    await session.flush()
    return employer


async def _flush_unique(session: AsyncSession, employer: Employer) -> None:
    try:
        async with session.begin_nested():
            session.add(employer)
            await session.flush()
    except IntegrityError as error:
        raise EmployerRegistered(credit_code=employer.credit_code) from error


async def change_standing(
    session: AsyncSession, *, employer: Employer, standing: Standing, reason: str, by: str, now: datetime
) -> Employer:
    """Blocks or releases a (locked) unit and logs it. Raises SameStanding, ArrearsOpen (R1-09)."""
    if employer.standing == standing:
        raise SameStanding(standing=Standing(standing).label)
    arrears = await queries.sum_arrears(session, employer.employer_id)
    if standing == Standing.NORMAL and arrears > 0:
        raise ArrearsOpen(arrears=f"{arrears:.2f}")
    session.add(
        StandingChange(
            employer_id=employer.employer_id,
            old_value=employer.standing,
            new_value=standing,
            reason=reason,
            changed_by=by,
            changed_at=now,
        )
    )
    employer.standing = standing
    session.add(employer)
    await session.flush()
    return employer
