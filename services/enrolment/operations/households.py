"""Registers households and who lives in them (户登记、成员变更)."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import queries
from services.enrolment.codes import Relation
from services.enrolment.models import Household, HouseholdMember
from services.enrolment.operations.coverage import DatesOutOfOrder
from services.enrolment.problems import OtherArea, PersonNotFound
from services.enrolment.schemas import HouseholdCreate, MemberCreate
from services.kit.clock import business_date
from services.kit.identity import Identity
from services.kit.ids import new_id
from services.kit.problems import Conflict, Refused, Text


class InAnotherHousehold(Conflict):
    """The person belongs to a household already (已属其他户)."""

    slug = "in-another-household"
    title = Text("该人员已属其他户", "The person belongs to another household")
    detail = Text(
        "人员 {people} 已登记在某一户内，请先办理迁出。",
        "{people} live in a household already; let them leave it first.",
    )


class OneHead(Refused):
    """A household has exactly one head, and each member once (户主应为一人)."""

    slug = "one-head"
    title = Text("户主应为一人且成员不得重复", "Exactly one head, each member once")
    detail = Text("请核对成员名单：户主一人，成员不重复。", "Check the members: one head, nobody twice.")


class HeadCannotLeave(Conflict):
    """The head leaves last (户主不能先行迁出)."""

    slug = "head-cannot-leave"
    title = Text("户主不能先行迁出", "The head leaves last")
    detail = Text("请先变更户主或迁出其他成员。", "Let the other members leave first.")


async def register_household(
    session: AsyncSession, *, draft: HouseholdCreate, caller: Identity, now: datetime
) -> Household:
    """Registers a household with its members, who are registered people of the area.

    Raises OtherArea, OneHead, PersonNotFound, InAnotherHousehold.
    """
    if draft.area != caller.area:
        raise OtherArea(own=caller.area, area=draft.area)
    heads = [member.person_id for member in draft.members if member.relation == Relation.HEAD]
    if len(heads) != 1 or len({member.person_id for member in draft.members}) != len(draft.members):
        raise OneHead
    await _check_people(session, draft.members, area=draft.area)
    household = Household(
        household_id=new_id(),
        area=draft.area,
        address=draft.address,
        head_id=heads[0],
        registered_by=caller.subject,
        registered_at=now,
    )
    session.add(household)
    await session.flush()
    await _move_in(session, household, draft.members, on=business_date(now))
    return household


async def _check_people(session: AsyncSession, members: Sequence[MemberCreate], *, area: str) -> None:
    people = await queries.lock_people(session, [member.person_id for member in members])
    if len([person for person in people if person.area == area]) != len(members):
        raise PersonNotFound


async def _move_in(
    session: AsyncSession, household: Household, members: Sequence[MemberCreate], *, on: date
) -> None:
    try:
        async with session.begin_nested():
            for member in members:
                session.add(
                    HouseholdMember(
                        household_id=household.household_id,
                        person_id=member.person_id,
                        relation=member.relation,
                        joined_on=on,
                    )
                )
            await session.flush()
    except IntegrityError as error:
        raise InAnotherHousehold(people=[str(member.person_id) for member in members]) from error


async def add_member(
    session: AsyncSession, *, household: Household, member: MemberCreate, now: datetime
) -> None:
    """A person joins the household. Raises OneHead, PersonNotFound, InAnotherHousehold."""
    if member.relation == Relation.HEAD:
        raise OneHead
    await _check_people(session, [member], area=household.area)
    await _move_in(session, household, [member], on=business_date(now))


async def remove_member(
    session: AsyncSession, *, household: Household, person_id: UUID, left_on: date, reason: str
) -> None:
    """A member leaves the household. Raises PersonNotFound, HeadCannotLeave, DatesOutOfOrder."""
    membership = await queries.find_membership(session, person_id)
    if membership is None or membership.household_id != household.household_id:
        raise PersonNotFound
    if (
        person_id == household.head_id
        and len(await queries.list_members(session, household.household_id)) > 1
    ):
        raise HeadCannotLeave
    if left_on < membership.joined_on:
        raise DatesOutOfOrder(valid_from=membership.joined_on, valid_until=left_on)
    membership.left_on, membership.left_because = left_on, reason
    session.add(membership)
    await session.flush()
