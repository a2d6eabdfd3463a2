"""Entitlement (待遇资格)."""

from typing import Annotated

from fastapi import APIRouter

from services.claims.codes import Fund
from services.claims.operations.bills import NotAnInstitution
from services.claims.operations.entitlement import Entitled, FundVerdict, check_entitlement, funds_of, left_of
from services.claims.queries.persons import PersonNotFound
from services.claims.queries.registers import InstitutionNotFound
from services.claims.schemas.entitlement import (
    CoverageRead,
    EntitlementQuery,
    EntitlementRead,
    FundRead,
    InsuredRead,
    YearRead,
)
from services.kit.db import DbSession
from services.kit.identifiers import mask_name
from services.kit.identity import Identity, requires
from services.kit.problems import answers
from services.kit.vault import PersonalVault

router = APIRouter(tags=["entitlement"])


@router.post("/entitlements", responses=answers(NotAnInstitution, InstitutionNotFound, PersonNotFound))
async def query_entitlement(
    body: EntitlementQuery,
    session: DbSession,
    vault: PersonalVault,
    caller: Annotated[Identity, requires("claims:entitlement")],
) -> EntitlementRead:
    """待遇资格查询 · may this person be settled for at your institution, and by which funds."""
    first, last = body.days
    found = await check_entitlement(
        session, id_number_index=vault.index(body.id_number), first=first, last=last, caller=caller
    )
    return EntitlementRead(
        person=_person(found),
        first=first,
        last=last,
        care_type=body.care_type,
        institution_code=found.institution.code,
        agreement_valid=found.agreement is not None,
        band=found.band,
        coverage=_coverage(found),
        assistance=list(found.identities),
        year=_year(found, last.year),
        funds=[_fund(found, verdict) for verdict in funds_of(found)],
    )


def _person(found: Entitled) -> InsuredRead:
    person = found.insured.person
    return InsuredRead(
        person_id=person.person_id,
        name=mask_name(person.name),
        id_number=person.id_number_masked,
        sex=person.sex,
        area=person.area,
    )


def _coverage(found: Entitled) -> CoverageRead:
    cover = found.cover
    return CoverageRead(
        scheme=cover.scheme,
        covered=cover.scheme is not None,
        reason=cover.reason,
        uncovered_on=cover.first_uncovered_day,
    )


def _year(found: Entitled, year: int) -> YearRead | None:
    if found.cover.scheme is None:
        return None
    used = found.year
    return YearRead(
        year=year,
        version=used.version,
        in_policy=used.in_policy,
        deductible_paid=used.deductible_paid,
        paid={Fund(fund): amount for fund, amount in used.paid.items()},
        admissions=used.admissions,
    )


def _fund(found: Entitled, verdict: FundVerdict) -> FundRead:
    layer = verdict.layer
    deductible = layer.deductible if layer else None
    cap = layer.cap if layer else None
    return FundRead(
        fund=Fund(verdict.fund),
        pays=layer is not None,
        reason=verdict.reason,
        deductible=deductible.amount if deductible else None,
        ratio=layer.ratio.amount if layer else None,
        cap=cap.amount if cap else None,
        cap_period=layer.cap_period if layer and cap else None,
        limit_left=left_of(found, layer=layer) if layer else None,
        source=layer.ratio.source if layer else None,
    )
