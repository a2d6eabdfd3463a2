"""The law of enrolment, in tables of cases with their sources; no database."""

from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.enrolment import policy
from services.enrolment.codes import InjuryClass, Payer, Scheme
from services.enrolment.rules.contributions import (
    Rate,
    base_fits,
    determine,
    divide,
    months_between,
    next_month,
    window,
)
from services.enrolment.rules.coverage import (
    CONTRIBUTION_MONTH,
    DAY_AFTER_PAYMENT,
    MONTH_AFTER_PAYMENT,
    PAYMENT_DAY,
    Period,
    UnknownRule,
    contribution_record,
    employee_end,
    employee_start,
    first_gap,
    resident_period,
)
from services.enrolment.rules.identity import differing_fields
from services.enrolment.rules.residents import (
    ClassCount,
    check_class_totals,
    missing_members,
    premium_shares,
)
from services.kit.parameters import ParameterNotConfigured

AREA = "990101"
FOUR = [Scheme.EMPLOYEE_MEDICAL, Scheme.UNEMPLOYMENT, Scheme.MATERNITY, Scheme.WORK_INJURY]

bases = st.lists(
    st.decimals(min_value="0.01", max_value="50000", places=2, allow_nan=False), min_size=1, max_size=40
)


def rate(scheme: Scheme, payer: Payer, on: date, *, area: str = AREA, **selectors: str) -> Decimal:
    return policy.PARAMETERS.get(
        "contribution_rate", on=on, area=area, scheme=scheme, payer=payer, **selectors
    ).decimal


class TestRates:
    @pytest.mark.parametrize(
        ("on", "percent"),
        [
            (date(2008, 12, 1), "7"),
            (date(2009, 1, 1), "6"),
            (date(2009, 12, 31), "6"),
            (date(2010, 1, 1), "7"),
        ],
    )
    def test_employer_medical_rate_is_cut_in_2009_only(self, on: date, percent: str) -> None:
        """000 R1, R5: 7 % → 6 % in 2009, then back (fallback inferred)."""
        assert rate(Scheme.EMPLOYEE_MEDICAL, Payer.EMPLOYER, on) * 100 == Decimal(percent)

    @pytest.mark.parametrize(
        ("injury_class", "before", "in_2009"),
        [("class_1", "0.005", "0.005"), ("class_2", "0.01", "0.008"), ("class_3", "0.02", "0.018")],
    )
    def test_injury_rate_follows_the_class(self, injury_class: str, before: str, in_2009: str) -> None:
        """000 R4: class 一 stays 0.5 %."""
        for on, expected in (
            (date(2008, 6, 1), before),
            (date(2009, 6, 1), in_2009),
            (date(2026, 1, 1), before),
        ):
            found = rate(Scheme.WORK_INJURY, Payer.EMPLOYER, on, injury_class=injury_class)
            assert found == Decimal(expected)

    def test_shanghai_pension_is_8_and_22_percent(self) -> None:
        """000 R13, W01: base 5,000 gives 1,100 and 400 a month, 13,200 a year."""
        on = date(2014, 6, 1)
        employer = rate(Scheme.PENSION, Payer.EMPLOYER, on, area="310000") * 5000
        assert employer == 1100 and employer * 12 == 13200
        assert rate(Scheme.PENSION, Payer.PERSON, on, area="310000") * 5000 == 400

    def test_an_area_without_rates_is_refused(self) -> None:
        with pytest.raises(ParameterNotConfigured) as refused:
            policy.rates(schemes=FOUR, injury_class=InjuryClass.CLASS_2, area="880000", on=date(2026, 1, 1))
        assert refused.value.members["area"] == "880000"

    def test_every_parameter_of_the_sample_county_says_whose_value_it_is(self) -> None:
        for scheme in (Scheme.EMPLOYEE_MEDICAL, Scheme.PENSION):
            for payer in Payer:
                found = policy.PARAMETERS.get(
                    "contribution_rate", on=date(2026, 1, 1), area=AREA, scheme=scheme, payer=payer
                )
                assert "样例县" in found.source


class TestDetermine:
    @pytest.mark.parametrize(
        ("month", "expected"), [(date(2008, 12, 1), "10800.00"), (date(2009, 1, 1), "8900.00")]
    )
    def test_base_sum_100000_of_class_2(self, month: date, expected: str) -> None:
        """W02 (000 R1–R5): 10.8 % before, 8.9 % in 2009."""
        rates = policy.rates(schemes=FOUR, injury_class=InjuryClass.CLASS_2, area=AREA, on=month)
        dues = determine(bases=[Decimal(5000)] * 20, rates=rates)
        assert sum(due.amount for due in dues) == Decimal(expected)

    @given(bases, st.decimals(min_value="0.001", max_value="0.3", places=3))
    def test_the_parts_by_person_sum_to_the_line(self, wages: list[Decimal], value: Decimal) -> None:
        one = Rate(scheme="pension", payer="employer", value=value, version="v", source="s")
        for due in determine(bases=wages, rates=[one]):
            parts = divide(due.amount, weights=wages)
            assert sum(parts) == due.amount
            for part, base in zip(parts, wages, strict=True):
                assert abs(part - due.amount * base / due.base_sum) < Decimal("0.01")
                assert part >= 0

    @given(bases)
    def test_a_rate_of_zero_makes_no_line(self, wages: list[Decimal]) -> None:
        nothing = Rate(scheme="maternity", payer="person", value=Decimal(0), version="v", source="s")
        assert determine(bases=wages, rates=[nothing]) == []


class TestWindow:
    @pytest.mark.parametrize(
        ("day", "open_then"),
        [
            (date(2009, 1, 31), False),
            (date(2009, 2, 1), True),
            (date(2009, 2, 28), True),
            (date(2009, 3, 1), False),
        ],
    )
    def test_lies_in_its_own_month(self, day: date, open_then: bool) -> None:
        assert window(period=date(2009, 2, 1), first_day=1, last_day=31).holds(day) is open_then


class TestBase:
    @pytest.mark.parametrize(
        ("base", "fits"),
        [("999.99", False), ("1000.00", True), ("30000.00", True), ("30000.01", False)],
    )
    def test_lies_between_floor_and_ceiling(self, base: str, fits: bool) -> None:
        """002 R1-03; floor and ceiling are configured, the sources have none."""
        assert base_fits(Decimal(base), floor=Decimal(1000), ceiling=Decimal(30000)) is fits


class TestMonths:
    def test_follow_each_other_over_the_year(self) -> None:
        assert next_month(date(2025, 12, 1)) == date(2026, 1, 1)
        assert months_between(start=date(2020, 1, 1), end=date(2026, 12, 1)) == 83


class TestEmployeeCoverage:
    @pytest.mark.parametrize(
        ("rule", "paid_on", "starts_on"),
        [
            (CONTRIBUTION_MONTH, date(2026, 3, 20), date(2026, 3, 1)),
            (CONTRIBUTION_MONTH, date(2026, 4, 2), date(2026, 5, 1)),  # late: never into the past by itself
            (MONTH_AFTER_PAYMENT, date(2026, 3, 20), date(2026, 4, 1)),
            (MONTH_AFTER_PAYMENT, date(2026, 4, 2), date(2026, 5, 1)),
        ],
    )
    def test_starts_by_the_rule_of_the_area(self, rule: str, paid_on: date, starts_on: date) -> None:
        found = employee_start(month=date(2026, 3, 1), paid_on=paid_on, due_on=date(2026, 3, 31), rule=rule)
        assert found == starts_on

    def test_ends_with_the_month_of_removal(self) -> None:
        assert employee_end(removal_month=date(2026, 6, 1), rule=CONTRIBUTION_MONTH) == date(2026, 6, 1)
        assert employee_end(removal_month=date(2026, 6, 1), rule=MONTH_AFTER_PAYMENT) == date(2026, 7, 1)

    def test_an_unknown_rule_is_refused(self) -> None:
        with pytest.raises(UnknownRule):
            employee_end(removal_month=date(2026, 6, 1), rule="whenever")


class TestResidentCoverage:
    @pytest.mark.parametrize(
        ("rule", "paid_on", "starts_on"),
        [
            (PAYMENT_DAY, date(2025, 11, 3), date(2026, 1, 1)),
            (PAYMENT_DAY, date(2026, 3, 3), date(2026, 3, 3)),
            (DAY_AFTER_PAYMENT, date(2026, 3, 3), date(2026, 3, 4)),
            (DAY_AFTER_PAYMENT, date(2025, 12, 31), date(2026, 1, 1)),
        ],
    )
    def test_runs_to_the_end_of_the_insured_year(self, rule: str, paid_on: date, starts_on: date) -> None:
        found = resident_period(year=2026, paid_on=paid_on, rule=rule)
        assert found == Period(valid_from=starts_on, valid_until=date(2027, 1, 1))


DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2022, 12, 31))


@st.composite
def periods(draw: st.DrawFn) -> Period:
    start, end = sorted((draw(DAYS), draw(DAYS)))
    return Period(valid_from=start, valid_until=None if start == end else end)


@st.composite
def disjoint(draw: st.DrawFn) -> list[Period]:
    days = sorted(draw(st.sets(DAYS, max_size=8)))
    return [Period(valid_from=a, valid_until=b) for a, b in zip(days[::2], days[1::2], strict=False)]


class TestFirstGap:
    @given(periods(), disjoint())
    def test_never_overlaps_and_never_leaves_what_was_asked(
        self, wanted: Period, taken: list[Period]
    ) -> None:
        gap = first_gap(wanted, taken=taken)
        if gap is None:
            return
        assert not any(gap.overlaps(other) for other in taken)
        assert gap.valid_from >= wanted.valid_from
        if wanted.valid_until is not None:
            assert gap.valid_until is not None and gap.valid_until <= wanted.valid_until


class TestHousehold:
    def test_names_who_is_missing(self) -> None:
        a, b, c = (UUID(int=n) for n in (1, 2, 3))
        assert missing_members(members=[a, b, c], enrolled=[a], excluded=[c]) == [b]

    def test_four_on_grade_50_owe_200(self) -> None:
        """E14 (004 E3)."""
        shares = premium_shares(
            enrolled=[uuid4() for _ in range(4)],
            aided={},
            premium=Decimal(50),
            aided_premium=Decimal(50),
            subsidy=Decimal(240),
        )
        assert sum(share.personal for share in shares) == 200

    def test_an_aided_member_pays_only_what_the_higher_grade_costs_more(self) -> None:
        who = uuid4()
        (share,) = premium_shares(
            enrolled=[who],
            aided={who: "five_guarantees"},
            premium=Decimal(160),
            aided_premium=Decimal(50),
            subsidy=Decimal(0),
        )
        assert share.personal == 110 and share.aided == 50

    @given(
        st.lists(st.booleans(), min_size=1, max_size=12),
        st.decimals(min_value=0, max_value=500, places=2),
        st.decimals(min_value=0, max_value=500, places=2),
    )
    def test_household_and_civil_affairs_together_pay_the_premium(
        self, aided: list[bool], premium: Decimal, aided_premium: Decimal
    ) -> None:
        people = [uuid4() for _ in aided]
        shares = premium_shares(
            enrolled=people,
            aided={who: "orphan" for who, yes in zip(people, aided, strict=True) if yes},
            premium=premium,
            aided_premium=aided_premium,
            subsidy=Decimal(0),
        )
        assert sum(share.personal + share.aided for share in shares) == premium * len(people)


class TestClassTotals:
    def test_the_village_table_is_wrong_in_persons_and_right_in_households(self) -> None:
        """W24 (001 §7 no. 5): A 10/27, B 32/69, C 61/111; 103 households, 207 persons, 234 entered."""
        classes = [
            ClassCount(label="A", households=10, persons=27),
            ClassCount(label="B", households=32, persons=69),
            ClassCount(label="C", households=61, persons=111),
        ]
        check = check_class_totals(classes, households=103, persons=234)
        assert (check.households, check.persons) == (103, 207)
        assert check.households_agree and not check.persons_agree and not check.agree


class TestIdentityComparison:
    def test_every_field_must_agree(self) -> None:
        """002 R1-02."""
        registered = {"name": "样例甲", "sex": "male"}
        assert differing_fields(declared={"name": "样例甲", "sex": "female"}, registered=registered) == [
            "sex"
        ]
        assert differing_fields(declared=registered, registered=registered) == []


class TestContributionRecord:
    def test_counts_and_finds_the_gap(self) -> None:
        months = [date(2026, month, 1) for month in range(1, 7)]
        whole = contribution_record(paid_months=months[1:5], months=months)
        gap = contribution_record(paid_months=[months[0], months[2]], months=months)
        assert (whole.months_paid, whole.continuous) == (4, True)
        assert (gap.months_paid, gap.continuous) == (2, False)
