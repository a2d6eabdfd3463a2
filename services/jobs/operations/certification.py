"""Certification as hard to employ (就业困难人员认定)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import policy, problems, queries
from services.jobs.codes import HardshipCategory
from services.jobs.events.published import CertificationGranted
from services.jobs.models import Certification, Person, Seeker
from services.jobs.rules import hardship
from services.jobs.rules.employment import State
from services.kit.events import publish
from services.kit.identity import Identity

MINIMUM_LIVING = "minimum_living_allowance"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The person and registration that were checked, with every check and the parameters that it used."""

    person: Person
    seeker: Seeker
    checks: Sequence[hardship.Check]
    parameters: Sequence[str]


async def check_hardship(
    session: AsyncSession,
    *,
    person_id: UUID,
    category: HardshipCategory,
    family: Sequence[UUID],
    caller: Identity,
    today: date,
) -> Finding:
    """Checks the category's conditions against the registers on that day; locks the registration.

    Raises SeekerNotFound, AreaForeign, CertifiedAlready, NotHardship (naming every condition that fails).
    """
    seeker = await queries.find_seeker_of(session, person_id, for_update=True)
    person = await queries.find_person(session, person_id)
    if seeker is None or person is None:
        raise problems.SeekerNotFound
    if caller.kind == "staff" and seeker.area != caller.area:
        raise problems.AreaForeign(area=caller.area)
    valid = await queries.find_certification(session, seeker.seeker_id, on=today, category=category)
    if valid is not None:
        raise problems.CertifiedAlready(number=valid.number, valid_until=valid.valid_until)
    limits, used = policy.hardship_limits(person.sex, on=today, area=seeker.area)
    facts = await _facts(session, person, seeker, family=family, today=today)
    checks = hardship.check(hardship.Category(category.value), facts=facts, limits=limits, day=today)
    failed = [check.sentence for check in checks if not check.holds]
    if failed:
        raise problems.NotHardship(failed=failed)
    return Finding(person=person, seeker=seeker, checks=checks, parameters=[one.version for one in used])


async def grant_certification(
    session: AsyncSession,
    *,
    case_id: UUID,
    person_id: UUID,
    category: HardshipCategory,
    family: Sequence[UUID],
    caller: Identity,
    today: date,
) -> Certification:
    """Issues the certification with its number and validity; the conditions must hold on this day too."""
    finding = await check_hardship(
        session, person_id=person_id, category=category, family=family, caller=caller, today=today
    )
    months = policy.PARAMETERS.get("certification_months", on=today, area=finding.seeker.area)
    certification = Certification(
        seeker_id=finding.seeker.seeker_id,
        person_id=person_id,
        category=category,
        area=finding.seeker.area,
        granted_on=today,
        valid_until=hardship.add_months(today, months=months.integer),
        case_id=case_id,
        working=[{"name": one.name, "holds": one.holds, "sentence": one.sentence} for one in finding.checks],
        parameters=[*finding.parameters, months.version],
        granted_by=caller.subject,
    )
    session.add(certification)
    await session.flush()
    publish(
        session,
        CertificationGranted(
            certification_id=certification.certification_id,
            version=1,
            number=certification.number,
            person_id=person_id,
            person_name=finding.person.name,
            category=category.value,
            area=certification.area,
            granted_on=today,
            valid_until=certification.valid_until,
        ),
    )
    return certification


async def _facts(
    session: AsyncSession, person: Person, seeker: Seeker, *, family: Sequence[UUID], today: date
) -> hardship.Facts:
    in_work = await queries.list_people_in_work(session, family, on=today) if family else ()
    assistance = await queries.find_assistance(session, person.person_id)
    receives = any(
        one["category"] == MINIMUM_LIVING
        and date.fromisoformat(one["valid_from"]) <= today
        and (one["valid_until"] is None or today < date.fromisoformat(one["valid_until"]))
        for one in (assistance.categories if assistance else ())
    )
    return hardship.Facts(
        birth_on=person.birth_on,
        state=State(seeker.state),
        unemployed_since=seeker.unemployed_since,
        minimum_living=receives,
        family_in_work=tuple(name for _, name in in_work) if family else None,
    )
