"""Transfer from section to archive (归档移交、验收入库)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.archives import policy, queries
from services.archives.models import Transfer, TransferPiece
from services.archives.operations.lending import move
from services.kit.identity import Identity
from services.kit.problems import Conflict, Refused, Text


class PiecesNotTransferable(Refused):
    """Pieces of another section or year, or already handed over (不能移交的件)."""

    slug = "pieces-not-transferable"
    title = Text("有不能移交的件", "Some pieces cannot be handed over")
    detail = Text(
        "{piece_numbers} 不属于该科室该年度，或已移交，请更正清单。",
        "{piece_numbers} belong to another section or year, or are handed over; correct the list.",
    )


class TransferDecided(Conflict):
    """The list is accepted or sent back already (已验收)."""

    slug = "transfer-decided"
    title = Text("该移交清单已验收", "The transfer list is decided")
    detail = Text(
        "当前状态为 {state}，退回的清单请重新提交。",
        "It is {state}; submit a new list when it was sent back.",
    )


class AcceptorIsSubmitter(Refused):
    """Who hands over does not accept (移交人不得验收)."""

    slug = "acceptor-is-submitter"
    title = Text("移交人不能验收自己的清单", "Who hands over does not accept")
    detail = Text("请由档案室另一位工作人员验收。", "Have another member of the archive accept it.")


@dataclass(frozen=True)
class Untransferred:
    """What a section still keeps of a year, and whether its time is over."""

    section: str
    pieces: int
    first_number: str
    last_number: str
    deadline: date
    overdue: bool


async def submit_transfer(
    session: AsyncSession,
    *,
    section: str,
    year: int,
    declared_pieces: int,
    piece_ids: Sequence[UUID],
    caller: Identity,
    now: datetime,
) -> Transfer:
    """A section hands over the pieces of a year with a list (移交清单)."""
    pieces = await queries.pieces.get_pieces(session, piece_ids=piece_ids, area=caller.area)
    wrong = [
        piece.piece_number
        for piece in pieces
        if (piece.section, piece.year, piece.holding) != (section, year, "with_section")
    ]
    if wrong:
        raise PiecesNotTransferable(piece_numbers=wrong)
    transfer = Transfer(
        area=caller.area,
        section=section,
        year=year,
        declared_pieces=declared_pieces,
        state="submitted",
        submitted_by=caller.subject,
        submitted_at=now,
    )
    session.add(transfer)
    await session.flush()
    session.add_all(
        [TransferPiece(transfer_id=transfer.transfer_id, piece_id=piece.piece_id) for piece in pieces]
    )
    await session.flush()
    return transfer


async def accept_transfer(
    session: AsyncSession, *, transfer_id: UUID, counted_pieces: int, caller: Identity, now: datetime
) -> Transfer:
    """Counts and takes in, or sends the whole list back when declared, listed and counted differ."""
    transfer = await queries.transfers.get_transfer(
        session, transfer_id=transfer_id, area=caller.area, for_update=True
    )
    if transfer.state != "submitted":
        raise TransferDecided(state=str(transfer.state))
    if transfer.submitted_by == caller.subject:
        raise AcceptorIsSubmitter
    piece_ids = await queries.transfers.list_transfer_pieces(session, transfer_id=transfer_id)
    agrees = transfer.declared_pieces == counted_pieces == len(piece_ids)
    transfer.counted_pieces, transfer.decided_by, transfer.decided_at = counted_pieces, caller.subject, now
    transfer.state = "accepted" if agrees else "sent_back"
    if not agrees:
        transfer.decision_reason = (
            f"申报 {transfer.declared_pieces} 件，清单 {len(piece_ids)} 件，清点 {counted_pieces} 件"
        )
        return transfer
    for piece in await queries.pieces.get_pieces(session, piece_ids=piece_ids, area=caller.area):
        await move(session, piece=piece, kind="received", reference_id=transfer_id, caller=caller, now=now)
    return transfer


async def list_untransferred(
    session: AsyncSession, *, area: str, year: int, today: date
) -> list[Untransferred]:
    """Per section, what is still not handed over of a year, with the deadline (逾期未移交)."""
    deadline = policy.transfer_deadline(area=area, year=year)
    rows = await queries.transfers.list_untransferred(session, area=area, year=year)
    return [
        Untransferred(*(*row, deadline, today > deadline))  # the query's columns in the order of the fields
        for row in rows
    ]
