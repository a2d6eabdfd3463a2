"""Employers and their vacancies (用人单位、招聘岗位)."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import policy, problems, procedures, queries
from services.jobs.codes import Channel, Education, EmployerKind, EmployerState, VacancyState
from services.jobs.events.published import VacancyPublished
from services.jobs.models import Employer, Vacancy
from services.kit.clock import business_date
from services.kit.events import publish
from services.kit.identity import Identity
from services.kit.procedures import Papers, correct_case, open_case, withdraw_case


@dataclass(frozen=True, kw_only=True)
class VacancyTerms:
    """What a vacancy asks and gives (岗位信息). Wages are yuan a month."""

    title: str
    duties: str
    occupation: str
    places: int
    area: str
    valid_until: date
    wage_least: Decimal | None = None
    wage_most: Decimal | None = None
    education: Education | None = None
    skills: list[str]
    groups: list[str]
    public_interest: bool = False
    channel: Channel = Channel.ONLINE


async def register_employer(
    session: AsyncSession,
    *,
    credit_code: str,
    name: str,
    kind: EmployerKind,
    contact_name: str,
    caller: Identity,
    today: date,
) -> Employer:
    """Registers an employer, not yet verified (单位注册). Raises EmployerNotFound for another's code, EmployerExists."""
    if caller.kind == "system" and caller.organisation != credit_code:
        raise problems.EmployerNotFound
    known = await queries.find_employer_by_credit_code(session, credit_code)
    if known is not None:
        raise problems.EmployerExists(employer_id=known.employer_id)
    employer = Employer(
        credit_code=credit_code,
        name=name,
        kind=kind,
        area=caller.area,
        contact_name=contact_name,
        state=EmployerState.REGISTERED,
        registered_by=caller.subject,
        registered_on=today,
    )
    session.add(employer)
    await session.flush()
    return employer


async def verify_employer(
    session: AsyncSession, *, employer_id: UUID, accepted: bool, reason: str, caller: Identity, today: date
) -> Employer:
    """Verifies the employer's licence and agent (单位核验, 人力资源市场暂行条例 §26); not by its registrar.

    Raises EmployerNotFound, EmployerVerifiedBySubmitter, ReasonNeeded.
    """
    employer = await queries.get_employer(session, employer_id, caller=caller, for_update=True)
    if employer.registered_by == caller.subject:
        raise problems.EmployerVerifiedBySubmitter
    if not accepted and not reason.strip():
        raise problems.ReasonNeeded
    employer.state = EmployerState.VERIFIED if accepted else EmployerState.REFUSED
    employer.state_reason = reason
    employer.verified_by = caller.subject
    employer.verified_on = today if accepted else None
    session.add(employer)
    await session.flush()
    return employer


async def submit_vacancy(
    session: AsyncSession, *, employer_id: UUID, terms: VacancyTerms, caller: Identity, now: datetime
) -> Vacancy:
    """Hands a vacancy in for review (岗位报送) and opens its case.

    Raises EmployerNotFound, EmployerNotVerified, VacancyDiscriminates, VacancyDatesWrong.
    """
    employer = await queries.get_employer(session, employer_id, caller=caller)
    vacancy = Vacancy(
        employer_id=employer.employer_id,
        state=VacancyState.SUBMITTED,
        submitted_by=caller.subject,
        submitted_on=business_date(now),
        **_fields(terms),
    )
    check_terms(vacancy, today=business_date(now), area=employer.area)
    session.add(vacancy)
    await session.flush()
    case = await open_case(
        session,
        procedures.DESK,
        procedure_code=procedures.VACANCY_PUBLICATION,
        subject_id=vacancy.vacancy_id,
        papers=Papers(data={}),
        caller=caller,
        now=now,
    )
    vacancy.case_id = case.id
    session.add(vacancy)
    await session.flush()
    return vacancy


async def resubmit_vacancy(
    session: AsyncSession, *, vacancy_id: UUID, terms: VacancyTerms, caller: Identity, now: datetime
) -> Vacancy:
    """Mends a vacancy that the review returned (补正) and goes on with the same case. Raises as submit_vacancy."""
    vacancy = await queries.get_vacancy(session, vacancy_id, caller=caller, for_update=True)
    if vacancy.state != VacancyState.SUBMITTED or vacancy.case_id is None:
        raise problems.VacancyNotOpen(state=VacancyState(vacancy.state).label)
    for name, value in _fields(terms).items():
        setattr(vacancy, name, value)
    vacancy.version += 1
    session.add(vacancy)
    await session.flush()
    await correct_case(
        session, procedures.DESK, case_id=vacancy.case_id, papers=Papers(), caller=caller, now=now
    )
    return vacancy


async def check_vacancy(
    session: AsyncSession, *, vacancy_id: UUID, caller: Identity, today: date
) -> Employer:
    """Whether the vacancy may be published now: a verified employer, a lawful text, possible dates. Its employer.

    Raises VacancyNotFound, VacancyNotOpen, EmployerNotVerified, VacancyDiscriminates, VacancyDatesWrong.
    """
    vacancy = await queries.get_vacancy(session, vacancy_id, caller=caller, for_update=True)
    if vacancy.state != VacancyState.SUBMITTED:
        raise problems.VacancyNotOpen(state=VacancyState(vacancy.state).label)
    employer = await queries.get_employer(session, vacancy.employer_id)
    if employer.state != EmployerState.VERIFIED:
        raise problems.EmployerNotVerified
    check_terms(vacancy, today=today, area=employer.area)
    return employer


async def publish_vacancy(
    session: AsyncSession, *, vacancy_id: UUID, caller: Identity, today: date
) -> Vacancy:
    """Publishes a reviewed vacancy (岗位发布). Raises as check_vacancy."""
    employer = await check_vacancy(session, vacancy_id=vacancy_id, caller=caller, today=today)
    vacancy = await queries.get_vacancy(session, vacancy_id)
    vacancy.state, vacancy.published_on = VacancyState.PUBLISHED, today
    vacancy.version += 1
    session.add(vacancy)
    await session.flush()
    publish(
        session,
        VacancyPublished(
            vacancy_id=vacancy.vacancy_id,
            version=vacancy.version,
            employer_credit_code=employer.credit_code,
            employer_name=employer.name,
            title=vacancy.title,
            places=vacancy.places,
            valid_until=vacancy.valid_until,
            area=vacancy.area,
            published_on=today,
        ),
    )
    return vacancy


async def refuse_vacancy(session: AsyncSession, *, vacancy_id: UUID) -> Vacancy:
    """Marks a vacancy whose case was rejected or withdrawn."""
    vacancy = await queries.get_vacancy(session, vacancy_id, for_update=True)
    vacancy.state = VacancyState.REFUSED
    vacancy.version += 1
    session.add(vacancy)
    await session.flush()
    return vacancy


async def close_vacancy(
    session: AsyncSession, *, vacancy_id: UUID, reason: str, caller: Identity, now: datetime
) -> Vacancy:
    """The employer needs nobody any more (岗位关闭): the public list loses it, or its review is withdrawn.

    Raises VacancyNotFound, VacancyNotOpen, ReasonNeeded.
    """
    if not reason.strip():
        raise problems.ReasonNeeded
    vacancy = await queries.get_vacancy(session, vacancy_id, caller=caller)
    await queries.get_employer(session, vacancy.employer_id, caller=caller)
    if vacancy.state == VacancyState.SUBMITTED and vacancy.case_id is not None:
        await withdraw_case(
            session, procedures.DESK, case_id=vacancy.case_id, reason=reason, caller=caller, now=now
        )
    vacancy = await queries.get_vacancy(session, vacancy_id, for_update=True)
    if vacancy.state not in (VacancyState.PUBLISHED, VacancyState.REFUSED):
        raise problems.VacancyNotOpen(state=VacancyState(vacancy.state).label)
    vacancy.state = VacancyState.CLOSED
    vacancy.version += 1
    session.add(vacancy)
    await session.flush()
    return vacancy


async def expire_vacancies(session: AsyncSession, *, today: date) -> None:
    """Takes vacancies whose last day is over from the public list (岗位过期)."""
    for vacancy in await queries.list_lapsed(session, today=today):
        vacancy.state = VacancyState.EXPIRED
        vacancy.version += 1
        session.add(vacancy)
    await session.flush()


def check_terms(vacancy: Vacancy, *, today: date, area: str) -> None:
    """The text is free of discrimination and the last day is possible. Raises VacancyDiscriminates, VacancyDatesWrong."""
    text = f"{vacancy.title}{vacancy.duties}"
    found = [word for word in policy.words("vacancy_forbidden_words", on=today, area=area) if word in text]
    if found:
        raise problems.VacancyDiscriminates(words=found)
    latest = today + timedelta(
        days=policy.PARAMETERS.get("vacancy_longest_days", on=today, area=area).integer
    )
    if not today < vacancy.valid_until <= latest:
        raise problems.VacancyDatesWrong(latest=latest)


def _fields(terms: VacancyTerms) -> dict[str, Any]:
    return asdict(terms)
