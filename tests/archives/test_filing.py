"""Finished cases become pieces: numbers, completeness, papers, corrections."""

import asyncio
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.archives import events, policy, queries
from services.archives.models import Paper, Piece, PieceCounter
from services.archives.operations import filing, fixity
from services.archives.operations.filing import Corrections, NewPaper
from services.archives.rules.filing import digest
from services.kit.events import Heard, Outbox
from tests.archives import build
from tests.conftest import ServiceApi


def paper(kind: str, **told: Any) -> NewPaper:
    described: dict[str, Any] = {"name": kind, "pages": 1, "carrier": "paper", "sha256": None} | told
    return NewPaper(kind=kind, **described)


async def pieces(session: AsyncSession) -> list[Piece]:
    return list((await session.exec(select(Piece).order_by(col(Piece.piece_number)))).all())


class TestFileCases:
    async def test_makes_one_described_piece_of_a_settlement(self, archives_session: AsyncSession) -> None:
        told = build.settlement()
        await build.hear(archives_session, events.SettlementMade, told)
        (piece,) = await pieces(archives_session)
        assert piece.piece_number == "Z101-YB·2024·D10-0001"
        assert piece.title == "欧阳样例住院医疗费用结算材料（样例县人民医院，2024-05-01至2024-05-08）"
        assert (piece.responsible_party, piece.section) == ("样例县医疗保障局", "医疗待遇结算")
        assert (str(piece.formed_on), piece.pages, piece.retention) == ("2024-05-08", 5, "d10")
        assert str(piece.retain_until) == "2035-01-01"
        assert "令第3号" in piece.retention_source
        assert piece.source == "claims.settlement.made"
        assert str(piece.source_id) == told["settlement_id"]

    async def test_announces_the_piece(self, archives_session: AsyncSession) -> None:
        piece = await build.piece(archives_session)
        (told,) = (await archives_session.exec(select(Outbox))).all()
        assert told.subject == "archives.piece.filed"
        assert str(piece.piece_id).encode() in told.body

    async def test_files_each_kind_by_its_plan(self, archives_session: AsyncSession) -> None:
        settled = build.settlement()
        await build.hear(archives_session, events.SettlementMade, settled)
        await build.hear(archives_session, events.SettlementReversed, build.reversal(settled))
        await build.hear(archives_session, events.CertificationGranted, build.certification())
        await build.hear(archives_session, events.BillPaid, build.paid_bill())
        assert [piece.piece_number for piece in await pieces(archives_session)] == [
            "Z101-JY·2024·D10-0001",
            "Z101-SB·2024·D30-0001",
            "Z101-YB·2024·D10-0001",
            "Z101-YB·2024·D10-0002",
        ]
        accounting = {piece.kind for piece in await pieces(archives_session) if piece.is_accounting}
        assert accounting == {"contribution"}

    async def test_files_the_same_case_once(self, archives_session: AsyncSession) -> None:
        told = build.settlement()
        await build.hear(archives_session, events.SettlementMade, told, told)
        await build.hear(archives_session, events.SettlementMade, told)
        assert len(await pieces(archives_session)) == 1
        await build.hear(archives_session, events.SettlementMade, build.settlement())
        assert [piece.number for piece in await pieces(archives_session)] == [1, 2]

    @pytest.mark.parametrize("reversed_first", [False, True])
    async def test_links_a_reversal_to_its_settlement_in_any_order(
        self, archives_session: AsyncSession, reversed_first: bool
    ) -> None:
        settled = build.settlement()
        told: list[tuple[type[Heard], dict[str, Any]]] = [
            (events.SettlementMade, settled),
            (events.SettlementReversed, build.reversal(settled)),
        ]
        for view, data in reversed(told) if reversed_first else told:
            await build.hear(archives_session, view, data)
        found = {piece.kind: piece for piece in await pieces(archives_session)}
        for piece, other in (("settlement", "reversal"), ("reversal", "settlement")):
            related = await queries.pieces.list_related(archives_session, piece=found[piece])
            assert [one.piece_id for one in related] == [found[other].piece_id]

    async def test_counts_each_series_from_one(self, archives_session: AsyncSession) -> None:
        cases = [
            build.case(settled_on="2023-12-31"),
            build.case(settled_on="2024-01-01"),
            build.case(settled_on="2023-06-01"),
        ]
        filed = await build.file(archives_session, cases)
        assert [(piece.year, piece.number) for piece in filed] == [(2023, 1), (2024, 1), (2023, 2)]

    async def test_refuses_an_area_without_fonds(self, archives_session: AsyncSession) -> None:
        with pytest.raises(policy.NoFonds):
            await build.piece(archives_session, area="110101")

    @pytest.mark.proves("A07")
    async def test_opens_one_piece_that_stays_incomplete_without_a_required_paper(
        self, archives_session: AsyncSession
    ) -> None:
        await build.hear(archives_session, events.SettlementMade, build.settlement())
        await build.hear(archives_session, events.BillPaid, build.paid_bill())
        piece, paid = sorted(await pieces(archives_session), key=lambda one: one.category, reverse=True)
        assert (paid.kind, paid.completeness) == ("contribution", "complete")
        assert piece.completeness == "incomplete"
        assert piece.missing_papers == ["invoice", "fee_list", "discharge_record"]
        for kind in ("fee_list", "invoice", "discharge_record"):
            assert piece.completeness == "incomplete"
            piece = await filing.add_paper(
                archives_session,
                piece_id=piece.piece_id,
                paper=paper(kind),
                caller=build.staff(),
                now=build.NOW,
            )
        assert (piece.completeness, piece.missing_papers) == ("complete", [])
        assert piece.pages == 1 + 4 + 3


class TestConcurrentFiling:
    async def test_keeps_numbers_gapless_and_unique(self, archives_api: ServiceApi) -> None:
        async def work(worker: int) -> None:
            for batch in range(4):
                shared = build.case(settlement_id=f"00000000-0000-7000-8000-0000000000{batch:02d}")
                cases = [shared, *(build.case() for _ in range(3)), build.case(settled_on="2023-05-08")]
                if worker % 2:
                    cases.reverse()
                async with archives_api.sessions() as session:
                    await build.file(session, cases)
                    await (session.rollback() if (worker + batch) % 4 == 0 else session.commit())

        await asyncio.gather(*(work(worker) for worker in range(6)))
        async with archives_api.sessions() as session:
            found = await pieces(session)
            last = {row.year: row.last_number for row in (await session.exec(select(PieceCounter))).all()}
        by_year: dict[int, list[int]] = {}
        for piece in found:
            by_year.setdefault(piece.year, []).append(piece.number)
        for year, numbers in by_year.items():
            assert sorted(numbers) == list(range(1, last[year] + 1))
        assert len({piece.source_id for piece in found}) == len(found)
        assert len(by_year[2023]) == 18  # one a batch, a quarter of the batches rolled back


class TestAddPaper:
    async def test_refuses_an_electronic_paper_without_digest(self, archives_session: AsyncSession) -> None:
        piece = await build.entered(archives_session)
        with pytest.raises(DBAPIError, match="electronic_digest"):
            await filing.add_paper(
                archives_session,
                piece_id=piece.piece_id,
                paper=paper("attachment", carrier="electronic"),
                caller=build.staff(),
                now=build.NOW,
            )

    async def test_places_papers_behind_each_other(self, archives_session: AsyncSession) -> None:
        piece = await build.piece(archives_session)
        for kind in ("invoice", "fee_list"):
            await filing.add_paper(
                archives_session,
                piece_id=piece.piece_id,
                paper=paper(kind),
                caller=build.staff(),
                now=build.NOW,
            )
        listed = await queries.pieces.list_papers(archives_session, piece_id=piece.piece_id)
        assert [(one.place, one.kind) for one in listed] == [
            (1, "settlement_sheet"),
            (2, "attachment"),
            (3, "invoice"),
            (4, "fee_list"),
        ]


class TestCheckPaper:
    async def found(self, session: AsyncSession, content: bytes) -> bool:
        piece = await build.entered(session)
        await filing.add_paper(
            session,
            piece_id=piece.piece_id,
            paper=paper("attachment", carrier="electronic", sha256=digest("原文".encode())),
            caller=build.staff(),
            now=build.NOW,
        )
        (listed,) = await queries.pieces.list_papers(session, piece_id=piece.piece_id)
        check = await fixity.check_paper(
            session,
            piece_id=piece.piece_id,
            paper_id=listed.paper_id,
            found=digest(content),
            caller=build.staff(),
            now=build.NOW,
        )
        assert await queries.pieces.list_checks(session, paper_id=listed.paper_id) == [check]
        return check.intact

    async def test_knows_the_content_that_was_filed(self, archives_session: AsyncSession) -> None:
        assert await self.found(archives_session, "原文".encode()) is True

    async def test_finds_and_keeps_a_change(self, archives_session: AsyncSession) -> None:
        assert await self.found(archives_session, "原文。".encode()) is False

    async def test_has_nothing_to_compare_for_paper(self, archives_session: AsyncSession) -> None:
        piece = await build.piece(archives_session)
        attached = (await archives_session.exec(select(Paper).where(Paper.kind == "attachment"))).one()
        with pytest.raises(fixity.PaperWithoutDigest):
            await fixity.check_paper(
                archives_session,
                piece_id=piece.piece_id,
                paper_id=attached.paper_id,
                found="0" * 64,
                caller=build.staff(),
                now=build.NOW,
            )


class TestCorrectDescription:
    async def correct(self, session: AsyncSession, piece: Piece, version: int, **wanted: Any) -> Piece:
        return await filing.correct_description(
            session,
            piece_id=piece.piece_id,
            corrections=Corrections(**wanted),
            version=version,
            reason="著录有误",
            caller=build.staff("u9"),
            now=build.NOW,
        )

    async def test_keeps_old_and_new_values(self, archives_session: AsyncSession) -> None:
        piece = await build.piece(archives_session)
        old = piece.title
        changed = await self.correct(archives_session, piece, 1, title="新题名", keywords=["甲"])
        assert (changed.title, changed.version) == ("新题名", 2)
        (entry,) = await queries.pieces.list_changes(archives_session, piece_id=piece.piece_id)
        assert entry.changes["title"] == [old, "新题名"]
        assert (entry.reason, entry.changed_by) == ("著录有误", "u9")

    async def test_writes_nothing_when_nothing_changes(self, archives_session: AsyncSession) -> None:
        piece = await build.piece(archives_session)
        same = await self.correct(archives_session, piece, 1, title=piece.title)
        assert same.version == 1
        assert not await queries.pieces.list_changes(archives_session, piece_id=piece.piece_id)

    async def test_refuses_a_version_that_is_not_the_present_one(
        self, archives_session: AsyncSession
    ) -> None:
        piece = await build.piece(archives_session)
        with pytest.raises(filing.PieceChanged):
            await self.correct(archives_session, piece, 2, title="新题名")

    async def test_of_another_area_finds_nothing(self, archives_session: AsyncSession) -> None:
        piece = await build.piece(archives_session)
        with pytest.raises(queries.pieces.PieceNotFound):
            await filing.correct_description(
                archives_session,
                piece_id=piece.piece_id,
                corrections=Corrections(title="x"),
                version=1,
                reason="x",
                caller=build.staff(area="990102"),
                now=build.NOW,
            )


class TestCatalogue:
    @pytest.mark.parametrize(
        ("statement", "says"),
        [
            ("UPDATE piece SET holding = 'in_store'", "movement register only"),
            ("DELETE FROM piece", "never removed"),
            ("TRUNCATE piece CASCADE", "never removed|append-only"),
            ("DELETE FROM paper", "never removed"),
            ("UPDATE piece SET category = 'zz'", "ck_piece_category"),
            ("UPDATE piece SET number = number - 1", "ck_piece_number"),
            ("UPDATE piece SET completeness = 'complete'", "ck_piece_missing_papers"),
        ],
    )
    async def test_is_guarded_by_the_database(
        self, archives_session: AsyncSession, statement: str, says: str
    ) -> None:
        await build.piece(archives_session)
        with pytest.raises(DBAPIError, match=says):
            await (await archives_session.connection()).execute(text(statement))
