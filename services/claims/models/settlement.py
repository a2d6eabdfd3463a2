"""Settlements, what each fund paid, reversals, the ledger, and what a person has used in a year."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Column, Index, Numeric, SmallInteger
from sqlmodel import Field

from services.claims.codes import Account, Band, CareType, EntryKind, Fund, Scheme
from services.claims.models.base import Base
from services.kit.db import code_column, moment_column, money_column
from services.kit.ids import new_id


class Accumulator(Base, table=True):
    """What a person has used in one scheme and year (年度累计); `version` guards against two settlements at once."""

    __table_args__ = (
        CheckConstraint(
            "least(in_policy, deductible_paid, employee_pool, resident_pool, catastrophic, medical_aid, admissions) >= 0",
            name="not_negative",
        ),
    )

    person_id: UUID = Field(primary_key=True)
    scheme: Scheme = code_column(Scheme, name="scheme", primary_key=True)
    year: int = Field(sa_column=Column(SmallInteger, primary_key=True))
    version: int
    in_policy: Decimal = money_column()
    deductible_paid: Decimal = money_column()
    employee_pool: Decimal = money_column()
    resident_pool: Decimal = money_column()
    catastrophic: Decimal = money_column()
    medical_aid: Decimal = money_column()
    admissions: int


class Settlement(Base, table=True):
    """Who pays which part of a bill (结算单). Never changed; a reversal is a row of its own."""

    __table_args__ = (
        CheckConstraint(
            "total = own_paid + over_limit + prior_self_pay + in_policy", name="parts_sum_to_total"
        ),
        CheckConstraint("total = fund_paid + person_paid", name="payers_sum_to_total"),
        CheckConstraint("least(fund_paid, person_paid, deductible) >= 0", name="not_negative"),
        Index("ix_settlement_institution_code_settled_on", "institution_code", "settled_on"),
        Index("ix_settlement_person_id_id", "person_id", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    bill_id: UUID = Field(foreign_key="bill.id")
    bill_number: str
    institution_code: str
    institution_name: str
    person_id: UUID
    area: str
    scheme: Scheme = code_column(Scheme, name="scheme")
    year: int = Field(sa_column=Column(SmallInteger, nullable=False))
    band: Band = code_column(Band, name="band")
    care_type: CareType = code_column(CareType, name="care_type")
    admitted_on: date
    discharged_on: date
    total: Decimal = money_column()
    own_paid: Decimal = money_column()
    over_limit: Decimal = money_column()
    prior_self_pay: Decimal = money_column()
    in_policy: Decimal = money_column()
    deductible: Decimal = money_column()
    fund_paid: Decimal = money_column()
    person_paid: Decimal = money_column()
    coverage_version: int
    accumulator_version: int
    working: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    settled_on: date
    settled_at: datetime = moment_column()
    settled_by: str


class SettlementLayer(Base, table=True):
    """What one fund pays of a settlement (基金支付明细)."""

    __tablename__ = "settlement_layer"

    __table_args__ = (CheckConstraint("amount >= 0 AND amount <= base", name="amount"),)

    settlement_id: UUID = Field(primary_key=True)
    position: int = Field(sa_column=Column(SmallInteger, primary_key=True))
    fund: Fund = code_column(Fund, name="fund")
    base: Decimal = money_column()
    deductible: Decimal = money_column()
    ratio: Decimal = Field(sa_column=Column(Numeric(5, 4), nullable=False))
    limit_left: Decimal | None = money_column(nullable=True)
    amount: Decimal = money_column()


class Reversal(Base, table=True):
    """A settlement taken back (冲正), at most once."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    settlement_id: UUID = Field(foreign_key="settlement.id", unique=True)
    reason: str
    reversed_on: date
    reversed_at: datetime = moment_column()
    reversed_by: str


class LedgerEntry(Base, table=True):
    """One side of a booking (分录): debit above zero, credit below; a transaction's entries sum to zero."""

    __tablename__ = "ledger_entry"

    __table_args__ = (
        CheckConstraint("amount <> 0", name="amount"),
        Index("ix_ledger_entry_booked_on", "booked_on", postgresql_using="brin"),
    )

    transaction_id: UUID = Field(primary_key=True)
    position: int = Field(sa_column=Column(SmallInteger, primary_key=True))
    kind: EntryKind = code_column(EntryKind, name="kind")
    account: Account = code_column(Account, name="account")
    party: str
    amount: Decimal = money_column()
    area: str
    booked_on: date
