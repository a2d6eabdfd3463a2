"""The law of employment services: tables of cases, each with its source."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.jobs import codes, policy
from services.jobs.rules import employment, hardship, matching, placement
from services.jobs.rules.employment import Situation, State, WorkingAge, age_on, classify
from services.jobs.rules.hardship import Category, Facts, Limits
from services.jobs.rules.matching import Criterion, Post, Wish, match
from services.jobs.rules.statistics import rate

AGE = WorkingAge(least=16, below=60)
DAY = date(2026, 3, 2)


def situation(**told: Any) -> Situation:
    fields: dict[str, Any] = {
        "age": 45,
        "able": True,
        "willing": True,
        "works": False,
        "farms_own_land": False,
        "land_per_head": None,
        "wants_other_work": False,
    }
    return Situation(**(fields | told))


class TestCodeListsAndRules:
    @pytest.mark.parametrize(
        ("law", "listed"),
        [
            (State, codes.EmploymentState),
            (Category, codes.HardshipCategory),
            (Criterion, codes.Criterion),
            (placement.Stage, codes.AssistanceState),
        ],
    )
    def test_name_the_same_things(self, law: Any, listed: Any) -> None:
        assert {one.value for one in law} == {one.value for one in listed}

    def test_order_schooling_the_same(self) -> None:
        assert list(matching.SCHOOLING) == [one.value for one in codes.Education]


class TestClassify:
    """003 J1 L23."""

    @pytest.mark.parametrize(
        ("told", "state"),
        [
            # 0.29 亩 per head, no work, able and willing -> (b); 0.30 亩 -> not (b)
            ({"land_per_head": Decimal("0.29"), "farms_own_land": True}, State.UNEMPLOYED),
            ({"land_per_head": Decimal("0.30"), "farms_own_land": True}, State.EMPLOYED),
            # farmer wanting town work -> (c)
            ({"land_per_head": Decimal("1.20"), "wants_other_work": True}, State.EMPLOYED_SEEKING),
            # (a): farms contracted land, works in town or away
            ({"farms_own_land": True}, State.EMPLOYED),
            ({"works": True}, State.EMPLOYED),
            ({"works": True, "wants_other_work": True}, State.EMPLOYED_SEEKING),
            # (b) needs working age, ability and wish
            ({}, State.UNEMPLOYED),
            ({"able": False}, State.OUTSIDE),
            ({"willing": False}, State.OUTSIDE),
            ({"age": 15}, State.OUTSIDE),
            ({"age": 16}, State.UNEMPLOYED),
            ({"age": 59}, State.UNEMPLOYED),
            ({"age": 60}, State.OUTSIDE),
        ],
    )
    def test_follows_the_standard(self, told: dict[str, Any], state: State) -> None:
        found = classify(situation(**told), working_age=AGE, land_limit=Decimal("0.3"))
        assert found.state == state
        assert found.reason

    @pytest.mark.parametrize(
        ("birth", "day", "age"),
        [
            (date(1981, 3, 2), DAY, 45),
            (date(1981, 3, 3), DAY, 44),
            (date(2004, 2, 29), date(2026, 2, 28), 21),
            (date(2004, 2, 29), date(2026, 3, 1), 22),
        ],
    )
    def test_counts_whole_years(self, birth: date, day: date, age: int) -> None:
        assert age_on(birth, day=day) == age


class TestHardship:
    LIMITS = Limits(least_age=40, unemployed_months=12)

    def facts(self, **told: Any) -> Facts:
        fields: dict[str, Any] = {
            "birth_on": date(1981, 1, 1),
            "state": State.UNEMPLOYED,
            "unemployed_since": date(2025, 1, 1),
            "minimum_living": False,
            "family_in_work": None,
        }
        return Facts(**(fields | told))

    @pytest.mark.parametrize(
        ("category", "told", "holds"),
        [
            (Category.AGE_40_50, {"birth_on": date(1986, 3, 2)}, True),
            (Category.AGE_40_50, {"birth_on": date(1986, 3, 3)}, False),
            (Category.AGE_40_50, {"state": State.EMPLOYED, "unemployed_since": None}, False),
            (Category.MINIMUM_LIVING, {"minimum_living": True}, True),
            (Category.MINIMUM_LIVING, {"minimum_living": False}, False),
            (Category.ZERO_EMPLOYMENT_FAMILY, {"family_in_work": ()}, True),
            (Category.ZERO_EMPLOYMENT_FAMILY, {"family_in_work": ("样例乙",)}, False),
            (Category.ZERO_EMPLOYMENT_FAMILY, {"family_in_work": None}, False),
            # 003 no. 19: more than a year; 364 days are not, 366 are (systems.md J05)
            (Category.LONG_TERM_UNEMPLOYED, {"unemployed_since": date(2025, 3, 3)}, False),
            (Category.LONG_TERM_UNEMPLOYED, {"unemployed_since": date(2025, 3, 2)}, False),
            (Category.LONG_TERM_UNEMPLOYED, {"unemployed_since": date(2025, 3, 1)}, True),
            (Category.DISABLED, {}, True),
            (Category.LANDLESS, {}, True),
            (Category.DISABLED, {"state": State.OUTSIDE, "unemployed_since": None}, False),
        ],
    )
    def test_checks_each_category(self, category: Category, told: dict[str, Any], holds: bool) -> None:
        checks = hardship.check(category, facts=self.facts(**told), limits=self.LIMITS, day=DAY)
        assert all(one.holds for one in checks) is holds

    def test_takes_the_age_limits_from_the_parameters(self) -> None:
        ages = [policy.hardship_limits(sex, on=DAY, area="990101")[0].least_age for sex in ("female", "male")]
        assert ages == [40, 50]

    @pytest.mark.parametrize(
        ("day", "months", "later"),
        [
            (date(2026, 3, 5), 36, date(2029, 3, 5)),
            (date(2026, 1, 31), 1, date(2026, 2, 28)),
            (date(2024, 2, 29), 12, date(2025, 2, 28)),
            (date(2026, 12, 1), 1, date(2027, 1, 1)),
        ],
    )
    def test_adds_months(self, day: date, months: int, later: date) -> None:
        assert hardship.add_months(day, months=months) == later


class TestRate:
    """Source figures: 002 J-01 (300, 407, 247); 004 L643 (85 of 85)."""

    @pytest.mark.parametrize(
        ("numerator", "denominator", "percent"),
        [(407, 300, "135.67"), (247, 300, "82.33"), (247, 407, "60.69"), (85, 85, "100.00"), (1, 0, None)],
    )
    def test_keeps_its_denominator(self, numerator: int, denominator: int, percent: str | None) -> None:
        found = rate(numerator, denominator=denominator)
        assert (found.numerator, found.denominator) == (numerator, denominator)
        assert found.percent == (None if percent is None else Decimal(percent))


class TestPromise:
    """003 J23 L43: 不挑不选."""

    def test_ends_with_the_first_refusal(self) -> None:
        assert placement.promise_after_refusals(0, allowed=0).holds
        ended = placement.promise_after_refusals(1, allowed=0)
        assert not ended.holds
        assert ended.reason

    def test_closes_only_after_the_work_was_done(self) -> None:
        assert not placement.may_move(placement.Stage.APPLIED, to=placement.Stage.CLOSED)
        assert placement.may_move(placement.Stage.PLACED, to=placement.Stage.CLOSED)


SCALE = policy.scale(on=DAY, area="990101")


def wish(**told: Any) -> Wish:
    fields: dict[str, Any] = {
        "occupations": ["6-31-01-03"],
        "skills": frozenset({"装配"}),
        "education": "junior_middle",
        "wage": Decimal("4000.00"),
        "areas": ["990101"],
        "groups": frozenset({"hardship"}),
    }
    return Wish(**(fields | told))


def post(**told: Any) -> Post:
    fields: dict[str, Any] = {
        "occupation": "6-31-01-03",
        "skills": frozenset({"装配", "质检"}),
        "education": "senior_middle",
        "wage": Decimal("3600.00"),
        "area": "990102",
        "groups": frozenset({"hardship"}),
    }
    return Post(**(fields | told))


class TestMatch:
    def test_weights_a_hundred_points(self) -> None:
        assert sum(weight.points for weight in SCALE.weights.values()) == 100

    def test_explains_every_point(self) -> None:
        found = match(wish(), post=post(), scale=SCALE)
        assert {part.criterion.value: str(part.points) for part in found.parts} == {
            "occupation": "30.00",
            "skills": "12.50",
            "education": "7.50",
            "wage": "13.50",
            "place": "5.00",
            "group": "10.00",
        }
        assert found.score == Decimal("78.50")
        assert all(part.sentence and part.version and part.source for part in found.parts)

    @pytest.mark.parametrize(
        ("told", "criterion", "points", "known"),
        [
            ({"occupations": ["6-31-02-01"]}, Criterion.OCCUPATION, "15.00", True),
            ({"occupations": ["6-01-01-01", "6-31-01-01"]}, Criterion.OCCUPATION, "22.50", True),
            ({"occupations": ["4-01-01-01"]}, Criterion.OCCUPATION, "0.00", True),
            ({"occupations": []}, Criterion.OCCUPATION, "15.00", False),
            ({"skills": frozenset()}, Criterion.SKILLS, "12.50", False),
            ({"education": "master"}, Criterion.EDUCATION, "10.00", True),
            ({"education": "none"}, Criterion.EDUCATION, "2.50", True),
            ({"education": None}, Criterion.EDUCATION, "5.00", False),
            ({"wage": None}, Criterion.WAGE, "7.50", False),
            ({"wage": Decimal("3600.00")}, Criterion.WAGE, "15.00", True),
            ({"areas": ["990102"]}, Criterion.PLACE, "10.00", True),
            ({"areas": ["990201"]}, Criterion.PLACE, "2.50", True),
            ({"areas": ["110101"]}, Criterion.PLACE, "0.00", True),
            ({"areas": []}, Criterion.PLACE, "5.00", False),
            ({"groups": frozenset()}, Criterion.GROUP, "0.00", True),
        ],
    )
    def test_scores_each_criterion(
        self, told: dict[str, Any], criterion: Criterion, points: str, known: bool
    ) -> None:
        parts = {part.criterion: part for part in match(wish(**told), post=post(), scale=SCALE).parts}
        assert (str(parts[criterion].points), parts[criterion].known) == (points, known)

    def test_asks_nothing_where_the_post_asks_nothing(self) -> None:
        found = match(
            wish(), post=post(skills=frozenset(), education=None, groups=frozenset(), wage=None), scale=SCALE
        )
        shares = {part.criterion.value: str(part.share) for part in found.parts}
        assert (shares["skills"], shares["education"], shares["group"], shares["wage"]) == (
            "1",
            "1",
            "0.5",
            "0.5",
        )


_wishes = st.builds(
    Wish,
    occupations=st.lists(st.sampled_from(["6-31-01-03", "6-31-02-01", "4-01-01-01", "6"]), max_size=3),
    skills=st.frozensets(st.sampled_from(["装配", "质检", "焊接", "电工"])),
    education=st.none() | st.sampled_from(matching.SCHOOLING),
    wage=st.none() | st.decimals(min_value=0, max_value=20000, places=2),
    areas=st.lists(st.sampled_from(["990101", "990201", "110101"]), max_size=2),
    groups=st.frozensets(st.sampled_from(["hardship", "graduate"])),
)
_posts = st.builds(
    Post,
    occupation=st.sampled_from(["6-31-01-03", "4-01", "6"]),
    skills=st.frozensets(st.sampled_from(["装配", "质检", "焊接"])),
    education=st.none() | st.sampled_from(matching.SCHOOLING),
    wage=st.none() | st.decimals(min_value=1, max_value=20000, places=2),
    area=st.sampled_from(["990101", "990202", "110101"]),
    groups=st.frozensets(st.sampled_from(["hardship", "graduate"])),
)


class TestMatchAlways:
    @given(_wishes, _posts)
    def test_sums_to_the_score_within_a_hundred(self, one: Wish, other: Post) -> None:
        found = match(one, post=other, scale=SCALE)
        assert sum(part.points for part in found.parts) == found.score
        assert 0 <= found.score <= 100
        assert all(0 <= part.share <= 1 for part in found.parts)

    @given(_wishes, _posts)
    def test_gives_the_same_answer_again(self, one: Wish, other: Post) -> None:
        assert match(one, post=other, scale=SCALE) == match(one, post=other, scale=SCALE)

    @given(_wishes, _posts, st.sampled_from(["装配", "质检", "焊接"]))
    def test_never_loses_by_a_skill_that_the_post_asks(self, one: Wish, other: Post, skill: str) -> None:
        if skill in other.skills and one.skills & other.skills:
            richer = Wish(**{**one.__dict__, "skills": one.skills | {skill}})
            assert match(richer, post=other, scale=SCALE).score >= match(one, post=other, scale=SCALE).score


def test_employment_ages_differ_by_sex_only_through_parameters() -> None:
    below = {sex: policy.working_age(sex, on=DAY, area="990101").below for sex in ("male", "female")}
    assert below == {"male": 60, "female": 55}
    assert employment.WorkingAge(least=16, below=60) == policy.working_age("male", on=DAY, area="990101")
