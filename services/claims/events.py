"""What claims says to all, and what it hears from enrolment."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from pydantic import BaseModel
from sqlmodel.ext.asyncio.session import AsyncSession

from services.claims.operations import copies
from services.kit.events import Envelope, Event, Heard, Hears, Timer
from services.kit.money import Yuan

PERSON = "01926b1e-7a31-7c00-8000-000000000001"
PLACE = {"institution_code": "H99010100002", "institution_name": "样例县人民医院", "area": "990101"}


class FundPart(BaseModel):
    """What one fund paid, in yuan (基金支付)."""

    fund: str
    amount: Yuan


class SettlementMade(Event):
    """A bill was settled (费用已结算)."""

    subject: ClassVar[str] = "claims.settlement.made"
    example: ClassVar[Mapping[str, Any]] = {
        "settlement_id": "01926b1e-7a31-7c00-8000-000000000003",
        "bill_id": "01926b1e-7a31-7c00-8000-000000000002",
        "bill_number": "ZY2026010001",
        **PLACE,
        "person_id": PERSON,
        "person_name": "张样例",
        "care_type": "inpatient",
        "admitted_on": "2026-01-05",
        "discharged_on": "2026-01-12",
        "total": "3000.00",
        "fund_paid": "2400.00",
        "person_paid": "600.00",
        "layers": [
            {"fund": "resident_pool", "amount": "1500.00"},
            {"fund": "medical_aid", "amount": "900.00"},
        ],
        "settled_on": "2026-01-12",
        "line_count": 8,
        "attachments_pages": 4,
    }

    settlement_id: UUID
    bill_id: UUID
    bill_number: str
    institution_code: str
    institution_name: str
    person_id: UUID
    person_name: str
    area: str
    care_type: str
    admitted_on: date
    discharged_on: date
    total: Yuan
    fund_paid: Yuan
    person_paid: Yuan
    layers: list[FundPart]
    settled_on: date
    line_count: int
    attachments_pages: int


class SettlementReversed(Event):
    """A settlement was taken back (结算已冲正)."""

    subject: ClassVar[str] = "claims.settlement.reversed"
    example: ClassVar[Mapping[str, Any]] = {
        "settlement_id": "01926b1e-7a31-7c00-8000-000000000003",
        "reversal_id": "01926b1e-7a31-7c00-8000-000000000004",
        "bill_id": "01926b1e-7a31-7c00-8000-000000000002",
        **PLACE,
        "person_id": PERSON,
        "person_name": "张样例",
        "total": "3000.00",
        "reason": "费用明细录入有误",
        "reversed_on": "2026-01-13",
    }

    settlement_id: UUID
    reversal_id: UUID
    bill_id: UUID
    institution_code: str
    institution_name: str
    person_id: UUID
    person_name: str
    area: str
    total: Yuan
    reason: str
    reversed_on: date


class PersonRegistered(Heard):
    """Who somebody is (参保人登记)."""

    subject: ClassVar[str] = "enrolment.person.registered"

    person_id: UUID
    version: int
    name: str
    sex: str
    birth_on: date
    id_number_index: str
    id_number_masked: str
    area: str


class CoverageSpan(BaseModel):
    """A period of insurance [valid_from, valid_until) in one scheme."""

    scheme: str
    valid_from: date
    valid_until: date | None


class CoverageChanged(Heard):
    """In which schemes somebody is insured, and when (参保状态)."""

    subject: ClassVar[str] = "enrolment.coverage.changed"

    person_id: UUID
    version: int
    area: str
    coverages: list[CoverageSpan]


class AssistanceSpan(BaseModel):
    """A period [valid_from, valid_until) of one assistance identity."""

    category: str
    valid_from: date
    valid_until: date | None


class AssistanceChanged(Heard):
    """Which assistance identities somebody has, and when (救助身份)."""

    subject: ClassVar[str] = "enrolment.assistance.changed"

    person_id: UUID
    version: int
    categories: list[AssistanceSpan]


Batch = Sequence[tuple[Any, Envelope]]


async def _persons(session: AsyncSession, batch: Batch) -> None:
    await copies.copy_persons(session, rows=_rows(batch))


async def _coverages(session: AsyncSession, batch: Batch) -> None:
    await copies.copy_coverages(session, rows=_rows(batch))


async def _assistance(session: AsyncSession, batch: Batch) -> None:
    await copies.copy_assistance(session, rows=_rows(batch))


def _rows(batch: Batch) -> list[dict[str, Any]]:
    return [heard.model_dump() for heard, _ in batch]


PUBLISHES: list[type[Event]] = [SettlementMade, SettlementReversed]
HEARS: list[Hears] = [
    Hears(PersonRegistered, _persons, many=True),
    Hears(CoverageChanged, _coverages, many=True),
    Hears(AssistanceChanged, _assistance, many=True),
]
TIMERS: list[Timer] = []
