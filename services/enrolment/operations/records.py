"""Answers what a person's record says: covered or not, months paid, bases (待遇与缴费记录, E34)."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import policy, queries
from services.enrolment.codes import Scheme
from services.enrolment.models import Coverage, Person
from services.enrolment.operations.coverage import DatesOutOfOrder
from services.enrolment.rules.contributions import months_between, next_month
from services.enrolment.rules.coverage import Period
from services.enrolment.rules.coverage import contribution_record as count_months
from services.enrolment.schemas import (
    ContributionRecordRead,
    CoverageAnswer,
    CoveragePeriodRead,
    UnitCoverageRead,
    YearBase,
)
from services.kit.parameters import ParameterNotConfigured

RATIO_PLACES = Decimal("0.01")


async def coverage_on(session: AsyncSession, *, person_id: UUID, scheme: Scheme, on: date) -> CoverageAnswer:
    """Whether the person is covered by the scheme on that day, with the reason."""
    rows = await queries.list_coverage(session, person_id, scheme=scheme)
    holding = next((row for row in rows if _holds(row, on)), None)
    return CoverageAnswer(
        person_id=person_id,
        scheme=scheme,
        on=on,
        covered=holding is not None,
        reason=holding.reason if holding else _why_not(rows, on),
        periods=[CoveragePeriodRead.model_validate(row) for row in rows],
    )


def _holds(row: Coverage, on: date) -> bool:
    return Period(valid_from=row.valid_from, valid_until=row.valid_until).holds(on)


def _why_not(rows: Sequence[Coverage], on: date) -> str:
    ended = [row.valid_until for row in rows if row.valid_until is not None and row.valid_until <= on]
    begins = [row.valid_from for row in rows if row.valid_from > on and row.valid_until != row.valid_from]
    if begins:
        return f"待遇自 {min(begins)} 起 · cover begins on {min(begins)}"
    if ended:
        return f"待遇已于 {max(ended)} 终止 · cover ended on {max(ended)}"
    return "无参保缴费记录 · not enrolled or not paid"


async def unit_coverage(session: AsyncSession, *, area: str, on: date, known: int) -> UnitCoverageRead:
    """Insured ÷ known units in percent, against the area's target (单位参保覆盖面, E01)."""
    insured = await queries.count_employers(session, area=area, on=on)
    target = policy.PARAMETERS.get("unit_coverage_target", on=on, area=area)
    rate = (Decimal(insured * 100) / known).quantize(RATIO_PLACES, ROUND_HALF_UP)
    return UnitCoverageRead(
        on=on,
        insured=insured,
        known=known,
        rate_percent=rate,
        target_percent=(target.decimal * 100).quantize(RATIO_PLACES),
        target_source=target.source,
        meets_target=insured >= target.decimal * known,
    )


async def contribution_record(
    session: AsyncSession,
    *,
    person: Person,
    scheme: Scheme,
    first: date,
    last: date,
    required: int | None,
    today: date,
) -> ContributionRecordRead:
    """Months paid between two months (both included), gaps, the base of each year. Raises DatesOutOfOrder."""
    if last < first:
        raise DatesOutOfOrder(valid_from=first, valid_until=last)
    months = [first]
    for _ in range(months_between(start=first, end=last)):
        months.append(next_month(months[-1]))
    paid = await queries.list_paid_months(session, person.person_id, scheme=scheme, first=first, last=last)
    record = count_months(paid_months=paid, months=months)
    answer = await coverage_on(session, person_id=person.person_id, scheme=scheme, on=today)
    return ContributionRecordRead(
        person_id=person.person_id,
        scheme=scheme,
        first_month=first,
        last_month=last,
        months_paid=record.months_paid,
        continuous=record.continuous,
        required_months=required,
        meets_requirement=None if required is None else record.months_paid >= required,
        bases=_year_bases(paid, area=person.area),
        covered_now=answer.covered,
    )


def _year_bases(paid: dict[date, Decimal], *, area: str) -> list[YearBase]:
    """The base of each year's last paid month (inferred), and its ratio to that year's average wage."""
    bases = []
    for year in sorted({month.year for month in paid}):
        base = paid[max(month for month in paid if month.year == year)]
        wage = _average_wage(year, area=area)
        ratio = (base / wage).quantize(RATIO_PLACES, ROUND_HALF_UP) if wage else None
        bases.append(YearBase(year=year, base=base, average_wage=wage, ratio=ratio))
    return bases


def _average_wage(year: int, *, area: str) -> Decimal | None:
    try:
        return policy.PARAMETERS.get("average_wage_month", on=date(year, 1, 1), area=area).decimal
    except ParameterNotConfigured:
        return None
