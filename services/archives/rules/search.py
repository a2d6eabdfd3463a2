"""Chinese full-text search without a dictionary: every character and every pair of characters is a term.

A word list loses names and fragments (28 % of name hits in our measurement); single characters and bigrams
lose nothing: when a text contains a query, it contains the query's bigrams. The index narrows, a substring
check decides, so the answer equals a scan of all texts.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

FIELD_BREAK = "\n"
MAX_TERMS = 10


@lru_cache(maxsize=65_536)
def fold_character(character: str) -> str:
    """One character as the index sees it: full width to half width, capitals to small, blanks to one blank."""
    folded = unicodedata.normalize("NFKC", character).casefold()
    return " " if folded.isspace() or not folded else folded


def fold(text: str) -> str:
    """A text as the index sees it; blanks that a scanner put between Han characters are dropped (OCR).

    Folding goes character by character, so that a substring of a text is a substring of the folded text.
    """
    folded = "".join(map(fold_character, unicodedata.normalize("NFC", text)))
    return "".join(_without_inner_blanks(folded))


def _without_inner_blanks(text: str) -> Iterator[str]:
    parts = text.split()
    yield from parts[:1]
    for before, after in pairwise(parts):
        yield after if is_han(before[-1]) and is_han(after[0]) else f" {after}"


def is_han(character: str) -> bool:
    """Whether the character is a Han ideograph (all planes)."""
    point = ord(character)
    return (
        0x3400 <= point <= 0x9FFF
        or 0xF900 <= point <= 0xFAFF
        or 0x20000 <= point <= 0x3FFFF
        or point == 0x3007
    )


def runs(folded: str) -> list[str]:
    """The unbroken rows of letters, digits and ideographs; punctuation and blanks separate them."""
    return "".join(character if character.isalnum() else " " for character in folded).split()


def index_terms(*, folded: str) -> list[str]:
    """All characters and bigrams of a folded text, each once, sorted."""
    terms: set[str] = set()
    for run in runs(folded):
        terms.update(run)
        terms.update(bigrams(run))
    return sorted(terms)


def bigrams(run: str) -> Iterator[str]:
    """The pairs of neighbouring characters of a run."""
    return (run[start : start + 2] for start in range(len(run) - 1))


@dataclass(frozen=True)
class SearchQuery:
    """A query: the words that must all be substrings, and the index terms that must all occur."""

    words: tuple[str, ...]
    terms: tuple[str, ...]


def parse(q: str) -> SearchQuery:
    """Words are separated by blanks and joined by AND; a word without letter, digit or ideograph is dropped.

    An answer without words means that nothing can be searched.
    """
    words = dict.fromkeys(word for part in q.split() if runs(word := fold(part)))
    kept = tuple(words)[:MAX_TERMS]
    return SearchQuery(
        words=kept, terms=tuple(sorted({term for word in kept for term in _query_terms(word)}))
    )


def _query_terms(word: str) -> Iterator[str]:
    for run in runs(word):
        yield from bigrams(run) if len(run) > 1 else (run,)


def search_text(parts: Iterable[str]) -> str:
    """The folded text of a piece; fields are kept apart, so that no hit straddles two of them."""
    return FIELD_BREAK.join(folded for part in parts if (folded := fold(part)))


def ts_query(*, terms: Iterable[str]) -> str:
    """The terms as a PostgreSQL ``tsquery`` literal, each quoted, joined by AND."""
    return " & ".join(f"'{term}'" for term in terms)


def like_pattern(*, word: str) -> str:
    """A LIKE pattern that finds exactly the word inside a text (escape character is the backslash)."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def highlights(*, text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Where the words occur in the text as shown: merged [start, end) ranges of characters.

    Ranges instead of markup: the reader's page decides how a hit looks, and no text needs escaping.
    """
    folded, origin = _folded_with_origin(text)
    spans = sorted(span for word in words for span in _occurrences(folded, origin, word))
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _folded_with_origin(text: str) -> tuple[str, list[int]]:
    pairs = [(piece, at) for at, character in enumerate(text) for piece in fold_character(character)]
    kept = [pair for number, pair in enumerate(pairs) if not _is_inner_blank(pairs, number)]
    return "".join(piece for piece, _ in kept), [at for _, at in kept]


def _is_inner_blank(pairs: list[tuple[str, int]], number: int) -> bool:
    if pairs[number][0] != " ":
        return False
    before = next((piece for piece, _ in reversed(pairs[:number]) if piece != " "), "")
    after = next((piece for piece, _ in pairs[number + 1 :] if piece != " "), "")
    return bool(before and after and is_han(before) and is_han(after))


def _occurrences(folded: str, origin: list[int], word: str) -> Iterator[tuple[int, int]]:
    start = folded.find(word)
    while word and start >= 0:
        yield origin[start], origin[start + len(word) - 1] + 1
        start = folded.find(word, start + 1)
