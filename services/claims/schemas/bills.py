"""Bills and their lines."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.claims.codes import Approval, BillState, CareType, ItemCategory, LineReason
from services.claims.schemas.common import Day, Name, Number, row_id
from services.kit.identifiers import IdNumber
from services.kit.money import Yuan
from services.kit.schemas import Incoming, Outgoing

MOST_LINES = 2000
Quantity = Annotated[Decimal, Field(gt=0, max_digits=16, decimal_places=4, description="数量")]
UnitPrice = Annotated[Decimal, Field(ge=0, max_digits=16, decimal_places=6, description="单价，元")]
Diagnosis = Annotated[
    str,
    Field(pattern=r"^[A-Z][0-9]{2}(\.[0-9A-Za-z]{1,6})?$", description="诊断编码 ICD-10", examples=["J18.9"]),
]


class LineCreate(Incoming):
    """One charge (费用明细)."""

    line_no: Annotated[int, Field(ge=1, le=1_000_000)]
    item_code: Number
    name: Name
    quantity: Quantity
    unit_price: UnitPrice
    amount: Yuan
    occurred_on: Day
    doctor_code: Number
    approval: Approval = Approval.NONE


class BillCreate(Incoming):
    """An inpatient bill; the person by `person_id` or by `id_number`."""

    bill_number: Number
    person_id: UUID | None = None
    id_number: IdNumber | None = None
    care_type: CareType = CareType.INPATIENT
    admitted_on: Day
    discharged_on: Day
    diagnosis_code: Diagnosis
    total: Annotated[Yuan, Field(gt=0)]
    attachments_pages: Annotated[int, Field(ge=0, le=10_000, description="附件页数")] = 0
    lines: Annotated[list[LineCreate], Field(min_length=1, max_length=MOST_LINES)]

    @model_validator(mode="after")
    def _one_person(self) -> Self:
        if (self.person_id is None) == (self.id_number is None):
            raise PydanticCustomError(
                "person", "person_id 与 id_number 应填且只填一项 (give either person_id or id_number)"
            )
        return self


class LineRead(Outgoing):
    """A charge and its four parts, which sum to it."""

    line_no: int
    item_code: str
    name: Annotated[str, Field(validation_alias="item_name")]
    category: ItemCategory | None
    quantity: Decimal
    unit_price: Decimal
    amount: Yuan
    occurred_on: date
    doctor_code: str
    approval: Approval
    own_paid: Yuan
    over_limit: Yuan
    prior_self_pay: Yuan
    in_policy: Yuan
    reason: LineReason
    catalogue_item_id: Annotated[UUID, Field(description="所依据的目录版本")]


class BillSummary(Outgoing):
    """A bill without its lines."""

    bill_id: UUID = row_id("bill_id")
    institution_code: str
    bill_number: str
    person_id: UUID
    care_type: CareType
    admitted_on: date
    discharged_on: date
    diagnosis_code: str
    total: Yuan
    line_count: int
    attachments_pages: int
    state: BillState
    settlement_id: UUID | None
    uploaded_at: datetime


class BillRead(BillSummary):
    """A bill with the split of every line; the four sums add up to the total."""

    own_paid: Yuan
    over_limit: Yuan
    prior_self_pay: Yuan
    in_policy: Yuan
    lines: list[LineRead]
