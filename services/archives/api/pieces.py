"""Pieces (件): catalogue, filing by hand, papers, corrections, fixity."""

import hashlib
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from services.archives import policy, queries
from services.archives.api.callers import Filer, NoCitizens, Reader
from services.archives.codes import CaseKind, Category, Completeness, Holding, Purpose, Retention
from services.archives.models import Piece
from services.archives.operations import access, filing, fixity
from services.archives.queries.pieces import PaperNotFound, PieceFilter, PieceNotFound
from services.archives.schemas.parts import Year
from services.archives.schemas.pieces import (
    FixityCheckRead,
    PaperCreate,
    PaperRead,
    PieceChangeRead,
    PieceCreate,
    PieceRead,
    PieceSummary,
    PieceUpdate,
)
from services.kit import clock
from services.kit.db import DbSession
from services.kit.idempotency import Once
from services.kit.paging import Page, PageQuery
from services.kit.problems import answers

router = APIRouter(tags=["pieces"], responses=answers(NoCitizens))
Why = Annotated[Purpose, Query(description="查询目的（留痕）· why; it is registered")]


@router.get("/pieces")
async def list_pieces(
    session: DbSession,
    caller: Reader,
    query: PageQuery,
    purpose: Why,
    category: Category | None = None,
    year: Year | None = None,
    retention: Retention | None = None,
    kind: CaseKind | None = None,
    source_id: UUID | None = None,
    completeness: Completeness | None = None,
    holding: Holding | None = None,
) -> Page[PieceSummary]:
    """归档文件目录 · the catalogue, newest first. Search by words is POST /searches: names do not belong into URLs."""
    wanted = PieceFilter(
        category=category,
        year=year,
        retention=retention,
        kind=kind,
        source_id=source_id,
        completeness=completeness,
        holding=holding,
    )
    found, following = await access.list_pieces(
        session, wanted=wanted, purpose=purpose, query=query, caller=caller, now=clock.now()
    )
    return Page(items=[PieceSummary.model_validate(piece) for piece in found], next=following)


@router.post("/pieces", status_code=201, responses=answers(policy.NoFonds))
async def enter_piece(body: PieceCreate, session: DbSession, caller: Filer, once: Once) -> PieceRead:
    """人工归档 · file a piece that no case of another service brought."""
    entered = filing.EnteredPiece(**body.model_dump())
    piece = await filing.enter_piece(session, entered=entered, caller=caller, now=clock.now())
    return once.keep(await _told(session, piece), status=201)


@router.get("/pieces/{piece_id}", responses=answers(PieceNotFound))
async def get_piece(piece_id: UUID, session: DbSession, caller: Reader, purpose: Why) -> PieceRead:
    """件的著录与材料 · one piece with its papers; the reading is registered."""
    piece = await access.read_piece(
        session, piece_id=piece_id, purpose=purpose, caller=caller, now=clock.now()
    )
    return await _told(session, piece)


@router.patch(
    "/pieces/{piece_id}", responses=answers(PieceNotFound, filing.PieceChanged, filing.PieceDestroyed)
)
async def correct_description(
    piece_id: UUID, body: PieceUpdate, session: DbSession, caller: Filer
) -> PieceRead:
    """著录变更 · correct a description; old and new values stay in the change log."""
    values = body.model_dump(exclude={"version", "reason"})
    piece = await filing.correct_description(
        session,
        piece_id=piece_id,
        corrections=filing.Corrections(**values),
        version=body.version,
        reason=body.reason,
        caller=caller,
        now=clock.now(),
    )
    return await _told(session, piece)


@router.get("/pieces/{piece_id}/changes", responses=answers(PieceNotFound))
async def list_changes(piece_id: UUID, session: DbSession, caller: Reader) -> list[PieceChangeRead]:
    """著录变更记录 · the change log of a piece."""
    await queries.pieces.get_piece(session, piece_id=piece_id, area=caller.area)
    found = await queries.pieces.list_changes(session, piece_id=piece_id)
    return [PieceChangeRead.model_validate(change) for change in found]


@router.post(
    "/pieces/{piece_id}/papers", status_code=201, responses=answers(PieceNotFound, filing.PieceDestroyed)
)
async def add_paper(
    piece_id: UUID, body: PaperCreate, session: DbSession, caller: Filer, once: Once
) -> PieceRead:
    """补充材料 · add a paper; the piece is complete when no required paper is missing."""
    paper = filing.NewPaper(**body.model_dump())
    piece = await filing.add_paper(session, piece_id=piece_id, paper=paper, caller=caller, now=clock.now())
    return once.keep(await _told(session, piece), status=201)


@router.post(
    "/pieces/{piece_id}/papers/{paper_id}/checks",
    status_code=201,
    responses=answers(PieceNotFound, PaperNotFound, fixity.PaperWithoutDigest),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def check_paper(
    piece_id: UUID, paper_id: UUID, request: Request, session: DbSession, caller: Reader
) -> FixityCheckRead:
    """真实性检测 · send the content as the body: its SHA-256 is compared with the recorded one and logged."""
    found = hashlib.sha256()
    async for chunk in request.stream():
        found.update(chunk)
    check = await fixity.check_paper(
        session,
        piece_id=piece_id,
        paper_id=paper_id,
        found=found.hexdigest(),
        caller=caller,
        now=clock.now(),
    )
    return FixityCheckRead.model_validate(check)


@router.get("/pieces/{piece_id}/papers/{paper_id}/checks", responses=answers(PieceNotFound, PaperNotFound))
async def list_checks(
    piece_id: UUID, paper_id: UUID, session: DbSession, caller: Reader
) -> list[FixityCheckRead]:
    """检测记录 · the fixity checks of a paper, newest first."""
    await queries.pieces.get_piece(session, piece_id=piece_id, area=caller.area)
    await queries.pieces.get_paper(session, piece_id=piece_id, paper_id=paper_id)
    found = await queries.pieces.list_checks(session, paper_id=paper_id)
    return [FixityCheckRead.model_validate(check) for check in found]


async def _told(session: DbSession, piece: Piece) -> PieceRead:
    papers = await queries.pieces.list_papers(session, piece_id=piece.piece_id)
    related = await queries.pieces.list_related(session, piece=piece)
    return PieceRead.model_validate(
        {
            **piece.model_dump(),
            "papers": [PaperRead.model_validate(paper) for paper in papers],
            "related_piece_ids": [other.piece_id for other in related],
        }
    )
