"""Bills, receipts and the collection ledger (账单、到账、台账)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.enrolment import queries
from services.enrolment.api.common import Collector, Reader, fields_of
from services.enrolment.codes import BillState, PayerKind
from services.enrolment.models import Bill
from services.enrolment.operations import bills as collection
from services.enrolment.problems import BillNotFound
from services.enrolment.schemas import BillRead, EntryRead, ReceiptCreate, ReceiptRead
from services.kit import clock
from services.kit.db import DbSession
from services.kit.idempotency import Once
from services.kit.paging import Page, PageQuery
from services.kit.problems import answers

router = APIRouter(tags=["bills"])


def bill_read(bill: Bill) -> BillRead:
    """A bill as it is shown, with what is open."""
    return BillRead(open=collection.open_amount(bill), **fields_of(bill, BillRead))


@router.get("/bills")
async def list_bills(
    session: DbSession,
    caller: Reader,
    query: PageQuery,
    state: BillState | None = None,
    payer_kind: PayerKind | None = None,
    payer_id: UUID | None = None,
    period: Annotated[
        str | None, Query(pattern=r"^[0-9]{4}(-[0-9]{2})?$", description="所属期 · 2026-01 or 2026")
    ] = None,
) -> Page[BillRead]:
    """账单列表 · bills of the area, or of the caller's own unit, newest first."""
    rows, following = await queries.list_bills(
        session,
        caller=caller,
        query=query,
        state=state,
        payer_kind=payer_kind,
        payer_id=payer_id,
        period=period,
    )
    return Page(items=[bill_read(row) for row in rows], next=following)


@router.get("/bills/{bill_id}", responses=answers(BillNotFound))
async def get_bill(bill_id: UUID, session: DbSession, caller: Reader) -> BillRead:
    """账单信息 · one bill: due, received, open."""
    return bill_read(await queries.get_bill(session, bill_id, caller=caller))


@router.get("/bills/{bill_id}/entries", responses=answers(BillNotFound))
async def list_entries(bill_id: UUID, session: DbSession, caller: Reader) -> list[EntryRead]:
    """应收实收台账 · the ledger of a bill, oldest first."""
    bill = await queries.get_bill(session, bill_id, caller=caller)
    return [EntryRead.model_validate(row) for row in await queries.list_entries(session, bill.bill_id)]


@router.post(
    "/bills/{bill_id}/receipts",
    status_code=201,
    responses=answers(
        BillNotFound,
        collection.BillClosed,
        collection.AmountDiffers,
        collection.PaidBeforeIssued,
        collection.ReceiptUsed,
    ),
)
async def credit_bill(
    bill_id: UUID, body: ReceiptCreate, session: DbSession, caller: Collector, once: Once
) -> ReceiptRead:
    """到账确认 · credit money that came in, by its receipt number; in full, the bill is paid and cover starts."""
    bill = await queries.get_bill(session, bill_id, caller=caller, lock=True)
    credited = await collection.credit_bill(session, bill=bill, draft=body, caller=caller, now=clock.now())
    receipt = fields_of(credited.receipt, ReceiptRead)
    return once.keep(ReceiptRead(bill=bill_read(credited.bill), **receipt), status=201)
