"""Pre-settlement, settlement, reversal, reconciliation (结算)."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from services.claims.api.hot import hot
from services.claims.codes import SettlementState
from services.claims.models import Settlement
from services.claims.operations import desk, reconciliation, reversal
from services.claims.operations.answers import parts_of
from services.claims.operations.bills import DatesOutOfOrder, NotAnInstitution
from services.claims.operations.desk import SettlementBusy
from services.claims.operations.reversal import SettlementReversedBefore
from services.claims.operations.settlement import (
    AgreementMissing,
    BillSettled,
    BillWithdrawn,
    NotCovered,
    PresettlementDiffers,
)
from services.claims.operations.settlement import Request as Case
from services.claims.policy import AidBelowFloor, NoPolicy
from services.claims.queries import settlements as queries
from services.claims.queries.bills import BillNotFound
from services.claims.queries.settlements import SettlementNotFound
from services.claims.schemas.settlements import (
    DayClaim,
    DayRead,
    DayVerdict,
    DifferenceRead,
    LayerRead,
    PresettlementRead,
    ReconciliationRead,
    ReversalCreate,
    ReversalRead,
    SettlementCreate,
    SettlementRead,
)
from services.kit import clock
from services.kit.db import DbSession
from services.kit.idempotency import HEADER, Once, fingerprint_of, valid_key
from services.kit.identity import HEADER as IDENTITY
from services.kit.identity import Identity, requires
from services.kit.logging import request_id
from services.kit.paging import CursorRefused, Page, PageQuery
from services.kit.problems import Problem, answers

JSON = "application/json"
router = APIRouter(tags=["settlements"])
Settler = Annotated[Identity, requires("claims:settle")]
Reader = Annotated[Identity, requires("claims:read")]
Citizen = Annotated[Identity, requires("claims:own")]
REFUSALS = (
    BillNotFound,
    BillSettled,
    BillWithdrawn,
    AgreementMissing,
    NotCovered,
    NoPolicy,
    AidBelowFloor,
)


async def _plain_settlement(request: Request) -> Response | None:
    """Settles when caller, message id and body are plainly in order; None leaves it to `settle_bill`."""
    try:
        caller: Identity = request.app.state.verifier(request.headers[IDENTITY])
        key = valid_key(request.headers.get(HEADER))
        raw = await request.body()
        body = SettlementCreate.model_validate_json(raw) if raw else None
        bill_id = UUID(request.path_params["bill_id"])
    except (Problem, KeyError, ValueError):
        return None
    if "claims:settle" not in caller.scopes or (raw and request.headers.get("content-type") != JSON):
        return None
    return await _settle(request, bill_id, caller, body, key)


async def _settle(
    request: Request, bill_id: UUID, caller: Identity, body: SettlementCreate | None, key: str
) -> Response:
    now = clock.now()
    case = Case(
        bill_id=bill_id,
        caller=caller,
        now=now,
        today=clock.business_date(now),
        key=key,
        fingerprint=fingerprint_of(method=request.method, path=request.url.path, body=await request.body()),
        presettled=body.presettled.amounts() if body and body.presettled else None,
        request_id=request_id.get(),
    )
    answer = await desk_of(request).settle(case)
    headers = {"Idempotent-Replayed": "true"} if answer.replayed else None
    return Response(answer.body, status_code=answer.status, media_type=JSON, headers=headers)


hot_router = APIRouter(tags=["settlements"], route_class=hot(_plain_settlement))


@hot_router.post(
    "/bills/{bill_id}/settlement",
    status_code=201,
    response_model=SettlementRead,
    responses=answers(*REFUSALS, PresettlementDiffers, SettlementBusy),
)
async def settle_bill(
    request: Request,
    bill_id: UUID,
    caller: Settler,
    body: SettlementCreate | None = None,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias=HEADER,
            max_length=100,
            description="唯一消息编号，重发时不变（必填） · unique message id, required; the same when sent again",
        ),
    ] = None,
) -> Response:
    """结算 · settle the bill; the answer leaves after the commit, and is the same when sent again."""
    return await _settle(request, bill_id, caller, body, valid_key(idempotency_key))


@router.post("/bills/{bill_id}/presettlement", response_model=PresettlementRead, responses=answers(*REFUSALS))
async def presettle_bill(request: Request, bill_id: UUID, caller: Settler) -> Response:
    """预结算 · who would pay which part; nothing is written."""
    case = Case(bill_id=bill_id, caller=caller, now=clock.now(), today=clock.today())
    decided = await desk_of(request).presettle(case)
    return Response(orjson.dumps(parts_of(decided)), media_type=JSON)


@router.get("/settlements", responses=answers(CursorRefused))
async def list_settlements(
    session: DbSession,
    caller: Reader,
    query: PageQuery,
    settled_on: Annotated[date | None, Query(description="结算日期")] = None,
) -> Page[SettlementRead]:
    """结算单列表 · the caller's settlements, newest first."""
    found, after = await queries.list_settlements(session, caller=caller, query=query, settled_on=settled_on)
    return Page(items=await _read(session, found), next=after)


@router.get("/settlements/{settlement_id}", responses=answers(SettlementNotFound))
async def get_settlement(settlement_id: UUID, session: DbSession, caller: Reader) -> SettlementRead:
    """结算单 · one settlement with its working."""
    found = await queries.get_settlement(session, settlement_id=settlement_id, caller=caller)
    return (await _read(session, [found]))[0]


@router.get("/my/settlements", responses=answers(CursorRefused))
async def list_own_settlements(session: DbSession, caller: Citizen, query: PageQuery) -> Page[SettlementRead]:
    """本人结算单 · a citizen's own settlements, newest first."""
    found, after = await queries.list_settlements(session, caller=caller, query=query)
    return Page(items=await _read(session, found), next=after)


@router.post(
    "/settlements/{settlement_id}/reversal",
    status_code=201,
    responses=answers(SettlementNotFound, SettlementReversedBefore),
)
async def reverse_settlement(
    settlement_id: UUID, body: ReversalCreate, session: DbSession, caller: Settler, once: Once
) -> SettlementRead:
    """冲正 · take a settlement back; the bill can be settled again."""
    now = clock.now()
    settlement, _ = await reversal.reverse_settlement(
        session,
        settlement_id=settlement_id,
        reason=body.reason,
        caller=caller,
        today=clock.business_date(now),
        now=now,
    )
    return once.keep((await _read(session, [settlement]))[0], status=201)


@router.get("/reconciliation", responses=answers(NotAnInstitution, DatesOutOfOrder))
async def get_reconciliation(
    session: DbSession, caller: Reader, first: date, last: date
) -> ReconciliationRead:
    """对账总账 · the centre's totals of the calling institution by day of settlement."""
    totals = await reconciliation.totals_of(session, caller=caller, first=first, last=last)
    return ReconciliationRead(
        institution_code=totals.institution_code,
        first=first,
        last=last,
        days=[DayRead.model_validate(day) for day in totals.days],
        **totals.figures(),
    )


@router.post("/reconciliation-checks", responses=answers(NotAnInstitution))
async def check_reconciliation(body: DayClaim, session: DbSession, caller: Reader) -> DayVerdict:
    """日对账 · compare a day's totals of the institution with the centre's, to the fen."""
    totals = await reconciliation.totals_of(session, caller=caller, first=body.day, last=body.day)
    found = reconciliation.differences(claimed=body.model_dump(exclude={"day"}), centre=totals.figures())
    return DayVerdict(
        day=body.day,
        reconciled=not found,
        differences=[DifferenceRead(figure=f, institution=i, centre=c) for f, i, c in found],
    )


def desk_of(request: Request) -> desk.Desk:
    """The settlement desk of this process, on the pool for hot paths."""
    state = request.app.state
    found: desk.Desk | None = getattr(state, "settlement_desk", None)
    if found is None or not found.works_on(state.pool):
        found = state.settlement_desk = desk.Desk(state.pool, state.outbox_bell)
    return found


async def _read(session: AsyncSession, found: Sequence[Settlement]) -> list[SettlementRead]:
    ids = [settlement.id for settlement in found]
    layers = await queries.layers_of(session, settlement_ids=ids)
    reversals = await queries.reversals_of(session, settlement_ids=ids)
    return [
        SettlementRead.model_validate(
            dict(settlement)
            | {
                "layers": [LayerRead.model_validate(layer) for layer in layers[settlement.id]],
                "state": SettlementState.REVERSED if settlement.id in reversals else SettlementState.MADE,
                "reversal": ReversalRead.model_validate(reversals[settlement.id])
                if settlement.id in reversals
                else None,
            }
        )
        for settlement in found
    ]
