"""The people who work with the service in a test of its API."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from services.kit import clock
from tests.conftest import ServiceApi
from tests.enrolment import build
from tests.enrolment.build import get, post

CLERK = ("enrolment:register", "enrolment:read", "enrolment:assess")
FOUR = ["employee_medical", "unemployment", "maternity", "work_injury"]


@dataclass
class Office:
    """The people who work with the service in a test."""

    api: ServiceApi
    clerk: httpx.AsyncClient = field(init=False)
    reviewer: httpx.AsyncClient = field(init=False)
    cashier: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.clerk = self.api.client(*CLERK, subject="clerk", roles=("enrolment_clerk",))
        self.reviewer = self.api.client(*CLERK, subject="reviewer", roles=("enrolment_reviewer",))
        self.cashier = self.api.client(
            "enrolment:collect", "enrolment:read", subject="cashier", roles=("finance",)
        )

    def hr(self, credit_code: str) -> httpx.AsyncClient:
        return self.api.client(
            "enrolment:declare",
            "enrolment:read",
            kind="system",
            subject=f"hr-{credit_code}",
            organisation=credit_code,
        )

    async def person(self, name: str = "样例甲", **over: Any) -> tuple[dict[str, Any], str]:
        number = build.id_number()
        body = {"name": name, "id_number": number, "area": build.AREA, "hukou": "rural"} | over
        return await post(self.clerk, "/people", body), number

    async def unit(self, **over: Any) -> dict[str, Any]:
        body = {
            "name": "样例制造有限公司",
            "credit_code": build.credit_code(),
            "unit_kind": "enterprise",
            "injury_class": "class_2",
            "area": build.AREA,
            "schemes": FOUR,
        } | over
        found: dict[str, Any] = await post(self.clerk, "/employers", body)
        return found

    async def household(self, size: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        people = [(await self.person(f"样例{n}"))[0] for n in range(size)]
        relations = ["head", "spouse", *["child"] * size]
        members = [
            {"person_id": person["person_id"], "relation": relation}
            for person, relation in zip(people, relations, strict=False)
        ]
        body = {"area": build.AREA, "address": "样例村1组", "members": members}
        return await post(self.clerk, "/households", body), people

    async def staffed(self, *, base: str = "5000") -> tuple[dict[str, Any], dict[str, Any]]:
        """A unit whose one employee is added by a declaration that two people reviewed."""
        unit, (person, number) = await self.unit(), await self.person()
        body = declaration(line(person, number, base=base))
        declared = await post(
            self.hr(unit["credit_code"]), f"/employers/{unit['employer_id']}/declarations", body
        )
        for officer in (self.clerk, self.reviewer):
            await post(officer, f"/cases/{declared['case_id']}/steps", {"decision": "approve"})
        return unit, person

    async def bill(self, unit: dict[str, Any]) -> dict[str, Any]:
        determined = await post(
            self.clerk,
            f"/employers/{unit['employer_id']}/determinations",
            {"period": f"{clock.today():%Y-%m}"},
        )
        found: dict[str, Any] = await get(self.clerk, f"/bills/{determined['bill_id']}")
        return found


def line(person: dict[str, Any], number: str, *, base: str = "5000", **over: Any) -> dict[str, Any]:
    told = {
        "kind": "addition",
        "name": person["name"],
        "sex": person["sex"],
        "id_number": number,
        "base": base,
    }
    return told | over


def declaration(*lines: dict[str, Any], document: str = "labour_contract") -> dict[str, Any]:
    return {
        "effective_month": f"{clock.today():%Y-%m}",
        "lines": list(lines),
        "documents": [{"code": document, "reference": "HT-1"}],
    }


def money_in(amount: str, **over: Any) -> dict[str, Any]:
    told = {
        "receipt_number": f"SP-{uuid4().hex[:12]}",
        "kind": "tax_receipt",
        "amount": amount,
        "paid_on": clock.today().isoformat(),
    }
    return told | over


async def rows(pool: asyncpg.Pool, table: str) -> int:
    count: int = await pool.fetchval(f'SELECT count(*) FROM "{table}"')
    return count
