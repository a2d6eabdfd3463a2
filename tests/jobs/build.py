"""Builders: synthetic people of the sample county 990101, employers, vacancies, callers."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import operations, procedures
from services.jobs.codes import (
    AssistanceChannel,
    Channel,
    EmployerKind,
    EmployerState,
    HardshipCategory,
    Hukou,
    Sex,
    VacancyState,
)
from services.jobs.models import AssistanceRequest, Certification, Employer, Person, Seeker, Vacancy
from services.jobs.operations import Survey, VacancyTerms
from services.kit.identity import Identity
from services.kit.ids import new_id
from services.kit.procedures import Decision, Move, Papers, ProcedureCase, decide_step, open_case
from tests.conftest import caller

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # Monday, ten in the morning in Shanghai
TODAY = date(2026, 3, 2)
AREA = "990101"
_next = count(1)

CLERK = caller("jobs:review", subject="clerk", roles=("jobs_clerk",))
REVIEWER = caller("jobs:review", subject="reviewer", roles=("jobs_reviewer",))
PAPERS = ({"code": "application_form"}, {"code": "identity_card"})


def number() -> int:
    return next(_next)


async def person(session: AsyncSession, **told: Any) -> Person:
    """A person as enrolment would tell of him: a woman of 45 in the sample county."""
    serial = number()
    fields: dict[str, Any] = {
        "person_id": new_id(),
        "version": 1,
        "name": f"样例{serial}",
        "sex": Sex.FEMALE,
        "birth_on": date(1981, 1, 1),
        "id_number_index": f"{serial:064x}",
        "id_number_masked": "990101********0021",
        "area": AREA,
    } | told
    await operations.copy_person(session, **fields)
    return Person(**fields)


def survey(**told: Any) -> Survey:
    """An urban worker without work who can and wants to."""
    fields: dict[str, Any] = {"hukou": Hukou.URBAN, "able": True, "willing": True}
    return Survey(**(fields | told))


async def seeker(
    session: AsyncSession,
    *,
    of: Person | None = None,
    by: Identity = CLERK,
    now: datetime = NOW,
    unemployed_since: date | None = None,
    **told: Any,
) -> Seeker:
    of = of or await person(session)
    return await operations.register_seeker(
        session,
        id_number_index=of.id_number_index,
        survey=survey(**told),
        unemployed_since=unemployed_since,
        caller=by,
        now=now,
    )


async def employer(session: AsyncSession, *, verified: bool = True, **told: Any) -> Employer:
    fields: dict[str, Any] = {
        "credit_code": f"91990101MA{number():08d}",
        "name": "样例制造有限公司",
        "kind": EmployerKind.PRIVATE,
        "area": AREA,
        "contact_name": "样例联系人",
        "state": EmployerState.VERIFIED if verified else EmployerState.REGISTERED,
        "registered_by": "counter",
        "registered_on": TODAY,
        "verified_on": TODAY if verified else None,
    }
    one = Employer(**(fields | told))
    session.add(one)
    await session.flush()
    return one


def terms(**told: Any) -> VacancyTerms:
    fields: dict[str, Any] = {
        "title": "装配工",
        "duties": "流水线装配",
        "occupation": "6-31-01-03",
        "places": 2,
        "area": AREA,
        "valid_until": TODAY + timedelta(days=60),
        "wage_least": Decimal("3000.00"),
        "wage_most": Decimal("4000.00"),
        "skills": ["装配", "质检"],
        "groups": [],
    }
    return VacancyTerms(**(fields | told))


async def vacancy(session: AsyncSession, *, of: Employer | None = None, **told: Any) -> Vacancy:
    """A published vacancy."""
    of = of or await employer(session)
    fields = dict(terms().__dict__) | {
        "employer_id": of.employer_id,
        "state": VacancyState.PUBLISHED,
        "submitted_by": "employer",
        "submitted_on": TODAY,
        "published_on": TODAY,
    }
    one = Vacancy(**(fields | told))
    session.add(one)
    await session.flush()
    return one


async def certified(
    session: AsyncSession, of: Seeker, *, on: date = TODAY, until: date | None = None
) -> Certification:
    """A certification in force."""
    one = Certification(
        seeker_id=of.seeker_id,
        person_id=of.person_id,
        category=HardshipCategory.AGE_40_50,
        area=of.area,
        granted_on=on,
        valid_until=until or on + timedelta(days=1095),
        case_id=new_id(),
        granted_by="reviewer",
    )
    session.add(one)
    await session.flush()
    return one


async def hardship_case(
    session: AsyncSession,
    person_id: UUID,
    *,
    category: HardshipCategory = HardshipCategory.AGE_40_50,
    now: datetime = NOW,
    by: Identity = CLERK,
    documents: Any = PAPERS,
    family: tuple[UUID, ...] = (),
) -> ProcedureCase:
    data = {"category": category.value, "family": [str(one) for one in family]}
    return await open_case(
        session,
        procedures.DESK,
        procedure_code=procedures.HARDSHIP_CERTIFICATION,
        subject_id=person_id,
        papers=Papers(data=data, documents=list(documents)),
        caller=by,
        now=now,
    )


async def approve(
    session: AsyncSession, case_id: UUID, by: Identity, *, now: datetime = NOW, step: str | None = None
) -> ProcedureCase:
    return await decide_step(
        session,
        procedures.DESK,
        case_id=case_id,
        decision=Decision(move=Move.APPROVE, step=step),
        caller=by,
        now=now,
    )


async def request(session: AsyncSession, of: Seeker, *, now: datetime = NOW) -> AssistanceRequest:
    return await operations.apply_for_assistance(
        session,
        seeker_id=of.seeker_id,
        channel=AssistanceChannel.CALL,
        need="希望就近就业",
        caller=CLERK,
        now=now,
    )


async def introduction(session: AsyncSession, of: Seeker, to: Vacancy) -> Any:
    return await operations.introduce(
        session,
        vacancy_id=to.vacancy_id,
        seeker_id=of.seeker_id,
        channel=Channel.ON_SITE,
        caller=CLERK,
        today=TODAY,
    )
