"""People: registration, corrections, assistance categories, identity bindings (参保人)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.enrolment import queries
from services.enrolment.api.common import Binder, Reader, Registrar, residents_of
from services.enrolment.codes import HukouKind
from services.enrolment.operations import assistance as assistances
from services.enrolment.operations import people as registry
from services.enrolment.operations.coverage import DatesOutOfOrder
from services.enrolment.problems import AssistanceNotFound, OtherArea, PersonNotFound
from services.enrolment.schemas import (
    AccessRead,
    AssistanceCreate,
    AssistanceEnd,
    AssistanceRead,
    ClassReport,
    ClassReportRead,
    CorrectionRead,
    IdentityBind,
    IdentityRead,
    ImportRead,
    PersonCreate,
    PersonImport,
    PersonRead,
    PersonSearch,
    PersonUpdate,
)
from services.kit import clock
from services.kit.db import DbSession
from services.kit.idempotency import Once
from services.kit.paging import Page, PageQuery
from services.kit.problems import answers
from services.kit.schemas import PRINTABLE
from services.kit.vault import PersonalVault

router = APIRouter(tags=["people"])


@router.post(
    "/people",
    status_code=201,
    responses=answers(OtherArea, registry.IdNumberRegistered, registry.BornInFuture),
)
async def register_person(
    body: PersonCreate, session: DbSession, caller: Registrar, vault: PersonalVault, once: Once
) -> PersonRead:
    """参保人登记 · register a person; sex and birth date come from the id number."""
    person = await registry.register_person(session, draft=body, vault=vault, caller=caller, now=clock.now())
    return once.keep(PersonRead.model_validate(person), status=201)


@router.post("/person-imports", status_code=201)
async def import_people(
    body: PersonImport, session: DbSession, caller: Registrar, vault: PersonalVault, once: Once
) -> ImportRead:
    """批量登记 · register many; each wrong line is listed with its reason and stops no other."""
    done = await registry.import_people(
        session, lines=body.lines, vault=vault, caller=caller, now=clock.now()
    )
    registered = [PersonRead.model_validate(person) for person in done.registered]
    return once.keep(ImportRead(registered=registered, rejected=done.rejected), status=201)


@router.get("/people")
async def list_people(
    session: DbSession,
    caller: Reader,
    query: PageQuery,
    name: Annotated[
        str | None, Query(max_length=100, pattern=PRINTABLE, description="姓名开头 · beginning of the name")
    ] = None,
    hukou: HukouKind | None = None,
) -> Page[PersonRead]:
    """参保人列表 · people of the caller's area, newest first."""
    rows, following = await queries.list_people(
        session, area=residents_of(caller), name=name, hukou=hukou, query=query
    )
    return Page(items=[PersonRead.model_validate(row) for row in rows], next=following)


@router.post("/person-searches", responses=answers(PersonNotFound))
async def search_person(
    body: PersonSearch, session: DbSession, caller: Reader, vault: PersonalVault
) -> PersonRead:
    """按身份证号码查询 · find one person by id number; the reading is logged."""
    person = await queries.find_person_by_index(
        session, vault.index(body.id_number), area=residents_of(caller)
    )
    if person is None:
        raise PersonNotFound
    registry.log_access(session, person=person, query="search_person", caller=caller, now=clock.now())
    return PersonRead.model_validate(person)


@router.get("/people/{person_id}", responses=answers(PersonNotFound))
async def get_person(person_id: UUID, session: DbSession, caller: Reader) -> PersonRead:
    """参保人信息 · one person; the reading is logged."""
    person = await queries.get_person(session, person_id, area=residents_of(caller))
    registry.log_access(session, person=person, query="get_person", caller=caller, now=clock.now())
    return PersonRead.model_validate(person)


@router.post(
    "/people/{person_id}/corrections",
    status_code=201,
    responses=answers(
        PersonNotFound, registry.IdNumberRegistered, registry.NothingToCorrect, registry.BornInFuture
    ),
)
async def correct_person(
    person_id: UUID,
    body: PersonUpdate,
    session: DbSession,
    caller: Registrar,
    vault: PersonalVault,
    once: Once,
) -> PersonRead:
    """信息更正 · correct the register; old, new, who, when and why are kept."""
    person = await queries.get_person(session, person_id, area=residents_of(caller), lock=True)
    corrected = await registry.correct_person(
        session, person=person, change=body, vault=vault, caller=caller, now=clock.now()
    )
    return once.keep(PersonRead.model_validate(corrected), status=201)


@router.get("/people/{person_id}/corrections", responses=answers(PersonNotFound))
async def list_corrections(person_id: UUID, session: DbSession, caller: Reader) -> list[CorrectionRead]:
    """更正日志 · what was corrected in a person's record."""
    person = await queries.get_person(session, person_id, area=residents_of(caller))
    rows = await queries.list_corrections(session, person.person_id)
    return [CorrectionRead.model_validate(row) for row in rows]


@router.get("/people/{person_id}/accesses", responses=answers(PersonNotFound))
async def list_accesses(
    person_id: UUID, session: DbSession, caller: Reader, query: PageQuery
) -> Page[AccessRead]:
    """查询日志 · who read the person's record, newest first."""
    person = await queries.get_person(session, person_id, area=residents_of(caller))
    rows, following = await queries.list_accesses(session, person.person_id, query=query)
    return Page(items=[AccessRead.model_validate(row) for row in rows], next=following)


@router.post(
    "/people/{person_id}/assistance",
    status_code=201,
    responses=answers(PersonNotFound, assistances.AssistanceOverlaps, DatesOutOfOrder),
)
async def record_assistance(
    person_id: UUID, body: AssistanceCreate, session: DbSession, caller: Registrar, once: Once
) -> AssistanceRead:
    """救助身份认定 · record an assistance category with certificate and deciding office."""
    person = await queries.get_person(session, person_id, area=residents_of(caller), lock=True)
    row = await assistances.record_assistance(
        session, person=person, draft=body, caller=caller, now=clock.now()
    )
    return once.keep(AssistanceRead.model_validate(row), status=201)


@router.get("/people/{person_id}/assistance", responses=answers(PersonNotFound))
async def list_assistance(person_id: UUID, session: DbSession, caller: Reader) -> list[AssistanceRead]:
    """救助身份 · a person's assistance categories over time."""
    person = await queries.get_person(session, person_id, area=residents_of(caller))
    rows = await queries.list_assistance(session, person.person_id)
    return [AssistanceRead.model_validate(row) for row in rows]


@router.post("/assistance/{assistance_id}/end", responses=answers(AssistanceNotFound))
async def end_assistance(
    assistance_id: UUID, body: AssistanceEnd, session: DbSession, caller: Registrar, once: Once
) -> AssistanceRead:
    """救助身份终止 · end an assistance category with a reason."""
    row = await queries.get_assistance(session, assistance_id, area=residents_of(caller))
    person = await queries.get_person(session, row.person_id, area=residents_of(caller), lock=True)
    ended = await assistances.end_assistance(
        session, person=person, row=row, valid_until=body.valid_until, reason=body.reason
    )
    return once.keep(AssistanceRead.model_validate(ended))


@router.post("/assistance-class-checks", responses=answers(assistances.ClassTotalsDiffer))
async def check_class_totals(body: ClassReport, caller: Registrar) -> ClassReportRead:
    """分类统计校验 · whether the classes of a report add up to its totals; households and persons apart."""
    check = assistances.check_class_report(body)
    return ClassReportRead(households=check.households, persons=check.persons)


@router.post("/identity-bindings", responses=answers(registry.IdentityNotConfirmed))
async def bind_identity(
    body: IdentityBind, session: DbSession, caller: Binder, vault: PersonalVault
) -> IdentityRead:
    """实名绑定 · the person to whom name and id number belong; for the gateway only."""
    person = await registry.confirm_identity(session, name=body.name, id_number=body.id_number, vault=vault)
    registry.log_access(session, person=person, query="bind_identity", caller=caller, now=clock.now())
    return IdentityRead.model_validate(person)
