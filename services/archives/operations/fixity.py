"""Fixity (固化与真实性检测): is the content that somebody holds the content that was filed?"""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.archives import queries
from services.archives.models import FixityCheck
from services.kit.identity import Identity
from services.kit.problems import Refused, Text


class PaperWithoutDigest(Refused):
    """The paper was filed without a digest (未登记校验值)."""

    slug = "paper-without-digest"
    title = Text("该材料未登记校验值", "The paper has no digest")
    detail = Text(
        "纸质材料未登记校验值，不能比对。",
        "It was filed on paper without a digest; there is nothing to compare.",
    )


async def check_paper(
    session: AsyncSession, *, piece_id: UUID, paper_id: UUID, found: str, caller: Identity, now: datetime
) -> FixityCheck:
    """Compares the digest of supplied content with the recorded one and keeps the result in the check log."""
    await queries.pieces.get_piece(session, piece_id=piece_id, area=caller.area)
    paper = await queries.pieces.get_paper(session, piece_id=piece_id, paper_id=paper_id)
    if paper.sha256 is None:
        raise PaperWithoutDigest
    check = FixityCheck(
        paper_id=paper_id,
        expected=paper.sha256,
        found=found,
        intact=found == paper.sha256,
        checked_by=caller.subject,
        checked_at=now,
    )
    session.add(check)
    await session.flush()
    return check
