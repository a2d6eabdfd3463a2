"""The answer to an entitlement query (待遇资格查询): one row for each fund, with the reason why not."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel.ext.asyncio.session import AsyncSession

from services.claims.models import Agreement, Institution
from services.claims.operations.bills import NotAnInstitution
from services.claims.operations.reversal import accumulated
from services.claims.operations.settlement import spans_of
from services.claims.policy import AidBelowFloor, NoPolicy, pooling_area, pooling_digits
from services.claims.policy import cached_policy as policy_for
from services.claims.queries import persons, registers
from services.claims.queries.persons import Insured
from services.claims.rules import entitlement
from services.claims.rules.entitlement import Cover
from services.claims.rules.policy import Layer, Policy
from services.claims.rules.settlement import Accumulated, limit_left
from services.kit.identity import Identity


@dataclass(frozen=True, slots=True)
class Entitled:
    """Everything that an entitlement query found out."""

    insured: Insured
    institution: Institution
    agreement: Agreement | None
    cover: Cover
    band: str | None
    identities: tuple[str, ...]
    policy: Policy | None
    refusal: str | None
    year: Accumulated


@dataclass(frozen=True, slots=True)
class FundVerdict:
    """One fund: the layer that pays, or the reason why it does not."""

    fund: str
    layer: Layer | None
    reason: str | None


async def check_entitlement(
    session: AsyncSession, *, id_number_index: str, first: date, last: date, caller: Identity
) -> Entitled:
    """Who is entitled to what at the calling institution from first to last.

    Raises NotAnInstitution, InstitutionNotFound, PersonNotFound.
    """
    if caller.kind != "system" or caller.organisation is None:
        raise NotAnInstitution
    institution = await registers.get_institution(session, code=caller.organisation)
    insured = await persons.get_insured(session, id_number_index=id_number_index)
    agreement = await _agreement(session, insured, institution, last)
    cover = entitlement.cover(
        spans=spans_of(insured.coverage.coverages if insured.coverage else [], name="scheme"),
        first=first,
        last=last,
    )
    categories = insured.assistance.categories if insured.assistance else []
    identities = entitlement.identities_on(spans=spans_of(categories, name="category"), day=last)
    band = _band(insured, institution, last)
    policy, refusal = _policy(insured, cover, band, last, identities)
    year = await _year(session, insured, cover, last)
    return Entitled(
        insured=insured,
        institution=institution,
        agreement=agreement,
        cover=cover,
        band=band,
        identities=identities,
        policy=policy,
        refusal=refusal if agreement else "no_valid_agreement",
        year=year,
    )


def funds_of(found: Entitled) -> list[FundVerdict]:
    """Each fund that could pay, in the order of payment."""
    layers = {layer.fund: layer for layer in found.policy.layers} if found.policy else {}
    pool = "employee_pool" if found.cover.scheme == "employee_medical" else "resident_pool"
    asked = dict.fromkeys([pool, *layers, "medical_aid"])
    return [_verdict(found, fund, layers.get(fund)) for fund in asked]


def left_of(found: Entitled, *, layer: Layer) -> Decimal | None:
    """How much of the fund's cap is left, in yuan; None without a cap."""
    return limit_left(layer=layer, accumulated=found.year)


def _verdict(found: Entitled, fund: str, layer: Layer | None) -> FundVerdict:
    if found.refusal:
        return FundVerdict(fund, None, found.refusal)
    return FundVerdict(fund, layer, None if layer else "no_assistance_identity")


async def _agreement(
    session: AsyncSession, insured: Insured, institution: Institution, day: date
) -> Agreement | None:
    """The institution's agreement with the person's pooling area that is valid on the day."""
    area = insured.coverage.area if insured.coverage else insured.person.area
    agreements = await registers.agreements_of(
        session, code=institution.code, within=pooling_area(area=area, on=day)
    )
    return next((a for a in agreements if a.valid_from <= day < a.valid_until), None)


def _band(insured: Insured, institution: Institution, day: date) -> str | None:
    if insured.coverage is None:
        return None
    area = insured.coverage.area
    return entitlement.band(
        institution_level=institution.level,
        institution_area=institution.area,
        insured_area=area,
        pooling_digits=pooling_digits(area=area, on=day),
    )


def _policy(
    insured: Insured, cover: Cover, band: str | None, day: date, identities: tuple[str, ...]
) -> tuple[Policy | None, str | None]:
    if insured.coverage is None or cover.scheme is None or band is None:
        return None, cover.reason
    try:
        area = insured.coverage.area
        return policy_for(area=area, scheme=cover.scheme, band=band, on=day, identities=identities), None
    except (NoPolicy, AidBelowFloor) as refusal:
        return None, refusal.slug.replace("-", "_")


async def _year(session: AsyncSession, insured: Insured, cover: Cover, day: date) -> Accumulated:
    if cover.scheme is None:
        return Accumulated()
    row = await persons.find_accumulator(
        session, person_id=insured.person.person_id, scheme=cover.scheme, year=day.year
    )
    return accumulated(row) if row else Accumulated()
