"""The law of the archive as tables of cases, each with its source."""

from datetime import date

import pytest

from services.archives import policy
from services.archives.codes import PaperKind, Retention
from services.archives.rules import filing, lending, numbering, retention
from services.archives.rules.numbering import Series
from services.archives.rules.retention import DestructionState

SOCIAL_INSURANCE = "国家档案局令第3号"


class TestArchivalNumber:
    @pytest.mark.parametrize(
        ("series", "number", "expected"),
        [
            (Series("Z008", "ws", 2019, "permanent"), 37, "Z008-WS·2019·Y-0037"),  # DA/T 13-2022, 永久 = Y
            (Series("A439", "ws", 2015, "d30"), 5, "A439-WS·2015·D30-0005"),  # DA/T 13-2022, 30年 = D30
            (Series("Z101", "yb", 2024, "d10"), 1, "Z101-YB·2024·D10-0001"),
            (Series("Z101", "yb", 2024, "d10"), 12345, "Z101-YB·2024·D10-12345"),
        ],
    )
    def test_follows_the_grammar(self, series: Series, number: int, expected: str) -> None:
        assert numbering.archival_number(series=series, number=number) == expected

    @pytest.mark.parametrize(
        ("series", "number"),
        [
            (Series("101", "yb", 2024, "d10"), 1),  # a fonds code is one capital and three digits
            (Series("Z101", "yb", 2024, "long"), 1),
            (Series("Z101", "yb", 2024, "d10"), 0),
        ],
    )
    def test_refuses_what_the_standard_does_not_know(self, series: Series, number: int) -> None:
        with pytest.raises(ValueError):
            numbering.archival_number(series=series, number=number)


class TestRetentionPeriods:
    @pytest.mark.parametrize(
        ("kind", "on", "period", "source"),
        [
            ("settlement", date(2024, 5, 8), "d10", SOCIAL_INSURANCE),
            ("reversal", date(2024, 5, 20), "d10", SOCIAL_INSURANCE),
            ("contribution", date(2015, 12, 31), "d15", "财会字〔1998〕32号"),
            ("contribution", date(2016, 1, 1), "d30", "国家档案局令第79号"),
            ("certification", date(2024, 5, 6), "d10", "国家档案局令第8号"),
        ],
    )
    def test_come_from_the_rule_of_their_day(self, kind: str, on: date, period: str, source: str) -> None:
        found = policy.retention(kind=kind, area="990101", on=on)
        assert found.value == period
        assert source in found.source

    @pytest.mark.parametrize(
        ("formed_on", "period", "expected"),
        [
            # 令第3号: 自形成之日的次年1月1日开始计算 -> 2025-01-01 and ten years
            (date(2024, 5, 8), "d10", date(2035, 1, 1)),
            (date(2024, 12, 31), "d10", date(2035, 1, 1)),
            (date(2024, 1, 1), "d30", date(2055, 1, 1)),
            (date(2024, 1, 1), "permanent", None),
        ],
    )
    def test_begin_on_the_next_first_of_january(
        self, formed_on: date, period: str, expected: date | None
    ) -> None:
        assert retention.retain_until(formed_on=formed_on, retention=period) == expected

    def test_end_on_the_day_itself(self) -> None:
        until = retention.retain_until(formed_on=date(2010, 3, 1), retention="d10")
        assert not retention.is_due_for_appraisal(until=until, today=date(2020, 12, 31))
        assert retention.is_due_for_appraisal(until=until, today=date(2021, 1, 1))
        assert not retention.is_due_for_appraisal(until=None, today=date(2999, 1, 1))

    def test_of_a_kept_piece_begin_with_the_decision(self) -> None:
        assert retention.extended_until(retention="d10", today=date(2024, 5, 9)) == date(2035, 1, 1)

    def test_have_a_code_for_every_period(self) -> None:
        for period in Retention:
            assert numbering.period_code(retention=period.value) == period.national


class TestDestructionState:
    def state(self, *, approvers: set[str], consents: set[str], accounting: bool) -> DestructionState:
        return DestructionState(
            drawn_up_by="a",
            approvers=frozenset(approvers),
            consents=frozenset(consents),
            has_accounting=accounting,
        )

    @pytest.mark.parametrize(("person", "allowed"), [("a", False), ("b", False), ("c", True)])
    def test_lets_only_another_person_approve(self, person: str, allowed: bool) -> None:
        state = self.state(approvers={"b"}, consents=set(), accounting=False)
        assert retention.may_approve(state=state, person=person) is allowed

    @pytest.mark.parametrize(("approvers", "missing"), [(set(), 2), ({"b"}, 1), ({"b", "c"}, 0)])
    def test_counts_two_approvals(self, approvers: set[str], missing: int) -> None:
        state = self.state(approvers=approvers, consents=set(), accounting=False)
        assert retention.missing_approvals(state=state) == missing

    def test_wants_both_consents_for_accounting_papers(self) -> None:
        # 源002 §A-05: 会计凭证须审计、财政部门同意
        state = self.state(approvers=set(), consents={"audit"}, accounting=True)
        assert retention.missing_consents(state=state) == {"finance"}
        assert not retention.missing_consents(
            state=self.state(approvers=set(), consents=set(), accounting=False)
        )


class TestFilingPlan:
    def test_names_known_papers_only(self) -> None:
        for kind in filing.PLAN:
            for care in ("inpatient", "outpatient") if kind == "settlement" else ("none",):
                required = policy.required_papers(kind=kind, care=care, area="990101", on=date(2024, 5, 8))
                assert required[0] == filing.PLAN[kind].record  # main form before attachments
                assert set(required) <= {paper.value for paper in PaperKind}

    def test_asks_a_discharge_record_of_inpatients_only(self) -> None:
        on = date(2024, 5, 8)
        inpatient = policy.required_papers(kind="settlement", care="inpatient", area="990101", on=on)
        outpatient = policy.required_papers(kind="settlement", care="outpatient", area="990101", on=on)
        assert set(inpatient) - set(outpatient) == {"discharge_record"}

    def test_lists_what_is_missing_in_filing_order(self) -> None:
        required = ("settlement_sheet", "invoice", "fee_list")
        assert filing.missing_papers(required=required, present=["fee_list", "attachment"]) == (
            "settlement_sheet",
            "invoice",
        )

    def test_makes_titles_a_reader_finds_again(self) -> None:
        title = filing.settlement_title(
            person="欧阳样例",
            institution="样例县人民医院",
            care_type="inpatient",
            begun_on=date(2024, 5, 1),
            ended_on=date(2024, 5, 8),
        )
        assert title == "欧阳样例住院医疗费用结算材料（样例县人民医院，2024-05-01至2024-05-08）"

    def test_digests_a_record_whatever_the_order_of_its_fields(self) -> None:
        assert filing.record_of({"a": 1, "b": "医"}) == filing.record_of({"b": "医", "a": 1})

    def test_has_no_fonds_for_an_unknown_area(self) -> None:
        with pytest.raises(policy.NoFonds):
            policy.fonds_code(area="110101", on=date(2024, 5, 8))


class TestLending:
    @pytest.mark.parametrize(
        ("form", "approval", "state"),
        [("reading", False, "approved"), ("loan", True, "applied"), ("copy", True, "applied")],
    )
    def test_needs_approval_for_loan_and_copy(self, form: str, approval: bool, state: str) -> None:
        # 源002 §A-08: 未经批准，任何人不得复印、借阅
        assert lending.needs_approval(form=form) is approval
        assert lending.first_state(form=form) == state

    def test_is_due_after_the_days_of_the_parameter(self) -> None:
        days = policy.loan_days(area="990101", on=date(2024, 5, 9))
        assert lending.due_back_on(handed_out_on=date(2024, 5, 9), days=days) == date(2024, 5, 23)

    @pytest.mark.parametrize(
        ("today", "returned", "late"),
        [
            (date(2024, 5, 23), False, False),
            (date(2024, 5, 24), False, True),
            (date(2024, 5, 24), True, False),
        ],
    )
    def test_is_overdue_the_day_after(self, today: date, returned: bool, late: bool) -> None:
        assert lending.is_overdue(due_on=date(2024, 5, 23), returned=returned, today=today) is late


class TestTransferDeadline:
    def test_is_the_end_of_the_next_first_quarter(self) -> None:
        # 源002 §A-03: pieces of 2012 by 2013-03-31
        assert policy.transfer_deadline(area="990101", year=2012) == date(2013, 3, 31)
