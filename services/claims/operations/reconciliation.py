"""Daily reconciliation with an institution (每日对账): totals first, lines only where they differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel.ext.asyncio.session import AsyncSession

from services.claims.operations.bills import NotAnInstitution
from services.claims.queries import settlements
from services.claims.rules.amounts import ZERO
from services.kit.identity import Identity

FIGURES = ("count", "reversed_count", "total", "fund_paid", "person_paid")


@dataclass(frozen=True, slots=True)
class DayTotals:
    """What happened on one day: settlements, or reversals with the other sign; amounts in yuan."""

    day: date
    kind: str
    count: int
    total: Decimal
    fund_paid: Decimal
    person_paid: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """The days of an institution, and their sum."""

    institution_code: str
    first: date
    last: date
    days: list[DayTotals]

    def figures(self) -> dict[str, int | Decimal]:
        counts = {
            kind: sum(d.count for d in self.days if d.kind == kind) for kind in ("settlement", "reversal")
        }
        return {
            "count": counts["settlement"],
            "reversed_count": counts["reversal"],
            "total": sum((d.total for d in self.days), ZERO),
            "fund_paid": sum((d.fund_paid for d in self.days), ZERO),
            "person_paid": sum((d.person_paid for d in self.days), ZERO),
        }


async def totals_of(session: AsyncSession, *, caller: Identity, first: date, last: date) -> Totals:
    """The centre's totals of the calling institution. Raises NotAnInstitution."""
    if caller.kind != "system" or caller.organisation is None:
        raise NotAnInstitution
    rows = await settlements.day_totals(session, institution_code=caller.organisation, first=first, last=last)
    return Totals(caller.organisation, first, last, [DayTotals(*row) for row in rows])


def differences(
    *, claimed: Mapping[str, int | Decimal], centre: Mapping[str, int | Decimal]
) -> list[tuple[str, str, str]]:
    """The figures that differ, by however little: name, the institution's, the centre's."""
    return [
        (name, str(claimed[name]), str(centre[name])) for name in FIGURES if claimed[name] != centre[name]
    ]
