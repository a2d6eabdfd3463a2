"""Designated institutions with their agreements, and dated catalogue items."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from sqlmodel.ext.asyncio.session import AsyncSession

from services.claims.codes import ItemCategory, ItemKind, Level
from services.claims.models import Agreement, CatalogueItem, Institution
from services.claims.policy import pooling_area
from services.claims.queries import registers
from services.kit.clock import business_date
from services.kit.identity import Identity
from services.kit.problems import Conflict, Refused, Text


class InstitutionRegistered(Conflict):
    """The code is taken (机构编码已登记)."""

    slug = "institution-registered"
    title = Text("机构编码已登记", "The code is registered")
    detail = Text("编码 {code} 已登记为 {name}。", "The code {code} is registered as {name}.")


class AgreementsOverlap(Conflict):
    """Two agreements would be valid at once (协议有效期重叠)."""

    slug = "agreements-overlap"
    title = Text("协议有效期重叠", "The agreements overlap")
    detail = Text(
        "与协议 {number}（{valid_from} 至 {valid_until}）有效期重叠，请调整起止日期。",
        "It overlaps agreement {number} ({valid_from} to {valid_until}); change the dates.",
    )


class VersionNotLater(Refused):
    """A new version of an item must begin after the one before (新版本生效日过早)."""

    slug = "version-not-later"
    title = Text("新版本生效日过早", "The new version begins too early")
    detail = Text(
        "项目 {code} 的现行版本自 {valid_from} 起生效，新版本须晚于此日。",
        "The present version of {code} begins on {valid_from}; the new one must begin later.",
    )


async def register_institution(
    session: AsyncSession, *, code: str, name: str, level: Level, area: str, now: datetime
) -> Institution:
    """Enters a designated institution (定点医药机构). Raises InstitutionRegistered."""
    known = await session.get(Institution, code)
    if known is not None:
        raise InstitutionRegistered(code=code, name=known.name)
    institution = Institution(code=code, name=name, level=level, area=area, registered_at=now)
    session.add(institution)
    await session.flush()
    return institution


async def sign_agreement(
    session: AsyncSession,
    *,
    institution_code: str,
    number: str,
    valid_from: date,
    valid_until: date,
    caller: Identity,
    now: datetime,
) -> Agreement:
    """Enters a service agreement of the caller's office (服务协议).

    The institution may lie elsewhere (异地定点); each office has its own agreements, one at a time.
    Raises InstitutionNotFound, AgreementsOverlap.
    """
    await registers.get_institution(session, code=institution_code, for_update=True)
    for other in await registers.agreements_of(session, code=institution_code, within=caller.area):
        if other.valid_from < valid_until and valid_from < other.valid_until:
            raise AgreementsOverlap(
                number=other.number, valid_from=other.valid_from, valid_until=other.valid_until
            )
    agreement = Agreement(
        institution_code=institution_code,
        area=caller.area,
        number=number,
        valid_from=valid_from,
        valid_until=valid_until,
        signed_by=caller.subject,
        signed_at=now,
    )
    session.add(agreement)
    await session.flush()
    return agreement


async def set_item(
    session: AsyncSession,
    *,
    code: str,
    name: str,
    kind: ItemKind,
    category: ItemCategory,
    prior_self_pay_ratio: Decimal,
    restricted: bool,
    price_limits: Mapping[str, Decimal],
    valid_from: date,
    valid_until: date | None,
    caller: Identity,
    now: datetime,
) -> CatalogueItem:
    """Enters an item, or its next version, which ends the one before (目录项目). Raises VersionNotLater.

    It goes into the catalogue of the caller's pooling area (统筹区); those of others stay as they are.
    """
    pool = pooling_area(area=caller.area, on=business_date(now))
    before = await registers.latest_version(session, pooling_area=pool, code=code)
    if before is not None:
        if before.valid_from >= valid_from:
            raise VersionNotLater(code=code, valid_from=before.valid_from)
        if before.valid_until is None or before.valid_until > valid_from:
            before.valid_until = valid_from
    item = CatalogueItem(
        pooling_area=pool,
        code=code,
        name=name,
        kind=kind,
        category=category,
        prior_self_pay_ratio=prior_self_pay_ratio,
        restricted=restricted,
        price_limits={level: str(limit) for level, limit in price_limits.items()},
        valid_from=valid_from,
        valid_until=valid_until,
        set_by=caller.subject,
        set_at=now,
    )
    session.add(item)
    await session.flush()
    return item
