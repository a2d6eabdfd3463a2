"""Bills (账单)."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.claims.codes import BillState
from services.claims.models import Bill, BillLine
from services.claims.operations import bills as operations
from services.claims.operations.bills import (
    BillNumberUsed,
    Charge,
    DatesOutOfOrder,
    LinesDoNotSum,
    LinesRefused,
    NotAnInstitution,
)
from services.claims.operations.settlement import BillSettled, BillWithdrawn
from services.claims.queries import bills as queries
from services.claims.queries.bills import BillNotFound
from services.claims.queries.persons import PersonNotFound, get_person
from services.claims.queries.registers import InstitutionNotFound
from services.claims.rules.amounts import ZERO
from services.claims.schemas.bills import BillCreate, BillRead, BillSummary, LineRead
from services.kit import clock
from services.kit.db import DbSession
from services.kit.idempotency import Once
from services.kit.identity import Identity, requires
from services.kit.paging import CursorRefused, Page, PageQuery
from services.kit.problems import answers
from services.kit.vault import PersonalVault

router = APIRouter(tags=["bills"])
Hospital = Annotated[Identity, requires("claims:bill")]
PARTS = ("own_paid", "over_limit", "prior_self_pay", "in_policy")


@router.post(
    "/bills",
    status_code=201,
    responses=answers(
        NotAnInstitution,
        InstitutionNotFound,
        PersonNotFound,
        BillNumberUsed,
        DatesOutOfOrder,
        LinesDoNotSum,
        LinesRefused,
    ),
)
async def upload_bill(
    body: BillCreate, session: DbSession, vault: PersonalVault, caller: Hospital, once: Once
) -> BillRead:
    """上传住院账单 · upload an inpatient bill; the answer shows the split of every line."""
    index = vault.index(body.id_number) if body.id_number else None
    person = await get_person(session, person_id=body.person_id, id_number_index=index)
    sent = dict(body)
    for taken in ("person_id", "id_number", "lines"):
        del sent[taken]
    bill = await operations.upload_bill(
        session,
        person=person,
        **sent,
        charges=[Charge(**dict(line)) for line in body.lines],
        caller=caller,
        today=clock.today(),
        now=clock.now(),
    )
    return once.keep(_read(bill, await queries.lines_of(session, bill_id=bill.id)), status=201)


@router.get("/bills", responses=answers(CursorRefused))
async def list_bills(
    session: DbSession,
    caller: Annotated[Identity, requires("claims:read")],
    query: PageQuery,
    state: BillState | None = None,
) -> Page[BillSummary]:
    """账单列表 · the caller's bills, newest first."""
    bills, after = await queries.list_bills(session, caller=caller, state=state, query=query)
    return Page(items=[BillSummary.model_validate(bill) for bill in bills], next=after)


@router.get("/bills/{bill_id}", responses=answers(BillNotFound))
async def get_bill(
    bill_id: UUID, session: DbSession, caller: Annotated[Identity, requires("claims:read")]
) -> BillRead:
    """账单及明细拆分 · one bill with the split of its lines."""
    bill = await queries.get_bill(session, bill_id=bill_id, caller=caller)
    return _read(bill, await queries.lines_of(session, bill_id=bill_id))


@router.get("/my/bills/{bill_id}", responses=answers(BillNotFound))
async def get_own_bill(
    bill_id: UUID, session: DbSession, caller: Annotated[Identity, requires("claims:own")]
) -> BillRead:
    """本人费用明细 · a citizen's own bill, each line in or out of scope."""
    bill = await queries.get_bill(session, bill_id=bill_id, caller=caller)
    return _read(bill, await queries.lines_of(session, bill_id=bill_id))


@router.post("/bills/{bill_id}/withdrawal", responses=answers(BillNotFound, BillSettled, BillWithdrawn))
async def withdraw_bill(bill_id: UUID, session: DbSession, caller: Hospital, once: Once) -> BillSummary:
    """撤回未结算的账单 · take back a bill that is not settled."""
    bill = await operations.withdraw_bill(session, bill_id=bill_id, caller=caller)
    return once.keep(BillSummary.model_validate(bill))


def _read(bill: Bill, lines: Sequence[BillLine]) -> BillRead:
    return BillRead(
        **dict(BillSummary.model_validate(bill)),
        **{part: sum((getattr(line, part) for line in lines), ZERO) for part in PARTS},
        lines=[LineRead.model_validate(line) for line in lines],
    )
