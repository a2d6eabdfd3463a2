"""Appraisal and destruction (鉴定、销毁): a new period, or a list that two persons approve."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.archives import queries
from services.archives.models import (
    DestructionApproval,
    DestructionConsent,
    DestructionList,
    DestructionPiece,
    Piece,
    PieceChange,
)
from services.archives.operations.lending import move
from services.archives.rules import retention
from services.archives.rules.retention import DestructionState
from services.kit.clock import business_date
from services.kit.identity import Identity
from services.kit.problems import Conflict, Refused, Text


class PieceNotDue(Refused):
    """The period has not run out, or the piece is not in the store (未到期或不在库)."""

    slug = "piece-not-due"
    title = Text("有未到期或不在库的件", "Some pieces are not due or not in the store")
    detail = Text(
        "{piece_numbers} 保管期限未满或不在库，不能鉴定销毁。",
        "{piece_numbers} are within their period or not in the store.",
    )


class PieceOnList(Conflict):
    """The piece stands on an open destruction list (已列入销毁清册)."""

    slug = "piece-on-list"
    title = Text("有已列入其他清册的件", "Some pieces are on another list")
    detail = Text(
        "{piece_ids} 已列入待批准的销毁清册。", "{piece_ids} are on a list that waits for approval."
    )


class ApproverRefused(Refused):
    """Who drew up the list, or approved it already, does not approve (须由两人批准)."""

    slug = "destruction-approver-refused"
    title = Text("须由清册编制人以外的两人批准", "Two others than the author must approve")
    detail = Text("编制人和已批准的人不能再批准，请由另一人批准。", "Have somebody else approve this list.")


class DestructionBlocked(Refused):
    """Approvals or consents are missing (批准或同意手续不全)."""

    slug = "destruction-blocked"
    title = Text("销毁手续不全", "The destruction is not authorised yet")
    detail = Text(
        "还缺 {missing_approvals} 人批准，还缺同意单位：{missing_consents}。",
        "{missing_approvals} approvals and these consents are missing: {missing_consents}.",
    )


class DestructionClosed(Conflict):
    """The list is executed or cancelled (清册已办结)."""

    slug = "destruction-closed"
    title = Text("该销毁清册已办结", "The list is closed")
    detail = Text("当前状态为 {stage}。", "It is {stage}.")


async def extend_period(
    session: AsyncSession, *, piece_id: UUID, new_period: str, reason: str, caller: Identity, now: datetime
) -> Piece:
    """The appraisal keeps a piece that is due: a new period, marked in the change log (重新确定保管期限)."""
    piece = await queries.pieces.get_piece(session, piece_id=piece_id, area=caller.area, for_update=True)
    today = business_date(now)
    _refuse_not_due([piece], today)
    until = retention.extended_until(retention=new_period, today=today)
    changes = {
        "current_retention": [str(piece.current_retention), new_period],
        "retain_until": [_iso(piece.retain_until), _iso(until)],
    }
    piece.current_retention, piece.retain_until = new_period, until
    piece.retention_source, piece.version = f"鉴定：{reason}", piece.version + 1
    session.add(
        PieceChange(
            piece_id=piece_id, changes=changes, reason=reason, changed_by=caller.subject, changed_at=now
        )
    )
    await session.flush()
    return piece


async def draw_up_list(
    session: AsyncSession, *, piece_ids: Sequence[UUID], reason: str, caller: Identity, now: datetime
) -> DestructionList:
    """Draws up a destruction list of pieces that are due (编制销毁清册)."""
    pieces = await queries.pieces.get_pieces(session, piece_ids=piece_ids, area=caller.area)
    today = business_date(now)
    _refuse_not_due(pieces, today)
    listed = await queries.destructions.find_on_open_list(session, piece_ids=piece_ids)
    if listed:
        raise PieceOnList(piece_ids=listed)
    known = await queries.destructions.count_destruction_lists(session, area=caller.area, year=today.year)
    drawn_up = DestructionList(
        list_number=f"{today.year}-{known + 1:03d}",
        area=caller.area,
        reason=reason,
        stage="drawn_up",
        drawn_up_by=caller.subject,
        drawn_up_at=now,
    )
    session.add(drawn_up)
    await session.flush()
    list_id = drawn_up.destruction_list_id
    session.add_all(
        [DestructionPiece(destruction_list_id=list_id, piece_id=piece.piece_id) for piece in pieces]
    )
    await session.flush()
    return drawn_up


async def approve_list(
    session: AsyncSession, *, destruction_list_id: UUID, caller: Identity, now: datetime
) -> DestructionList:
    """One of the two approvals (批准销毁)."""
    found = await _open_list(session, destruction_list_id, caller)
    state = await _state(session, found)
    if not retention.may_approve(state=state, person=caller.subject):
        raise ApproverRefused
    session.add(
        DestructionApproval(
            destruction_list_id=destruction_list_id, approved_by=caller.subject, approved_at=now
        )
    )
    await session.flush()
    return found


async def record_consent(
    session: AsyncSession,
    *,
    destruction_list_id: UUID,
    authority: str,
    document_number: str,
    consented_on: date,
    caller: Identity,
    now: datetime,
) -> DestructionList:
    """Records the consent of the audit or finance authority (会计档案销毁同意)."""
    found = await _open_list(session, destruction_list_id, caller)
    session.add(
        DestructionConsent(
            destruction_list_id=destruction_list_id,
            authority=authority,
            document_number=document_number,
            consented_on=consented_on,
            recorded_by=caller.subject,
            recorded_at=now,
        )
    )
    await session.flush()
    return found


async def execute_list(
    session: AsyncSession, *, destruction_list_id: UUID, caller: Identity, now: datetime
) -> DestructionList:
    """Destroys the pieces; their catalogue entries stay and name the list (销毁并保留目录)."""
    found = await _open_list(session, destruction_list_id, caller)
    state = await _state(session, found)
    approvals, consents = retention.missing_approvals(state=state), retention.missing_consents(state=state)
    if approvals or consents:
        raise DestructionBlocked(missing_approvals=approvals, missing_consents=sorted(consents))
    listed = await queries.destructions.list_destruction_pieces(
        session, destruction_list_id=destruction_list_id
    )
    pieces = await queries.pieces.get_pieces(
        session, piece_ids=[piece.piece_id for piece in listed], area=caller.area
    )
    _refuse_not_due(pieces, business_date(now))
    for piece in pieces:
        piece.destruction_list_id, piece.version = destruction_list_id, piece.version + 1
        await session.flush()
        await move(
            session, piece=piece, kind="destroyed", reference_id=destruction_list_id, caller=caller, now=now
        )
    found.stage, found.executed_by, found.executed_at = "executed", caller.subject, now
    await session.flush()
    return found


async def cancel_list(
    session: AsyncSession, *, destruction_list_id: UUID, caller: Identity
) -> DestructionList:
    """Withdraws a list that is not executed; its pieces are due for appraisal again (撤销清册)."""
    found = await _open_list(session, destruction_list_id, caller)
    found.stage = "cancelled"
    await session.flush()
    return found


async def _open_list(session: AsyncSession, destruction_list_id: UUID, caller: Identity) -> DestructionList:
    found = await queries.destructions.get_destruction_list(
        session, destruction_list_id=destruction_list_id, area=caller.area, for_update=True
    )
    if found.stage != "drawn_up":
        raise DestructionClosed(stage=str(found.stage))
    return found


async def _state(session: AsyncSession, found: DestructionList) -> DestructionState:
    list_id = found.destruction_list_id
    pieces = await queries.destructions.list_destruction_pieces(session, destruction_list_id=list_id)
    consents = await queries.destructions.list_consents(session, destruction_list_id=list_id)
    return DestructionState(
        drawn_up_by=found.drawn_up_by,
        approvers=frozenset(await queries.destructions.list_approvers(session, destruction_list_id=list_id)),
        consents=frozenset(str(consent.authority) for consent in consents),
        has_accounting=any(piece.is_accounting for piece in pieces),
    )


def _refuse_not_due(pieces: Sequence[Piece], today: date) -> None:
    early = [
        piece.piece_number
        for piece in pieces
        if piece.holding != "in_store"
        or not retention.is_due_for_appraisal(until=piece.retain_until, today=today)
    ]
    if early:
        raise PieceNotDue(piece_numbers=early)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
