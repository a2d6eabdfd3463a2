"""Who is covered on which days, and what speaks against it (待遇资格)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

# A person is insured in one basic scheme at a time; where copies overlap, work comes first.
SCHEMES = ("employee_medical", "resident_medical")
UNCOVERED = Literal["never_insured", "not_yet_insured", "insurance_ended", "gap_in_insurance"]


@dataclass(frozen=True, slots=True)
class Span:
    """A named period [valid_from, valid_until): a coverage in a scheme, or an assistance identity."""

    name: str
    valid_from: date
    valid_until: date | None

    def includes(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)


@dataclass(frozen=True, slots=True)
class Cover:
    """The scheme that covers every day of the stay, or the reason why none does."""

    scheme: str | None
    reason: UNCOVERED | None
    first_uncovered_day: date | None


def cover(*, spans: Sequence[Span], first: date, last: date) -> Cover:
    """Whether one scheme covers each day from first to last, both included (就医期间参保状态)."""
    best: date | None = None
    for scheme in SCHEMES:
        held = [span for span in spans if span.name == scheme]
        open_day = first_uncovered(spans=held, first=first, last=last)
        if open_day is None:
            return Cover(scheme, None, None)
        if held:
            best = max(best or open_day, open_day)
    return Cover(None, _reason(spans, best or first), best or first)


def first_uncovered(*, spans: Iterable[Span], first: date, last: date) -> date | None:
    """The first day in [first, last] that no span includes; None when all are covered."""
    day = first
    for span in sorted(spans, key=lambda span: span.valid_from):
        if span.valid_from > day:
            return day
        if span.valid_until is None:
            return None
        day = max(day, span.valid_until)
        if day > last:
            return None
    return day


def _reason(spans: Sequence[Span], day: date) -> UNCOVERED:
    medical = [span for span in spans if span.name in SCHEMES]
    if not medical:
        return "never_insured"
    if all(span.valid_from > day for span in medical):
        return "not_yet_insured"
    if any(span.valid_from > day for span in medical):
        return "gap_in_insurance"
    return "insurance_ended"


def identities_on(*, spans: Iterable[Span], day: date) -> tuple[str, ...]:
    """The assistance identities (救助身份) that a person has on the day, in stable order."""
    return tuple(sorted({span.name for span in spans if span.includes(day)}))


def pooled(*, area: str, other: str, pooling_digits: int) -> bool:
    """Whether two areas are in one pooling area (统筹区): their codes agree in the first `pooling_digits` digits."""
    return area[:pooling_digits] == other[:pooling_digits]


def band(*, institution_level: str, institution_area: str, insured_area: str, pooling_digits: int) -> str:
    """The tariff band (待遇档次): the institution's level, or `out_of_area` outside the pooling area (统筹区外).

    An institution without a level (未定级) counts as level 1. Source: 003 §3C L193, L197.
    """
    if not pooled(area=institution_area, other=insured_area, pooling_digits=pooling_digits):
        return "out_of_area"
    return "level_1" if institution_level == "ungraded" else institution_level
