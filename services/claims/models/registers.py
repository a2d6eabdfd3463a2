"""What staff maintain: institutions with their agreements, and the catalogues."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, Numeric, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.claims.codes import ItemCategory, ItemKind, Level
from services.claims.models.base import Base
from services.kit.db import code_column, moment_column
from services.kit.ids import new_id


class Institution(Base, table=True):
    """A designated institution (定点医药机构)."""

    __table_args__ = (CheckConstraint("code ~ '^[A-Z][0-9]{11}$'", name="code"),)

    code: str = Field(primary_key=True)
    name: str
    level: Level = code_column(Level, name="level")
    area: str = Field(index=True)
    registered_at: datetime = moment_column()


class Agreement(Base, table=True):
    """A service agreement with its valid period [valid_from, valid_until) (服务协议).

    `area` is that of the office that signed it (经办机构); it holds in that office's pooling area only.
    """

    __table_args__ = (
        CheckConstraint("valid_from < valid_until", name="period"),
        UniqueConstraint("number"),
        Index("ix_agreement_institution_code_valid_from", "institution_code", "valid_from"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    institution_code: str = Field(foreign_key="institution.code")
    area: str
    number: str
    valid_from: date
    valid_until: date
    signed_by: str
    signed_at: datetime = moment_column()


class CatalogueItem(Base, table=True):
    """One dated version of an item of the three catalogues (三大目录) of a pooling area (统筹区).

    `pooling_area` is the leading digits of its areas' codes; `price_limits` by level, in yuan.
    """

    __tablename__ = "catalogue_item"

    __table_args__ = (
        UniqueConstraint("pooling_area", "code", "valid_from"),
        CheckConstraint("valid_until IS NULL OR valid_from < valid_until", name="period"),
        CheckConstraint("prior_self_pay_ratio BETWEEN 0 AND 1", name="ratio"),
        CheckConstraint("category = 'b' OR prior_self_pay_ratio = 0", name="ratio_of_b"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    pooling_area: str
    code: str
    name: str
    kind: ItemKind = code_column(ItemKind, name="kind")
    category: ItemCategory = code_column(ItemCategory, name="category")
    prior_self_pay_ratio: Decimal = Field(sa_column=Column(Numeric(5, 4), nullable=False))
    restricted: bool
    price_limits: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    valid_from: date
    valid_until: date | None = None
    set_by: str
    set_at: datetime = moment_column()
