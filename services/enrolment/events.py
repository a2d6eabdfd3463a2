"""What enrolment tells the others. It hears nobody but the clock.

Every event about a person carries the person's version and the full state: a hearer ignores what is older.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment.operations import arrears
from services.kit.events import Event, Hears, Timer
from services.kit.procedures import CaseDecided, CaseOverdue, Desk, overdue_timer

_PERSON = "0198f0a0-0000-7000-8000-000000000001"
_EMPLOYER = "0198f0a0-0000-7000-8000-0000000000e1"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PersonRegistered(Event):
    """A person is registered, or his record is corrected (参保人登记、更正)."""

    subject = "enrolment.person.registered"
    example = {
        "person_id": _PERSON,
        "version": 1,
        "name": "样例一",
        "sex": "female",
        "birth_on": "1980-01-01",
        "id_number_index": "0f" * 32,
        "id_number_masked": "990***********0021",
        "area": "990101",
    }

    person_id: UUID
    version: int
    name: str
    sex: str
    birth_on: date
    id_number_index: str
    id_number_masked: str
    area: str


class CoverageState(_Part):
    """A period in which the person is covered by the scheme; no end while it runs."""

    scheme: str
    valid_from: date
    valid_until: date | None


class CoverageChanged(Event):
    """The coverage periods of a person as they now stand (待遇期变更)."""

    subject = "enrolment.coverage.changed"
    example = {
        "person_id": _PERSON,
        "version": 2,
        "area": "990101",
        "coverages": [
            {"scheme": "resident_medical", "valid_from": "2026-01-01", "valid_until": "2027-01-01"},
        ],
    }

    person_id: UUID
    version: int
    area: str
    coverages: list[CoverageState]


class CategoryState(_Part):
    """A period in which the person has an assistance category."""

    category: str
    valid_from: date
    valid_until: date | None


class AssistanceChanged(Event):
    """The assistance categories of a person as they now stand (救助身份变更)."""

    subject = "enrolment.assistance.changed"
    example = {
        "person_id": _PERSON,
        "version": 3,
        "categories": [
            {"category": "minimum_living_allowance", "valid_from": "2026-01-01", "valid_until": None},
        ],
    }

    person_id: UUID
    version: int
    categories: list[CategoryState]


class EmploymentState(_Part):
    """An insured employment; no end while it runs."""

    employer_id: UUID
    employer_name: str
    credit_code: str
    started_on: date
    ended_on: date | None


class EmploymentChanged(Event):
    """The insured employments of a person as they now stand (用工参保变更)."""

    subject = "enrolment.employment.changed"
    example = {
        "person_id": _PERSON,
        "version": 4,
        "employments": [
            {
                "employer_id": _EMPLOYER,
                "employer_name": "样例制造有限公司",
                "credit_code": "91990101MA00000001",
                "started_on": "2026-01-01",
                "ended_on": None,
            },
        ],
    }

    person_id: UUID
    version: int
    employments: list[EmploymentState]


class BillPaid(Event):
    """A bill is paid in full against receipts (账单已缴)."""

    subject = "enrolment.bill.paid"
    example = {
        "bill_id": "0198f0a0-0000-7000-8000-0000000000b1",
        "payer_kind": "employer",
        "payer_id": _EMPLOYER,
        "payer_name": "样例制造有限公司",
        "period": "2026-01",
        "amount": "8900.00",
        "receipt_number": "SP202601000001",
        "paid_on": "2026-01-20",
        "area": "990101",
    }

    bill_id: UUID
    payer_kind: str
    payer_id: UUID | None
    payer_name: str
    period: str
    amount: Decimal
    receipt_number: str
    paid_on: date
    area: str


class EnrolmentCaseDecided(CaseDecided):
    """A case of enrolment ended (参保办件办结)."""

    subject = "enrolment.case.decided"


class EnrolmentCaseOverdue(CaseOverdue):
    """A step of a case of enrolment passed its promised day (参保办件超期)."""

    subject = "enrolment.case.overdue"


def _desk() -> Desk:
    from services.enrolment.procedures import DESK  # the desk's operations publish the events above

    return DESK


async def _mark_overdue(session: AsyncSession, now: datetime) -> None:
    await arrears.mark_overdue(session, now=now)


PUBLISHES: list[type[Event]] = [
    PersonRegistered,
    CoverageChanged,
    AssistanceChanged,
    EmploymentChanged,
    BillPaid,
    EnrolmentCaseDecided,
    EnrolmentCaseOverdue,
]
HEARS: list[Hears] = []
TIMERS: list[Timer] = [
    Timer(name="bills.overdue", every_seconds=300, run=_mark_overdue),
    overdue_timer(_desk),
]
