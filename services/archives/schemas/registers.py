"""Registers and statistics, as they travel."""

from datetime import date, datetime
from uuid import UUID

from services.archives.codes import Category, Holding, MovementKind, Retention
from services.kit.schemas import Outgoing


class MovementRead(Outgoing):
    """An entry of the movement register (异动登记)."""

    movement_id: UUID
    piece_id: UUID
    kind: MovementKind
    reference_id: UUID
    moved_on: date
    moved_by: str
    moved_at: datetime


class HoldingsLine(Outgoing):
    """Holdings of one year, category, retention and place (业务档案统计表)."""

    year: int
    category: Category
    retention: Retention
    holding: Holding
    pieces: int
    pages: int
    incomplete: int


class HoldingsRead(Outgoing):
    """Holdings statistics; the totals are the sums of the lines."""

    lines: list[HoldingsLine]
    pieces: int
    pages: int


class StockRead(Outgoing):
    """The register's balance of a period: opening + received - destroyed = closing, and lent of the closing stock."""

    since: date
    until: date
    opening: int
    received: int
    destroyed: int
    closing: int
    lent: int
