"""Households and their yearly enrolment (户、居民医保参保)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.enrolment.codes import (
    AssistanceCategory,
    EnrolmentState,
    ExclusionReason,
    PremiumGrade,
    Relation,
)
from services.enrolment.schemas.base import Name, Reason, Year
from services.enrolment.schemas.bills import BillRead
from services.kit.identifiers import AreaCode
from services.kit.money import Yuan
from services.kit.schemas import Incoming, Outgoing


class MemberCreate(Incoming):
    """A member of a household, with the relation to its head."""

    person_id: UUID
    relation: Relation


class HouseholdCreate(Incoming):
    """A household to register; exactly one member is the head."""

    area: AreaCode
    address: Name
    members: Annotated[list[MemberCreate], Field(min_length=1, max_length=50)]


class MemberDeparture(Incoming):
    """A member leaves the household."""

    left_on: date
    reason: Reason


class MemberRead(Outgoing):
    """A member of a household."""

    person_id: UUID
    name: str
    relation: Relation
    joined_on: date
    left_on: date | None


class HouseholdRead(Outgoing):
    """A household with its present members."""

    household_id: UUID
    area: str
    address: str
    head_id: UUID
    members: list[MemberRead]


class Exclusion(Incoming):
    """A member who is not enrolled, with the reason."""

    person_id: UUID
    reason: ExclusionReason


class ResidentEnrolmentCreate(Incoming):
    """A household's enrolment for a year: every member is enrolled or excluded with a reason."""

    year: Year
    grade: PremiumGrade
    members: Annotated[list[UUID], Field(min_length=1, max_length=50)]
    exclusions: Annotated[list[Exclusion], Field(max_length=50)] = []


class EnrolmentMemberRead(Outgoing):
    """A member's shares, or why he is not enrolled."""

    person_id: UUID
    exclusion: ExclusionReason | None
    personal: Yuan
    aided: Yuan
    government: Yuan
    aided_as: AssistanceCategory | None


class ResidentEnrolmentRead(Outgoing):
    """A household's yearly enrolment with its bills."""

    enrolment_id: UUID
    household_id: UUID
    year: int
    grade: PremiumGrade
    state: EnrolmentState
    enrolled_on: date
    premium_version: str
    members: list[EnrolmentMemberRead]
    bills: list[BillRead]


class SubsidyBillCreate(Incoming):
    """The year whose government share is billed to finance (财政补助申请)."""

    year: Year


class FinancingRead(BaseModel):
    """What a year's enrolled headcount brings in, and from whom (筹资)."""

    year: int
    heads: int
    personal: Yuan
    aided: Yuan
    government: Yuan
    total: Yuan
