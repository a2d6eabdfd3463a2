"""Full-text search (全文检索). The query travels in the body: a URL would carry names into every log on its way."""

from fastapi import APIRouter

from services.archives import queries
from services.archives.api.callers import NoCitizens, Reader
from services.archives.models import Piece
from services.archives.operations import access
from services.archives.queries.pieces import PieceFilter
from services.archives.rules.search import SearchQuery, highlights
from services.archives.schemas.pieces import PieceSummary
from services.archives.schemas.searches import AccessRead, Highlight, Hit, SearchCreate, SearchRead
from services.kit import clock
from services.kit.db import DbSession
from services.kit.paging import CursorRefused, Page, PageQuery, PageRequest
from services.kit.problems import answers

router = APIRouter(tags=["searches"], responses=answers(NoCitizens))


@router.post("/searches", responses=answers(access.NothingToSearch, CursorRefused))
async def search_pieces(body: SearchCreate, session: DbSession, caller: Reader) -> SearchRead:
    """全文检索 · find pieces by fragments of title, names, responsible party, keywords, number; registered with purpose."""
    wanted = PieceFilter(
        category=body.category,
        year=body.year,
        retention=body.retention,
        section=body.section,
        completeness=body.completeness,
        holding=body.holding,
    )
    found, following, count, searched = await access.search_pieces(
        session,
        q=body.q,
        wanted=wanted,
        purpose=body.purpose,
        query=PageRequest(after=body.after, size=body.size),
        caller=caller,
        now=clock.now(),
    )
    return SearchRead(
        items=[
            Hit(piece=PieceSummary.model_validate(piece), highlights=_highlights(piece, searched))
            for piece in found
        ],
        next=following,
        count=min(count, queries.pieces.COUNT_CAP),
        count_capped=count > queries.pieces.COUNT_CAP,
    )


@router.get("/accesses")
async def list_accesses(session: DbSession, caller: Reader, query: PageQuery) -> Page[AccessRead]:
    """查询留痕 · who looked for or at which record, and why."""
    found, following = await queries.registers.list_accesses(session, area=caller.area, query=query)
    return Page(items=[AccessRead.model_validate(entry) for entry in found], next=following)


def _highlights(piece: Piece, searched: SearchQuery) -> list[Highlight]:
    fields = [
        ("title", piece.title),
        ("responsible_party", piece.responsible_party),
        ("section", piece.section),
    ]
    fields += [("piece_number", piece.piece_number)]
    fields += [("names", name) for name in piece.names] + [("keywords", word) for word in piece.keywords]
    shown = [
        Highlight(field=field, text=text, ranges=highlights(text=text, words=searched.words))
        for field, text in fields
    ]
    return [highlight for highlight in shown if highlight.ranges]
