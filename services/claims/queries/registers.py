"""Institutions with their agreements, and dated catalogue items."""

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.claims.models import Agreement, CatalogueItem, Institution
from services.kit.paging import PageRequest, page
from services.kit.problems import NotFound, Text


class InstitutionNotFound(NotFound):
    """No designated institution has this code (定点机构不存在)."""

    slug = "institution-not-found"
    title = Text("定点机构不存在", "No such institution")
    detail = Text(
        "没有编码为 {code} 的定点机构，请核对编码。", "No institution has the code {code}; check it."
    )


class ItemNotFound(NotFound):
    """The catalogue has no item with this code (目录项目不存在)."""

    slug = "item-not-found"
    title = Text("目录项目不存在", "No such catalogue item")
    detail = Text(
        "目录中没有编码为 {code} 的项目，请核对编码。", "The catalogue has no item {code}; check the code."
    )


async def get_institution(session: AsyncSession, *, code: str, for_update: bool = False) -> Institution:
    """Raises InstitutionNotFound."""
    found = await session.get(Institution, code, with_for_update=for_update or None)
    if found is None:
        raise InstitutionNotFound(code=code)
    return found


async def list_institutions(
    session: AsyncSession, *, area: str | None, query: PageRequest
) -> tuple[list[Institution], str | None]:
    """The institutions by code, of an area or of all."""
    statement = select(Institution)
    if area:
        statement = statement.where(Institution.area == area)
    return await page(session, statement, key=(col(Institution.code),), query=query, descending=False)


async def agreements_of(session: AsyncSession, *, code: str, within: str = "") -> Sequence[Agreement]:
    """An institution's agreements, oldest first; only of offices whose area begins with `within`."""
    statement = select(Agreement).where(
        Agreement.institution_code == code, col(Agreement.area).startswith(within)
    )
    return (await session.exec(statement.order_by(col(Agreement.valid_from)))).all()


async def signing_counts(session: AsyncSession, *, area: str, pooling_area: str, on: date) -> tuple[int, int]:
    """How many institutions an area has, and how many have an agreement of the pooling area valid on the day."""
    signed = (
        select(Agreement.institution_code)
        .where(
            Agreement.institution_code == Institution.code,
            col(Agreement.area).startswith(pooling_area),
            Agreement.valid_from <= on,
            Agreement.valid_until > on,
        )
        .exists()
    )
    statement = select(func.count(), func.count().filter(signed)).where(Institution.area == area)
    return (await session.exec(statement.select_from(Institution))).one()


async def versions_of(
    session: AsyncSession, *, pooling_area: str, codes: Iterable[str]
) -> Sequence[CatalogueItem]:
    """All dated versions of a pooling area's items, newest first."""
    statement = select(CatalogueItem).where(
        CatalogueItem.pooling_area == pooling_area, col(CatalogueItem.code).in_(set(codes))
    )
    return (await session.exec(statement.order_by(col(CatalogueItem.valid_from).desc()))).all()


async def latest_version(session: AsyncSession, *, pooling_area: str, code: str) -> CatalogueItem | None:
    """The newest version of an item, locked, so that two changes come one after the other."""
    statement = select(CatalogueItem).where(
        CatalogueItem.pooling_area == pooling_area, CatalogueItem.code == code
    )
    return (
        await session.exec(
            statement.order_by(col(CatalogueItem.valid_from).desc()).limit(1).with_for_update()
        )
    ).first()


async def list_items(
    session: AsyncSession, *, pooling_area: str, on: date, search: str | None, query: PageRequest
) -> tuple[list[CatalogueItem], str | None]:
    """The items in force on a day, by code; `search` finds a part of the name or the beginning of the code."""
    statement = select(CatalogueItem).where(
        CatalogueItem.pooling_area == pooling_area,
        col(CatalogueItem.valid_from) <= on,
        or_(col(CatalogueItem.valid_until).is_(None), col(CatalogueItem.valid_until) > on),
    )
    if search:
        statement = statement.where(
            or_(
                col(CatalogueItem.name).contains(search, autoescape=True),
                col(CatalogueItem.code).startswith(search, autoescape=True),
            )
        )
    return await page(session, statement, key=(col(CatalogueItem.code),), query=query, descending=False)
