"""Builders for the archive's tests: events as their publishers would send them, and pieces."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from services.archives import events, queries
from services.archives.models import Piece
from services.archives.operations import filing, transfer
from services.archives.rules.filing import ClosedCase
from services.kit.events import Envelope, Heard
from services.kit.identity import Identity
from services.kit.ids import new_id
from tests.conftest import caller

NOW = datetime(2024, 5, 9, 2, 0, tzinfo=UTC)
SCOPES = ("archives:read", "archives:file", "archives:lend")


def staff(subject: str = "u1", area: str = "990101") -> Identity:
    return caller(*SCOPES, subject=subject, area=area)


def settlement(**told: Any) -> dict[str, Any]:
    return {
        "settlement_id": str(uuid4()),
        "version": 1,
        "bill_id": str(uuid4()),
        "bill_number": "B-0001",
        "institution_code": "H99010100001",
        "institution_name": "样例县人民医院",
        "person_id": str(uuid4()),
        "person_name": "欧阳样例",
        "area": "990101",
        "care_type": "inpatient",
        "admitted_on": "2024-05-01",
        "discharged_on": "2024-05-08",
        "total": "1500.00",
        "fund_paid": "720.00",
        "person_paid": "780.00",
        "layers": [{"fund": "resident_pool", "amount": "720.00"}],
        "settled_on": "2024-05-08",
        "line_count": 3,
        "attachments_pages": 4,
    } | told


def reversal(settled: dict[str, Any], **told: Any) -> dict[str, Any]:
    kept = (
        "settlement_id",
        "bill_id",
        "institution_code",
        "institution_name",
        "person_id",
        "person_name",
        "area",
    )
    return (
        {key: settled[key] for key in kept}
        | {
            "reversal_id": str(uuid4()),
            "total": settled["total"],
            "reason": "重复上传",
            "reversed_on": "2024-05-20",
        }
        | told
    )


def certification(**told: Any) -> dict[str, Any]:
    return {
        "certification_id": str(uuid4()),
        "person_id": str(uuid4()),
        "person_name": "李样例",
        "category": "long_term_unemployed",
        "area": "990101",
        "granted_on": "2024-05-06",
        "valid_until": None,
    } | told


def paid_bill(**told: Any) -> dict[str, Any]:
    return {
        "bill_id": str(uuid4()),
        "payer_kind": "employer",
        "payer_id": str(uuid4()),
        "payer_name": "样例县第一纺织厂",
        "period": "2024-05",
        "amount": "5000.00",
        "receipt_number": "R-0001",
        "paid_on": "2024-05-15",
        "area": "990101",
    } | told


def envelope(view: type[Heard], data: dict[str, Any]) -> Envelope:
    source = view.subject.partition(".")[0]
    return Envelope(id=new_id(), source=source, type=view.subject, time=NOW, data=data)


async def hear(session: AsyncSession, view: type[Heard], *told: dict[str, Any]) -> None:
    """What the consumer does with a batch of new events."""
    entry = next(entry for entry in events.HEARS if entry.view is view)
    await entry.apply(session, [envelope(view, one) for one in told])


def case(**told: Any) -> ClosedCase:
    """A settlement as the filing plan sees it."""
    data = settlement(**told)
    return events.settlement_case(
        events.SettlementMade.model_validate(data), envelope(events.SettlementMade, data)
    )


async def piece(session: AsyncSession, **told: Any) -> Piece:
    """A piece filed from a settlement."""
    return (await file(session, [case(**told)]))[0]


async def file(session: AsyncSession, cases: list[ClosedCase]) -> list[Piece]:
    """The new pieces of the cases."""
    filed = await filing.file_cases(session, cases=cases, now=NOW)
    return [await queries.pieces.get_piece(session, piece_id=one, area="990101") for one in filed]


async def entered(session: AsyncSession, *, by: Identity | None = None, **described: Any) -> Piece:
    """A piece described by hand."""
    told: dict[str, Any] = {
        "category": "ws",
        "section": "办公室",
        "title": "关于样例工作的通知",
        "responsible_party": "样例县医疗保障局",
        "formed_on": date(2010, 3, 1),
        "retention": "d10",
        "retention_source": "本单位保管期限表",
        "openness": "unreviewed",
        "secrecy": "internal",
        "is_accounting": False,
        "names": [],
        "keywords": [],
        "required_papers": [],
    } | described
    return await filing.enter_piece(
        session, entered=filing.EnteredPiece(**told), caller=by or staff(), now=NOW
    )


async def stored(session: AsyncSession, **described: Any) -> Piece:
    """A piece in the store, received by a transfer from its section."""
    found = await entered(session, **described)
    handed = await transfer.submit_transfer(
        session,
        section=found.section,
        year=found.year,
        declared_pieces=1,
        piece_ids=[found.piece_id],
        caller=staff("section"),
        now=NOW,
    )
    await transfer.accept_transfer(
        session, transfer_id=handed.transfer_id, counted_pieces=1, caller=staff("archivist"), now=NOW
    )
    return found


def some_id() -> UUID:
    return uuid4()
