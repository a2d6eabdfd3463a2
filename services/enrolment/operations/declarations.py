"""A unit's declaration of staff changes: declared, reviewed twice, applied (人员增减变动、基数申报, E03, E04)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import policy, queries
from services.enrolment.codes import LineKind
from services.enrolment.models import Declaration, DeclarationLine, Employer, Person
from services.enrolment.rules.contributions import base_fits, month_of
from services.enrolment.rules.identity import differing_fields
from services.enrolment.schemas import DeclarationCreate, DeclarationLineCreate
from services.kit.clock import business_date
from services.kit.crypto import Vault
from services.kit.identity import Identity
from services.kit.ids import new_id
from services.kit.problems import Conflict, Refused, Text

STAFF_DECLARATION = "staff-declaration"


class PersonDiffers(Refused):
    """Name, sex or id number is not as registered (与参保登记信息不符, R1-02); never says which."""

    slug = "declared-person-differs"
    title = Text("申报人员与参保登记信息不符", "A declared person is not as registered")
    detail = Text(
        "第 {lines} 行的姓名、性别或身份证号码与登记不符，全部未办理；请核对，未登记的人员请先登记。",
        "Lines {lines} differ from the register in name, sex or id number; nothing was changed. "
        "Correct them, or register the person first.",
    )


class LineIncomplete(Refused):
    """A line lacks its base or reason, or has one that it must not have (申报行不完整)."""

    slug = "declaration-line-incomplete"
    title = Text("申报行不完整", "A declaration line is incomplete")
    detail = Text(
        "第 {lines} 行：增加须填缴费基数；减少须填原因且不填基数；基数变更须填新基数和原因。",
        "Lines {lines}: an addition needs a base; a removal a reason and no base; a base change both.",
    )


class PersonTwice(Refused):
    """The same person stands on two lines (人员重复申报)."""

    slug = "declared-twice"
    title = Text("同一人员重复申报", "A person is declared twice")
    detail = Text(
        "第 {lines} 行的人员在本申报或另一份在办申报中已出现，请合并后重新申报。",
        "The people on lines {lines} stand in this or another open declaration already.",
    )


class NotAsEmployed(Conflict):
    """An addition of somebody employed, or a removal or base change of somebody not (与在职状态不符)."""

    slug = "not-as-employed"
    title = Text("与人员在职状态不符", "The line does not fit the employment")
    detail = Text(
        "第 {lines} 行：增加的人员已在本单位参保，或减少、变更的人员不在本单位参保。",
        "Lines {lines}: added people are employed here already, or removed or changed ones are not.",
    )


class BaseOutside(Refused):
    """A base lies outside floor and ceiling (缴费基数超出上下限, R1-03)."""

    slug = "base-outside-limits"
    title = Text("缴费基数超出上下限", "The base is outside the limits")
    detail = Text(
        "第 {lines} 行：缴费基数应在 {floor} 元至 {ceiling} 元之间。",
        "Lines {lines}: the base must lie between {floor} and {ceiling} yuan.",
    )


class MonthDetermined(Conflict):
    """The month is determined already; changes take effect later (当月已核定)."""

    slug = "month-determined"
    title = Text("该月已核定", "The month is determined already")
    detail = Text(
        "{period} 已核定，人员变动请自其后的月份生效。",
        "{period} is determined; let the change begin in a later month.",
    )


class BeforeRegistration(Refused):
    """The effective month lies before the unit's registration (早于单位登记)."""

    slug = "before-registration"
    title = Text("生效月份早于单位登记", "Before the employer was registered")
    detail = Text(
        "单位于 {registered_on} 登记，生效月份不能更早。", "The employer was registered on {registered_on}."
    )


@dataclass(frozen=True, kw_only=True)
class _Line:
    number: int
    draft: DeclarationLineCreate
    person: Person


async def declare(
    session: AsyncSession,
    *,
    employer: Employer,
    draft: DeclarationCreate,
    vault: Vault,
    caller: Identity,
    now: datetime,
) -> Declaration:
    """Takes a declaration in and gives it its number; nothing changes before both reviews.

    Raises BeforeRegistration, MonthDetermined, PersonDiffers, LineIncomplete, PersonTwice, NotAsEmployed,
    BaseOutside, ParameterNotConfigured.
    """
    month = date.fromisoformat(f"{draft.effective_month}-01")
    if month < month_of(employer.registered_on):
        raise BeforeRegistration(registered_on=employer.registered_on)
    await check_month(session, employer=employer, month=month)
    lines = await _matched(session, draft.lines, vault=vault)
    await _check_lines(session, employer, lines)
    _check_bases(lines, month=month, area=employer.area)
    declaration = Declaration(
        declaration_id=new_id(),
        employer_id=employer.employer_id,
        effective_month=month,
        declared_by=caller.subject,
        declared_on=business_date(now),
        declared_at=now,
    )
    session.add(declaration)
    await session.flush()
    session.add_all([_row(declaration, line) for line in lines])
    await session.flush()
    return declaration


def _row(declaration: Declaration, line: _Line) -> DeclarationLine:
    return DeclarationLine(
        line_id=new_id(),
        declaration_id=declaration.declaration_id,
        person_id=line.person.person_id,
        kind=line.draft.kind,
        base=line.draft.base,
        reason=line.draft.reason,
    )


async def check_month(session: AsyncSession, *, employer: Employer, month: date) -> None:
    """Raises MonthDetermined when the month, or a later one, is determined."""
    last = await queries.find_last_determined(session, employer.employer_id)
    if last is not None and last >= month:
        raise MonthDetermined(period=f"{last:%Y-%m}")


async def _matched(
    session: AsyncSession, drafts: Sequence[DeclarationLineCreate], *, vault: Vault
) -> list[_Line]:
    indexes = [vault.index(draft.id_number) for draft in drafts]
    registered = {
        person.id_number_index: person for person in await queries.list_people_by_index(session, indexes)
    }
    wrong = [
        number
        for number, (draft, index) in enumerate(zip(drafts, indexes, strict=True), start=1)
        if _differs(draft, registered.get(index))
    ]
    if wrong:
        raise PersonDiffers(lines=wrong)
    return [
        _Line(number=number, draft=draft, person=registered[index])
        for number, (draft, index) in enumerate(zip(drafts, indexes, strict=True), start=1)
    ]


def _differs(draft: DeclarationLineCreate, person: Person | None) -> bool:
    # The id number agrees when its blind index finds the person.
    return person is None or bool(
        differing_fields(
            declared={"name": draft.name, "sex": draft.sex},
            registered={"name": person.name, "sex": person.sex},
        )
    )


async def _check_lines(session: AsyncSession, employer: Employer, lines: Sequence[_Line]) -> None:
    if incomplete := [line.number for line in lines if not _is_complete(line.draft)]:
        raise LineIncomplete(lines=incomplete)
    people = [line.person.person_id for line in lines]
    elsewhere = await queries.list_open_lines(
        session, employer.employer_id, people, procedure=STAFF_DECLARATION
    )
    if twice := [
        line.number
        for line in lines
        if people.count(line.person.person_id) > 1 or line.person.person_id in elsewhere
    ]:
        raise PersonTwice(lines=twice)
    employed = await queries.list_employed(session, employer.employer_id, people)
    if unfit := [
        line.number
        for line in lines
        if (line.draft.kind == LineKind.ADDITION) == (line.person.person_id in employed)
    ]:
        raise NotAsEmployed(lines=unfit)


def _is_complete(draft: DeclarationLineCreate) -> bool:
    needs: Mapping[LineKind, tuple[bool, bool]] = {
        LineKind.ADDITION: (True, False),
        LineKind.REMOVAL: (False, True),
        LineKind.BASE_CHANGE: (True, True),
    }
    base, reason = needs[draft.kind]
    return (draft.base is not None) == base and (bool(draft.reason) or not reason)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Floor and ceiling of the base in a month, with their versions."""

    floor: Decimal
    ceiling: Decimal
    floor_version: str
    ceiling_version: str


def base_limits(*, month: date, area: str) -> Limits:
    """The area's limits for the monthly base. Raises ParameterNotConfigured."""
    floor = policy.PARAMETERS.get("base_floor", on=month, area=area)
    ceiling = policy.PARAMETERS.get("base_ceiling", on=month, area=area)
    return Limits(
        floor=floor.decimal,
        ceiling=ceiling.decimal,
        floor_version=floor.version,
        ceiling_version=ceiling.version,
    )


def _check_bases(lines: Sequence[_Line], *, month: date, area: str) -> None:
    limits = base_limits(month=month, area=area)
    outside = [
        line.number
        for line in lines
        if line.draft.base is not None
        and not base_fits(line.draft.base, floor=limits.floor, ceiling=limits.ceiling)
    ]
    if outside:
        raise BaseOutside(lines=outside, floor=f"{limits.floor:.2f}", ceiling=f"{limits.ceiling:.2f}")
