"""Households and their yearly enrolment in resident medical insurance (户、居民医保参保)."""

from uuid import UUID

from fastapi import APIRouter
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import queries
from services.enrolment.api.bills import bill_read
from services.enrolment.api.common import Assessor, Reader, Registrar, fields_of, residents_of
from services.enrolment.models import Household, ResidentEnrolment
from services.enrolment.operations import coverage, residents
from services.enrolment.operations import households as registry
from services.enrolment.problems import EnrolmentNotFound, HouseholdNotFound, OtherArea, PersonNotFound
from services.enrolment.schemas import (
    BillRead,
    EnrolmentMemberRead,
    FinancingRead,
    HouseholdCreate,
    HouseholdRead,
    MemberCreate,
    MemberDeparture,
    MemberRead,
    ResidentEnrolmentCreate,
    ResidentEnrolmentRead,
    SubsidyBillCreate,
    Year,
)
from services.kit import clock
from services.kit.db import DbSession
from services.kit.idempotency import Once
from services.kit.paging import Page, PageQuery
from services.kit.parameters import ParameterNotConfigured
from services.kit.problems import answers

router = APIRouter(tags=["households"])


async def _read(session: AsyncSession, household: Household) -> HouseholdRead:
    members = [
        MemberRead(
            person_id=person.person_id,
            name=person.name,
            relation=member.relation,
            joined_on=member.joined_on,
            left_on=member.left_on,
        )
        for member, person in await queries.list_members(session, household.household_id)
    ]
    return HouseholdRead(
        household_id=household.household_id,
        area=household.area,
        address=household.address,
        head_id=household.head_id,
        members=members,
    )


@router.post(
    "/households",
    status_code=201,
    responses=answers(OtherArea, PersonNotFound, registry.OneHead, registry.InAnotherHousehold),
)
async def register_household(
    body: HouseholdCreate, session: DbSession, caller: Registrar, once: Once
) -> HouseholdRead:
    """户登记 · register a household with its members and its head."""
    household = await registry.register_household(session, draft=body, caller=caller, now=clock.now())
    return once.keep(await _read(session, household), status=201)


@router.get("/households")
async def list_households(session: DbSession, caller: Reader, query: PageQuery) -> Page[HouseholdRead]:
    """户列表 · households of the caller's area, newest first."""
    rows, following = await queries.list_households(session, area=residents_of(caller), query=query)
    return Page(items=[await _read(session, row) for row in rows], next=following)


@router.get("/households/{household_id}", responses=answers(HouseholdNotFound))
async def get_household(household_id: UUID, session: DbSession, caller: Reader) -> HouseholdRead:
    """户信息 · one household with its present members."""
    return await _read(session, await queries.get_household(session, household_id, area=residents_of(caller)))


@router.post(
    "/households/{household_id}/members",
    status_code=201,
    responses=answers(HouseholdNotFound, PersonNotFound, registry.InAnotherHousehold, registry.OneHead),
)
async def add_member(
    household_id: UUID, body: MemberCreate, session: DbSession, caller: Registrar, once: Once
) -> HouseholdRead:
    """成员迁入 · a person joins the household."""
    household = await queries.get_household(session, household_id, area=residents_of(caller), lock=True)
    await registry.add_member(session, household=household, member=body, now=clock.now())
    return once.keep(await _read(session, household), status=201)


@router.post(
    "/households/{household_id}/members/{person_id}/departure",
    responses=answers(HouseholdNotFound, PersonNotFound, registry.HeadCannotLeave, coverage.DatesOutOfOrder),
)
async def remove_member(
    household_id: UUID,
    person_id: UUID,
    body: MemberDeparture,
    session: DbSession,
    caller: Registrar,
    once: Once,
) -> HouseholdRead:
    """成员迁出 · a member leaves the household."""
    household = await queries.get_household(session, household_id, area=residents_of(caller), lock=True)
    await registry.remove_member(
        session, household=household, person_id=person_id, left_on=body.left_on, reason=body.reason
    )
    return once.keep(await _read(session, household))


async def _enrolment_read(session: AsyncSession, enrolment: ResidentEnrolment) -> ResidentEnrolmentRead:
    members = await queries.list_enrolment_members(session, enrolment.enrolment_id)
    bills = await queries.list_enrolment_bills(session, enrolment.enrolment_id)
    return ResidentEnrolmentRead(
        **fields_of(enrolment, ResidentEnrolmentRead),
        members=[EnrolmentMemberRead.model_validate(member) for member in members],
        bills=[bill_read(bill) for bill in bills],
    )


@router.post(
    "/households/{household_id}/resident-enrolments",
    status_code=201,
    responses=answers(
        HouseholdNotFound,
        residents.HouseholdIncomplete,
        residents.NotAMember,
        residents.EnrolledForYear,
        residents.YearOver,
        ParameterNotConfigured,
    ),
)
async def enrol_household(
    household_id: UUID, body: ResidentEnrolmentCreate, session: DbSession, caller: Registrar, once: Once
) -> ResidentEnrolmentRead:
    """居民医保按户参保 · enrol the whole household for a year; the answer carries the bills."""
    household = await queries.get_household(session, household_id, area=residents_of(caller), lock=True)
    enrolment = await residents.enrol_household(
        session, household=household, draft=body, caller=caller, now=clock.now()
    )
    return once.keep(await _enrolment_read(session, enrolment), status=201)


@router.get("/resident-enrolments")
async def list_enrolments(
    session: DbSession, caller: Reader, query: PageQuery, year: Year | None = None
) -> Page[ResidentEnrolmentRead]:
    """年度参保列表 · yearly enrolments of the caller's area, newest first."""
    rows, following = await queries.list_enrolments(
        session, area=residents_of(caller), year=year, query=query
    )
    return Page(items=[await _enrolment_read(session, row) for row in rows], next=following)


@router.get("/resident-enrolments/{enrolment_id}", responses=answers(EnrolmentNotFound))
async def get_enrolment(enrolment_id: UUID, session: DbSession, caller: Reader) -> ResidentEnrolmentRead:
    """年度参保信息 · one yearly enrolment with members and bills."""
    enrolment = await queries.get_enrolment(session, enrolment_id, area=residents_of(caller))
    return await _enrolment_read(session, enrolment)


@router.post(
    "/subsidy-bills", status_code=201, responses=answers(residents.NothingToBill, ParameterNotConfigured)
)
async def bill_government_share(
    body: SubsidyBillCreate, session: DbSession, caller: Assessor, once: Once
) -> BillRead:
    """财政补助申请 · bill finance for the enrolled headcount of the area that is not billed yet."""
    bill = await residents.bill_government_share(session, year=body.year, caller=caller, now=clock.now())
    return once.keep(bill_read(bill), status=201)


@router.get("/financing/{year}")
async def get_financing(year: Year, session: DbSession, caller: Reader) -> FinancingRead:
    """居民医保筹资 · heads and shares of a year in the caller's area."""
    sums = await queries.sum_financing(session, area=residents_of(caller), year=year)
    return FinancingRead(
        year=year,
        heads=sums.heads,
        personal=sums.personal,
        aided=sums.aided,
        government=sums.government,
        total=sums.personal + sums.aided + sums.government,
    )
