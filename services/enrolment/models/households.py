"""Households, who lives in them, assistance categories (户、救助身份)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Index,
    text,
)
from sqlmodel import Field

from services.enrolment.codes import (
    AssistanceCategory,
    AssistanceClass,
    HukouKind,
    Relation,
)
from services.enrolment.models.base import PERIOD, Base
from services.kit.db import code_column, moment_column
from services.kit.ids import new_id


class Household(Base, table=True):
    """A household (户); resident insurance is taken out by household."""

    __table_args__ = (Index(None, "area", "household_id"),)

    household_id: UUID = Field(default_factory=new_id, primary_key=True)
    area: str
    address: str
    head_id: UUID = Field(foreign_key="person.person_id")
    registered_by: str
    registered_at: datetime = moment_column()


class HouseholdMember(Base, table=True):
    """A person's stay in a household; in one household at a time."""

    __tablename__ = "household_member"
    __table_args__ = (
        CheckConstraint("left_on IS NULL OR left_on >= joined_on", name="dates"),
        Index(
            "uq_household_member_present", "person_id", unique=True, postgresql_where=text("left_on IS NULL")
        ),
    )

    member_id: UUID = Field(default_factory=new_id, primary_key=True)
    household_id: UUID = Field(foreign_key="household.household_id", index=True)
    person_id: UUID = Field(foreign_key="person.person_id")
    relation: Relation = code_column(Relation, name="relation")
    joined_on: date
    left_on: date | None = None
    left_because: str | None = None


class Assistance(Base, table=True):
    """A dated assistance category of a person (救助对象身份, E17); periods of one category never overlap."""

    __table_args__ = (
        CheckConstraint(PERIOD, name="period"),
        CheckConstraint(
            "assistance_class IS NULL OR category = 'minimum_living_allowance'", name="class_of_allowance"
        ),
        Index(None, "person_id", "category"),
    )

    assistance_id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="person.person_id")
    category: AssistanceCategory = code_column(AssistanceCategory, name="category")
    assistance_class: AssistanceClass | None = code_column(
        AssistanceClass, name="assistance_class", nullable=True
    )
    hukou: HukouKind = code_column(HukouKind, name="hukou")
    certificate_number: str
    deciding_office: str
    valid_from: date
    valid_until: date | None = None
    ended_because: str | None = None
    recorded_by: str
    recorded_at: datetime = moment_column()
