"""What a unit owes for a month, by scheme and by person (缴费核定)."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Numeric,
    UniqueConstraint,
    text,
)
from sqlmodel import Field

from services.enrolment.codes import (
    Payer,
    Scheme,
)
from services.enrolment.models.base import MONTH, Base
from services.kit.db import code_column, moment_column, money_column
from services.kit.ids import new_id


class Determination(Base, table=True):
    """What a unit owes for one month (缴费核定, E05); one valid determination per unit and month."""

    __table_args__ = (
        CheckConstraint(MONTH.format("period"), name="period"),
        CheckConstraint("(reversed_at IS NULL) = (reversed_because IS NULL)", name="reversal"),
        CheckConstraint("reversed_by IS NULL OR reversed_by <> determined_by", name="second_person"),
        Index(
            "uq_determination_valid",
            "employer_id",
            "period",
            unique=True,
            postgresql_where=text("reversed_at IS NULL"),
        ),
    )

    determination_id: UUID = Field(default_factory=new_id, primary_key=True)
    employer_id: UUID = Field(foreign_key="employer.employer_id")
    period: date
    total: Decimal = money_column()
    determined_on: date
    determined_by: str
    determined_at: datetime = moment_column()
    reversed_because: str | None = None
    reversed_by: str | None = None
    reversed_at: datetime | None = moment_column(nullable=True)


class DeterminationLine(Base, table=True):
    """One scheme and payer of a determination, with the rate's version and source."""

    __tablename__ = "determination_line"
    __table_args__ = (UniqueConstraint("determination_id", "scheme", "payer"),)

    line_id: UUID = Field(default_factory=new_id, primary_key=True)
    determination_id: UUID = Field(foreign_key="determination.determination_id")
    scheme: Scheme = code_column(Scheme, name="scheme")
    payer: Payer = code_column(Payer, name="payer")
    base_sum: Decimal = money_column()
    heads: int
    rate: Decimal = Field(sa_column=Column(Numeric(9, 6), nullable=False))
    amount: Decimal = money_column()
    rate_version: str
    rate_source: str


class Contribution(Base, table=True):
    """A person's part of a determination line; the parts sum to the line (个人缴费明细, E02, E34)."""

    __table_args__ = (
        UniqueConstraint("determination_id", "person_id", "scheme", "payer"),
        Index(None, "person_id", "scheme", "period"),
    )

    contribution_id: UUID = Field(default_factory=new_id, primary_key=True)
    determination_id: UUID = Field(foreign_key="determination.determination_id")
    person_id: UUID = Field(foreign_key="person.person_id")
    scheme: Scheme = code_column(Scheme, name="scheme")
    payer: Payer = code_column(Payer, name="payer")
    period: date
    base: Decimal = money_column()
    amount: Decimal = money_column()
