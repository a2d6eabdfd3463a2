"""Who is hard to employ (就业困难人员认定): 就业促进法 §52; which groups count is set by the province."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.jobs.rules.employment import State, age_on


class Category(StrEnum):
    """The groups of the sample county; the code list `hardship-categories` carries their names."""

    AGE_40_50 = "age_40_50"
    MINIMUM_LIVING = "minimum_living"
    ZERO_EMPLOYMENT_FAMILY = "zero_employment_family"
    DISABLED = "disabled"
    LONG_TERM_UNEMPLOYED = "long_term_unemployed"
    LANDLESS = "landless"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The dated limits: age for this person's sex, months of registered unemployment."""

    least_age: int
    unemployed_months: int


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the registers say of the person on the day of the decision.

    `family_in_work` names the members of working age who have a running employment; None when no family was given.
    """

    birth_on: date
    state: State
    unemployed_since: date | None
    minimum_living: bool
    family_in_work: tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True)
class Check:
    """One condition: whether it holds, and the sentence that says so with its figures."""

    name: str
    holds: bool
    sentence: str


def check(category: Category, *, facts: Facts, limits: Limits, day: date) -> list[Check]:
    """Every condition of the category on that day; the person qualifies when all hold.

    Disability and lost land are proved by the certificate that the procedure asks for.
    """
    unemployed = facts.state == State.UNEMPLOYED
    checks = [_is("unemployed", unemployed, "已登记失业" if unemployed else "未处于登记失业状态")]
    match category:
        case Category.AGE_40_50:
            checks.append(_age(facts, limits=limits, day=day))
        case Category.MINIMUM_LIVING:
            receives = facts.minimum_living
            checks.append(
                _is("minimum_living", receives, "享受低保" if receives else "参保登记中没有有效的低保记录")
            )
        case Category.ZERO_EMPLOYMENT_FAMILY:
            checks.append(_family(facts))
        case Category.LONG_TERM_UNEMPLOYED:
            checks.append(_long(facts, limits=limits, day=day))
        case Category.DISABLED | Category.LANDLESS:
            pass
    return checks


def one_year_over(since: date, *, months: int, day: date) -> bool:
    """Whether more than that many months have passed: on the very anniversary it is not yet more."""
    return day > add_months(since, months=months)


def add_months(day: date, *, months: int) -> date:
    """The same day so many months later, or the last day of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    for last in range(day.day, 27, -1):
        try:
            return date(day.year + years, month + 1, last)
        except ValueError:
            continue
    return date(day.year + years, month + 1, day.day)


def _is(name: str, holds: bool, sentence: str) -> Check:
    return Check(name=name, holds=holds, sentence=sentence)


def _age(facts: Facts, *, limits: Limits, day: date) -> Check:
    age = age_on(facts.birth_on, day=day)
    holds = age >= limits.least_age
    return _is("age", holds, f"{age}周岁，{'已满' if holds else '未满'}{limits.least_age}周岁")


def _family(facts: Facts) -> Check:
    if facts.family_in_work is None:
        return _is("family", False, "请填报家庭中劳动年龄内的成员")
    if facts.family_in_work:
        return _is("family", False, f"家庭成员{'、'.join(facts.family_in_work)}有就业记录")
    return _is("family", True, "家庭中劳动年龄内的成员均无就业记录")


def _long(facts: Facts, *, limits: Limits, day: date) -> Check:
    if facts.unemployed_since is None:
        return _is("duration", False, "没有失业登记日期")
    holds = one_year_over(facts.unemployed_since, months=limits.unemployed_months, day=day)
    days = (day - facts.unemployed_since).days
    return _is(
        "duration",
        holds,
        f"登记失业{days}天，{'已超过' if holds else '未超过'}{limits.unemployed_months}个月",
    )
