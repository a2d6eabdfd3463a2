"""What the archive says (a piece was filed) and what it hears (cases that are finished elsewhere)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.archives.operations import filing as operations
from services.archives.rules import filing
from services.archives.rules.filing import ClosedCase
from services.kit import clock
from services.kit.events import Envelope, Event, Heard, Hears, Timer


class PieceFiled(Event):
    """A case became a piece (已归档成件)."""

    subject: ClassVar[str] = "archives.piece.filed"
    example: ClassVar[Mapping[str, Any]] = {
        "piece_id": "01980000-0000-7000-8000-00000000d001",
        "piece_number": "Z101-YB·2024·D10-0001",
        "title": "样例甲住院医疗费用结算材料（样例县人民医院，2024-05-01至2024-05-08）",
        "source": "claims.settlement.made/01980000-0000-7000-8000-00000000c001",
        "filed_on": "2024-05-09",
    }

    piece_id: UUID
    piece_number: str
    title: str
    source: str
    filed_on: date


class SettlementMade(Heard):
    """A medical bill was settled (医疗费用已结算)."""

    subject: ClassVar[str] = "claims.settlement.made"

    settlement_id: UUID
    bill_number: str
    institution_name: str
    person_name: str
    area: str
    care_type: str
    admitted_on: date | None = None
    discharged_on: date | None = None
    total: Decimal
    settled_on: date
    attachments_pages: int = 0


class SettlementReversed(Heard):
    """A settlement was reversed (结算已撤销)."""

    subject: ClassVar[str] = "claims.settlement.reversed"

    settlement_id: UUID
    reversal_id: UUID
    institution_name: str
    person_name: str
    area: str
    reason: str
    reversed_on: date


class CertificationGranted(Heard):
    """A person was certified as hard to employ (就业困难人员已认定)."""

    subject: ClassVar[str] = "jobs.certification.granted"

    certification_id: UUID
    person_name: str
    category: str
    area: str
    granted_on: date


class BillPaid(Heard):
    """A contribution bill was paid (社会保险费已缴)."""

    subject: ClassVar[str] = "enrolment.bill.paid"

    bill_id: UUID
    payer_name: str
    period: str
    receipt_number: str
    paid_on: date
    area: str


def settlement_case(event: SettlementMade, envelope: Envelope) -> ClosedCase:
    """What a settlement looks like to the filing plan."""
    return ClosedCase(
        kind="settlement",
        source=event.subject,
        source_id=event.settlement_id,
        area=event.area,
        title=filing.settlement_title(
            person=event.person_name,
            institution=event.institution_name,
            care_type=event.care_type,
            begun_on=event.admitted_on or event.settled_on,
            ended_on=event.discharged_on or event.settled_on,
        ),
        formed_on=event.settled_on,
        names=(event.person_name, event.institution_name),
        keywords=("医疗费用结算", filing.CARE_NAMES.get(event.care_type, event.care_type), event.bill_number),
        record=filing.record_of(envelope.data),
        care=filing.care_group(care_type=event.care_type),
        attachment_pages=event.attachments_pages,
    )


def reversal_case(event: SettlementReversed, envelope: Envelope) -> ClosedCase:
    """What a reversal looks like to the filing plan; it follows the piece of its settlement."""
    return ClosedCase(
        kind="reversal",
        source=event.subject,
        source_id=event.reversal_id,
        area=event.area,
        title=filing.reversal_title(
            person=event.person_name, institution=event.institution_name, reversed_on=event.reversed_on
        ),
        formed_on=event.reversed_on,
        names=(event.person_name, event.institution_name),
        keywords=("结算撤销", event.reason),
        record=filing.record_of(envelope.data),
        follows_source_id=event.settlement_id,
    )


def certification_case(event: CertificationGranted, envelope: Envelope) -> ClosedCase:
    """What a certification looks like to the filing plan."""
    return ClosedCase(
        kind="certification",
        source=event.subject,
        source_id=event.certification_id,
        area=event.area,
        title=filing.certification_title(person=event.person_name, granted_on=event.granted_on),
        formed_on=event.granted_on,
        names=(event.person_name,),
        keywords=("就业困难人员认定", event.category),
        record=filing.record_of(envelope.data),
    )


def contribution_case(event: BillPaid, envelope: Envelope) -> ClosedCase:
    """What a paid contribution bill looks like to the filing plan."""
    return ClosedCase(
        kind="contribution",
        source=event.subject,
        source_id=event.bill_id,
        area=event.area,
        title=filing.contribution_title(
            payer=event.payer_name, period=event.period, receipt_number=event.receipt_number
        ),
        formed_on=event.paid_on,
        names=(event.payer_name,),
        keywords=("社会保险费缴费", event.period, event.receipt_number),
        record=filing.record_of(envelope.data),
    )


async def file_settlements(session: AsyncSession, heard: Sequence[tuple[SettlementMade, Envelope]]) -> None:
    """Files a batch of settlements."""
    await _file(session, (settlement_case(event, envelope) for event, envelope in heard))


async def file_reversals(session: AsyncSession, heard: Sequence[tuple[SettlementReversed, Envelope]]) -> None:
    """Files a batch of reversals."""
    await _file(session, (reversal_case(event, envelope) for event, envelope in heard))


async def file_certifications(
    session: AsyncSession, heard: Sequence[tuple[CertificationGranted, Envelope]]
) -> None:
    """Files a batch of certifications."""
    await _file(session, (certification_case(event, envelope) for event, envelope in heard))


async def file_contributions(session: AsyncSession, heard: Sequence[tuple[BillPaid, Envelope]]) -> None:
    """Files a batch of paid bills."""
    await _file(session, (contribution_case(event, envelope) for event, envelope in heard))


async def _file(session: AsyncSession, cases: Iterable[ClosedCase]) -> None:
    await operations.file_cases(session, cases=list(cases), now=clock.now())


PUBLISHES: list[type[Event]] = [PieceFiled]
HEARS: list[Hears] = [
    Hears(SettlementMade, file_settlements, many=True),
    Hears(SettlementReversed, file_reversals, many=True),
    Hears(CertificationGranted, file_certifications, many=True),
    Hears(BillPaid, file_contributions, many=True),
]
TIMERS: list[Timer] = []
