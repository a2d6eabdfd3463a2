"""Builders of enrolment's tests: synthetic people, units and months of contributions."""

import itertools
import os
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import queries
from services.enrolment.codes import (
    AssistanceCategory,
    BillState,
    HukouKind,
    InjuryClass,
    LineKind,
    Payer,
    PayerKind,
    Relation,
    Scheme,
    Sex,
    UnitKind,
)
from services.enrolment.models import (
    Bill,
    Contribution,
    Declaration,
    Determination,
    Employer,
    Household,
    Person,
)
from services.enrolment.operations import assistance, declarations, employers, households, people, staff
from services.enrolment.operations.determinations import determine_month
from services.enrolment.schemas import (
    AssistanceCreate,
    DeclarationCreate,
    DeclarationLineCreate,
    EmployerCreate,
    HouseholdCreate,
    MemberCreate,
    PersonCreate,
)
from services.kit.crypto import Vault
from services.kit.identity import Identity
from services.kit.ids import new_id
from services.kit.paging import PageRequest
from tests.conftest import caller

AREA = "990101"
FIRST_PAGE = PageRequest(after=None, size=200)
VAULT = Vault(b64encode(os.urandom(32)).decode(), b64encode(os.urandom(32)).decode())
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_numbers = itertools.count(1)


def at(day: date) -> datetime:
    """Noon of that day in China."""
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def clerk(subject: str = "clerk", area: str = AREA) -> Identity:
    return caller("enrolment:register", subject=subject, area=area, roles=("enrolment_clerk",))


def id_number(*, born: str = "19800101", sex: str = "male") -> str:
    """A synthetic id number of the sample county; each call gives another one."""
    number = next(_numbers)
    order = number * 2 % 1000 + (1 if sex == "male" else 0)
    year = int(born[:4]) + number // 500
    body = f"{AREA}{year}{born[4:]}{order % 1000:03d}"
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def credit_code() -> str:
    body = f"91{AREA}MA{next(_numbers):07d}"
    total = sum(CREDIT_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(body))
    return body + CREDIT_ALPHABET[-total % 31]


@dataclass(frozen=True)
class Somebody:
    """A registered person with the number that only the test knows."""

    row: Person
    number: str

    @property
    def person_id(self) -> UUID:
        return self.row.person_id


async def person(
    session: AsyncSession,
    *,
    name: str = "样例甲",
    sex: str = "male",
    hukou: HukouKind = HukouKind.RURAL,
    area: str = AREA,
    today: date = date(2026, 1, 5),
) -> Somebody:
    number = id_number(sex=sex)
    draft = PersonCreate(name=name, id_number=number, area=area, hukou=hukou)
    row = await people.register_person(
        session, draft=draft, vault=VAULT, caller=clerk(area=area), now=at(today)
    )
    return Somebody(row, number)


async def household(
    session: AsyncSession,
    *,
    size: int = 3,
    hukou: HukouKind = HukouKind.RURAL,
    area: str = AREA,
    today: date = date(2026, 1, 5),
) -> tuple[Household, list[Somebody]]:
    members = [
        await person(session, name=f"样例{n}", hukou=hukou, area=area, today=today) for n in range(size)
    ]
    relations = [Relation.HEAD, Relation.SPOUSE, *[Relation.CHILD] * size]
    draft = HouseholdCreate(
        area=area,
        address="样例村1组",
        members=[
            MemberCreate(person_id=member.person_id, relation=relation)
            for member, relation in zip(members, relations, strict=False)
        ],
    )
    row = await households.register_household(session, draft=draft, caller=clerk(area=area), now=at(today))
    return row, members


async def assisted(
    session: AsyncSession,
    who: Somebody,
    *,
    since: date,
    until: date | None = None,
    category: AssistanceCategory = AssistanceCategory.MINIMUM_LIVING_ALLOWANCE,
) -> None:
    await assistance.record_assistance(
        session,
        person=await queries.get_person(session, who.person_id, lock=True),
        draft=AssistanceCreate(
            category=category,
            hukou=HukouKind.RURAL,
            certificate_number=f"DB{next(_numbers):06d}",
            deciding_office="样例县民政局",
            valid_from=since,
            valid_until=until,
        ),
        caller=clerk(),
        now=at(since),
    )


async def employer(
    session: AsyncSession,
    *,
    schemes: Sequence[Scheme] = (Scheme.EMPLOYEE_MEDICAL,),
    injury_class: InjuryClass = InjuryClass.CLASS_2,
    area: str = AREA,
    today: date = date(2026, 1, 5),
) -> Employer:
    draft = EmployerCreate(
        name="样例制造有限公司",
        credit_code=credit_code(),
        unit_kind=UnitKind.ENTERPRISE,
        injury_class=injury_class,
        area=area,
        schemes=list(schemes),
    )
    return await employers.register_employer(session, draft=draft, caller=clerk(area=area), now=at(today))


def line(
    who: Somebody, kind: LineKind = LineKind.ADDITION, *, base: str | None = "5000", **over: Any
) -> DeclarationLineCreate:
    reason = "" if kind is LineKind.ADDITION else "合同到期"
    told = {
        "kind": kind,
        "name": who.row.name,
        "sex": Sex(who.row.sex),
        "id_number": who.number,
        "base": None if kind is LineKind.REMOVAL else base,
        "reason": reason,
    }
    return DeclarationLineCreate.model_validate(told | over)


async def declared(
    session: AsyncSession, unit: Employer, lines: Sequence[DeclarationLineCreate], *, month: date
) -> Declaration:
    """A declaration taken in, not reviewed."""
    return await declarations.declare(
        session,
        employer=unit,
        draft=DeclarationCreate(effective_month=f"{month:%Y-%m}", lines=list(lines)),
        vault=VAULT,
        caller=caller("enrolment:declare", kind="system", subject="hr", organisation=unit.credit_code),
        now=at(month),
    )


async def applied(
    session: AsyncSession, unit: Employer, lines: Sequence[DeclarationLineCreate], *, month: date
) -> Declaration:
    """A declaration in effect."""
    declaration = await declared(session, unit, lines, month=month)
    return await staff.apply_declaration(
        session, declaration_id=declaration.declaration_id, by="reviewer", today=month
    )


async def staffed(
    session: AsyncSession, *, bases: Sequence[str], month: date, **unit: Any
) -> tuple[Employer, list[Somebody]]:
    """A unit with staff on these bases from a month on."""
    found = await employer(session, today=month, **unit)
    area = found.area
    team = [await person(session, name=f"职工{n}", today=month, area=area) for n in range(len(bases))]
    lines = [line(who, base=base) for who, base in zip(team, bases, strict=True)]
    await applied(session, found, lines, month=month)
    return found, team


async def determined(
    session: AsyncSession, unit: Employer, *, month: date, on: date | None = None, by: str = "assessor"
) -> Determination:
    return await determine_month(
        session,
        employer=unit,
        period=month,
        caller=caller("enrolment:assess", subject=by, area=unit.area),
        now=at(on or month.replace(day=10)),
    )


async def paid_months(
    session: AsyncSession,
    unit: Employer,
    who: Somebody,
    months: Sequence[date],
    *,
    base: str,
    area: str = AREA,
) -> None:
    """Months of pension contributions, determined and paid, written as they would stand."""
    for month in months:
        determination = Determination(
            determination_id=new_id(),
            employer_id=unit.employer_id,
            period=month,
            total=Decimal("300.29"),
            determined_on=month,
            determined_by="assessor",
            determined_at=at(month),
        )
        session.add(determination)
        await session.flush()
        session.add(
            Contribution(
                determination_id=determination.determination_id,
                person_id=who.person_id,
                scheme=Scheme.PENSION,
                payer=Payer.PERSON,
                period=month,
                base=Decimal(base),
                amount=Decimal("300.29"),
            )
        )
        session.add(
            Bill(
                payer_kind=PayerKind.EMPLOYER,
                payer_id=unit.employer_id,
                payer_name=unit.name,
                period=f"{month:%Y-%m}",
                area=area,
                amount=Decimal("300.29"),
                received=Decimal("300.29"),
                state=BillState.PAID,
                issued_on=month,
                due_on=month,
                paid_on=month,
                determination_id=determination.determination_id,
            )
        )
    await session.flush()


def total(amounts: Sequence[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


# Through the API


def key() -> dict[str, str]:
    """A new message id."""
    return {"Idempotency-Key": f"test-{next(_numbers)}"}


async def post(client: httpx.AsyncClient, path: str, body: Any, *, status: int = 201) -> Any:
    """Posts and expects the status."""
    answer = await client.post(f"/enrolment/v1{path}", json=body, headers=key())
    assert answer.status_code == status, answer.text
    return answer.json()


async def get(client: httpx.AsyncClient, path: str, *, status: int = 200, **query: Any) -> Any:
    answer = await client.get(f"/enrolment/v1{path}", params=query)
    assert answer.status_code == status, answer.text
    return answer.json()
