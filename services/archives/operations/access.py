"""Every look at a record about a person is registered, with who and why (个人信息查询留痕, X9)."""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.archives import queries
from services.archives.models import AccessLog, Piece
from services.archives.queries.pieces import PieceFilter
from services.archives.rules.search import SearchQuery, parse
from services.kit.identity import Identity
from services.kit.paging import PageRequest
from services.kit.problems import Refused, Text


class NothingToSearch(Refused):
    """The query has no letter, digit or ideograph (检索词为空)."""

    slug = "nothing-to-search"
    title = Text("检索词为空", "There is nothing to search for")
    detail = Text("请输入至少一个汉字、字母或数字。", "Enter at least one ideograph, letter or digit.")


async def search_pieces(
    session: AsyncSession,
    *,
    q: str,
    wanted: PieceFilter,
    purpose: str,
    query: PageRequest,
    caller: Identity,
    now: datetime,
) -> tuple[list[Piece], str | None, int, SearchQuery]:
    """One page of hits, newest first, the next cursor, the capped count, and the words that were searched."""
    searched = parse(q)
    if not searched.words:
        raise NothingToSearch
    hits = await queries.pieces.count_hits(session, searched=searched, wanted=wanted, area=caller.area)
    found, following = await queries.pieces.search_pieces(
        session, searched=searched, wanted=wanted, area=caller.area, query=query
    )
    _register(session, purpose=purpose, caller=caller, now=now, query=q, hits=hits)
    return found, following, hits, searched


async def list_pieces(
    session: AsyncSession,
    *,
    wanted: PieceFilter,
    purpose: str,
    query: PageRequest,
    caller: Identity,
    now: datetime,
) -> tuple[list[Piece], str | None]:
    """One page of the catalogue, newest first, and the next cursor."""
    found, following = await queries.pieces.list_pieces(session, wanted=wanted, area=caller.area, query=query)
    asked = " ".join(f"{name}={value}" for name, value in vars(wanted).items() if value is not None)
    _register(session, purpose=purpose, caller=caller, now=now, query=asked, hits=len(found))
    return found, following


async def read_piece(
    session: AsyncSession, *, piece_id: UUID, purpose: str, caller: Identity, now: datetime
) -> Piece:
    """A piece of the caller's area. Raises PieceNotFound."""
    piece = await queries.pieces.get_piece(session, piece_id=piece_id, area=caller.area)
    _register(session, purpose=purpose, caller=caller, now=now, piece_id=piece_id)
    return piece


def _register(
    session: AsyncSession,
    *,
    purpose: str,
    caller: Identity,
    now: datetime,
    query: str | None = None,
    piece_id: UUID | None = None,
    hits: int | None = None,
) -> None:
    session.add(
        AccessLog(
            subject=caller.subject,
            name=caller.name,
            area=caller.area,
            purpose=purpose,
            query=query,
            piece_id=piece_id,
            hits=hits,
            looked_at=now,
        )
    )
