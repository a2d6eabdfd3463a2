"""Transfer, use, retention and registers: who may do what, and that nothing moves unregistered."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select, text
from sqlmodel.ext.asyncio.session import AsyncSession

from services.archives import queries
from services.archives.models import DestructionList, Movement, Piece, Transfer, Use
from services.archives.operations import filing, lending, registers, retention, transfer
from services.kit.paging import PageRequest
from tests.archives import build

FIRST = PageRequest(after=None, size=50)


async def movements(session: AsyncSession, piece: Piece) -> list[str]:
    statement = select(Movement.kind).where(Movement.piece_id == piece.piece_id)
    return list((await session.exec(statement.order_by(col(Movement.movement_id)))).all())


class TestTransfer:
    async def submit(
        self, session: AsyncSession, *, declared: int = 2, year: int = 2012, **told: Any
    ) -> tuple[Transfer, list[Piece]]:
        pieces = [await build.entered(session, formed_on=date(2012, 5, day)) for day in (1, 2)]
        handed = await transfer.submit_transfer(
            session,
            section=told.get("section", "办公室"),
            year=year,
            declared_pieces=declared,
            piece_ids=[piece.piece_id for piece in pieces],
            caller=build.staff("section"),
            now=build.NOW,
        )
        return handed, pieces

    async def accept(
        self, session: AsyncSession, handed: Transfer, *, counted: int, by: str = "u2"
    ) -> Transfer:
        return await transfer.accept_transfer(
            session,
            transfer_id=handed.transfer_id,
            counted_pieces=counted,
            caller=build.staff(by),
            now=build.NOW,
        )

    @pytest.mark.proves("A08")
    async def test_lists_what_is_late_and_sends_back_a_list_whose_count_differs(
        self, archives_session: AsyncSession
    ) -> None:
        handed, pieces = await self.submit(archives_session, declared=3)
        for today, overdue in ((date(2013, 3, 31), False), (date(2013, 4, 1), True)):
            (line,) = await transfer.list_untransferred(
                archives_session, area="990101", year=2012, today=today
            )
            assert (line.section, line.pieces, line.overdue) == ("办公室", 2, overdue)
            assert line.deadline == date(2013, 3, 31)
        sent_back = await self.accept(archives_session, handed, counted=2)
        assert sent_back.state == "sent_back"
        assert sent_back.decision_reason == "申报 3 件，清单 2 件，清点 2 件"
        assert {piece.holding for piece in pieces} == {"with_section"}

    async def test_takes_in_a_list_that_agrees(self, archives_session: AsyncSession) -> None:
        handed, pieces = await self.submit(archives_session)
        assert (await self.accept(archives_session, handed, counted=2)).state == "accepted"
        for piece in pieces:
            assert piece.holding == "in_store"
            assert await movements(archives_session, piece) == ["received"]
        late = await transfer.list_untransferred(
            archives_session, area="990101", year=2012, today=date(2013, 4, 1)
        )
        assert late == []

    async def test_is_not_accepted_by_who_handed_over(self, archives_session: AsyncSession) -> None:
        handed, _ = await self.submit(archives_session)
        with pytest.raises(transfer.AcceptorIsSubmitter):
            await self.accept(archives_session, handed, counted=2, by="section")

    async def test_is_decided_once(self, archives_session: AsyncSession) -> None:
        handed, _ = await self.submit(archives_session)
        await self.accept(archives_session, handed, counted=2)
        with pytest.raises(transfer.TransferDecided):
            await self.accept(archives_session, handed, counted=2)

    @pytest.mark.parametrize("told", [{"year": 2013}, {"section": "财务科"}])
    async def test_refuses_pieces_of_another_year_or_section(
        self, archives_session: AsyncSession, told: dict[str, Any]
    ) -> None:
        with pytest.raises(transfer.PiecesNotTransferable):
            await self.submit(archives_session, **told)


class TestUse:
    async def apply(self, session: AsyncSession, piece: Piece, form: str) -> Use:
        return await lending.apply_for_use(
            session,
            application=lending.Application(
                piece_id=piece.piece_id,
                form=form,
                purpose="核对工龄",
                reader_name="王样例",
                reader_organisation="样例县第一纺织厂",
                identity_document="居民身份证",
                copy_pages=2 if form == "copy" else None,
            ),
            caller=build.staff("u1"),
            now=build.NOW,
        )

    async def decide(self, session: AsyncSession, use: Use, *, by: str = "u2", approved: bool = True) -> Use:
        return await lending.decide_use(
            session, use_id=use.use_id, approved=approved, reason=None, caller=build.staff(by), now=build.NOW
        )

    async def hand_out(self, session: AsyncSession, use: Use) -> Use:
        return await lending.hand_out(session, use_id=use.use_id, caller=build.staff(), now=build.NOW)

    async def close(self, session: AsyncSession, use: Use) -> Use:
        return await lending.close_use(
            session, use_id=use.use_id, effect="查清工龄12年", caller=build.staff(), now=build.NOW
        )

    @pytest.mark.proves("A15")
    async def test_refuses_a_copy_without_approval_lists_a_late_loan_and_keeps_purpose_and_effect(
        self, archives_session: AsyncSession
    ) -> None:
        piece = await build.stored(archives_session)
        copy = await self.apply(archives_session, piece, "copy")
        with pytest.raises(lending.UseNotApproved):
            await self.hand_out(archives_session, copy)

        loan = await self.apply(archives_session, piece, "loan")
        await self.decide(archives_session, loan)
        await self.hand_out(archives_session, loan)
        assert loan.due_on == date(2024, 5, 23)
        for today, late in ((date(2024, 5, 23), []), (date(2024, 5, 24), [loan])):
            found, _ = await queries.uses.list_overdue_loans(
                archives_session, area="990101", today=today, query=FIRST
            )
            assert found == late

        reading = await self.apply(archives_session, piece, "reading")
        await self.hand_out(archives_session, reading)
        closed = await self.close(archives_session, reading)
        assert (closed.reader_name, closed.purpose, closed.effect) == ("王样例", "核对工龄", "查清工龄12年")

    async def test_moves_a_lent_piece_out_and_back(self, archives_session: AsyncSession) -> None:
        piece = await build.stored(archives_session)
        loan = await self.apply(archives_session, piece, "loan")
        await self.decide(archives_session, loan)
        await self.hand_out(archives_session, loan)
        assert piece.holding == "lent"
        await self.close(archives_session, loan)
        assert piece.holding == "in_store"
        assert await movements(archives_session, piece) == ["received", "lent", "returned"]

    async def test_is_not_approved_by_the_applicant(self, archives_session: AsyncSession) -> None:
        use = await self.apply(archives_session, await build.stored(archives_session), "loan")
        with pytest.raises(lending.ApproverIsApplicant):
            await self.decide(archives_session, use, by="u1")

    async def test_of_a_refused_application_hands_out_nothing(self, archives_session: AsyncSession) -> None:
        use = await self.apply(archives_session, await build.stored(archives_session), "copy")
        await self.decide(archives_session, use, approved=False)
        with pytest.raises(lending.UseDecided):
            await self.hand_out(archives_session, use)

    async def test_lends_a_piece_to_one_at_a_time(self, archives_session: AsyncSession) -> None:
        piece = await build.stored(archives_session)
        for expected in (None, lending.PieceNotInStore):
            loan = await self.apply(archives_session, piece, "loan")
            await self.decide(archives_session, loan)
            if expected is None:
                await self.hand_out(archives_session, loan)
            else:
                with pytest.raises(expected):
                    await self.hand_out(archives_session, loan)

    @pytest.mark.parametrize(
        "change",
        ["decided_by = applied_by", "state = 'approved', form = 'copy'", "state = 'closed'"],
    )
    async def test_is_guarded_by_the_database(self, archives_session: AsyncSession, change: str) -> None:
        await self.apply(archives_session, await build.stored(archives_session), "loan")
        with pytest.raises(DBAPIError, match="ck_piece_use"):
            await (await archives_session.connection()).execute(text(f"UPDATE piece_use SET {change}"))


class TestDestruction:
    async def draw_up(self, session: AsyncSession, *pieces: Piece) -> DestructionList:
        return await retention.draw_up_list(
            session,
            piece_ids=[piece.piece_id for piece in pieces],
            reason="保管期满，无续存价值",
            caller=build.staff("author"),
            now=build.NOW,
        )

    async def approve(self, session: AsyncSession, drawn: DestructionList, *people: str) -> None:
        for person in people:
            await retention.approve_list(
                session,
                destruction_list_id=drawn.destruction_list_id,
                caller=build.staff(person),
                now=build.NOW,
            )

    async def execute(self, session: AsyncSession, drawn: DestructionList) -> None:
        await retention.execute_list(
            session,
            destruction_list_id=drawn.destruction_list_id,
            caller=build.staff("author"),
            now=build.NOW,
        )

    async def consent(self, session: AsyncSession, drawn: DestructionList, authority: str) -> None:
        await retention.record_consent(
            session,
            destruction_list_id=drawn.destruction_list_id,
            authority=authority,
            document_number="样财函〔2024〕1号",
            consented_on=date(2024, 5, 8),
            caller=build.staff(),
            now=build.NOW,
        )

    @pytest.mark.proves("A16")
    async def test_waits_for_both_consents_and_leaves_the_catalogue_entry(
        self, archives_session: AsyncSession
    ) -> None:
        voucher = await build.stored(archives_session, category="ku", is_accounting=True)
        drawn = await self.draw_up(archives_session, voucher)
        await self.approve(archives_session, drawn, "first", "second")
        for authority in ("audit", "finance"):
            with pytest.raises(retention.DestructionBlocked):
                await self.execute(archives_session, drawn)
            assert voucher.holding == "in_store"
            await self.consent(archives_session, drawn, authority)
        await self.execute(archives_session, drawn)
        entry = await queries.pieces.get_piece(archives_session, piece_id=voucher.piece_id, area="990101")
        assert (entry.holding, entry.destruction_list_id) == ("destroyed", drawn.destruction_list_id)
        assert drawn.list_number == "2024-001"
        assert await movements(archives_session, voucher) == ["received", "destroyed"]

    async def test_needs_two_persons_besides_the_author(self, archives_session: AsyncSession) -> None:
        piece = await build.stored(archives_session)
        drawn = await self.draw_up(archives_session, piece)
        with pytest.raises(retention.ApproverRefused):
            await self.approve(archives_session, drawn, "author")
        await self.approve(archives_session, drawn, "first")
        with pytest.raises(retention.ApproverRefused):
            await self.approve(archives_session, drawn, "first")
        with pytest.raises(retention.DestructionBlocked):
            await self.execute(archives_session, drawn)
        await self.approve(archives_session, drawn, "second")
        await self.execute(archives_session, drawn)
        assert piece.holding == "destroyed"

    async def test_leaves_nothing_to_change(self, archives_session: AsyncSession) -> None:
        piece = await build.stored(archives_session)
        drawn = await self.draw_up(archives_session, piece)
        await self.approve(archives_session, drawn, "first", "second")
        await self.execute(archives_session, drawn)
        with pytest.raises(filing.PieceDestroyed):
            await filing.correct_description(
                archives_session,
                piece_id=piece.piece_id,
                corrections=filing.Corrections(title="x"),
                version=piece.version,
                reason="x",
                caller=build.staff(),
                now=build.NOW,
            )
        with pytest.raises(retention.DestructionClosed):
            await self.execute(archives_session, drawn)

    async def test_refuses_pieces_within_their_period(self, archives_session: AsyncSession) -> None:
        for described in ({"retention": "permanent"}, {"formed_on": date(2014, 1, 1)}):
            piece = await build.stored(archives_session, **described)
            with pytest.raises(retention.PieceNotDue):
                await self.draw_up(archives_session, piece)

    async def test_lists_a_piece_once(self, archives_session: AsyncSession) -> None:
        piece = await build.stored(archives_session)
        drawn = await self.draw_up(archives_session, piece)
        with pytest.raises(retention.PieceOnList):
            await self.draw_up(archives_session, piece)
        await retention.cancel_list(
            archives_session, destruction_list_id=drawn.destruction_list_id, caller=build.staff()
        )
        assert (await self.draw_up(archives_session, piece)).list_number == "2024-002"

    async def test_is_guarded_by_the_database(self, archives_session: AsyncSession) -> None:
        piece = await build.stored(archives_session)
        drawn = await self.draw_up(archives_session, piece)
        await self.approve(archives_session, drawn, "first")
        with pytest.raises(DBAPIError, match="not authorised"):
            await lending.move(
                archives_session,
                piece=piece,
                kind="destroyed",
                reference_id=drawn.destruction_list_id,
                caller=build.staff(),
                now=build.NOW,
            )


class TestAppraisal:
    async def due(self, session: AsyncSession, today: date) -> list[Piece]:
        found, _ = await queries.destructions.list_due_for_appraisal(
            session, area="990101", today=today, query=FIRST
        )
        return found

    async def test_lists_pieces_from_the_day_their_period_has_run_out(
        self, archives_session: AsyncSession
    ) -> None:
        piece = await build.entered(archives_session)
        await build.entered(archives_session, retention="permanent")
        assert await self.due(archives_session, date(2020, 12, 31)) == []
        assert await self.due(archives_session, date(2021, 1, 1)) == [piece]

    async def test_gives_a_kept_piece_a_new_period_and_marks_it(self, archives_session: AsyncSession) -> None:
        piece = await build.stored(archives_session)
        kept = await retention.extend_period(
            archives_session,
            piece_id=piece.piece_id,
            new_period="d30",
            reason="涉及待遇争议",
            caller=build.staff(),
            now=build.NOW,
        )
        assert (kept.retention, kept.current_retention) == ("d10", "d30")
        assert kept.retain_until == date(2055, 1, 1)
        (entry,) = await queries.pieces.list_changes(archives_session, piece_id=piece.piece_id)
        assert entry.changes["retain_until"] == ["2021-01-01", "2055-01-01"]
        assert await self.due(archives_session, build.NOW.date()) == []


class TestMovementRegister:
    @pytest.mark.parametrize("kind", ["returned", "lent", "destroyed"])
    async def test_refuses_a_movement_that_does_not_begin_where_the_piece_is(
        self, archives_session: AsyncSession, kind: str
    ) -> None:
        piece = await build.entered(archives_session)
        with pytest.raises(DBAPIError, match=r"not where this movement begins|not authorised"):
            await lending.move(
                archives_session,
                piece=piece,
                kind=kind,
                reference_id=build.some_id(),
                caller=build.staff(),
                now=build.NOW,
            )

    @pytest.mark.parametrize("statement", ["UPDATE movement SET kind = 'lent'", "DELETE FROM movement"])
    async def test_only_grows(self, archives_session: AsyncSession, statement: str) -> None:
        await build.stored(archives_session)
        with pytest.raises(DBAPIError, match="append-only"):
            await (await archives_session.connection()).execute(text(statement))

    async def test_balances(self, archives_session: AsyncSession) -> None:
        before = datetime(2024, 4, 1, tzinfo=UTC)
        old = await build.stored(archives_session)
        await build.stored(archives_session, formed_on=date(2023, 1, 1))
        use = TestUse()
        loan = await use.apply(archives_session, old, "loan")
        await use.decide(archives_session, loan)
        await use.hand_out(archives_session, loan)
        stock = await registers.stock(
            archives_session, area="990101", since=before.date(), until=date(2024, 6, 1)
        )
        assert (stock.opening, stock.received, stock.destroyed, stock.lent) == (0, 2, 0, 1)
        assert stock.closing == 2
        later = await registers.stock(
            archives_session, area="990101", since=date(2024, 6, 1), until=date(2024, 7, 1)
        )
        assert (later.opening, later.received, later.closing) == (2, 0, 2)


class TestHoldings:
    async def test_sum_pieces_and_pages(self, archives_session: AsyncSession) -> None:
        await build.piece(archives_session)
        await build.piece(archives_session, attachments_pages=0)
        await build.stored(archives_session)
        lines = await registers.holdings(archives_session, area="990101", year=None)
        assert [
            (line.year, line.category, line.holding, line.pieces, line.pages, line.incomplete)
            for line in lines
        ] == [
            (2010, "ws", "in_store", 1, 0, 0),
            (2024, "yb", "with_section", 2, 6, 2),
        ]
        assert await registers.holdings(archives_session, area="990102", year=None) == []
