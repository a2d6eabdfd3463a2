"""Units, their declarations and determinations (参保单位、申报、核定)."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import queries
from services.enrolment.api.common import Assessor, Declarant, Reader, Registrar, fields_of
from services.enrolment.codes import Scheme, Standing
from services.enrolment.models import Declaration, Determination, Employer
from services.enrolment.operations import declarations, determinations, records
from services.enrolment.operations import employers as registry
from services.enrolment.problems import (
    DeclarationNotFound,
    DeterminationNotFound,
    EmployerNotFound,
    OtherArea,
)
from services.enrolment.procedures import DESK, form_of
from services.enrolment.schemas import (
    DeclarationCreate,
    DeclarationLineRead,
    DeclarationRead,
    DeterminationCreate,
    DeterminationLineRead,
    DeterminationRead,
    DeterminationReversal,
    EmployerCreate,
    EmployerRead,
    EmploymentRead,
    StandingUpdate,
    UnitCoverageRead,
)
from services.kit import clock
from services.kit.db import DbSession
from services.kit.idempotency import Once
from services.kit.identity import Identity
from services.kit.paging import Page, PageQuery
from services.kit.parameters import ParameterNotConfigured
from services.kit.problems import answers
from services.kit.procedures import Papers, open_case
from services.kit.procedures.problems import DocumentNotListed, DocumentsMissing
from services.kit.vault import PersonalVault

router = APIRouter(tags=["employers"])


def _employer_read(employer: Employer, schemes: list[Scheme]) -> EmployerRead:
    return EmployerRead(schemes=schemes, **fields_of(employer, EmployerRead))


@router.post(
    "/employers",
    status_code=201,
    responses=answers(
        OtherArea, registry.EmployerRegistered, registry.NotAnEmployeeScheme, registry.RegisteredInFuture
    ),
)
async def register_employer(
    body: EmployerCreate, session: DbSession, caller: Registrar, once: Once
) -> EmployerRead:
    """单位参保登记 · register a unit once per credit code."""
    employer = await registry.register_employer(session, draft=body, caller=caller, now=clock.now())
    schemes = await queries.list_schemes(session, employer.employer_id)
    return once.keep(_employer_read(employer, schemes), status=201)


@router.get("/employers")
async def list_employers(
    session: DbSession,
    caller: Reader,
    query: PageQuery,
    credit_code: Annotated[str | None, Query(pattern=r"^[0-9A-Z]{18}$")] = None,
    standing: Standing | None = None,
) -> Page[EmployerRead]:
    """参保单位列表 · units of the area, or the caller's own unit."""
    rows, following = await queries.list_employers(
        session, caller=caller, credit_code=credit_code, standing=standing, query=query
    )
    schemes = await queries.list_schemes_of(session, [row.employer_id for row in rows])
    return Page(items=[_employer_read(row, schemes[row.employer_id]) for row in rows], next=following)


@router.get("/unit-coverage", responses=answers(ParameterNotConfigured))
async def get_unit_coverage(
    session: DbSession,
    caller: Reader,
    known_units: Annotated[
        int, Query(ge=1, description="已掌握单位数 · units known from grid and inspection")
    ],
    on: date | None = None,
) -> UnitCoverageRead:
    """单位参保覆盖面 · insured of known units in the caller's area, with numerator and denominator."""
    return await records.unit_coverage(session, area=caller.area, on=on or clock.today(), known=known_units)


@router.get("/employers/{employer_id}", responses=answers(EmployerNotFound))
async def get_employer(employer_id: UUID, session: DbSession, caller: Reader) -> EmployerRead:
    """参保单位信息 · one unit."""
    employer = await queries.get_employer(session, employer_id, caller=caller)
    return _employer_read(employer, await queries.list_schemes(session, employer.employer_id))


@router.get("/employers/{employer_id}/staff", responses=answers(EmployerNotFound))
async def list_staff(
    employer_id: UUID, session: DbSession, caller: Reader, query: PageQuery, on: date | None = None
) -> Page[EmploymentRead]:
    """参保职工 · the unit's insured staff on a day, with the base in force."""
    employer = await queries.get_employer(session, employer_id, caller=caller)
    rows, following = await queries.list_staff(
        session, employer.employer_id, on=on or clock.today(), query=query
    )
    items = [
        EmploymentRead(
            employment_id=employment.employment_id,
            person_id=person.person_id,
            name=person.name,
            id_number_masked=person.id_number_masked,
            started_on=employment.started_on,
            ended_on=employment.ended_on,
            base=base,
        )
        for employment, person, base in rows
    ]
    return Page(items=items, next=following)


@router.post(
    "/employers/{employer_id}/standing",
    responses=answers(EmployerNotFound, registry.ArrearsOpen, registry.SameStanding),
)
async def change_standing(
    employer_id: UUID, body: StandingUpdate, session: DbSession, caller: Assessor, once: Once
) -> EmployerRead:
    """封锁、解除封锁 · block or release a unit with a reason; a release needs arrears of 0."""
    employer = await queries.get_employer(session, employer_id, caller=caller, lock=True)
    await registry.change_standing(
        session,
        employer=employer,
        standing=body.standing,
        reason=body.reason,
        by=caller.subject,
        now=clock.now(),
    )
    return once.keep(_employer_read(employer, await queries.list_schemes(session, employer_id)))


async def _declaration_read(session: AsyncSession, declaration: Declaration) -> DeclarationRead:
    lines = await queries.list_declaration_lines(session, declaration.declaration_id)
    case_id = await queries.find_case_of(
        session, declaration.declaration_id, procedure=declarations.STAFF_DECLARATION
    )
    return DeclarationRead(
        case_id=case_id,
        lines=[DeclarationLineRead.model_validate(line) for line in lines],
        **fields_of(declaration, DeclarationRead),
    )


@router.post(
    "/employers/{employer_id}/declarations",
    status_code=201,
    responses=answers(
        EmployerNotFound,
        declarations.PersonDiffers,
        declarations.LineIncomplete,
        declarations.PersonTwice,
        declarations.NotAsEmployed,
        declarations.BaseOutside,
        declarations.MonthDetermined,
        declarations.BeforeRegistration,
        DocumentsMissing,
        DocumentNotListed,
        ParameterNotConfigured,
    ),
)
async def declare_staff(
    employer_id: UUID,
    body: DeclarationCreate,
    session: DbSession,
    caller: Declarant,
    vault: PersonalVault,
    once: Once,
) -> DeclarationRead:
    """人员增减变动申报 · declare additions, removals and base changes; two reviews make them effective."""
    employer = await queries.get_employer(session, employer_id, caller=caller, lock=True)
    declaration = await declarations.declare(
        session, employer=employer, draft=body, vault=vault, caller=caller, now=clock.now()
    )
    await _open_case(session, declaration, body, caller=caller)
    return once.keep(await _declaration_read(session, declaration), status=201)


async def _open_case(
    session: AsyncSession, declaration: Declaration, body: DeclarationCreate, *, caller: Identity
) -> None:
    lines = await queries.list_declaration_lines(session, declaration.declaration_id)
    papers = Papers(
        data=form_of(declaration, lines), documents=[document.model_dump() for document in body.documents]
    )
    await open_case(
        session,
        DESK,
        procedure_code=declarations.STAFF_DECLARATION,
        subject_id=declaration.declaration_id,
        papers=papers,
        caller=caller,
        now=clock.now(),
    )


@router.get("/declarations")
async def list_declarations(
    session: DbSession, caller: Reader, query: PageQuery, employer_id: UUID | None = None
) -> Page[DeclarationRead]:
    """申报列表 · declarations of the area, or of the caller's own unit, newest first."""
    rows, following = await queries.list_declarations(
        session, caller=caller, employer_id=employer_id, query=query
    )
    return Page(items=[await _declaration_read(session, row) for row in rows], next=following)


@router.get("/declarations/{declaration_id}", responses=answers(DeclarationNotFound))
async def get_declaration(declaration_id: UUID, session: DbSession, caller: Reader) -> DeclarationRead:
    """申报信息 · one declaration with its lines and its case."""
    declaration, _ = await queries.get_declaration(session, declaration_id, caller=caller)
    return await _declaration_read(session, declaration)


async def _determination_read(session: AsyncSession, determination: Determination) -> DeterminationRead:
    lines = await queries.list_determination_lines(session, determination.determination_id)
    bill = await queries.get_bill_of_determination(session, determination.determination_id)
    return DeterminationRead(
        bill_id=bill.bill_id,
        lines=[DeterminationLineRead.model_validate(line) for line in lines],
        **fields_of(determination, DeterminationRead),
    )


@router.post(
    "/employers/{employer_id}/determinations",
    status_code=201,
    responses=answers(
        EmployerNotFound,
        determinations.WindowClosed,
        determinations.AlreadyDetermined,
        determinations.NobodyInsured,
        ParameterNotConfigured,
    ),
)
async def determine_month(
    employer_id: UUID, body: DeterminationCreate, session: DbSession, caller: Assessor, once: Once
) -> DeterminationRead:
    """缴费核定 · what the unit owes for a month, per scheme and payer, with the rates' sources."""
    employer = await queries.get_employer(session, employer_id, caller=caller, lock=True)
    period = date.fromisoformat(f"{body.period}-01")
    determination = await determinations.determine_month(
        session, employer=employer, period=period, caller=caller, now=clock.now()
    )
    return once.keep(await _determination_read(session, determination), status=201)


@router.get("/determinations")
async def list_determinations(
    session: DbSession, caller: Reader, query: PageQuery, employer_id: UUID | None = None
) -> Page[DeterminationRead]:
    """核定列表 · determinations of the area, or of the caller's own unit, newest first."""
    rows, following = await queries.list_determinations(
        session, caller=caller, employer_id=employer_id, query=query
    )
    return Page(items=[await _determination_read(session, row) for row in rows], next=following)


@router.get("/determinations/{determination_id}", responses=answers(DeterminationNotFound))
async def get_determination(determination_id: UUID, session: DbSession, caller: Reader) -> DeterminationRead:
    """核定信息 · one determination with its working."""
    determination = await queries.get_determination(session, determination_id, caller=caller)
    return await _determination_read(session, determination)


@router.post(
    "/determinations/{determination_id}/reversal",
    responses=answers(
        DeterminationNotFound,
        determinations.SamePerson,
        determinations.MoneyReceived,
        determinations.AlreadyReversed,
    ),
)
async def reverse_determination(
    determination_id: UUID, body: DeterminationReversal, session: DbSession, caller: Assessor, once: Once
) -> DeterminationRead:
    """核定冲销 · a second person takes a determination back, with the reason, before money came in."""
    determination = await queries.get_determination(session, determination_id, caller=caller, lock=True)
    await determinations.reverse_determination(
        session, determination=determination, reason=body.reason, caller=caller, now=clock.now()
    )
    return once.keep(await _determination_read(session, determination))
