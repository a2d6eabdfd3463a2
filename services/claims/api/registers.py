"""Institutions, agreements, catalogue items."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query

from services.claims.operations import registers as operations
from services.claims.operations.registers import (
    AgreementsOverlap,
    InstitutionRegistered,
    VersionNotLater,
)
from services.claims.policy import pooling_area
from services.claims.queries import registers as queries
from services.claims.queries.registers import InstitutionNotFound, ItemNotFound
from services.claims.rules.amounts import rate
from services.claims.schemas.common import CODE, WORD
from services.claims.schemas.registers import (
    AgreementCreate,
    AgreementRead,
    InstitutionCreate,
    InstitutionRead,
    InstitutionWithAgreements,
    ItemCreate,
    ItemRead,
    SigningRateRead,
)
from services.kit import clock
from services.kit.db import DbSession
from services.kit.idempotency import Once
from services.kit.identifiers import AreaCode
from services.kit.identity import Identity, requires
from services.kit.paging import CursorRefused, Page, PageQuery
from services.kit.problems import answers
from services.kit.schemas import PRINTABLE

router = APIRouter(tags=["registers"])
Registrar = Annotated[Identity, requires("claims:institutions")]
Cataloguer = Annotated[Identity, requires("claims:catalogue")]
Reader = Annotated[Identity, requires("claims:read")]
InstitutionPath = Annotated[str, Path(pattern=CODE, description="定点机构编码，12 位")]
InsuredArea = Annotated[
    AreaCode | None, Query(description="参保地行政区划代码，默认调用方所在地，取其统筹区目录")
]
ItemPath = Annotated[str, Path(pattern=WORD, max_length=40, description="目录编码")]


@router.post("/institutions", status_code=201, responses=answers(InstitutionRegistered))
async def register_institution(
    body: InstitutionCreate, session: DbSession, caller: Registrar, once: Once
) -> InstitutionRead:
    """登记定点医药机构 · enter a designated institution."""
    institution = await operations.register_institution(session, **dict(body), now=clock.now())
    return once.keep(InstitutionRead.model_validate(institution), status=201)


@router.post(
    "/institutions/{code}/agreements",
    status_code=201,
    responses=answers(InstitutionNotFound, AgreementsOverlap),
)
async def sign_agreement(
    code: InstitutionPath, body: AgreementCreate, session: DbSession, caller: Registrar, once: Once
) -> AgreementRead:
    """签订服务协议 · enter a service agreement of the caller's office; it holds in its pooling area."""
    agreement = await operations.sign_agreement(
        session, institution_code=code, **dict(body), caller=caller, now=clock.now()
    )
    return once.keep(AgreementRead.model_validate(agreement), status=201)


@router.get("/institutions", responses=answers(CursorRefused))
async def list_institutions(
    session: DbSession,
    caller: Reader,
    query: PageQuery,
    area: Annotated[str | None, Query(pattern="^[0-9]{6}$", description="行政区划代码")] = None,
) -> Page[InstitutionRead]:
    """定点机构名录 · the designated institutions."""
    items, after = await queries.list_institutions(session, area=area, query=query)
    return Page(items=[InstitutionRead.model_validate(item) for item in items], next=after)


@router.get("/institutions/{code}", responses=answers(InstitutionNotFound))
async def get_institution(
    code: InstitutionPath, session: DbSession, caller: Reader
) -> InstitutionWithAgreements:
    """定点机构及其协议 · one institution with its agreements; valid for whom the caller's pooling area insures."""
    institution = await queries.get_institution(session, code=code)
    agreements = await queries.agreements_of(session, code=code)
    today = clock.today()
    pool = pooling_area(area=caller.area, on=today)
    return InstitutionWithAgreements(
        **dict(InstitutionRead.model_validate(institution)),
        agreements=[AgreementRead.model_validate(agreement) for agreement in agreements],
        agreement_valid=any(
            a.area.startswith(pool) and a.valid_from <= today < a.valid_until for a in agreements
        ),
    )


@router.get("/agreements/signing-rate")
async def get_signing_rate(
    session: DbSession,
    caller: Registrar,
    on: Annotated[date | None, Query(description="截止日期，默认今天")] = None,
) -> SigningRateRead:
    """协议签订率 · how many institutions of the caller's area have a valid agreement with its pooling area."""
    day = on or clock.today()
    institutions, signed = await queries.signing_counts(
        session, area=caller.area, pooling_area=pooling_area(area=caller.area, on=clock.today()), on=day
    )
    return SigningRateRead(
        area=caller.area,
        on=day,
        institutions=institutions,
        signed=signed,
        rate=str(rate(signed, whole=institutions)),
    )


@router.post("/catalogue/items", status_code=201, responses=answers(VersionNotLater))
async def set_catalogue_item(
    body: ItemCreate, session: DbSession, caller: Cataloguer, once: Once
) -> ItemRead:
    """新增目录项目或新版本 · enter an item of the caller's pooling area, or its next version, which ends the one before."""
    item = await operations.set_item(session, **dict(body), caller=caller, now=clock.now())
    return once.keep(ItemRead.model_validate(item), status=201)


@router.get("/catalogue/items", responses=answers(CursorRefused))
async def list_catalogue_items(
    session: DbSession,
    caller: Reader,
    query: PageQuery,
    on: Annotated[date | None, Query(description="适用日期，默认今天")] = None,
    search: Annotated[
        str | None, Query(min_length=1, max_length=40, pattern=PRINTABLE, description="名称或编码前缀")
    ] = None,
    area: InsuredArea = None,
) -> Page[ItemRead]:
    """目录与价格公示 · the items in force on a day in a pooling area, the caller's unless named, with price limits."""
    pool = pooling_area(area=area or caller.area, on=clock.today())
    items, after = await queries.list_items(
        session, pooling_area=pool, on=on or clock.today(), search=search, query=query
    )
    return Page(items=[ItemRead.model_validate(item) for item in items], next=after)


@router.get("/catalogue/items/{code}", responses=answers(ItemNotFound))
async def get_catalogue_item(
    code: ItemPath, session: DbSession, caller: Reader, area: InsuredArea = None
) -> list[ItemRead]:
    """目录项目的全部版本 · all dated versions of an item in a pooling area, newest first."""
    pool = pooling_area(area=area or caller.area, on=clock.today())
    versions = await queries.versions_of(session, pooling_area=pool, codes=[code])
    if not versions:
        raise ItemNotFound(code=code)
    return [ItemRead.model_validate(version) for version in versions]
