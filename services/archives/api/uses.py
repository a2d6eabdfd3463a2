"""Uses (档案利用): reading, loan, copy."""

from uuid import UUID

from fastapi import APIRouter

from services.archives import queries
from services.archives.api.callers import Lender, NoCitizens, Reader
from services.archives.codes import UseState
from services.archives.operations import lending
from services.archives.queries.pieces import PieceNotFound
from services.archives.queries.uses import UseNotFound
from services.archives.schemas.uses import UseClosure, UseCreate, UseDecision, UseRead
from services.kit import clock
from services.kit.db import DbSession
from services.kit.idempotency import Once
from services.kit.paging import Page, PageQuery
from services.kit.problems import answers

router = APIRouter(tags=["uses"], responses=answers(NoCitizens))


@router.post("/uses", status_code=201, responses=answers(PieceNotFound, lending.PieceNotInStore))
async def apply_for_use(body: UseCreate, session: DbSession, caller: Lender, once: Once) -> UseRead:
    """查阅、借阅、复制申请 · register a use; loan and copy wait for another person's approval."""
    use = await lending.apply_for_use(
        session, application=lending.Application(**body.model_dump()), caller=caller, now=clock.now()
    )
    return once.keep(UseRead.model_validate(use), status=201)


@router.get("/uses")
async def list_uses(
    session: DbSession,
    caller: Reader,
    query: PageQuery,
    state: UseState | None = None,
    piece_id: UUID | None = None,
) -> Page[UseRead]:
    """档案查阅登记表 · the register of uses, newest first."""
    found, following = await queries.uses.list_uses(
        session, area=caller.area, state=state, piece_id=piece_id, query=query
    )
    return Page(items=[UseRead.model_validate(use) for use in found], next=following)


@router.get("/overdue-loans")
async def list_overdue_loans(session: DbSession, caller: Reader, query: PageQuery) -> Page[UseRead]:
    """逾期未还 · loans past their due date, longest overdue first."""
    found, following = await queries.uses.list_overdue_loans(
        session, area=caller.area, today=clock.today(), query=query
    )
    return Page(items=[UseRead.model_validate(use) for use in found], next=following)


@router.post(
    "/uses/{use_id}/decision", responses=answers(UseNotFound, lending.UseDecided, lending.ApproverIsApplicant)
)
async def decide_use(
    use_id: UUID, body: UseDecision, session: DbSession, caller: Lender, once: Once
) -> UseRead:
    """利用审批 · another person approves or refuses."""
    use = await lending.decide_use(
        session, use_id=use_id, approved=body.approved, reason=body.reason, caller=caller, now=clock.now()
    )
    return once.keep(UseRead.model_validate(use))


@router.post(
    "/uses/{use_id}/handover",
    responses=answers(UseNotFound, lending.UseNotApproved, lending.UseDecided, lending.PieceNotInStore),
)
async def hand_out_piece(use_id: UUID, session: DbSession, caller: Lender, once: Once) -> UseRead:
    """借出、提供 · hand the piece or the copy out; a loan gets its due date."""
    use = await lending.hand_out(session, use_id=use_id, caller=caller, now=clock.now())
    return once.keep(UseRead.model_validate(use))


@router.post("/uses/{use_id}/closure", responses=answers(UseNotFound, lending.UseDecided))
async def close_use(
    use_id: UUID, body: UseClosure, session: DbSession, caller: Lender, once: Once
) -> UseRead:
    """归还、利用效果 · end the use with its effect; a lent piece is back in the store."""
    use = await lending.close_use(session, use_id=use_id, effect=body.effect, caller=caller, now=clock.now())
    return once.keep(UseRead.model_validate(use))
