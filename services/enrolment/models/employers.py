"""Units, declarations, employments, contribution bases (参保单位、申报、用工、基数)."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlmodel import Field

from services.enrolment.codes import (
    InjuryClass,
    LineKind,
    Scheme,
    Standing,
    UnitKind,
)
from services.enrolment.models.base import MONTH, PERIOD_OR_EMPTY, Base
from services.kit.db import code_column, moment_column, money_column
from services.kit.ids import new_id


class Employer(Base, table=True):
    """An insured unit (参保单位), once per credit code."""

    __table_args__ = (UniqueConstraint("credit_code"), Index(None, "area", "employer_id"))

    employer_id: UUID = Field(default_factory=new_id, primary_key=True)
    credit_code: str
    name: str
    unit_kind: UnitKind = code_column(UnitKind, name="unit_kind")
    injury_class: InjuryClass = code_column(InjuryClass, name="injury_class")
    area: str
    standing: Standing = code_column(Standing, name="standing")
    registered_on: date
    registered_by: str
    registered_at: datetime = moment_column()


class EmployerScheme(Base, table=True):
    """A scheme in which the unit is insured (参保险种)."""

    __tablename__ = "employer_scheme"

    employer_id: UUID = Field(foreign_key="employer.employer_id", primary_key=True)
    scheme: Scheme = code_column(Scheme, name="scheme", primary_key=True)


class StandingChange(Base, table=True):
    """Block and release of a unit, with reason (封锁、解除封锁日志, R1-08, R1-09). Append-only."""

    __tablename__ = "standing_change"
    __table_args__ = (CheckConstraint("length(trim(reason)) > 0", name="reason"),)

    change_id: UUID = Field(default_factory=new_id, primary_key=True)
    employer_id: UUID = Field(foreign_key="employer.employer_id", index=True)
    old_value: Standing = code_column(Standing, name="old_value")
    new_value: Standing = code_column(Standing, name="new_value")
    reason: str
    changed_by: str
    changed_at: datetime = moment_column()


class Declaration(Base, table=True):
    """A unit's declaration of staff changes (人员增减变动申报, E03); it takes effect by two reviews."""

    __table_args__ = (
        CheckConstraint(MONTH.format("effective_month"), name="effective_month"),
        Index(None, "employer_id", "declaration_id"),
    )

    declaration_id: UUID = Field(default_factory=new_id, primary_key=True)
    serial: int | None = Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), unique=True, nullable=False)
    )
    employer_id: UUID = Field(foreign_key="employer.employer_id")
    effective_month: date
    declared_by: str
    declared_on: date
    declared_at: datetime = moment_column()
    applied_on: date | None = None

    @property
    def number(self) -> str:
        """The declaration number (申报号)."""
        return f"SB{self.declared_on.year}{self.serial:08d}"


class DeclarationLine(Base, table=True):
    """One person of a declaration, already compared with the register (R1-02)."""

    __tablename__ = "declaration_line"
    __table_args__ = (
        UniqueConstraint("declaration_id", "person_id"),
        CheckConstraint("(kind = 'removal') = (base IS NULL)", name="base"),
        CheckConstraint("kind = 'addition' OR length(trim(reason)) > 0", name="reason"),
    )

    line_id: UUID = Field(default_factory=new_id, primary_key=True)
    declaration_id: UUID = Field(foreign_key="declaration.declaration_id")
    person_id: UUID = Field(foreign_key="person.person_id", index=True)
    kind: LineKind = code_column(LineKind, name="kind")
    base: Decimal | None = money_column(nullable=True)
    reason: str = ""


class Employment(Base, table=True):
    """A person's insured employment with a unit; no row without a declaration (R1-06)."""

    __table_args__ = (
        CheckConstraint("ended_on IS NULL OR ended_on >= started_on", name="dates"),
        CheckConstraint("(ended_on IS NULL) = (removed_by_id IS NULL)", name="removal"),
        Index(
            "uq_employment_present",
            "employer_id",
            "person_id",
            unique=True,
            postgresql_where=text("ended_on IS NULL"),
        ),
    )

    employment_id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="person.person_id", index=True)
    employer_id: UUID = Field(foreign_key="employer.employer_id")
    started_on: date
    ended_on: date | None = None
    added_by_id: UUID = Field(foreign_key="declaration.declaration_id")
    removed_by_id: UUID | None = Field(default=None, foreign_key="declaration.declaration_id")


class ContributionBase(Base, table=True):
    """The monthly contribution base of an employment over a period (缴费基数, E04)."""

    __tablename__ = "contribution_base"
    __table_args__ = (
        CheckConstraint(PERIOD_OR_EMPTY, name="period"),
        CheckConstraint("amount > 0", name="amount"),
    )

    base_id: UUID = Field(default_factory=new_id, primary_key=True)
    employment_id: UUID = Field(foreign_key="employment.employment_id", index=True)
    amount: Decimal = money_column()
    valid_from: date
    valid_until: date | None = None
    declaration_id: UUID = Field(foreign_key="declaration.declaration_id")
    floor_version: str
    ceiling_version: str
