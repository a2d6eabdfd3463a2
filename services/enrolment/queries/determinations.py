"""Determinations and what they consist of (缴费核定)."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import problems
from services.enrolment.codes import Scheme
from services.enrolment.models import Contribution, Determination, DeterminationLine, Employer
from services.enrolment.queries.common import Rows, employer_seen_by, one_or_none
from services.kit.identity import Identity
from services.kit.paging import PageRequest, page


async def find_last_determined(session: AsyncSession, employer_id: UUID) -> date | None:
    """The latest month for which the unit has a valid determination."""
    statement = select(func.max(Determination.period)).where(
        Determination.employer_id == employer_id, col(Determination.reversed_at).is_(None)
    )
    return (await session.exec(statement)).one()


async def get_determination(
    session: AsyncSession, determination_id: UUID, *, caller: Identity, lock: bool = False
) -> Determination:
    """The determination of a unit that the caller may see. Raises DeterminationNotFound."""
    statement = (
        select(Determination)
        .join(Employer, col(Employer.employer_id) == col(Determination.employer_id))
        .where(Determination.determination_id == determination_id, employer_seen_by(caller))
    )
    if lock:
        statement = statement.with_for_update(key_share=True, of=Determination).execution_options(
            populate_existing=True
        )
    found: Determination | None = await one_or_none(session, statement)
    if found is None:
        raise problems.DeterminationNotFound
    return found


async def list_determinations(
    session: AsyncSession, *, caller: Identity, employer_id: UUID | None, query: PageRequest
) -> Rows:
    """Determinations of the units that the caller may see, newest first."""
    statement = (
        select(Determination)
        .join(Employer, col(Employer.employer_id) == col(Determination.employer_id))
        .where(employer_seen_by(caller))
    )
    if employer_id:
        statement = statement.where(Determination.employer_id == employer_id)
    return await page(session, statement, key=(col(Determination.determination_id),), query=query)


async def list_determination_lines(
    session: AsyncSession, determination_id: UUID
) -> Sequence[DeterminationLine]:
    """The lines of a determination."""
    statement = (
        select(DeterminationLine)
        .where(DeterminationLine.determination_id == determination_id)
        .order_by(col(DeterminationLine.line_id))
    )
    return (await session.exec(statement)).all()


async def list_insured_by(session: AsyncSession, determination_id: UUID) -> list[tuple[UUID, Scheme]]:
    """Who is insured in which scheme by a determination."""
    statement = (
        select(Contribution.person_id, Contribution.scheme)
        .where(Contribution.determination_id == determination_id)
        .distinct()
        .order_by(col(Contribution.person_id))
    )
    return [(person_id, Scheme(scheme)) for person_id, scheme in (await session.exec(statement)).all()]
