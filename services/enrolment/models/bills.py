"""Yearly enrolments, bills, receipts, the collection ledger (居民参保、账单、到账、台账)."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlmodel import Field

from services.enrolment.codes import (
    AssistanceCategory,
    BillState,
    EnrolmentState,
    EntryKind,
    ExclusionReason,
    PayerKind,
    PremiumGrade,
    ReceiptKind,
)
from services.enrolment.models.base import Base
from services.kit.db import code_column, moment_column, money_column
from services.kit.ids import new_id


class ResidentEnrolment(Base, table=True):
    """A household's enrolment in resident medical insurance for one year (居民医保年度参保, E14)."""

    __tablename__ = "resident_enrolment"
    __table_args__ = (UniqueConstraint("household_id", "year"), Index(None, "area", "year"))

    enrolment_id: UUID = Field(default_factory=new_id, primary_key=True)
    household_id: UUID = Field(foreign_key="household.household_id")
    area: str
    year: int
    grade: PremiumGrade = code_column(PremiumGrade, name="grade")
    state: EnrolmentState = code_column(EnrolmentState, name="state")
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
        CheckConstraint("state = 'reversed' OR (state = 'paid') = (received = amount)", name="paid"),
        CheckConstraint("(state = 'paid') = (paid_on IS NOT NULL)", name="paid_on"),
        CheckConstraint("determination_id IS NULL OR enrolment_id IS NULL", name="one_reason"),
        Index(None, "area", "bill_id"),
        Index(None, "payer_id"),
        Index(None, "due_on", postgresql_where=text("state = 'determined'")),
    )

    bill_id: UUID = Field(default_factory=new_id, primary_key=True)
    payer_kind: PayerKind = code_column(PayerKind, name="payer_kind")
    payer_id: UUID | None = None
    payer_name: str
    period: str
    area: str
    amount: Decimal = money_column()
    received: Decimal = money_column()
    state: BillState = code_column(BillState, name="state")
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
