"""The law of settlement: tables with their sources, and what must hold for every bill."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.claims.policy import AidBelowFloor, NoPolicy, policy_for
from services.claims.rules import entitlement
from services.claims.rules.entitlement import Span
from services.claims.rules.ledger import entries_of
from services.claims.rules.lines import Item, Line, item_on, line_faults, split_line
from services.claims.rules.policy import Policy
from services.claims.rules.settlement import Accumulated, Decision, Parts, settle
from services.kit.ids import new_id
from services.kit.parameters import Parameters, load

ON = date(2026, 1, 12)
ZERO = Decimal("0.00")
POOR = ("minimum_living_allowance",)
LEVELS = ("level_1", "level_2", "level_3", "out_of_area")

yuan = st.decimals(min_value=0, max_value=500_000, places=2)


def county(band: str = "level_2", *, on: date = ON, identities: tuple[str, ...] = ()) -> Policy:
    return policy_for(area="990101", scheme="resident_medical", band=band, on=on, identities=identities)


def parts(in_policy: Decimal | str, *, own_paid: Decimal | str = ZERO) -> Parts:
    within, own = Decimal(in_policy), Decimal(own_paid)
    return Parts(within + own, own, ZERO, ZERO, within)


def decided(bill: Parts, policy: Policy, year: Accumulated | None = None) -> Decision:
    return settle(parts=bill, policy=policy, accumulated=year or Accumulated())


class TestOrdinaryInpatient:
    @pytest.mark.parametrize(
        ("band", "cost", "fund"),
        [
            ("level_1", "5300.00", "4000.00"),
            ("level_2", "2600.00", "1500.00"),
            ("level_3", "11000.00", "6500.00"),
            ("out_of_area", "13000.00", "5000.00"),
            ("level_1", "300.00", "0.00"),
        ],
    )
    def test_follows_the_table_of_003_L193(self, band, cost, fund):
        assert decided(parts(cost), county(band)).fund_paid == Decimal(fund)

    def test_knows_no_policy_before_the_first(self):
        with pytest.raises(NoPolicy):
            county(on=date(2019, 12, 31))

    def test_rounds_half_up_once(self):
        assert decided(parts("600.02"), county()).fund_paid == Decimal("0.02")  # 0.015

    def test_stops_at_what_is_left_of_the_yearly_cap(self):
        year = Accumulated(version=3, paid={"resident_pool": Decimal("219999.00")})
        decision = decided(parts("10600.00"), county(), year)
        assert (decision.fund_paid, decision.layers[0].limit_left) == (Decimal("1.00"), Decimal("1.00"))
        assert "resident_pool.cap" in [step.step for step in decision.working]


class TestMedicalAid:
    @pytest.mark.parametrize(
        ("cost", "own", "aid"),
        [
            ("1000.00", "600.00", "600.00"),
            ("5000.00", "3000.00", "1800.00"),
            ("10000.00", "6000.00", "3000.00"),
            ("1001.00", "601.00", "360.60"),
        ],
    )
    def test_follows_the_figures_of_004_L479(self, cost, own, aid):
        scheme = Decimal(cost) - Decimal(own)
        in_policy = scheme / Decimal("0.75") + 600
        in_policy = in_policy.quantize(Decimal("0.01"))
        bill = Parts(Decimal(cost), Decimal(cost) - in_policy, ZERO, ZERO, in_policy)
        if bill.own_paid < 0:  # the deductible alone is more than the bill: the figure needs level 1
            in_policy = (scheme / Decimal("0.80") + 300).quantize(Decimal("0.01"))
            bill = Parts(Decimal(cost), Decimal(cost) - in_policy, ZERO, ZERO, in_policy)
        band = "level_1" if in_policy == scheme / Decimal("0.80") + 300 else "level_2"
        layers = {layer.fund: layer for layer in decided(bill, county(band, identities=POOR)).layers}
        assert layers["medical_aid"].base == Decimal(own)
        assert layers["medical_aid"].amount == Decimal(aid)

    def test_of_the_best_identity_is_paid_once(self):
        policy = county(identities=("extreme_poverty", "minimum_living_allowance"))
        assert [layer.fund for layer in policy.layers] == ["resident_pool", "medical_aid"]

    def test_below_the_national_floor_is_refused(self):
        """002 §3.1 L506: not below 50 %; a rule giving 499 of 1,000 fails (W09)."""
        low = aid_parameters("0.499")
        with pytest.raises(AidBelowFloor):
            policy_for(
                area="990201",
                scheme="resident_medical",
                band="level_2",
                on=date(2015, 1, 1),
                identities=POOR,
                parameters=low,
            )


def aid_parameters(ratio: str) -> Parameters:
    """The shipped parameters with another aid ratio for 低保 in 990201 from 2014 on."""
    row = {
        "name": "aid_ratio",
        "title": "医疗救助比例",
        "area": "990201",
        "category": POOR[0],
        "value": ratio,
        "unit": "ratio",
        "valid_from": date(2014, 1, 1),
        "source": "test",
    }
    return load("services/claims/parameters").with_overrides([row])


class TestEveryBill:
    @given(yuan, yuan, st.sampled_from(LEVELS), st.booleans(), st.decimals(0, 300_000, places=2))
    def test_is_paid_in_full_by_somebody(self, in_policy, own, band, poor, used):
        year = Accumulated(paid={"resident_pool": used})
        decision = decided(
            parts(in_policy, own_paid=own), county(band, identities=POOR if poor else ()), year
        )
        assert decision.fund_paid + decision.person_paid == in_policy + own
        assert sum(layer.amount for layer in decision.layers) == decision.fund_paid
        assert (
            min(decision.person_paid, decision.fund_paid, *(layer.amount for layer in decision.layers)) >= 0
        )

    @given(yuan, yuan, st.sampled_from(LEVELS))
    def test_with_more_in_policy_cost_is_paid_no_less_by_the_scheme(self, one, other, band):
        less, more = sorted([one, other])
        paid = [decided(parts(cost), county(band)).fund_paid for cost in (less, more)]
        assert paid[0] <= paid[1]

    @given(yuan, yuan, st.sampled_from(LEVELS))
    def test_above_a_thousand_is_aided_with_three_thousand_at_most(self, in_policy, own, band):
        decision = decided(parts(in_policy, own_paid=own), county(band, identities=POOR))
        aid = decision.layers[1]
        limit = Decimal(3000) if in_policy + own > 1000 else Decimal(1000)
        assert aid.amount <= min(aid.base, limit)

    @given(yuan, yuan, st.sampled_from(LEVELS), st.booleans())
    def test_reversed_leaves_the_year_as_it_was(self, before, in_policy, band, poor):
        policy = county(band, identities=POOR if poor else ())
        year = Accumulated().plus(decided(parts(before), policy).use)
        decision = decided(parts(in_policy), policy, year)
        back = year.plus(decision.use).minus(decision.use)
        assert (back.in_policy, back.deductible_paid, back.admissions) == (
            year.in_policy,
            year.deductible_paid,
            year.admissions,
        )
        assert back.paid == year.paid
        assert back.version == year.version + 2

    @given(yuan.filter(bool), yuan, st.sampled_from(LEVELS), st.booleans())
    def test_is_booked_to_zero(self, in_policy, own, band, poor):
        decision = decided(parts(in_policy, own_paid=own), county(band, identities=POOR if poor else ()))
        entries = entries_of(
            decision=decision, area="990101", person_id=str(new_id()), institution_code="H99010100002"
        )
        assert sum(entry.amount for entry in entries) == 0
        assert all(entry.amount for entry in entries)

    def test_whose_parts_do_not_sum_is_refused(self):
        with pytest.raises(ValueError, match="sum"):
            decided(Parts(Decimal(3), ZERO, ZERO, ZERO, Decimal(2)), county())


def charge(amount: str = "100.00", *, quantity: str = "1", price: str | None = None, **other) -> Line:
    fields: dict[str, Any] = {
        "number": 1,
        "item_code": "XA01",
        "quantity": Decimal(quantity),
        "unit_price": Decimal(price or amount),
        "amount": Decimal(amount),
        "occurred_on": ON,
        "approval": "none",
    }
    return Line(**(fields | other))


def entry(category: str = "a", **other) -> Item:
    fields: dict[str, Any] = {
        "id": new_id(),
        "category": category,
        "prior_self_pay_ratio": Decimal("0.1") if category == "b" else Decimal(0),
        "restricted": False,
        "price_limits": {},
        "valid_from": date(2000, 1, 1),
        "valid_until": None,
    }
    return Item(**(fields | other))


class TestSplitOfALine:
    @pytest.mark.parametrize(
        ("item", "line", "expected"),
        [
            (entry("a"), charge(), ("0.00", "0.00", "0.00", "100.00", "in_catalogue")),
            (entry("b"), charge(), ("0.00", "0.00", "10.00", "90.00", "in_catalogue")),
            (entry("c"), charge(), ("100.00", "0.00", "0.00", "0.00", "category_c")),
            (None, charge(), ("100.00", "0.00", "0.00", "0.00", "outside_catalogue")),
            (entry(restricted=True), charge(), ("100.00", "0.00", "0.00", "0.00", "not_approved")),
            (
                entry(restricted=True),
                charge(approval="approved"),
                ("0.00", "0.00", "0.00", "100.00", "in_catalogue"),
            ),
            (entry("a"), charge(approval="self_paid"), ("100.00", "0.00", "0.00", "0.00", "not_approved")),
            (
                entry("a", price_limits={"level_2": Decimal(80)}),
                charge(),
                ("0.00", "20.00", "0.00", "80.00", "in_catalogue"),
            ),
            (
                entry("b", price_limits={"level_2": Decimal(80)}),
                charge("300.00", quantity="3", price="100"),
                ("0.00", "60.00", "24.00", "216.00", "in_catalogue"),
            ),
        ],
    )
    def test_follows_category_approval_and_limit(self, item, line, expected):
        split = split_line(line=line, item=item, level="level_2")
        amounts = (split.own_paid, split.over_limit, split.prior_self_pay, split.in_policy)
        assert (*map(str, amounts), split.reason) == expected

    @given(
        yuan,
        st.decimals(min_value="0.0001", max_value=1000, places=4),
        st.sampled_from("abc"),
        st.decimals(0, 1000, places=2) | st.none(),
    )
    def test_always_sums_to_its_amount(self, price, quantity, category, limit):
        amount = (price * quantity).quantize(Decimal("0.01"))
        item = entry(category, price_limits={"level_2": limit} if limit is not None else {})
        line = charge(str(amount), quantity=str(quantity), price=str(price))
        split = split_line(line=line, item=item, level="level_2")
        assert split.total == amount
        assert min(split.own_paid, split.over_limit, split.prior_self_pay, split.in_policy) >= 0

    def test_takes_the_version_of_the_day_of_the_service(self):
        old = entry(valid_until=date(2026, 1, 10))
        new = entry(valid_from=date(2026, 1, 10))
        assert item_on(versions=[new, old], day=date(2026, 1, 9)) is old
        assert item_on(versions=[new, old], day=date(2026, 1, 10)) is new

    @pytest.mark.parametrize(
        ("line", "fault"),
        [
            (charge("100.01", price="100"), [("amount", "amount_mismatch")]),
            (charge("33.33", quantity="0.3333", price="100"), []),
            (charge("33.34", quantity="0.33335", price="100"), []),
            (charge(occurred_on=date(2026, 1, 13)), [("occurred_on", "outside_stay")]),
        ],
    )
    def test_names_what_is_wrong(self, line, fault):
        found = line_faults(line=line, known=True, admitted_on=date(2026, 1, 5), discharged_on=ON, seen=set())
        assert found == fault


def insured(scheme: str, since: str, until: str | None = None) -> Span:
    return Span(scheme, date.fromisoformat(since), date.fromisoformat(until) if until else None)


class TestCover:
    FIRST, LAST = date(2025, 12, 28), date(2026, 1, 3)

    def check(self, *spans: Span):
        return entitlement.cover(spans=spans, first=self.FIRST, last=self.LAST)

    def test_may_consist_of_two_years(self):
        cover = self.check(
            insured("resident_medical", "2026-01-01", "2027-01-01"),
            insured("resident_medical", "2025-01-01", "2026-01-01"),
        )
        assert cover.scheme == "resident_medical"

    def test_is_of_one_scheme_for_the_whole_stay(self):
        cover = self.check(
            insured("resident_medical", "2025-01-01", "2026-01-01"),
            insured("employee_medical", "2026-01-01"),
        )
        assert (cover.scheme, cover.first_uncovered_day) == (None, date(2026, 1, 1))

    def test_ignores_schemes_that_are_not_medical(self):
        assert self.check(insured("pension", "2000-01-01")).reason == "never_insured"

    def test_names_a_gap(self):
        cover = self.check(
            insured("resident_medical", "2025-01-01", "2025-12-30"), insured("resident_medical", "2026-01-02")
        )
        assert (cover.reason, cover.first_uncovered_day) == ("gap_in_insurance", date(2025, 12, 30))


class TestBand:
    @pytest.mark.parametrize(
        ("level", "area", "band"),
        [
            ("ungraded", "990101", "level_1"),
            ("level_3", "990100", "level_3"),
            ("level_3", "990000", "out_of_area"),
            ("level_1", "990201", "out_of_area"),
        ],
    )
    def test_is_the_level_inside_the_pooling_area(self, level, area, band):
        found = entitlement.band(
            institution_level=level, institution_area=area, insured_area="990101", pooling_digits=4
        )
        assert found == band
