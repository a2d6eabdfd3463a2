"""Matching people and vacancies (人岗匹配): candidates from SQL, scores from the rules, in a fixed order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import policy, problems, queries
from services.jobs.codes import EmploymentState, Group, VacancyState
from services.jobs.models import Seeker, Vacancy
from services.jobs.rules import matching
from services.kit.identity import Identity


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One candidate of a match list: the person or the vacancy, with the explained score."""

    seeker: Seeker
    vacancy: Vacancy
    match: matching.Match


async def match_vacancy(
    session: AsyncSession, *, vacancy_id: UUID, caller: Identity, today: date, most: int
) -> list[Candidate]:
    """The people of the caller's area who fit the vacancy best. Raises VacancyNotFound, VacancyNotOpen."""
    vacancy = await queries.get_vacancy(session, vacancy_id, caller=caller)
    check_open(vacancy, today=today)
    scale = policy.scale(on=today, area=caller.area)
    found = [
        Candidate(
            seeker=seeker,
            vacancy=vacancy,
            match=matching.match(_wish(seeker, categories), post=_post(vacancy), scale=scale),
        )
        for seeker, categories in await queries.list_seekers_for(session, vacancy, caller=caller, today=today)
    ]
    return sorted(found, key=lambda one: (-one.match.score, one.seeker.seeker_id))[:most]


async def match_seeker(session: AsyncSession, *, seeker: Seeker, today: date, most: int) -> list[Candidate]:
    """The open vacancies that fit a person best. Raises SeekerNotAvailable."""
    check_seeking(seeker)
    wish = _wish(seeker, await queries.list_categories(session, seeker.seeker_id, on=today))
    scale = policy.scale(on=today, area=seeker.area)
    found = [
        Candidate(
            seeker=seeker, vacancy=vacancy, match=matching.match(wish, post=_post(vacancy), scale=scale)
        )
        for vacancy in await queries.list_vacancies_for(session, seeker, today=today)
    ]
    return sorted(found, key=lambda one: (-one.match.score, one.vacancy.vacancy_id))[:most]


async def matched(session: AsyncSession, *, seeker: Seeker, vacancy: Vacancy, today: date) -> dict[str, Any]:
    """The match as it is kept with an introduction, so that it can be explained later from the same figures."""
    wish = _wish(seeker, await queries.list_categories(session, seeker.seeker_id, on=today))
    return told(matching.match(wish, post=_post(vacancy), scale=policy.scale(on=today, area=seeker.area)))


def told(match: matching.Match) -> dict[str, Any]:
    """The match as plain data: amounts as strings, parts in their order."""
    return {
        "score": str(match.score),
        "parts": [
            {
                "criterion": part.criterion.value,
                "weight": str(part.weight),
                "share": str(part.share),
                "points": str(part.points),
                "known": part.known,
                "inputs": dict(part.inputs),
                "sentence": part.sentence,
                "version": part.version,
                "source": part.source,
            }
            for part in match.parts
        ],
    }


def check_open(vacancy: Vacancy, *, today: date) -> None:
    """Raises VacancyNotOpen unless the vacancy takes people on that day."""
    if vacancy.state != VacancyState.PUBLISHED or vacancy.valid_until < today:
        state = (
            VacancyState.EXPIRED if vacancy.state == VacancyState.PUBLISHED else VacancyState(vacancy.state)
        )
        raise problems.VacancyNotOpen(state=state.label)


def check_seeking(seeker: Seeker) -> None:
    """Raises SeekerNotAvailable unless the person seeks work."""
    if seeker.state not in queries.SEEKING:
        raise problems.SeekerNotAvailable(state=EmploymentState(seeker.state).label)


def _wish(seeker: Seeker, categories: Sequence[str]) -> matching.Wish:
    """Who is certified belongs to the group of his category, and to the hardship people as a whole."""
    hardship = {Group.HARDSHIP.value, *categories} if categories else set()
    return matching.Wish(
        occupations=seeker.occupations,
        skills=frozenset(seeker.skills),
        education=seeker.education,
        wage=seeker.wage,
        areas=seeker.areas,
        groups=frozenset(seeker.groups) | hardship,
    )


def _post(vacancy: Vacancy) -> matching.Post:
    """A public-interest post (公益性岗位) prefers certified people by law (就业促进法 §53)."""
    hardship = {Group.HARDSHIP.value} if vacancy.public_interest else set()
    wage: Decimal | None = vacancy.wage_most if vacancy.wage_most is not None else vacancy.wage_least
    return matching.Post(
        occupation=vacancy.occupation,
        skills=frozenset(vacancy.skills),
        education=vacancy.education,
        wage=wage,
        area=vacancy.area,
        groups=frozenset(vacancy.groups) | hardship,
    )
