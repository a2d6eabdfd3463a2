"""Search on the real database: what it finds is what a scan of all texts finds."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel.ext.asyncio.session import AsyncSession

from services.archives import queries
from services.archives.models import Piece
from services.archives.operations import access, filing
from services.archives.operations.filing import Corrections
from services.archives.queries.pieces import PieceFilter
from services.archives.rules import search
from services.kit.paging import PageRequest
from tests.archives import build
from tests.conftest import ServiceApi

ALL = PieceFilter()
NAMES = ["欧阳样例", "张三丰", "丰张三", "㐂子", "𠮷田", "Ａnna李", "王o2", "李%_例", "O'Brien"]
PLACES = ["样例县人民医院", "样例县中医院", "城关镇卫生院 二部", "Ｔ３诊所"]


async def find(session: AsyncSession, q: str, wanted: PieceFilter = ALL, size: int = 200) -> list[Piece]:
    found, _, _, _ = await access.search_pieces(
        session,
        q=q,
        wanted=wanted,
        purpose="service",
        query=PageRequest(after=None, size=size),
        caller=build.staff(),
        now=build.NOW,
    )
    return found


def text_of(piece: Piece) -> str:
    parts = (
        piece.title,
        piece.responsible_party,
        piece.section,
        piece.piece_number,
        *piece.names,
        *piece.keywords,
    )
    return search.search_text(parts)


# What the API lets through: PostgreSQL stores neither NUL nor halves of characters.
STORABLE = st.characters(codec="utf-8", exclude_characters="\0")


class TestSearchPieces:
    @pytest.mark.parametrize(
        ("q", "hits"),
        [
            ("医院", 1),
            ("阳样", 1),  # a fragment across given and family name
            ("欧", 1),
            ("欧阳样例住院医疗费用结算材料（样例县人民医院", 1),
            ("住院 欧阳", 1),
            ("b-0001", 1),
            ("YB·2024·D10-0001", 1),
            ("就业 欧阳", 0),
            ("疗医", 0),
            ("％", 0),
        ],
    )
    async def test_finds_fragments_and_joins_words_by_and(
        self, archives_session: AsyncSession, q: str, hits: int
    ) -> None:
        await build.piece(archives_session)
        if q == "％":
            with pytest.raises(access.NothingToSearch):
                await find(archives_session, q)
            return
        assert len(await find(archives_session, q)) == hits

    async def test_follows_a_correction(self, archives_session: AsyncSession) -> None:
        piece = await build.piece(archives_session)
        await filing.correct_description(
            archives_session,
            piece_id=piece.piece_id,
            corrections=Corrections(title="复印件", names=[], keywords=[]),
            version=1,
            reason="著录有误",
            caller=build.staff(),
            now=build.NOW,
        )
        assert await find(archives_session, "欧阳") == []
        assert await find(archives_session, "复印") == [piece]

    async def test_answers_newest_first_and_pages(self, archives_session: AsyncSession) -> None:
        cases = [build.case(settled_on=f"2024-03-{day:02d}") for day in (3, 1, 2, 2, 5)]
        await build.file(archives_session, cases)
        seen: list[Piece] = []
        after = None
        for _ in range(3):
            found, after, count, _ = await access.search_pieces(
                archives_session,
                q="医院",
                wanted=ALL,
                purpose="service",
                query=PageRequest(after=after, size=2),
                caller=build.staff(),
                now=build.NOW,
            )
            seen += found
            assert count == 5
        assert after is None
        assert [piece.formed_on.day for piece in seen] == [5, 3, 2, 2, 1]
        assert len({piece.piece_id for piece in seen}) == 5

    async def test_counts_to_a_cap(
        self, archives_session: AsyncSession, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(queries.pieces, "COUNT_CAP", 2)
        for _ in range(4):
            await build.piece(archives_session)
        searched = search.parse("医院")
        found = await queries.pieces.count_hits(
            archives_session, searched=searched, wanted=ALL, area="990101"
        )
        assert found == 3  # one more than the cap says that there are more

    async def test_filters(self, archives_session: AsyncSession) -> None:
        piece = await build.piece(archives_session)
        other = await build.entered(archives_session, title="医院名录")
        assert await find(archives_session, "医院", PieceFilter(category="ws")) == [other]
        assert await find(archives_session, "医院", PieceFilter(year=2024)) == [piece]
        assert await find(archives_session, "医院", PieceFilter(completeness="complete")) == [other]

    async def test_stays_within_the_area(self, archives_session: AsyncSession) -> None:
        await build.piece(archives_session)
        searched = search.parse("医院")
        found, _ = await queries.pieces.search_pieces(
            archives_session,
            searched=searched,
            wanted=ALL,
            area="990102",
            query=PageRequest(after=None, size=10),
        )
        assert found == []


@pytest.fixture(scope="class")
async def filed(archives_running: ServiceApi) -> AsyncIterator[tuple[AsyncSession, list[Piece]]]:
    async with archives_running.sessions() as session:
        cases = [
            build.case(person_name=name, institution_name=place, bill_number=f"B{number}")
            for number, (name, place) in enumerate((name, place) for name in NAMES for place in PLACES)
        ]
        yield session, await build.file(session, cases)
        await session.rollback()


class TestRecall:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    async def test_equals_a_scan_of_all_texts(
        self, filed: tuple[AsyncSession, list[Piece]], data: st.DataObject
    ) -> None:
        session, pieces = filed
        words = [self.fragment(data, pieces) for _ in range(data.draw(st.integers(1, 2)))]
        searched = search.parse(" ".join(words))
        if not searched.words:
            return
        wanted = {
            piece.piece_id for piece in pieces if all(word in text_of(piece) for word in searched.words)
        }
        found, _ = await queries.pieces.search_pieces(
            session,
            searched=searched,
            wanted=ALL,
            area="990101",
            query=PageRequest(after=None, size=200),
        )
        assert {piece.piece_id for piece in found} == wanted

    def fragment(self, data: st.DataObject, pieces: list[Piece]) -> str:
        """A piece of somebody's name, title or number, of one to six characters, or any text at all."""
        if data.draw(st.integers(0, 4)) == 0:
            return data.draw(st.text(STORABLE, max_size=3))
        piece = data.draw(st.sampled_from(pieces))
        source = data.draw(st.sampled_from([piece.title, *piece.names, *piece.keywords]))
        start = data.draw(st.integers(0, len(source) - 1))
        return source[start : start + data.draw(st.integers(1, 6))]
