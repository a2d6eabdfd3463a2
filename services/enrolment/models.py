"""The tables of enrolment; constraints here are the last word on every invariant that SQL can say."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    LargeBinary,
    Numeric,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from services.enrolment.codes import (
    AssistanceCategory,
    AssistanceClass,
    BillStatus,
    EnrolmentStatus,
    EntryKind,
    ExclusionReason,
    HukouKind,
    InjuryClass,
    LineKind,
    Payer,
    PayerKind,
    PremiumGrade,
    ReceiptKind,
    Relation,
    Scheme,
    Sex,
    Standing,
    UnitKind,
)
from services.kit.db import code_column, moment_column, money_column, service_registry
from services.kit.ids import new_id

PERIOD = "valid_until IS NULL OR valid_until > valid_from"
# A coverage stopped before its first day is kept as an empty period, so that it can still be explained.
PERIOD_OR_EMPTY = "valid_until IS NULL OR valid_until >= valid_from"
NOW = text("now()")
MONTH = "extract(day FROM {}) = 1"


class Base(SQLModel, registry=service_registry()):
    """Base of enrolment's own tables."""


class Person(Base, table=True):
    """A person over all schemes (参保人). The id number is encrypted; its blind index finds it and is unique."""

    __table_args__ = (UniqueConstraint("id_number_index"), Index(None, "area", "person_id"))

    person_id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    name: str
    sex: Sex = code_column(Sex, name="sex")
    birth_on: date
    id_number_sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    id_number_index: str
    id_number_masked: str
    area: str
    hukou: HukouKind = code_column(HukouKind, name="hukou")
    registered_by: str
    registered_at: datetime = moment_column()


class PersonCorrection(Base, table=True):
    """One corrected field of a person: old, new, who, when, why (变更日志, X5). Append-only."""

    __tablename__ = "person_correction"
    __table_args__ = (CheckConstraint("length(trim(reason)) > 0", name="reason"),)

    correction_id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="person.person_id", index=True)
    field: str
    old_value: str
    new_value: str
    reason: str
    corrected_by: str
    corrected_at: datetime = moment_column()


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
    certificate_number: str = Field(unique=True)
    deciding_office: str
    valid_from: date
    valid_until: date | None = None
    ended_because: str | None = None
    recorded_by: str
    recorded_at: datetime = moment_column()


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


class ResidentEnrolment(Base, table=True):
    """A household's enrolment in resident medical insurance for one year (居民医保年度参保, E14)."""

    __tablename__ = "resident_enrolment"
    __table_args__ = (UniqueConstraint("household_id", "year"), Index(None, "area", "year"))

    enrolment_id: UUID = Field(default_factory=new_id, primary_key=True)
    household_id: UUID = Field(foreign_key="household.household_id")
    area: str
    year: int
    grade: PremiumGrade = code_column(PremiumGrade, name="grade")
    status: EnrolmentStatus = code_column(EnrolmentStatus, name="status")
    premium_version: str
    subsidy_version: str
    enrolled_on: date
    enrolled_by: str
    enrolled_at: datetime = moment_column()


class EnrolmentMember(Base, table=True):
    """A household member of a yearly enrolment: enrolled with his shares, or excluded with the reason."""

    __tablename__ = "enrolment_member"
    __table_args__ = (
        CheckConstraint(
            "exclusion IS NULL OR personal + aided + government = 0", name="excluded_owes_nothing"
        ),
        Index(
            "uq_enrolment_member_year",
            "person_id",
            "year",
            unique=True,
            postgresql_where=text("exclusion IS NULL"),
        ),
    )

    enrolment_id: UUID = Field(foreign_key="resident_enrolment.enrolment_id", primary_key=True)
    person_id: UUID = Field(foreign_key="person.person_id", primary_key=True)
    year: int
    exclusion: ExclusionReason | None = code_column(ExclusionReason, name="exclusion", nullable=True)
    personal: Decimal = money_column()
    aided: Decimal = money_column()
    government: Decimal = money_column()
    aided_as: AssistanceCategory | None = code_column(AssistanceCategory, name="aided_as", nullable=True)
    subsidy_bill_id: UUID | None = Field(default=None, foreign_key="bill.bill_id", index=True)


class Bill(Base, table=True):
    """What somebody owes (账单); due and received are kept apart, and received moves only by a receipt (E06)."""

    __table_args__ = (
        CheckConstraint("amount >= 0 AND received >= 0 AND received <= amount", name="amounts"),
        CheckConstraint("status = 'reversed' OR (status = 'paid') = (received = amount)", name="paid"),
        CheckConstraint("(status = 'paid') = (paid_on IS NOT NULL)", name="paid_on"),
        CheckConstraint("determination_id IS NULL OR enrolment_id IS NULL", name="one_reason"),
        Index(None, "area", "bill_id"),
        Index(None, "payer_id"),
        Index(None, "due_on", postgresql_where=text("status = 'determined'")),
    )

    bill_id: UUID = Field(default_factory=new_id, primary_key=True)
    payer_kind: PayerKind = code_column(PayerKind, name="payer_kind")
    payer_id: UUID | None = None
    payer_name: str
    period: str
    area: str
    amount: Decimal = money_column()
    received: Decimal = money_column()
    status: BillStatus = code_column(BillStatus, name="status")
    issued_on: date
    due_on: date
    paid_on: date | None = None
    determination_id: UUID | None = Field(
        default=None, foreign_key="determination.determination_id", index=True
    )
    enrolment_id: UUID | None = Field(default=None, foreign_key="resident_enrolment.enrolment_id", index=True)


class Receipt(Base, table=True):
    """The proof that money came in (税票、银行到账); a number counts once. Append-only."""

    __table_args__ = (
        UniqueConstraint("receipt_number"),
        CheckConstraint("length(trim(receipt_number)) > 0", name="number"),
        CheckConstraint("amount > 0", name="amount"),
    )

    receipt_id: UUID = Field(default_factory=new_id, primary_key=True)
    bill_id: UUID = Field(foreign_key="bill.bill_id", index=True)
    receipt_number: str
    kind: ReceiptKind = code_column(ReceiptKind, name="kind")
    amount: Decimal = money_column()
    paid_on: date
    recorded_by: str
    recorded_at: datetime = moment_column()


class CollectionEntry(Base, table=True):
    """The ledger of due and received (应收实收台账). Append-only; due − reversed − received is what is open."""

    __tablename__ = "collection_entry"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("(kind = 'received') = (receipt_id IS NOT NULL)", name="receipt"),
    )

    entry_id: UUID = Field(default_factory=new_id, primary_key=True)
    bill_id: UUID = Field(foreign_key="bill.bill_id", index=True)
    kind: EntryKind = code_column(EntryKind, name="kind")
    amount: Decimal = money_column()
    receipt_id: UUID | None = Field(default=None, foreign_key="receipt.receipt_id", unique=True)
    entered_on: date
    entered_by: str
    entered_at: datetime = moment_column()


class Coverage(Base, table=True):
    """A period in which a person is covered by a scheme; periods of one person and scheme never overlap."""

    __table_args__ = (
        CheckConstraint(PERIOD_OR_EMPTY, name="period"),
        CheckConstraint("length(trim(reason)) > 0", name="reason"),
        Index(None, "person_id", "scheme", "valid_from"),
    )

    coverage_id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="person.person_id")
    scheme: Scheme = code_column(Scheme, name="scheme")
    valid_from: date
    valid_until: date | None = None
    reason: str
    bill_id: UUID | None = Field(default=None, foreign_key="bill.bill_id")
    employer_id: UUID | None = Field(default=None, foreign_key="employer.employer_id", index=True)
    recorded_by: str
    recorded_at: datetime | None = moment_column(server_default=NOW)


class CoverageChange(Base, table=True):
    """Each change of a coverage period: old, new, why, who (X5). Append-only."""

    __tablename__ = "coverage_change"
    __table_args__ = (CheckConstraint("length(trim(reason)) > 0", name="reason"),)

    change_id: UUID = Field(default_factory=new_id, primary_key=True)
    coverage_id: UUID = Field(foreign_key="coverage.coverage_id", index=True)
    old_valid_from: date | None = None
    old_valid_until: date | None = None
    new_valid_from: date
    new_valid_until: date | None = None
    reason: str
    changed_by: str
    changed_at: datetime | None = moment_column(server_default=NOW)


class RecordAccess(Base, table=True):
    """Who read whose record, when and through which query (查询日志, X9, E34, E46). Append-only."""

    __tablename__ = "record_access"

    access_id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="person.person_id", index=True)
    query: str
    reader: str
    reader_kind: str
    reader_name: str
    read_at: datetime = moment_column()
