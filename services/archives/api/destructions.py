"""Appraisal and destruction (鉴定、销毁)."""

from uuid import UUID

from fastapi import APIRouter

from services.archives import queries
from services.archives.api.callers import Filer, NoCitizens, Reader
from services.archives.models import DestructionList
from services.archives.operations import retention
from services.archives.queries.destructions import DestructionListNotFound
from services.archives.queries.pieces import PieceNotFound
from services.archives.schemas.destructions import (
    ConsentCreate,
    ConsentRead,
    DestructionCreate,
    DestructionRead,
    DestructionSummary,
    ExtensionCreate,
)
from services.archives.schemas.pieces import PieceSummary
from services.kit import clock
from services.kit.db import DbSession
from services.kit.idempotency import Once
from services.kit.paging import Page, PageQuery
from services.kit.problems import answers

router = APIRouter(tags=["destruction"], responses=answers(NoCitizens))


@router.get("/due-for-appraisal")
async def list_due_for_appraisal(session: DbSession, caller: Reader, query: PageQuery) -> Page[PieceSummary]:
    """到期鉴定清单 · pieces whose period has run out, longest first."""
    found, following = await queries.destructions.list_due_for_appraisal(
        session, area=caller.area, today=clock.today(), query=query
    )
    return Page(items=[PieceSummary.model_validate(piece) for piece in found], next=following)


@router.post("/pieces/{piece_id}/extension", responses=answers(PieceNotFound, retention.PieceNotDue))
async def extend_period(
    piece_id: UUID, body: ExtensionCreate, session: DbSession, caller: Filer, once: Once
) -> PieceSummary:
    """重新确定保管期限 · keep a piece that is due for a new period."""
    piece = await retention.extend_period(
        session,
        piece_id=piece_id,
        new_period=body.new_period,
        reason=body.reason,
        caller=caller,
        now=clock.now(),
    )
    return once.keep(PieceSummary.model_validate(piece))


@router.post(
    "/destruction-lists",
    status_code=201,
    responses=answers(PieceNotFound, retention.PieceNotDue, retention.PieceOnList),
)
async def draw_up_list(
    body: DestructionCreate, session: DbSession, caller: Filer, once: Once
) -> DestructionRead:
    """编制销毁清册 · draw up a destruction list of pieces that are due."""
    found = await retention.draw_up_list(
        session, piece_ids=body.piece_ids, reason=body.reason, caller=caller, now=clock.now()
    )
    return once.keep(await _told(session, found), status=201)


@router.get("/destruction-lists/{destruction_list_id}", responses=answers(DestructionListNotFound))
async def get_destruction_list(
    destruction_list_id: UUID, session: DbSession, caller: Reader
) -> DestructionRead:
    """销毁清册 · a destruction list with its approvals and consents."""
    found = await queries.destructions.get_destruction_list(
        session, destruction_list_id=destruction_list_id, area=caller.area
    )
    return await _told(session, found)


@router.post(
    "/destruction-lists/{destruction_list_id}/approvals",
    status_code=201,
    responses=answers(DestructionListNotFound, retention.ApproverRefused, retention.DestructionClosed),
)
async def approve_list(
    destruction_list_id: UUID, session: DbSession, caller: Filer, once: Once
) -> DestructionRead:
    """批准销毁 · one of two approvals, by others than the author."""
    found = await retention.approve_list(
        session, destruction_list_id=destruction_list_id, caller=caller, now=clock.now()
    )
    return once.keep(await _told(session, found), status=201)


@router.post(
    "/destruction-lists/{destruction_list_id}/consents",
    status_code=201,
    responses=answers(DestructionListNotFound, retention.DestructionClosed),
)
async def record_consent(
    destruction_list_id: UUID, body: ConsentCreate, session: DbSession, caller: Filer, once: Once
) -> DestructionRead:
    """登记同意函 · record the consent of the audit or finance authority."""
    found = await retention.record_consent(
        session,
        destruction_list_id=destruction_list_id,
        authority=body.authority,
        document_number=body.document_number,
        consented_on=body.consented_on,
        caller=caller,
        now=clock.now(),
    )
    return once.keep(await _told(session, found), status=201)


@router.post(
    "/destruction-lists/{destruction_list_id}/execution",
    responses=answers(
        DestructionListNotFound,
        retention.DestructionBlocked,
        retention.DestructionClosed,
        retention.PieceNotDue,
    ),
)
async def execute_list(
    destruction_list_id: UUID, session: DbSession, caller: Filer, once: Once
) -> DestructionRead:
    """销毁 · destroy the pieces; their catalogue entries stay and name the list."""
    found = await retention.execute_list(
        session, destruction_list_id=destruction_list_id, caller=caller, now=clock.now()
    )
    return once.keep(await _told(session, found))


@router.post(
    "/destruction-lists/{destruction_list_id}/cancellation",
    responses=answers(DestructionListNotFound, retention.DestructionClosed),
)
async def cancel_list(
    destruction_list_id: UUID, session: DbSession, caller: Filer, once: Once
) -> DestructionRead:
    """撤销清册 · withdraw a list that is not executed."""
    found = await retention.cancel_list(session, destruction_list_id=destruction_list_id, caller=caller)
    return once.keep(await _told(session, found))


async def _told(session: DbSession, found: DestructionList) -> DestructionRead:
    list_id = found.destruction_list_id
    pieces = await queries.destructions.list_destruction_pieces(session, destruction_list_id=list_id)
    consents = await queries.destructions.list_consents(session, destruction_list_id=list_id)
    return DestructionRead(
        **DestructionSummary.model_validate(found).model_dump(),
        piece_numbers=[piece.piece_number for piece in pieces],
        approved_by=await queries.destructions.list_approvers(session, destruction_list_id=list_id),
        consents=[ConsentRead.model_validate(consent) for consent in consents],
    )
