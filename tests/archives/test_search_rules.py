"""The search terms: what the index promises is what a scan of all texts would find."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.archives.rules import search

ALPHABET = "医院样例县住张三丰𠮷〇ＡａBb１2é（），·-%_\\'& \t　"
TEXTS = st.text(alphabet=ALPHABET, max_size=30)


class TestFold:
    @pytest.mark.parametrize(
        ("text", "folded"),
        [
            ("样例县 人民医院", "样例县人民医院"),  # a scanner's blank between Han characters
            ("ＡＢＣ１２３", "abc123"),  # full width
            ("Room 12　号", "room 12 号"),
            ("  医  院 ", "医院"),
            ("㈱①", "(株)1"),
        ],
    )
    def test_makes_width_case_and_blanks_alike(self, text: str, folded: str) -> None:
        assert search.fold(text) == folded


class TestIndexTerms:
    def test_are_characters_and_bigrams(self) -> None:
        assert search.index_terms(folded="医院a") == sorted(["医", "院", "a", "医院", "院a"])

    def test_do_not_reach_over_punctuation(self) -> None:
        assert "院张" not in search.index_terms(folded=search.search_text(["医院（张三）", "李四"]))

    @given(TEXTS, st.data())
    def test_hold_every_term_of_every_fragment(self, text: str, data: st.DataObject) -> None:
        folded = search.search_text([text])
        start = data.draw(st.integers(0, len(folded)))
        end = data.draw(st.integers(start, len(folded)))
        terms = set(search.index_terms(folded=folded))
        for word in search.parse(folded[start:end]).words:
            assert word in folded
        assert set(search.parse(folded[start:end]).terms) <= terms


class TestParse:
    def test_joins_words_by_and(self) -> None:
        assert search.parse("医院 张三　2024").words == ("医院", "张三", "2024")

    @pytest.mark.parametrize("nothing", ["", "   ", "，。（）", "%_\\"])
    def test_finds_nothing_to_search_in_punctuation(self, nothing: str) -> None:
        assert search.parse(nothing).words == ()

    def test_uses_the_character_itself_for_one_character(self) -> None:
        assert search.parse("医").terms == ("医",)

    def test_keeps_ten_words(self) -> None:
        assert len(search.parse(" ".join(str(number) for number in range(20))).words) == 10

    @given(TEXTS)
    def test_never_makes_a_term_that_a_query_language_could_read(self, text: str) -> None:
        for term in search.parse(text).terms:
            assert term.isalnum()


class TestHighlights:
    def shown(self, text: str, q: str) -> list[str]:
        found = search.highlights(text=text, words=search.parse(q).words)
        return [text[start:end] for start, end in found]

    @pytest.mark.parametrize(
        ("text", "q", "marked"),
        [
            ("样例县人民医院住院材料", "医院", ["医院"]),
            ("样例县人民医院的住院材料", "医院 住院", ["医院", "住院"]),
            ("样例县人民医院住院材料", "医院 住院", ["医院住院"]),  # neighbours are one
            ("样例县人民医院院长", "医院 院院", ["医院院"]),  # overlapping hits are one
            ("Ｂ－０００１号", "b-0001", ["Ｂ－０００１"]),
            ("医 院", "医院", ["医 院"]),
            ("没有", "医院", []),
        ],
    )
    def test_mark_the_words_in_the_text_as_shown(self, text: str, q: str, marked: list[str]) -> None:
        assert self.shown(text, q) == marked

    @given(TEXTS, TEXTS)
    def test_stay_inside_the_text_and_apart(self, text: str, q: str) -> None:
        found = search.highlights(text=text, words=search.parse(q).words)
        edges = [edge for span in found for edge in span]
        assert edges == sorted(set(edges))
        assert all(0 <= edge <= len(text) for edge in edges)
