"""Builders of claims tests: a county with institutions on all levels, a catalogue, insured persons, bills."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx

from services.claims.codes import ItemCategory, ItemKind, Level
from services.claims.models import Agreement, CatalogueItem, Institution
from services.claims.operations import copies
from services.kit.crypto import Vault
from services.kit.ids import new_id
from tests.conftest import ServiceApi

AREA = "990101"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
LEVEL_1, LEVEL_2, LEVEL_3, PROVINCE = "H99010100001", "H99010100002", "H99010000003", "H99000000004"
INSTITUTIONS = {
    LEVEL_1: ("样例镇卫生院", Level.LEVEL_1, "990101"),
    LEVEL_2: ("样例县人民医院", Level.LEVEL_2, "990101"),
    LEVEL_3: ("样例市中心医院", Level.LEVEL_3, "990100"),
    PROVINCE: ("样例省立医院", Level.LEVEL_3, "990000"),
}
# Ordinary item, prior self-pay of a tenth, outside the scope, restricted, and with a price limit.
A, B, C, RESTRICTED, LIMITED = "XA01", "XB01", "XC01", "XR01", "XL01"
HOSPITAL = ("claims:entitlement", "claims:bill", "claims:settle", "claims:read")


@dataclass(frozen=True)
class Person:
    """An insured person of the tests; the id number is made up, with a right check digit."""

    person_id: UUID = field(default_factory=new_id)
    id_number: str = "990101199001010018"
    name: str = "张样例"
    area: str = AREA
    scheme: str = "resident_medical"
    covered_from: str | None = "2000-01-01"
    covered_until: str | None = None
    categories: Sequence[str] = ()


def id_number(serial: int, *, area: str = AREA, born: str = "19900101") -> str:
    """A made-up id number with a right check digit (GB 11643)."""
    body = f"{area}{born}{serial:03d}"
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]


def item(code: str, category: ItemCategory, **other: Any) -> CatalogueItem:
    """A catalogue item in force since 2000."""
    fields: dict[str, Any] = {
        "pooling_area": AREA[:4],
        "name": f"样例项目{code}",
        "kind": ItemKind.DRUG,
        "prior_self_pay_ratio": Decimal("0.1") if category is ItemCategory.B else Decimal(0),
        "restricted": False,
        "price_limits": {},
        "valid_from": date(2000, 1, 1),
        "set_by": "test",
        "set_at": NOW,
    }
    return CatalogueItem(code=code, category=category, **(fields | other))


async def county(api: ServiceApi) -> None:
    """Institutions with agreements, and a catalogue of five items."""
    async with api.sessions.begin() as session:
        for code, (name, level, area) in INSTITUTIONS.items():
            session.add(Institution(code=code, name=name, level=level, area=area, registered_at=NOW))
        await session.flush()
        for code in INSTITUTIONS:
            session.add(agreement(code))
        session.add_all(
            [
                item(A, ItemCategory.A),
                item(B, ItemCategory.B),
                item(C, ItemCategory.C),
                item(RESTRICTED, ItemCategory.A, restricted=True),
                item(LIMITED, ItemCategory.A, price_limits={"level_1": "80.00", "level_2": "100.00"}),
            ]
        )


def agreement(
    code: str,
    *,
    valid_from: date = date(2000, 1, 1),
    valid_until: date = date(2100, 1, 1),
    area: str = AREA,
) -> Agreement:
    """A service agreement, valid for long unless said otherwise."""
    return Agreement(
        institution_code=code,
        area=area,
        number=f"XY-{code}-{valid_from.year}",
        valid_from=valid_from,
        valid_until=valid_until,
        signed_by="test",
        signed_at=NOW,
    )


async def move(api: ServiceApi, code: str, *, area: str) -> None:
    """The county lies in another area: the institution, its agreement and the catalogue."""
    await api.pool.execute("UPDATE institution SET area = $2 WHERE code = $1", code, area)
    await api.pool.execute("UPDATE agreement SET area = $2 WHERE institution_code = $1", code, area)
    await api.pool.execute("UPDATE catalogue_item SET pooling_area = $1", area[:4])


async def insure(api: ServiceApi, person: Person, *, version: int = 1) -> Person:
    """The person as enrolment's events would tell it."""
    async with api.sessions.begin() as session:
        await copies.copy_persons(session, rows=[person_row(api, person, version)])
        await copies.copy_coverages(session, rows=[coverage_row(person, version)])
        await copies.copy_assistance(session, rows=[assistance_row(person, version)])
    return person


def person_row(api: ServiceApi, person: Person, version: int = 1) -> dict[str, Any]:
    vault = Vault(api.keys.field_key, api.keys.index_key)
    return {
        "person_id": person.person_id,
        "version": version,
        "name": person.name,
        "sex": "male",
        "birth_on": date(1990, 1, 1),
        "id_number_index": vault.index(person.id_number),
        "id_number_masked": "990101********0018",
        "area": person.area,
    }


def coverage_row(person: Person, version: int = 1) -> dict[str, Any]:
    held = {
        "scheme": person.scheme,
        "valid_from": person.covered_from,
        "valid_until": person.covered_until,
    }
    return {
        "person_id": person.person_id,
        "version": version,
        "area": person.area,
        "coverages": [held] if person.covered_from else [],
    }


def assistance_row(person: Person, version: int = 1) -> dict[str, Any]:
    held = [{"category": name, "valid_from": "2000-01-01", "valid_until": None} for name in person.categories]
    return {"person_id": person.person_id, "version": version, "categories": held}


def line(number: int, code: str, amount: str, **other: Any) -> dict[str, Any]:
    """A charge of one piece."""
    return {
        "line_no": number,
        "item_code": code,
        "name": f"样例项目{code}",
        "quantity": "1",
        "unit_price": amount,
        "amount": amount,
        "occurred_on": "2026-01-06",
        "doctor_code": "D990101000001",
    } | other


def bill(person: Person, *lines: Mapping[str, Any], **other: Any) -> dict[str, Any]:
    """A bill of a stay from 5 to 12 January 2026, its total the sum of its lines."""
    total = sum((Decimal(one["amount"]) for one in lines), Decimal("0.00"))
    return {
        "bill_number": f"ZY{new_id().hex}",
        "person_id": str(person.person_id),
        "admitted_on": "2026-01-05",
        "discharged_on": "2026-01-12",
        "diagnosis_code": "J18.9",
        "total": str(total),
        "attachments_pages": 4,
        "lines": [dict(one) for one in lines],
    } | other


def hospital(api: ServiceApi, code: str = LEVEL_2) -> httpx.AsyncClient:
    """The information system of an institution."""
    return api.client(*HOSPITAL, kind="system", subject=f"his-{code}", organisation=code)


def key(name: str | None = None) -> dict[str, str]:
    """The header of a message id."""
    return {"Idempotency-Key": name or new_id().hex}


async def upload(client: httpx.AsyncClient, sent: Mapping[str, Any]) -> str:
    """Uploads a bill and gives its id."""
    answer = await client.post("/claims/v1/bills", json=sent, headers=key())
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["bill_id"]
    return found


async def settle(client: httpx.AsyncClient, bill_id: str, *, message: str | None = None) -> httpx.Response:
    """Settles a bill under a message id."""
    return await client.post(f"/claims/v1/bills/{bill_id}/settlement", headers=key(message))
