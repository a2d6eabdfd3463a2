"""Use of pieces (查阅、借阅、复制): application, another person's approval, handing out, return with effect."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.archives import policy, queries
from services.archives.models import Movement, Piece, Use
from services.archives.rules import lending
from services.kit.clock import business_date
from services.kit.identity import Identity
from services.kit.problems import Conflict, Refused, Text


class UseNotApproved(Refused):
    """Nothing is lent or copied without approval (未经批准不得复印、借阅)."""

    slug = "use-not-approved"
    title = Text("未经批准，任何人不得复印、借阅", "Not approved: nothing may be copied or lent")
    detail = Text(
        "请先由另一位工作人员批准本次利用申请。", "Have another member of staff approve this use first."
    )


class ApproverIsApplicant(Refused):
    """Nobody approves his own application (申请人不得自批)."""

    slug = "approver-is-applicant"
    title = Text("申请人不能批准自己的申请", "Nobody approves his own application")
    detail = Text("请由另一位有权限的工作人员审批。", "Have another authorised member of staff decide.")


class UseDecided(Conflict):
    """The use is past this step (状态不符)."""

    slug = "use-decided"
    title = Text("该利用登记已不在此环节", "The use is past this step")
    detail = Text(
        "当前状态为 {state}，不能再次办理此环节。", "It is {state}; this step cannot be taken again."
    )


class PieceNotInStore(Conflict):
    """The piece is not in the store (不在库)."""

    slug = "piece-not-in-store"
    title = Text("该件不在库", "The piece is not in the store")
    detail = Text(
        "该件现为“{holding}”，入库或归还后方可借出。",
        "It is {holding}; it can be lent when it is in the store.",
    )


@dataclass(frozen=True)
class Application:
    """Who wants to use a piece, how, and for what (档案查阅登记表)."""

    piece_id: UUID
    form: str
    purpose: str
    reader_name: str
    reader_organisation: str | None
    identity_document: str
    copy_pages: int | None


async def apply_for_use(
    session: AsyncSession, *, application: Application, caller: Identity, now: datetime
) -> Use:
    """Registers a use: reading may begin at once, loan and copy wait for approval."""
    piece = await queries.pieces.get_piece(session, piece_id=application.piece_id, area=caller.area)
    if piece.holding == "destroyed":
        raise PieceNotInStore(holding=piece.holding)
    use = Use(
        **vars(application),
        area=caller.area,
        state=lending.first_state(form=application.form),
        applied_by=caller.subject,
        applied_at=now,
    )
    session.add(use)
    await session.flush()
    return use


async def decide_use(
    session: AsyncSession,
    *,
    use_id: UUID,
    approved: bool,
    reason: str | None,
    caller: Identity,
    now: datetime,
) -> Use:
    """Another person approves or refuses (审批)."""
    use = await queries.uses.get_use(session, use_id=use_id, area=caller.area, for_update=True)
    _expect(use, "applied")
    if use.applied_by == caller.subject:
        raise ApproverIsApplicant
    use.state = "approved" if approved else "refused"
    use.decided_by, use.decided_at, use.decision_reason = caller.subject, now, reason
    await session.flush()
    return use


async def hand_out(session: AsyncSession, *, use_id: UUID, caller: Identity, now: datetime) -> Use:
    """Hands the piece or the copy out; a loan leaves the store through the movement register."""
    use = await queries.uses.get_use(session, use_id=use_id, area=caller.area, for_update=True)
    if use.state == "applied":
        raise UseNotApproved
    _expect(use, "approved")
    if lending.leaves_store(form=use.form):
        await _lend(session, use=use, caller=caller, now=now)
    use.state, use.handed_out_by, use.handed_out_at = "handed_out", caller.subject, now
    await session.flush()
    return use


async def close_use(
    session: AsyncSession, *, use_id: UUID, effect: str, caller: Identity, now: datetime
) -> Use:
    """Ends the use with its effect (利用效果); a lent piece comes back into the store."""
    use = await queries.uses.get_use(session, use_id=use_id, area=caller.area, for_update=True)
    _expect(use, "handed_out")
    use.state, use.effect = "closed", effect
    use.closed_by, use.closed_at = caller.subject, now
    await session.flush()
    if lending.leaves_store(form=use.form):
        piece = await queries.pieces.get_piece(
            session, piece_id=use.piece_id, area=caller.area, for_update=True
        )
        await move(session, piece=piece, kind="returned", reference_id=use_id, caller=caller, now=now)
    return use


async def move(
    session: AsyncSession, *, piece: Piece, kind: str, reference_id: UUID, caller: Identity, now: datetime
) -> None:
    """Enters a movement; the database then moves the piece, which nothing else can do (异动登记)."""
    session.add(
        Movement(
            piece_id=piece.piece_id,
            kind=kind,
            area=piece.area,
            reference_id=reference_id,
            moved_on=business_date(now),
            moved_by=caller.subject,
            moved_at=now,
        )
    )
    await session.flush()
    await session.refresh(piece, ["holding"])


async def _lend(session: AsyncSession, *, use: Use, caller: Identity, now: datetime) -> None:
    piece = await queries.pieces.get_piece(session, piece_id=use.piece_id, area=caller.area, for_update=True)
    if piece.holding != "in_store":
        raise PieceNotInStore(holding=piece.holding)
    today = business_date(now)
    days = policy.loan_days(area=caller.area, on=today)
    use.due_on = lending.due_back_on(handed_out_on=today, days=days)
    await move(session, piece=piece, kind="lent", reference_id=use.use_id, caller=caller, now=now)


def _expect(use: Use, state: str) -> None:
    if use.state != state:
        raise UseDecided(state=str(use.state))
