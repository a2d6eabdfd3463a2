"""Declarations of staff changes (人员增减变动申报)."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import problems
from services.enrolment.models import (
    Declaration,
    DeclarationLine,
    Employer,
)
from services.enrolment.queries.common import Rows, employer_seen_by, one_or_none
from services.kit.identity import Identity
from services.kit.paging import PageRequest, page
from services.kit.procedures import ProcedureCase


async def get_declaration(
    session: AsyncSession, declaration_id: UUID, *, caller: Identity | None = None, lock: bool = False
) -> tuple[Declaration, Employer]:
    """The declaration with its unit, as far as the caller may see it. Raises DeclarationNotFound."""
    statement = (
        select(Declaration, Employer)
        .join(Employer, col(Employer.employer_id) == col(Declaration.employer_id))
        .where(Declaration.declaration_id == declaration_id)
    )
    if caller is not None:
        statement = statement.where(employer_seen_by(caller))
    found = await one_or_none(session, statement, lock=lock)
    if found is None:
        raise problems.DeclarationNotFound
    declaration, employer = found
    return declaration, employer


async def list_declarations(
    session: AsyncSession, *, caller: Identity, employer_id: UUID | None, query: PageRequest
) -> Rows:
    """Declarations of the units that the caller may see, newest first."""
    statement = (
        select(Declaration)
        .join(Employer, col(Employer.employer_id) == col(Declaration.employer_id))
        .where(employer_seen_by(caller))
    )
    if employer_id:
        statement = statement.where(Declaration.employer_id == employer_id)
    return await page(session, statement, key=(col(Declaration.declaration_id),), query=query)


async def list_declaration_lines(session: AsyncSession, declaration_id: UUID) -> Sequence[DeclarationLine]:
    """The lines of a declaration, in the order declared."""
    statement = (
        select(DeclarationLine)
        .where(DeclarationLine.declaration_id == declaration_id)
        .order_by(col(DeclarationLine.line_id))
    )
    return (await session.exec(statement)).all()


async def list_open_lines(
    session: AsyncSession, employer_id: UUID, person_ids: Collection[UUID], *, procedure: str
) -> Sequence[UUID]:
    """Which of these people already stand in a declaration of the unit that is still under review."""
    statement = (
        select(DeclarationLine.person_id)
        .join(Declaration, col(Declaration.declaration_id) == col(DeclarationLine.declaration_id))
        .join(ProcedureCase, col(ProcedureCase.open_subject_id) == col(Declaration.declaration_id))
        .where(
            Declaration.employer_id == employer_id,
            col(DeclarationLine.person_id).in_(person_ids),
            ProcedureCase.procedure == procedure,
        )
    )
    return (await session.exec(statement)).all()


async def find_case_of(session: AsyncSession, subject_id: UUID, *, procedure: str) -> UUID | None:
    """The newest case about that subject."""
    statement = (
        select(ProcedureCase.id)
        .where(ProcedureCase.subject_id == subject_id, ProcedureCase.procedure == procedure)
        .order_by(col(ProcedureCase.id).desc())
        .limit(1)
    )
    return (await session.exec(statement)).first()
