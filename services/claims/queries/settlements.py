"""Settlements with what each fund paid, and the day totals for reconciliation."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, union_all
from sqlalchemy import select as select_columns
from sqlalchemy.sql.selectable import SelectBase
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.claims.codes import EntryKind
from services.claims.models import Institution, LedgerEntry, Reversal, Settlement, SettlementLayer
from services.claims.queries.bills import visible
from services.kit.identity import Identity
from services.kit.paging import PageRequest, page
from services.kit.problems import NotFound, Text


class SettlementNotFound(NotFound):
    """There is no such settlement, or it is another's (结算单不存在)."""

    slug = "settlement-not-found"
    title = Text("结算单不存在", "No such settlement")
    detail = Text(
        "没有此结算单，或不属于您；请核对编号。",
        "There is no such settlement of yours; check the identifier.",
    )


async def get_settlement(session: AsyncSession, *, settlement_id: UUID, caller: Identity) -> Settlement:
    """Raises SettlementNotFound."""
    statement = visible(select(Settlement).where(Settlement.id == settlement_id), Settlement, caller)
    found = (await session.exec(statement)).first()
    if found is None:
        raise SettlementNotFound
    return found


async def list_settlements(
    session: AsyncSession, *, caller: Identity, query: PageRequest, settled_on: date | None = None
) -> tuple[list[Settlement], str | None]:
    """The caller's settlements, newest first."""
    statement = visible(select(Settlement), Settlement, caller)
    if settled_on:
        statement = statement.where(Settlement.settled_on == settled_on)
    return await page(session, statement, key=(col(Settlement.id),), query=query)


async def layers_of(
    session: AsyncSession, *, settlement_ids: Iterable[UUID]
) -> dict[UUID, list[SettlementLayer]]:
    """What each fund paid, in the order of payment."""
    statement = select(SettlementLayer).where(col(SettlementLayer.settlement_id).in_(list(settlement_ids)))
    layers: dict[UUID, list[SettlementLayer]] = defaultdict(list)
    for layer in await session.exec(statement.order_by(col(SettlementLayer.position))):
        layers[layer.settlement_id].append(layer)
    return layers


async def reversals_of(session: AsyncSession, *, settlement_ids: Iterable[UUID]) -> dict[UUID, Reversal]:
    """The reversal of each settlement that has one."""
    statement = select(Reversal).where(col(Reversal.settlement_id).in_(list(settlement_ids)))
    return {reversal.settlement_id: reversal for reversal in await session.exec(statement)}


def opposite_entries(*, settlement_id: UUID, reversal_id: UUID, booked_on: date) -> SelectBase:
    """The entries of a settlement with the other sign, for its reversal."""
    entry = LedgerEntry
    return select_columns(
        literal(reversal_id),
        col(entry.position),
        literal(EntryKind.REVERSAL.value),
        col(entry.account),
        col(entry.party),
        -col(entry.amount),
        col(entry.area),
        literal(booked_on),
    ).where(col(entry.transaction_id) == settlement_id)


async def month_costs(
    session: AsyncSession, *, area: str, first: date, last: date
) -> Sequence[tuple[str, str, int, Decimal, Decimal, Decimal]]:
    """Code, name, cases, total, fund and person part of each institution of an area; reversed cases left out."""
    in_force: Any = (
        select_columns(Settlement)
        .outerjoin(Reversal, col(Reversal.settlement_id) == col(Settlement.id))
        .where(col(Settlement.settled_on).between(first, last), col(Reversal.id).is_(None))
        .subquery()
    )
    amounts = [func.coalesce(func.sum(in_force.c[name]), 0) for name in ("total", "fund_paid", "person_paid")]
    grouped: Any = (
        select_columns(col(Institution.code), col(Institution.name), func.count(in_force.c.id), *amounts)
        .outerjoin(in_force, in_force.c.institution_code == col(Institution.code))
        .where(col(Institution.area) == area)
        .group_by(col(Institution.code))
        .order_by(col(Institution.code))
    )
    return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in await session.exec(grouped)]


async def day_totals(
    session: AsyncSession, *, institution_code: str, first: date, last: date
) -> Sequence[tuple[date, str, int, Decimal, Decimal, Decimal]]:
    """Day, kind, count, total, fund and person part of an institution; reversals count by their own day, negative."""
    made: Any = select_columns(
        col(Settlement.settled_on).label("day"),
        literal("settlement").label("kind"),
        literal(1).label("sign"),
        col(Settlement.total),
        col(Settlement.fund_paid),
        col(Settlement.person_paid),
    ).where(col(Settlement.institution_code) == institution_code)
    undone: Any = (
        select_columns(
            col(Reversal.reversed_on),
            literal("reversal"),
            literal(-1),
            col(Settlement.total),
            col(Settlement.fund_paid),
            col(Settlement.person_paid),
        )
        .join_from(Reversal, Settlement, col(Settlement.id) == col(Reversal.settlement_id))
        .where(col(Settlement.institution_code) == institution_code)
    )
    rows = union_all(
        made.where(col(Settlement.settled_on).between(first, last)),
        undone.where(col(Reversal.reversed_on).between(first, last)),
    ).subquery()
    signed = [func.sum(rows.c.sign * rows.c[name]) for name in ("total", "fund_paid", "person_paid")]
    grouped: Any = (
        select_columns(rows.c.day, rows.c.kind, func.count(), *signed)
        .group_by(rows.c.day, rows.c.kind)
        .order_by(rows.c.day, rows.c.kind.desc())
    )
    return [(row[0], row[1], row[2], row[3], row[4], row[5]) for row in await session.exec(grouped)]
