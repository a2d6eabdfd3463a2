"""Coverage, contribution records, parameters (待遇、缴费记录、政策参数)."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel

from services.enrolment.codes import (
    Payer,
    Scheme,
)
from services.enrolment.schemas.base import Reason
from services.enrolment.schemas.people import PersonRead
from services.kit.money import Yuan
from services.kit.schemas import Incoming, Outgoing


class CoveragePeriodRead(Outgoing):
    """A covered period, half-open."""

    coverage_id: UUID
    scheme: Scheme
    valid_from: date
    valid_until: date | None
    reason: str


class CoverageAnswer(BaseModel):
    """Whether a person is covered on a day, and why."""

    person_id: UUID
    scheme: Scheme
    on: date
    covered: bool
    reason: str
    periods: list[CoveragePeriodRead]


class OwnCoverageRead(BaseModel):
    """A citizen's own coverage."""

    person: PersonRead
    on: date
    covered_by: list[Scheme]
    periods: list[CoveragePeriodRead]


class CoverageCorrectionCreate(Incoming):
    """A period set by hand, also in the past, always with a reason (待遇期更正)."""

    scheme: Scheme
    valid_from: date
    valid_until: date | None = None
    reason: Reason


class YearBase(BaseModel):
    """The contribution base of a year, and its ratio to the average wage where the area has one."""

    year: int
    base: Yuan
    average_wage: Yuan | None
    ratio: Decimal | None


class ContributionRecordRead(BaseModel):
    """The contribution record of a stretch of months (缴费记录)."""

    person_id: UUID
    scheme: Scheme
    first_month: date
    last_month: date
    months_paid: int
    continuous: bool
    required_months: int | None
    meets_requirement: bool | None
    bases: list[YearBase]
    covered_now: bool


class ContributionRead(Outgoing):
    """One month, scheme and payer of a person's contributions; `paid` when the unit's bill is."""

    period: date
    scheme: Scheme
    payer: Payer
    base: Yuan
    amount: Yuan
    paid: bool
