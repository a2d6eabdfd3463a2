"""Enrols households in resident medical insurance and bills who pays (居民医保按户参保, E14, E15, E18)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import policy, queries
from services.enrolment.codes import (
    AssistanceCategory,
    BillState,
    EnrolmentState,
    ExclusionReason,
    PayerKind,
)
from services.enrolment.models import Bill, EnrolmentMember, Household, ResidentEnrolment
from services.enrolment.operations.bills import issue_bill
from services.enrolment.operations.starting import start_household
from services.enrolment.rules.residents import Share, missing_members, premium_shares
from services.enrolment.schemas import ResidentEnrolmentCreate
from services.kit.clock import business_date
from services.kit.identity import Identity
from services.kit.ids import new_id
from services.kit.problems import Conflict, Refused, Text

ZERO = Decimal("0.00")


class HouseholdIncomplete(Refused):
    """A member is neither enrolled nor excluded with a reason (未全户参保)."""

    slug = "household-incomplete"
    title = Text("应以家庭为单位参保", "The whole household enrols")
    detail = Text(
        "成员 {missing} 既未参保也未说明不参保原因，请补充参保或填写原因。",
        "Members {missing} are neither enrolled nor excluded with a reason.",
    )


class NotAMember(Refused):
    """Somebody named does not belong to the household (非本户成员)."""

    slug = "not-a-member"
    title = Text("存在非本户成员", "Somebody is no member of the household")
    detail = Text("人员 {people} 不是本户现有成员，请核对。", "{people} are no members of the household.")


class EnrolledForYear(Conflict):
    """The household or a member is enrolled for that year (该年度已参保)."""

    slug = "enrolled-for-year"
    title = Text("该年度已参保登记", "Enrolled for that year already")
    detail = Text(
        "本户或其成员 {year} 年度已登记参保，不能重复登记。",
        "The household or a member is enrolled for {year} already.",
    )


class YearOver(Refused):
    """The insured year is over (参保年度已结束)."""

    slug = "year-over"
    title = Text("参保年度已结束", "The insured year is over")
    detail = Text("{year} 年度已结束，不能再登记参保。", "{year} is over; nobody enrols for it any more.")


class NothingToBill(Refused):
    """No government share is unbilled (无待申请的财政补助)."""

    slug = "nothing-to-bill"
    title = Text("没有待申请的财政补助", "No government share is unbilled")
    detail = Text(
        "{year} 年度已参保人员的财政补助均已申请。",
        "The government share of everybody enrolled for {year} is billed.",
    )


async def enrol_household(
    session: AsyncSession,
    *,
    household: Household,
    draft: ResidentEnrolmentCreate,
    caller: Identity,
    now: datetime,
) -> ResidentEnrolment:
    """Enrols the whole household for a year and makes the bills; the household is locked.

    Who is in the employee scheme is excluded with that reason by the register itself. Raises YearOver,
    NotAMember, HouseholdIncomplete, EnrolledForYear, ParameterNotConfigured.
    """
    today = business_date(now)
    if draft.year < today.year:
        raise YearOver(year=draft.year)
    on = max(today, date(draft.year, 1, 1))
    exclusions = await _exclusions(session, household, draft, on=on)
    enrolled = [person_id for person_id in draft.members if person_id not in exclusions]
    premium = policy.premium(draft.grade, year=draft.year, area=household.area)
    subsidy = policy.PARAMETERS.get("resident_subsidy", on=date(draft.year, 1, 1), area=household.area)
    aided = await _aided(session, enrolled, area=household.area, on=on)
    shares = premium_shares(
        enrolled=enrolled,
        aided=aided,
        premium=premium.decimal,
        aided_premium=policy.aided_premium(year=draft.year, area=household.area) if aided else ZERO,
        subsidy=subsidy.decimal,
    )
    enrolment = ResidentEnrolment(
        enrolment_id=new_id(),
        household_id=household.household_id,
        area=household.area,
        year=draft.year,
        grade=draft.grade,
        state=EnrolmentState.REGISTERED,
        premium_version=premium.version,
        subsidy_version=subsidy.version,
        enrolled_on=today,
        enrolled_by=caller.subject,
        enrolled_at=now,
    )
    await _add(session, enrolment, shares, exclusions)
    await _bill(session, enrolment, household, shares, by=caller.subject, now=now)
    return enrolment


async def _exclusions(
    session: AsyncSession, household: Household, draft: ResidentEnrolmentCreate, *, on: date
) -> dict[UUID, ExclusionReason]:
    members = {person.person_id for _, person in await queries.list_members(session, household.household_id)}
    stated = {exclusion.person_id: exclusion.reason for exclusion in draft.exclusions}
    strangers = ({*draft.members} | {*stated}) - members
    if strangers:
        raise NotAMember(people=sorted(map(str, strangers)))
    employees = await queries.list_in_employee_scheme(session, members, on=on)
    exclusions = stated | dict.fromkeys(employees, ExclusionReason.EMPLOYEE_MEDICAL)
    missing = missing_members(members=members, enrolled=draft.members, excluded=exclusions)
    if missing:
        raise HouseholdIncomplete(missing=[str(person_id) for person_id in missing])
    return exclusions


async def _aided(session: AsyncSession, enrolled: Sequence[UUID], *, area: str, on: date) -> dict[UUID, str]:
    """Whose premium civil affairs pay, by the category that they have on the day (资助参保)."""
    return {
        row.person_id: row.category
        for row in await queries.list_assistance_in_force(session, enrolled, on=on)
        if policy.is_premium_aided(category=row.category, hukou=row.hukou, on=on, area=area)
    }


async def _add(
    session: AsyncSession,
    enrolment: ResidentEnrolment,
    shares: Sequence[Share],
    exclusions: dict[UUID, ExclusionReason],
) -> None:
    try:
        async with session.begin_nested():
            session.add(enrolment)
            await session.flush()
            session.add_all([_member(enrolment, share) for share in shares])
            session.add_all([_excluded(enrolment, who, why) for who, why in exclusions.items()])
            await session.flush()
    except IntegrityError as error:
        raise EnrolledForYear(year=enrolment.year) from error


def _member(enrolment: ResidentEnrolment, share: Share) -> EnrolmentMember:
    return EnrolmentMember(
        enrolment_id=enrolment.enrolment_id,
        person_id=share.person_id,
        year=enrolment.year,
        personal=share.personal,
        aided=share.aided,
        government=share.government,
        aided_as=AssistanceCategory(share.aided_as) if share.aided_as else None,
    )


def _excluded(enrolment: ResidentEnrolment, person_id: UUID, reason: ExclusionReason) -> EnrolmentMember:
    return EnrolmentMember(
        enrolment_id=enrolment.enrolment_id,
        person_id=person_id,
        year=enrolment.year,
        exclusion=reason,
        personal=ZERO,
        aided=ZERO,
        government=ZERO,
    )


async def _bill(
    session: AsyncSession,
    enrolment: ResidentEnrolment,
    household: Household,
    shares: Sequence[Share],
    *,
    by: str,
    now: datetime,
) -> None:
    """The household's bill, and civil affairs' when somebody is aided.

    A bill of 0.00 has nothing to receive: it is settled at once and cover starts, for the household owes nothing.
    """
    personal = sum((share.personal for share in shares), ZERO)
    aided = sum((share.aided for share in shares), ZERO)
    head = await queries.get_person(session, household.head_id)
    bill = _new_bill(
        enrolment,
        PayerKind.HOUSEHOLD,
        f"{head.name}户",
        personal,
        "resident_bill_due_days",
        today=business_date(now),
    )
    bill.payer_id = household.household_id
    if not personal:
        bill.state, bill.paid_on = BillState.PAID, bill.issued_on
    await issue_bill(session, bill=bill, by=by, now=now)
    if aided:
        civil_affairs = _new_bill(
            enrolment,
            PayerKind.CIVIL_AFFAIRS,
            f"民政部门（{enrolment.area}）",
            aided,
            "government_bill_due_days",
            today=business_date(now),
        )
        await issue_bill(session, bill=civil_affairs, by=by, now=now)
    await session.flush()
    if not personal:
        await start_household(session, enrolment=enrolment, bill=bill, paid_on=bill.issued_on, by=by)
        await session.flush()


def _new_bill(
    enrolment: ResidentEnrolment, payer: PayerKind, name: str, amount: Decimal, due_days: str, *, today: date
) -> Bill:
    days = policy.PARAMETERS.get(due_days, on=today, area=enrolment.area).integer
    return Bill(
        bill_id=new_id(),
        payer_kind=payer,
        payer_name=name,
        period=str(enrolment.year),
        area=enrolment.area,
        amount=amount,
        received=ZERO,
        state=BillState.DETERMINED,
        issued_on=today,
        due_on=today + timedelta(days=days),
        enrolment_id=enrolment.enrolment_id,
    )


async def bill_government_share(session: AsyncSession, *, year: int, caller: Identity, now: datetime) -> Bill:
    """Bills finance for the enrolled headcount of the caller's area that is not billed yet (财政补助).

    Raises NothingToBill.
    """
    members = await queries.lock_unbilled_shares(session, area=caller.area, year=year)
    if not members:
        raise NothingToBill(year=year)
    today = business_date(now)
    days = policy.PARAMETERS.get("government_bill_due_days", on=today, area=caller.area).integer
    bill = Bill(
        bill_id=new_id(),
        payer_kind=PayerKind.FINANCE,
        payer_name=f"财政部门（{caller.area}）",
        period=str(year),
        area=caller.area,
        amount=sum((member.government for member in members), ZERO),
        received=ZERO,
        state=BillState.DETERMINED,
        issued_on=today,
        due_on=today + timedelta(days=days),
    )
    await issue_bill(session, bill=bill, by=caller.subject, now=now)
    await session.flush()
    for member in members:
        member.subsidy_bill_id = bill.bill_id
        session.add(member)
    await session.flush()
    return bill
