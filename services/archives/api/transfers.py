"""Transfers from section to archive (归档移交)."""

from uuid import UUID

from fastapi import APIRouter

from services.archives import queries
from services.archives.api.callers import Filer, NoCitizens, Reader
from services.archives.operations import transfer as operations
from services.archives.queries.pieces import PieceNotFound
from services.archives.queries.transfers import TransferNotFound
from services.archives.schemas.parts import Year
from services.archives.schemas.transfers import (
    TransferAcceptance,
    TransferCreate,
    TransferRead,
    UntransferredRead,
)
from services.kit import clock
from services.kit.db import DbSession
from services.kit.idempotency import Once
from services.kit.parameters import ParameterNotConfigured
from services.kit.problems import answers

router = APIRouter(tags=["transfers"], responses=answers(NoCitizens))


@router.post(
    "/transfers", status_code=201, responses=answers(PieceNotFound, operations.PiecesNotTransferable)
)
async def submit_transfer(
    body: TransferCreate, session: DbSession, caller: Filer, once: Once
) -> TransferRead:
    """移交清单 · a section hands over the pieces of a year."""
    transfer = await operations.submit_transfer(
        session,
        section=body.section,
        year=body.year,
        declared_pieces=body.declared_pieces,
        piece_ids=body.piece_ids,
        caller=caller,
        now=clock.now(),
    )
    return once.keep(TransferRead.model_validate(transfer), status=201)


@router.get("/transfers/{transfer_id}", responses=answers(TransferNotFound))
async def get_transfer(transfer_id: UUID, session: DbSession, caller: Reader) -> TransferRead:
    """移交清单 · one transfer list."""
    transfer = await queries.transfers.get_transfer(session, transfer_id=transfer_id, area=caller.area)
    return TransferRead.model_validate(transfer)


@router.post(
    "/transfers/{transfer_id}/acceptance",
    responses=answers(TransferNotFound, operations.TransferDecided, operations.AcceptorIsSubmitter),
)
async def accept_transfer(
    transfer_id: UUID, body: TransferAcceptance, session: DbSession, caller: Filer, once: Once
) -> TransferRead:
    """验收入库 · count and take in; a list whose count differs is sent back."""
    transfer = await operations.accept_transfer(
        session,
        transfer_id=transfer_id,
        counted_pieces=body.counted_pieces,
        caller=caller,
        now=clock.now(),
    )
    return once.keep(TransferRead.model_validate(transfer))


@router.get("/untransferred", responses=answers(ParameterNotConfigured))
async def list_untransferred(session: DbSession, caller: Reader, year: Year) -> list[UntransferredRead]:
    """未移交清单 · per section, the pieces of a year that are not handed over, and whether the time is over."""
    found = await operations.list_untransferred(session, area=caller.area, year=year, today=clock.today())
    return [UntransferredRead.model_validate(line) for line in found]
