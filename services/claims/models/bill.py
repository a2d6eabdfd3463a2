"""Bills and their lines (账单与费用明细). Lines are split once, when they arrive, and never change."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Numeric, UniqueConstraint
from sqlmodel import Field

from services.claims.codes import Approval, BillState, CareType, ItemCategory, LineReason
from services.claims.models.base import Base
from services.kit.db import code_column, moment_column, money_column
from services.kit.ids import new_id


class Bill(Base, table=True):
    """An inpatient bill of an institution (住院账单); `settlement_id` names the settlement in force."""

    __table_args__ = (
        UniqueConstraint("institution_code", "bill_number"),
        CheckConstraint("admitted_on <= discharged_on", name="stay"),
        CheckConstraint("total > 0", name="total"),
        CheckConstraint("(state = 'settled') = (settlement_id IS NOT NULL)", name="settled"),
        Index("ix_bill_institution_code_id", "institution_code", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    institution_code: str = Field(foreign_key="institution.code")
    bill_number: str
    person_id: UUID = Field(foreign_key="person_copy.person_id", index=True)
    area: str
    care_type: CareType = code_column(CareType, name="care_type")
    admitted_on: date
    discharged_on: date
    diagnosis_code: str
    total: Decimal = money_column()
    line_count: int
    attachments_pages: int
    state: BillState = code_column(BillState, name="state")
    settlement_id: UUID | None = None
    uploaded_by: str
    uploaded_at: datetime = moment_column()


class BillLine(Base, table=True):
    """One charge (费用明细) and its four parts, which sum to it."""

    __tablename__ = "bill_line"

    __table_args__ = (
        CheckConstraint(
            "amount = own_paid + over_limit + prior_self_pay + in_policy", name="parts_sum_to_amount"
        ),
        CheckConstraint("least(own_paid, over_limit, prior_self_pay, in_policy) >= 0", name="parts"),
        CheckConstraint("quantity > 0 AND unit_price >= 0", name="quantity"),
    )

    bill_id: UUID = Field(primary_key=True, foreign_key="bill.id")
    line_no: int = Field(primary_key=True)
    item_code: str
    item_name: str
    catalogue_item_id: UUID = Field(foreign_key="catalogue_item.id")
    category: ItemCategory | None = code_column(ItemCategory, name="category", nullable=True)
    quantity: Decimal = Field(sa_column=Column(Numeric(16, 4), nullable=False))
    unit_price: Decimal = Field(sa_column=Column(Numeric(16, 6), nullable=False))
    amount: Decimal = money_column()
    occurred_on: date
    doctor_code: str
    approval: Approval = code_column(Approval, name="approval")
    own_paid: Decimal = money_column()
    over_limit: Decimal = money_column()
    prior_self_pay: Decimal = money_column()
    in_policy: Decimal = money_column()
    reason: LineReason = code_column(LineReason, name="reason")
