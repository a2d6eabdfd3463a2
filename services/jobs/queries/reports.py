"""Counts of the labour market (人力资源市场统计)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs.codes import Group
from services.jobs.models import Employer, HiringRecord, Introduction, Seeker, Vacancy


@dataclass(frozen=True, kw_only=True)
class Market:
    """Separate counts of one area and period (002 J-13, 004 L637); none is derived from another."""

    companies: int
    posts: int
    places: int
    hires: int
    registrations: int
    introductions: int


async def market(session: AsyncSession, *, area: str, since: date, until: date) -> Market:
    """Companies registered, posts published (and their places), hires, seekers registered, introductions.

    The period is `[since, until)`.
    """
    employers = select(Employer.employer_id).where(Employer.area == area)
    seekers = select(Seeker.seeker_id).where(Seeker.area == area)
    posts = (
        col(Vacancy.employer_id).in_(employers),
        col(Vacancy.published_on) >= since,
        col(Vacancy.published_on) < until,
    )
    counts = (
        select(func.count())
        .select_from(Employer)
        .where(col(Employer.area) == area, _within(Employer.registered_on, since, until)),
        select(func.count()).select_from(Vacancy).where(*posts),
        select(func.coalesce(func.sum(Vacancy.places), 0)).where(*posts),
        select(func.count())
        .select_from(HiringRecord)
        .where(col(HiringRecord.employer_id).in_(employers), _within(HiringRecord.hired_on, since, until)),
        select(func.count())
        .select_from(Seeker)
        .where(col(Seeker.area) == area, _within(Seeker.registered_on, since, until)),
        select(func.count())
        .select_from(Introduction)
        .where(col(Introduction.seeker_id).in_(seekers), _within(Introduction.introduced_on, since, until)),
    )
    companies, posted, places, hires, registrations, introductions = (
        await session.exec(select(*(count.scalar_subquery() for count in counts)))
    ).one()
    return Market(
        companies=companies,
        posts=posted,
        places=places,
        hires=hires,
        registrations=registrations,
        introductions=introductions,
    )


@dataclass(frozen=True, kw_only=True)
class GroupPlacement:
    """Posts gathered for a group and those of them that were filled (收集岗位、安置人数)."""

    posts: int
    placed: int


async def group_placement(
    session: AsyncSession, *, group: Group, area: str, since: date, until: date
) -> GroupPlacement:
    """The places published for a group in the period, and the hires into them (004 L643)."""
    employers = select(Employer.employer_id).where(Employer.area == area)
    gathered = (
        col(Vacancy.employer_id).in_(employers),
        col(Vacancy.groups).contains([group.value]),
        _within(Vacancy.published_on, since, until),
    )
    posts = select(func.coalesce(func.sum(Vacancy.places), 0)).where(*gathered).scalar_subquery()
    placed = (
        select(func.count())
        .select_from(HiringRecord)
        .join(Vacancy, col(Vacancy.vacancy_id) == HiringRecord.vacancy_id)
        .where(*gathered)
        .scalar_subquery()
    )
    found = (await session.exec(select(posts, placed))).one()
    return GroupPlacement(posts=found[0], placed=found[1])


def _within(column: Any, since: date, until: date) -> ColumnElement[bool]:
    return and_(col(column) >= since, col(column) < until)
