"""Employment state of a person (就业、失业界定标准, 003 J1)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class State(StrEnum):
    """The classes of 003 J1: (a) employed, (b) may register unemployed, (c) employed and job-seeking."""

    EMPLOYED = "employed"
    EMPLOYED_SEEKING = "employed_seeking"
    UNEMPLOYED = "unemployed"
    OUTSIDE = "outside"


@dataclass(frozen=True, kw_only=True)
class WorkingAge:
    """The working age in whole years: from `least`, below `below`."""

    least: int
    below: int


@dataclass(frozen=True, kw_only=True)
class Situation:
    """What is known of a person on a day. Land is arable land per head of the household in 亩 (None: has none)."""

    age: int
    able: bool
    willing: bool
    works: bool
    farms_own_land: bool
    land_per_head: Decimal | None
    wants_other_work: bool


@dataclass(frozen=True, kw_only=True)
class Classified:
    """The class of a person, and the sentence that says why."""

    state: State
    reason: str


def age_on(birth_on: date, *, day: date) -> int:
    """Whole years of age on a day (周岁): a year is full on the birthday."""
    return day.year - birth_on.year - ((day.month, day.day) < (birth_on.month, birth_on.day))


def classify(situation: Situation, *, working_age: WorkingAge, land_limit: Decimal) -> Classified:
    """The employment state of 003 J1.

    `land_limit` is 0.3 亩 a head: below it a rural worker without work counts as landless. Whoever has land, or
    works, is employed; one who then wants other work is entered as job-seeking too.
    """
    if not working_age.least <= situation.age < working_age.below:
        return Classified(state=State.OUTSIDE, reason=f"{situation.age}周岁，不在劳动年龄内")
    if situation.works:
        return _employed(situation, "已有工作")
    if situation.land_per_head is not None and situation.land_per_head >= land_limit:
        return _employed(situation, f"人均耕地{situation.land_per_head}亩，不低于{land_limit}亩")
    if situation.land_per_head is None and situation.farms_own_land:
        return _employed(situation, "经营承包土地")
    if not situation.able or not situation.willing:
        lacking = "劳动能力" if not situation.able else "就业愿望"
        return Classified(state=State.OUTSIDE, reason=f"没有{lacking}")
    if situation.land_per_head is None:
        return Classified(state=State.UNEMPLOYED, reason="无业、无耕地，有劳动能力和就业愿望")
    land = f"人均耕地{situation.land_per_head}亩，少于{land_limit}亩"
    return Classified(state=State.UNEMPLOYED, reason=f"无业，{land}，有劳动能力和就业愿望")


def _employed(situation: Situation, reason: str) -> Classified:
    if situation.wants_other_work and situation.able and situation.willing:
        return Classified(state=State.EMPLOYED_SEEKING, reason=f"{reason}，要求另找工作，同时登记求职")
    return Classified(state=State.EMPLOYED, reason=reason)
