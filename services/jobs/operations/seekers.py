"""The real-name register (就业实名制): registered once, then every event keeps it true."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import policy, problems, queries
from services.jobs.codes import ChangeCause, Education, EmploymentState, Hukou
from services.jobs.models import Person, Seeker, SeekerChange
from services.jobs.rules.employment import Classified, Situation, age_on, classify
from services.kit.clock import business_date
from services.kit.identity import Identity


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What the survey of a worker brings (入户调查). Wages are yuan a month, land is 亩 a head."""

    hukou: Hukou
    able: bool
    willing: bool
    works: bool = False
    employer_name: str | None = None
    farms_own_land: bool = False
    land_per_head: Decimal | None = None
    wants_other_work: bool = False
    education: Education | None = None
    monthly_income: Decimal | None = None
    income_source: str | None = None
    occupations: Sequence[str] = ()
    skills: Sequence[str] = ()
    areas: Sequence[str] = ()
    groups: Sequence[str] = ()
    wage: Decimal | None = None
    unemployment_cause: str | None = None
    family_situation: str | None = None


async def register_seeker(
    session: AsyncSession,
    *,
    id_number_index: str,
    survey: Survey,
    caller: Identity,
    now: datetime,
    unemployed_since: date | None = None,
) -> Seeker:
    """Enters a worker once (实名登记). `unemployed_since` takes over an earlier unemployment registration.

    Raises PersonNotFound, SeekerExists.
    """
    today = business_date(now)
    person = await queries.find_person_by_id_number(session, id_number_index)
    if person is None:
        raise problems.PersonNotFound
    known = await queries.find_seeker_of(session, person.person_id)
    if known is not None:
        raise problems.SeekerExists(seeker_id=known.seeker_id)
    copy = await queries.find_employments(session, person.person_id)
    employer = running_employment(copy.employments if copy else (), on=today)
    seeker = Seeker(
        person_id=person.person_id,
        area=caller.area,
        state=EmploymentState.OUTSIDE,
        state_reason="",
        registered_by=caller.subject,
        registered_on=today,
        **_fields(survey),
    )
    if employer is not None:
        seeker.works, seeker.employer_name = True, employer
    found = classified(seeker, person=person, today=today)
    seeker.state, seeker.state_reason = EmploymentState(found.state.value), found.reason
    if seeker.state == EmploymentState.UNEMPLOYED:
        seeker.unemployed_since = min(unemployed_since or today, today)
    session.add(seeker)
    await session.flush()
    session.add(
        SeekerChange(
            seeker_id=seeker.seeker_id,
            cause=ChangeCause.SURVEY,
            changed={"state": [None, seeker.state.value]},
            reason=found.reason,
            changed_by=caller.subject,
            changed_at=now,
        )
    )
    await session.flush()
    return seeker


async def change_seeker(
    session: AsyncSession,
    *,
    seeker_id: UUID,
    changes: Mapping[str, Any],
    reason: str,
    caller: Identity,
    now: datetime,
) -> Seeker:
    """Changes what was surveyed (信息变更); the state follows. Raises SeekerNotFound, ReasonNeeded."""
    if not reason.strip():
        raise problems.ReasonNeeded
    seeker = await queries.get_seeker(session, seeker_id, caller=caller, for_update=True)
    return await settle_state(
        session,
        seeker=seeker,
        changes=changes,
        cause=ChangeCause.UPDATE,
        reason=reason,
        changed_by=caller.subject,
        today=business_date(now),
        now=now,
    )


async def settle_state(
    session: AsyncSession,
    *,
    seeker: Seeker,
    changes: Mapping[str, Any],
    cause: ChangeCause,
    reason: str,
    changed_by: str,
    today: date,
    now: datetime,
) -> Seeker:
    """Applies changes to a locked registration, classifies it anew, and logs old and new values (X5)."""
    person = await queries.find_person(session, seeker.person_id)
    if person is None:
        raise problems.PersonNotFound
    before = seeker.model_dump(mode="json")
    for name, value in changes.items():
        setattr(seeker, name, value)
    found = classified(seeker, person=person, today=today)
    seeker.state, seeker.state_reason = EmploymentState(found.state.value), found.reason
    if seeker.state != EmploymentState.UNEMPLOYED:
        seeker.unemployed_since = None
    elif seeker.unemployed_since is None:
        seeker.unemployed_since = today
    after = seeker.model_dump(mode="json")
    changed = {name: [before[name], value] for name, value in after.items() if before[name] != value}
    if not changed:
        return seeker
    seeker.version += 1
    session.add(seeker)
    session.add(
        SeekerChange(
            seeker_id=seeker.seeker_id,
            cause=cause,
            changed=changed,
            reason=reason,
            changed_by=changed_by,
            changed_at=now,
        )
    )
    await session.flush()
    return seeker


def classified(seeker: Seeker, *, person: Person, today: date) -> Classified:
    """The employment state of a registration on a day, with the parameters of its area."""
    situation = Situation(
        age=age_on(person.birth_on, day=today),
        able=seeker.able,
        willing=seeker.willing,
        works=seeker.works,
        farms_own_land=seeker.farms_own_land,
        land_per_head=seeker.land_per_head,
        wants_other_work=seeker.wants_other_work,
    )
    return classify(
        situation,
        working_age=policy.working_age(person.sex, on=today, area=seeker.area),
        land_limit=policy.PARAMETERS.get("land_per_head_limit", on=today, area=seeker.area).decimal,
    )


def _fields(survey: Survey) -> dict[str, Any]:
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in asdict(survey).items()
    }


def running_employment(employments: Sequence[Mapping[str, Any]], *, on: date) -> str | None:
    """The employer of the employment that runs on that day, None without one."""
    for one in employments:
        started, ended = date.fromisoformat(one["started_on"]), one.get("ended_on")
        if started <= on and (ended is None or date.fromisoformat(ended) > on):
            return str(one["employer_name"])
    return None
