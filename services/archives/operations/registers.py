"""Statistics from the registers (统计): what the counts say, and that they balance."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlmodel.ext.asyncio.session import AsyncSession

from services.archives import queries


@dataclass(frozen=True)
class Holdings:
    """Pieces and pages of one year, category, retention and place."""

    year: int
    category: str
    retention: str
    holding: str
    pieces: int
    pages: int
    incomplete: int


@dataclass(frozen=True)
class Stock:
    """What is in the archive over a period; a lent piece still belongs to the stock."""

    since: date
    until: date
    opening: int
    received: int
    destroyed: int
    lent: int

    @property
    def closing(self) -> int:
        """Opening + received - destroyed (账物相符)."""
        return self.opening + self.received - self.destroyed


async def holdings(session: AsyncSession, *, area: str, year: int | None) -> list[Holdings]:
    """The holdings of an area, of one year or of all."""
    return [Holdings(*row) for row in await queries.registers.sum_holdings(session, area=area, year=year)]


async def stock(session: AsyncSession, *, area: str, since: date, until: date) -> Stock:
    """The balance of the movement register over [since, until)."""
    before = await queries.registers.count_movements(session, area=area, before=since)
    after = await queries.registers.count_movements(session, area=area, before=until)
    return Stock(
        since=since,
        until=until,
        opening=_number(before, "received") - _number(before, "destroyed"),
        received=_number(after, "received") - _number(before, "received"),
        destroyed=_number(after, "destroyed") - _number(before, "destroyed"),
        lent=_number(after, "lent") - _number(after, "returned"),
    )


def _number(counts: Mapping[str, int], kind: str) -> int:
    return counts.get(kind, 0)
