"""The verbs of enrolment on a real database, rolled back after each test."""

from datetime import date, timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import queries
from services.enrolment.codes import (
    BillStatus,
    ExclusionReason,
    HukouKind,
    InjuryClass,
    LineKind,
    Payer,
    PayerKind,
    PremiumGrade,
    ReceiptKind,
    Scheme,
    Standing,
)
from services.enrolment.models import Bill, Coverage, Receipt
from services.enrolment.operations import (
    arrears,
    assistance,
    bills,
    coverage,
    declarations,
    determinations,
    employers,
    people,
    records,
    residents,
)
from services.enrolment.rules.coverage import Period
from services.enrolment.schemas import (
    ClassLine,
    ClassReport,
    ContributionRecordRead,
    Exclusion,
    PersonCreate,
    PersonUpdate,
    ReceiptCreate,
    ResidentEnrolmentCreate,
)
from services.kit.identity import Identity
from services.kit.problems import Problem
from tests.conftest import caller
from tests.enrolment import build

JAN_2009 = date(2009, 1, 1)
FOUR = [Scheme.EMPLOYEE_MEDICAL, Scheme.UNEMPLOYMENT, Scheme.MATERNITY, Scheme.WORK_INJURY]
CASHIER = caller("enrolment:collect", subject="cashier")


def receipt(amount: str, paid_on: date, *, number: str = "SP0001", partial: bool = False) -> ReceiptCreate:
    return ReceiptCreate(
        receipt_number=number, kind=ReceiptKind.TAX_RECEIPT, amount=amount, paid_on=paid_on, partial=partial
    )


async def credited(
    session: AsyncSession, bill: Bill, draft: ReceiptCreate, *, on: date, by: Identity = CASHIER
) -> bills.Credited:
    return await bills.credit_bill(session, bill=bill, draft=draft, caller=by, now=build.at(on))


async def covered(session: AsyncSession, who: build.Somebody, scheme: Scheme, on: date) -> bool:
    return (await records.coverage_on(session, person_id=who.person_id, scheme=scheme, on=on)).covered


class TestRegisterPerson:
    async def test_takes_sex_and_birth_from_the_number_and_keeps_it_sealed(
        self, enrolment_session: AsyncSession
    ) -> None:
        who = await build.person(enrolment_session, sex="female")
        row = who.row
        assert (row.sex, row.birth_on.isoformat().replace("-", "")) == ("female", who.number[6:14])
        assert who.number.encode() not in row.id_number_sealed
        assert row.id_number_masked.count("*") == 11
        opened = build.VAULT.decrypt(row.id_number_sealed, context=f"person.id_number:{row.person_id}")
        assert opened == who.number

    async def test_refuses_the_same_number_again(self, enrolment_session: AsyncSession) -> None:
        who = await build.person(enrolment_session)
        draft = PersonCreate(
            name="样例乙",
            id_number=who.number,
            area=build.AREA,
            hukou=HukouKind.RURAL,
        )
        with pytest.raises(people.IdNumberRegistered):
            await people.register_person(
                enrolment_session,
                draft=draft,
                vault=build.VAULT,
                caller=build.clerk(),
                now=build.at(date(2026, 1, 6)),
            )

    async def test_a_correction_keeps_old_and_new(self, enrolment_session: AsyncSession) -> None:
        who = await build.person(enrolment_session, name="样列甲")
        change = PersonUpdate(reason="录入错字", name="样例甲")
        await people.correct_person(
            enrolment_session,
            person=who.row,
            change=change,
            vault=build.VAULT,
            caller=build.clerk("second"),
            now=build.at(date(2026, 2, 1)),
        )
        (entry,) = await queries.list_corrections(enrolment_session, who.person_id)
        assert (entry.old_value, entry.new_value, entry.corrected_by) == ("样列甲", "样例甲", "second")
        assert who.row.version == 2

    @pytest.mark.proves("E02")
    async def test_the_record_shows_both_shares_and_a_wrong_line_is_listed(
        self, enrolment_session: AsyncSession
    ) -> None:
        """W01 (000 R13, R14): base 5,000 gives employer 1,100.00 and person 400.00 a month."""
        month = date(2014, 6, 1)
        unit, (who,) = await build.staffed(
            enrolment_session, bases=["5000"], month=month, schemes=[Scheme.PENSION], area="310000"
        )
        await build.determined(enrolment_session, unit, month=month)
        rows, _ = await queries.list_contributions(enrolment_session, who.person_id, query=build.FIRST_PAGE)
        assert {row.payer: row.amount for row, _ in rows} == {
            Payer.EMPLOYER: Decimal("1100.00"),
            Payer.PERSON: Decimal("400.00"),
        }
        good, bad = build.id_number(), build.id_number()
        bad = bad[:-1] + ("0" if bad[-1] != "0" else "1")
        lines = [
            {"name": "样例", "id_number": number, "area": build.AREA, "hukou": "urban"}
            for number in (good, bad)
        ]
        done = await people.import_people(
            enrolment_session,
            lines=lines,
            vault=build.VAULT,
            caller=build.clerk(),
            now=build.at(date(2026, 2, 1)),
        )
        assert len(done.registered) == 1
        (rejected,) = done.rejected
        assert rejected.line == 2 and "校验码" in rejected.message and bad not in rejected.message


class TestIdentity:
    async def test_is_confirmed_by_name_and_number_and_never_says_which_is_wrong(
        self, enrolment_session: AsyncSession
    ) -> None:
        who = await build.person(enrolment_session, name="样例甲")
        found = await people.confirm_identity(
            enrolment_session, name="样例甲", id_number=who.number, vault=build.VAULT
        )
        assert found.person_id == who.person_id
        refusals = []
        for name, number in (("样例乙", who.number), ("样例甲", build.id_number())):
            with pytest.raises(people.IdentityNotConfirmed) as refused:
                await people.confirm_identity(
                    enrolment_session, name=name, id_number=number, vault=build.VAULT
                )
            refusals.append(refused.value.body(language="zh"))
        assert refusals[0] == refusals[1]


class TestDeclaration:
    MONTH = date(2026, 3, 1)

    async def test_takes_effect_from_its_month(self, enrolment_session: AsyncSession) -> None:
        unit, (who,) = await build.staffed(enrolment_session, bases=["5000"], month=self.MONTH)
        (insured,) = await queries.list_insured(enrolment_session, unit.employer_id, month=self.MONTH)
        assert (insured.person_id, insured.base) == (who.person_id, Decimal("5000.00"))
        before = self.MONTH - timedelta(days=28)
        assert await queries.list_insured(enrolment_session, unit.employer_id, month=before) == []

    async def test_changes_nothing_before_the_reviews(self, enrolment_session: AsyncSession) -> None:
        unit = await build.employer(enrolment_session, today=self.MONTH)
        who = await build.person(enrolment_session)
        await build.declared(enrolment_session, unit, [build.line(who)], month=self.MONTH)
        assert await queries.find_employment(enrolment_session, unit.employer_id, who.person_id) is None

    @pytest.mark.proves("E03")
    async def test_a_removal_with_another_number_changes_nothing(
        self, enrolment_session: AsyncSession
    ) -> None:
        unit, (who,) = await build.staffed(enrolment_session, bases=["5000"], month=self.MONTH)
        stranger = build.id_number()
        wrong = build.line(who, LineKind.REMOVAL, id_number=stranger)
        with pytest.raises(declarations.PersonDiffers) as refused:
            await build.declared(enrolment_session, unit, [wrong], month=date(2026, 4, 1))
        assert refused.value.members["lines"] == [1]
        assert await queries.find_employment(enrolment_session, unit.employer_id, who.person_id)
        # An employment without a declaration is impossible: the column names one (R1-06).
        with pytest.raises(DBAPIError, match="added_by_id"):
            async with enrolment_session.begin_nested():
                connection = await enrolment_session.connection()
                await connection.execute(
                    _employment_without_declaration(), {"e": unit.employer_id, "p": who.person_id}
                )

    @pytest.mark.parametrize("over", [{"name": "别人"}, {"sex": "female"}])
    async def test_name_and_sex_must_agree_too(
        self, enrolment_session: AsyncSession, over: dict[str, Any]
    ) -> None:
        unit = await build.employer(enrolment_session, today=self.MONTH)
        who = await build.person(enrolment_session)
        with pytest.raises(declarations.PersonDiffers):
            await build.declared(enrolment_session, unit, [build.line(who, **over)], month=self.MONTH)

    async def test_a_base_below_the_floor_is_refused_with_the_floor(
        self, enrolment_session: AsyncSession
    ) -> None:
        unit = await build.employer(enrolment_session, today=self.MONTH)
        who = await build.person(enrolment_session)
        with pytest.raises(declarations.BaseOutside) as refused:
            await build.declared(enrolment_session, unit, [build.line(who, base="999.99")], month=self.MONTH)
        assert refused.value.members["floor"] == "1000.00"

    async def test_a_removal_ends_base_and_coverage(self, enrolment_session: AsyncSession) -> None:
        unit, (who,) = await build.staffed(enrolment_session, bases=["5000"], month=self.MONTH)
        await _paid_month(enrolment_session, unit, self.MONTH)
        assert await covered(enrolment_session, who, Scheme.EMPLOYEE_MEDICAL, date(2026, 4, 30))
        removal = build.line(who, LineKind.REMOVAL)
        await build.applied(enrolment_session, unit, [removal], month=date(2026, 5, 1))
        assert await covered(enrolment_session, who, Scheme.EMPLOYEE_MEDICAL, date(2026, 4, 30))
        assert not await covered(enrolment_session, who, Scheme.EMPLOYEE_MEDICAL, date(2026, 5, 1))
        assert await queries.list_insured(enrolment_session, unit.employer_id, month=date(2026, 5, 1)) == []

    async def test_a_base_change_counts_from_its_month(self, enrolment_session: AsyncSession) -> None:
        unit, (who,) = await build.staffed(enrolment_session, bases=["5000"], month=self.MONTH)
        change = build.line(who, LineKind.BASE_CHANGE, base="6000")
        await build.applied(enrolment_session, unit, [change], month=date(2026, 5, 1))
        months = (date(2026, 4, 1), date(2026, 5, 1))
        bases = [
            (await queries.list_insured(enrolment_session, unit.employer_id, month=month))[0].base
            for month in months
        ]
        assert bases == [5000, 6000]

    async def test_a_determined_month_takes_no_more_changes(self, enrolment_session: AsyncSession) -> None:
        unit, (who,) = await build.staffed(enrolment_session, bases=["5000"], month=self.MONTH)
        await build.determined(enrolment_session, unit, month=self.MONTH)
        with pytest.raises(declarations.MonthDetermined):
            await build.declared(
                enrolment_session, unit, [build.line(who, LineKind.REMOVAL)], month=self.MONTH
            )

    async def test_somebody_employed_is_not_added_again(self, enrolment_session: AsyncSession) -> None:
        unit, (who,) = await build.staffed(enrolment_session, bases=["5000"], month=self.MONTH)
        with pytest.raises(declarations.NotAsEmployed):
            await build.declared(enrolment_session, unit, [build.line(who)], month=date(2026, 4, 1))


def _employment_without_declaration() -> TextClause:
    return text(
        "INSERT INTO employment (employment_id, person_id, employer_id, started_on) "
        "VALUES (gen_random_uuid(), :p, :e, '2026-01-01')"
    )


async def _paid_month(session: AsyncSession, unit: object, month: date, *, on: date | None = None) -> Bill:
    determination = await build.determined(session, unit, month=month)  # type: ignore[arg-type]
    bill = await queries.get_bill_of_determination(session, determination.determination_id)
    day = on or month.replace(day=20)
    await credited(session, bill, receipt(str(bill.amount), day, number=f"SP{bill.bill_id}"), on=day)
    return bill


class TestDetermination:
    @pytest.mark.proves("W02", "E07")
    @pytest.mark.parametrize(
        ("month", "expected"),
        [(date(2008, 12, 1), "10800.00"), (JAN_2009, "8900.00"), (date(2010, 1, 1), "10800.00")],
    )
    async def test_a_unit_of_class_2_with_base_sum_100000(
        self, enrolment_session: AsyncSession, month: date, expected: str
    ) -> None:
        unit, _ = await build.staffed(
            enrolment_session,
            bases=["5000"] * 20,
            month=month,
            schemes=FOUR,
            injury_class=InjuryClass.CLASS_2,
        )
        determination = await build.determined(enrolment_session, unit, month=month)
        assert determination.total == Decimal(expected)

    @pytest.mark.proves("E05")
    async def test_january_2009_gives_8900_by_scheme_and_the_window_stays_closed(
        self, enrolment_session: AsyncSession
    ) -> None:
        unit, _ = await build.staffed(enrolment_session, bases=["5000"] * 20, month=JAN_2009, schemes=FOUR)
        with pytest.raises(determinations.WindowClosed):
            await build.determined(enrolment_session, unit, month=JAN_2009, on=date(2009, 2, 1))
        determination = await build.determined(enrolment_session, unit, month=JAN_2009)
        lines = await queries.list_determination_lines(enrolment_session, determination.determination_id)
        assert {line.scheme: line.amount for line in lines} == {
            Scheme.EMPLOYEE_MEDICAL: 6000,
            Scheme.UNEMPLOYMENT: 1500,
            Scheme.MATERNITY: 600,
            Scheme.WORK_INJURY: 800,
        }
        assert determination.total == Decimal("8900.00")
        assert all("L649" in line.rate_source for line in lines)
        bill = await queries.get_bill_of_determination(enrolment_session, determination.determination_id)
        assert (bill.status, bill.amount) == (BillStatus.DETERMINED, Decimal("8900.00"))
        with pytest.raises(determinations.AlreadyDetermined):
            await build.determined(enrolment_session, unit, month=JAN_2009)

    async def test_the_parts_by_person_sum_to_each_line(self, enrolment_session: AsyncSession) -> None:
        month = date(2026, 3, 1)
        unit, team = await build.staffed(
            enrolment_session, bases=["3333.33", "4444.44", "5555.55"], month=month, schemes=FOUR
        )
        determination = await build.determined(enrolment_session, unit, month=month)
        lines = await queries.list_determination_lines(enrolment_session, determination.determination_id)
        parts: dict[str, Decimal] = {}
        for who in team:
            rows, _ = await queries.list_contributions(
                enrolment_session, who.person_id, query=build.FIRST_PAGE
            )
            for row, _paid in rows:
                parts[row.scheme] = parts.get(row.scheme, Decimal(0)) + row.amount
        assert parts == {line.scheme: line.amount for line in lines}
        assert determination.total == build.total([line.amount for line in lines])

    async def test_only_a_second_person_reverses_and_only_before_money_came_in(
        self, enrolment_session: AsyncSession
    ) -> None:
        month = date(2026, 3, 1)
        unit, _ = await build.staffed(enrolment_session, bases=["5000"], month=month)
        determination = await build.determined(enrolment_session, unit, month=month, by="first")

        async def reverse(by: str) -> None:
            await determinations.reverse_determination(
                enrolment_session,
                determination=determination,
                reason="基数有误",
                caller=caller("enrolment:assess", subject=by),
                now=build.at(month),
            )

        with pytest.raises(determinations.SamePerson):
            await reverse("first")
        await reverse("second")
        bill = await queries.get_bill_of_determination(enrolment_session, determination.determination_id)
        assert bill.status == BillStatus.REVERSED
        entries = await queries.list_entries(enrolment_session, bill.bill_id)
        assert [entry.kind for entry in entries] == ["due", "due_reversed"]
        again = await build.determined(enrolment_session, unit, month=month)
        assert again.total == determination.total


class TestCredit:
    @pytest.mark.proves("E06")
    async def test_8900_turns_paid_with_a_receipt_number_only(self, enrolment_session: AsyncSession) -> None:
        unit, _ = await build.staffed(enrolment_session, bases=["5000"] * 20, month=JAN_2009, schemes=FOUR)
        determination = await build.determined(enrolment_session, unit, month=JAN_2009)
        bill = await queries.get_bill_of_determination(enrolment_session, determination.determination_id)
        with pytest.raises(ValueError, match="receipt_number"):
            receipt("8900.00", date(2009, 1, 20), number="")
        with pytest.raises(DBAPIError, match="ck_receipt_number"):
            async with enrolment_session.begin_nested():
                enrolment_session.add(_receipt_without_number(bill))
                await enrolment_session.flush()
        await arrears.mark_overdue(enrolment_session, build.at(bill.due_on + timedelta(days=1)))
        await enrolment_session.refresh(bill)
        assert bill.status == BillStatus.OVERDUE
        paid_on = bill.due_on + timedelta(days=2)
        await credited(enrolment_session, bill, receipt("8900.00", paid_on), on=paid_on)
        assert (bill.status, bill.received) == (BillStatus.PAID, Decimal("8900.00"))
        assert await queries.sum_arrears(enrolment_session, unit.employer_id) == 0
        entries = await queries.list_entries(enrolment_session, bill.bill_id)
        assert [(entry.kind, entry.amount) for entry in entries] == [
            ("due", Decimal("8900.00")),
            ("received", Decimal("8900.00")),
        ]

    async def test_another_amount_than_the_open_one_is_refused(self, enrolment_session: AsyncSession) -> None:
        unit, _ = await build.staffed(enrolment_session, bases=["5000"], month=date(2026, 3, 1))
        determination = await build.determined(enrolment_session, unit, month=date(2026, 3, 1))
        bill = await queries.get_bill_of_determination(enrolment_session, determination.determination_id)
        day = date(2026, 3, 20)
        for amount, partial in (("350.01", False), ("349.99", False), ("350.00", True), ("0.00", True)):
            with pytest.raises(bills.AmountDiffers) as refused:
                await credited(enrolment_session, bill, receipt(amount, day, partial=partial), on=day)
            assert refused.value.members["open"] == "350.00"
        part = await credited(
            enrolment_session, bill, receipt("100.00", day, number="SP-1", partial=True), on=day
        )
        assert bills.open_amount(part.bill) == Decimal("250.00")
        assert part.bill.status == BillStatus.DETERMINED
        rest = await credited(enrolment_session, bill, receipt("250.00", day, number="SP-2"), on=day)
        assert rest.bill.status == BillStatus.PAID

    async def test_a_receipt_counts_once(self, enrolment_session: AsyncSession) -> None:
        day = date(2026, 3, 20)
        units = [
            (await build.staffed(enrolment_session, bases=["5000"], month=date(2026, 3, 1)))[0]
            for _ in range(2)
        ]
        first, second = [
            await queries.get_bill_of_determination(
                enrolment_session,
                (await build.determined(enrolment_session, unit, month=date(2026, 3, 1))).determination_id,
            )
            for unit in units
        ]
        await credited(enrolment_session, first, receipt("350.00", day), on=day)
        with pytest.raises(bills.ReceiptUsed):
            await credited(enrolment_session, second, receipt("350.00", day), on=day)
        assert second.received == 0

    async def test_a_payment_before_the_bill_or_tomorrow_is_refused(
        self, enrolment_session: AsyncSession
    ) -> None:
        unit, _ = await build.staffed(enrolment_session, bases=["5000"], month=date(2026, 3, 1))
        determination = await build.determined(enrolment_session, unit, month=date(2026, 3, 1))
        bill = await queries.get_bill_of_determination(enrolment_session, determination.determination_id)
        for paid_on in (date(2026, 3, 9), date(2026, 3, 21)):
            with pytest.raises(bills.PaidBeforeIssued):
                await credited(enrolment_session, bill, receipt("350.00", paid_on), on=date(2026, 3, 20))


def _receipt_without_number(bill: Bill) -> Receipt:
    return Receipt(
        bill_id=bill.bill_id,
        receipt_number=" ",
        kind=ReceiptKind.TAX_RECEIPT,
        amount=bill.amount,
        paid_on=bill.issued_on,
        recorded_by="x",
        recorded_at=build.at(bill.issued_on),
    )


class TestArrears:
    @pytest.mark.proves("E08")
    async def test_a_unit_with_one_fen_of_arrears_is_not_released(
        self, enrolment_session: AsyncSession
    ) -> None:
        month = date(2026, 3, 1)
        unit, _ = await build.staffed(enrolment_session, bases=["5000"], month=month)
        determination = await build.determined(enrolment_session, unit, month=month)
        bill = await queries.get_bill_of_determination(enrolment_session, determination.determination_id)
        day = bill.due_on
        await credited(enrolment_session, bill, receipt("349.99", day, number="SA-1", partial=True), on=day)
        await arrears.mark_overdue(enrolment_session, build.at(bill.due_on + timedelta(days=1)))
        await enrolment_session.refresh(unit)
        assert unit.standing == Standing.BLOCKED
        with pytest.raises(employers.ArrearsOpen) as refused:
            await employers.change_standing(
                enrolment_session,
                employer=unit,
                standing=Standing.NORMAL,
                reason="申请解除",
                by="somebody",
                now=build.at(day),
            )
        assert refused.value.members["arrears"] == "0.01"
        later = bill.due_on + timedelta(days=3)
        await credited(enrolment_session, bill, receipt("0.01", later, number="SA-2"), on=later)
        assert str(unit.standing) == Standing.NORMAL
        changes = await queries.list_standing_changes(enrolment_session, unit.employer_id)
        assert [(change.old_value, change.new_value, change.changed_by) for change in changes] == [
            ("normal", "blocked", "clock"),
            ("blocked", "normal", "cashier"),
        ]


class TestEmployeeCoverage:
    async def test_starts_with_the_paid_month_for_every_scheme(self, enrolment_session: AsyncSession) -> None:
        month = date(2026, 3, 1)
        unit, (who,) = await build.staffed(enrolment_session, bases=["5000"], month=month, schemes=FOUR)
        assert not await covered(enrolment_session, who, Scheme.EMPLOYEE_MEDICAL, month)
        await _paid_month(enrolment_session, unit, month)
        for scheme in FOUR:
            assert await covered(enrolment_session, who, scheme, month)
        assert not await covered(enrolment_session, who, Scheme.EMPLOYEE_MEDICAL, month - timedelta(days=1))

    async def test_the_next_paid_month_adds_nothing(self, enrolment_session: AsyncSession) -> None:
        unit, (who,) = await build.staffed(enrolment_session, bases=["5000"], month=date(2026, 3, 1))
        for month in (date(2026, 3, 1), date(2026, 4, 1)):
            await _paid_month(enrolment_session, unit, month)
        assert len(await queries.list_coverage(enrolment_session, who.person_id)) == 1

    async def test_a_late_payment_does_not_reach_into_the_past(self, enrolment_session: AsyncSession) -> None:
        unit, (who,) = await build.staffed(enrolment_session, bases=["5000"], month=date(2026, 3, 1))
        await _paid_month(enrolment_session, unit, date(2026, 3, 1), on=date(2026, 6, 3))
        assert not await covered(enrolment_session, who, Scheme.EMPLOYEE_MEDICAL, date(2026, 6, 30))
        assert await covered(enrolment_session, who, Scheme.EMPLOYEE_MEDICAL, date(2026, 7, 1))

    async def test_the_past_is_corrected_with_a_reason_and_never_twice(
        self, enrolment_session: AsyncSession
    ) -> None:
        who = await build.person(enrolment_session)
        past = Period(valid_from=date(2025, 1, 1), valid_until=date(2026, 1, 1))

        async def correct(period: Period) -> Coverage:
            return await coverage.correct_coverage(
                enrolment_session,
                person=who.row,
                scheme=Scheme.RESIDENT_MEDICAL,
                period=period,
                reason="补录历史参保",
                caller=caller("enrolment:assess"),
            )

        await correct(past)
        answer = await records.coverage_on(
            enrolment_session, person_id=who.person_id, scheme=Scheme.RESIDENT_MEDICAL, on=date(2025, 6, 1)
        )
        assert answer.covered and answer.reason == "补录历史参保"
        with pytest.raises(coverage.CoverageOverlaps):
            await correct(Period(valid_from=date(2025, 12, 31)))
        with pytest.raises(coverage.DatesOutOfOrder):
            await correct(Period(valid_from=date(2027, 1, 1), valid_until=date(2027, 1, 1)))

    async def test_the_database_refuses_overlapping_periods_itself(
        self, enrolment_session: AsyncSession
    ) -> None:
        who = await build.person(enrolment_session)

        async def add(start: date, end: date | None) -> None:
            async with enrolment_session.begin_nested():
                enrolment_session.add(
                    Coverage(
                        person_id=who.person_id,
                        scheme=Scheme.PENSION,
                        valid_from=start,
                        valid_until=end,
                        reason="直接写入",
                        recorded_by="x",
                    )
                )
                await enrolment_session.flush()

        await add(date(2026, 1, 1), date(2026, 7, 1))
        await add(date(2026, 7, 1), None)
        with pytest.raises(DBAPIError, match="overlap"):
            await add(date(2026, 6, 30), date(2026, 7, 1))


async def enrol(
    session: AsyncSession,
    home: tuple[object, list[build.Somebody]],
    *,
    year: int,
    on: date,
    grade: PremiumGrade = PremiumGrade.GRADE_1,
    members: list[build.Somebody] | None = None,
    exclusions: list[Exclusion] | None = None,
    area: str = build.AREA,
) -> tuple[object, dict[str, Bill]]:
    household, everybody = home
    draft = ResidentEnrolmentCreate(
        year=year,
        grade=grade,
        members=[who.person_id for who in members or everybody],
        exclusions=exclusions or [],
    )
    enrolment = await residents.enrol_household(
        session,
        household=household,  # type: ignore[arg-type]
        draft=draft,
        caller=build.clerk(area=area),
        now=build.at(on),
    )
    found = await queries.list_enrolment_bills(session, enrolment.enrolment_id)
    return enrolment, {bill.payer_kind: bill for bill in found}


class TestResidentEnrolment:
    ON = date(2026, 1, 10)

    @pytest.mark.proves("E14")
    async def test_a_household_of_four_owes_200_and_nobody_is_forgotten(
        self, enrolment_session: AsyncSession
    ) -> None:
        home = await build.household(enrolment_session, size=5)
        _, everybody = home
        employed = everybody[4]
        unit = await build.employer(enrolment_session)
        await build.applied(enrolment_session, unit, [build.line(employed)], month=date(2026, 1, 1))
        with pytest.raises(residents.HouseholdIncomplete) as refused:
            await enrol(enrolment_session, home, year=2026, on=self.ON, members=everybody[:3])
        assert refused.value.members["missing"] == [str(everybody[3].person_id)]
        enrolment, bill = await enrol(enrolment_session, home, year=2026, on=self.ON, members=everybody[:4])
        assert bill[PayerKind.HOUSEHOLD].amount == Decimal("200.00")
        members = await queries.list_enrolment_members(enrolment_session, enrolment.enrolment_id)  # type: ignore[attr-defined]
        excluded = {member.person_id: member.exclusion for member in members if member.exclusion}
        assert excluded == {employed.person_id: ExclusionReason.EMPLOYEE_MEDICAL}

    async def test_coverage_starts_with_the_payment_within_the_year(
        self, enrolment_session: AsyncSession
    ) -> None:
        home = await build.household(enrolment_session)
        _, everybody = home
        _, bill = await enrol(enrolment_session, home, year=2026, on=self.ON)
        household_bill = bill[PayerKind.HOUSEHOLD]
        paid_on = date(2026, 1, 15)
        await credited(enrolment_session, household_bill, receipt("150.00", paid_on), on=paid_on)
        for who in everybody:
            for on, expected in (
                (date(2026, 1, 14), False),
                (paid_on, True),
                (date(2026, 12, 31), True),
                (date(2027, 1, 1), False),
            ):
                assert await covered(enrolment_session, who, Scheme.RESIDENT_MEDICAL, on) is expected

    async def test_paid_in_advance_it_starts_on_the_first_of_january(
        self, enrolment_session: AsyncSession
    ) -> None:
        home = await build.household(enrolment_session, size=1)
        _, bill = await enrol(enrolment_session, home, year=2027, on=date(2026, 11, 2))
        paid_on = date(2026, 11, 3)
        await credited(enrolment_session, bill[PayerKind.HOUSEHOLD], receipt("50.00", paid_on), on=paid_on)
        (period,) = await queries.list_coverage(enrolment_session, home[1][0].person_id)
        assert (period.valid_from, period.valid_until) == (date(2027, 1, 1), date(2028, 1, 1))

    @pytest.mark.proves("E18")
    async def test_an_aided_household_of_three_pays_nothing_and_civil_affairs_30(
        self, enrolment_session: AsyncSession
    ) -> None:
        """004 E5, §3E L479: standard 10 in 2007; after the category ends the household pays."""
        on = date(2007, 2, 1)
        home = await build.household(enrolment_session, size=3, today=on)
        for who in home[1]:
            await build.assisted(enrolment_session, who, since=date(2007, 1, 1), until=date(2008, 1, 1))
        _, bill = await enrol(enrolment_session, home, year=2007, on=on, grade=PremiumGrade.STANDARD)
        assert bill[PayerKind.HOUSEHOLD].amount == Decimal("0.00")
        assert bill[PayerKind.HOUSEHOLD].status == BillStatus.PAID
        assert bill[PayerKind.CIVIL_AFFAIRS].amount == Decimal("30.00")
        for who in home[1]:
            assert await covered(enrolment_session, who, Scheme.RESIDENT_MEDICAL, on)
        _, following = await enrol(enrolment_session, home, year=2008, on=date(2007, 12, 3))
        assert PayerKind.CIVIL_AFFAIRS not in following
        assert following[PayerKind.HOUSEHOLD].amount == Decimal("150.00")

    async def test_one_aided_member_of_three_leaves_100_to_the_household(
        self, enrolment_session: AsyncSession
    ) -> None:
        home = await build.household(enrolment_session, size=3)
        await build.assisted(enrolment_session, home[1][2], since=date(2026, 1, 1))
        _, bill = await enrol(enrolment_session, home, year=2026, on=self.ON)
        assert bill[PayerKind.HOUSEHOLD].amount == Decimal("100.00")
        assert bill[PayerKind.CIVIL_AFFAIRS].amount == Decimal("50.00")

    @pytest.mark.proves("W04")
    async def test_ten_people_in_beijing_2008_bring_1800(self, enrolment_session: AsyncSession) -> None:
        """000 R15: 180 = 100 + 80; 10 persons: 1,000 personal and 800 finance."""
        on, area = date(2008, 3, 3), "110000"
        for size in (4, 3, 3):
            home = await build.household(enrolment_session, size=size, area=area, today=on)
            await enrol(enrolment_session, home, year=2008, on=on, grade=PremiumGrade.STANDARD, area=area)
        finance = await residents.bill_government_share(
            enrolment_session,
            year=2008,
            caller=caller("enrolment:assess", area=area),
            now=build.at(on),
        )
        sums = await queries.sum_financing(enrolment_session, area=area, year=2008)
        assert sums.heads == 10 and sums.personal == 1000 and finance.amount == 800
        assert sums.personal + sums.government == 1800
        with pytest.raises(residents.NothingToBill):
            await residents.bill_government_share(
                enrolment_session,
                year=2008,
                caller=caller("enrolment:assess", area=area),
                now=build.at(on),
            )

    async def test_a_household_enrols_once_a_year(self, enrolment_session: AsyncSession) -> None:
        home = await build.household(enrolment_session, size=1)
        await enrol(enrolment_session, home, year=2026, on=self.ON)
        with pytest.raises(residents.EnrolledForYear):
            await enrol(enrolment_session, home, year=2026, on=self.ON)

    async def test_a_stranger_is_refused(self, enrolment_session: AsyncSession) -> None:
        home = await build.household(enrolment_session, size=1)
        stranger = await build.person(enrolment_session)
        with pytest.raises(residents.NotAMember):
            await enrol(enrolment_session, home, year=2026, on=self.ON, members=[*home[1], stranger])


class TestAssistance:
    async def test_periods_of_one_category_do_not_overlap(self, enrolment_session: AsyncSession) -> None:
        who = await build.person(enrolment_session)
        await build.assisted(enrolment_session, who, since=date(2026, 1, 1), until=date(2026, 7, 1))
        with pytest.raises(assistance.AssistanceOverlaps):
            await build.assisted(enrolment_session, who, since=date(2026, 6, 30))
        await build.assisted(enrolment_session, who, since=date(2026, 7, 1))

    @pytest.mark.proves("E17", "W24")
    def test_the_village_table_is_refused_for_its_persons(self) -> None:
        """001 §7 no. 5: 103 households pass; classes give 207 persons, 234 were entered."""
        classes = [
            ClassLine(assistance_class=label, households=households, persons=persons)
            for label, households, persons in (("a", 10, 27), ("b", 32, 69), ("c", 61, 111))
        ]
        with pytest.raises(assistance.ClassTotalsDiffer) as refused:
            assistance.check_class_report(ClassReport(classes=classes, households=103, persons=234))
        assert (refused.value.members["households"], refused.value.members["persons"]) == (103, 207)
        passed = assistance.check_class_report(ClassReport(classes=classes, households=103, persons=207))
        assert (passed.households, passed.persons) == (103, 207)


class TestContributionRecord:
    @pytest.mark.proves("E34")
    async def test_84_paid_months_are_seven_years_and_the_base_shows_its_ratio(
        self, enrolment_session: AsyncSession
    ) -> None:
        """000 ENR-9, §3.4 L437: 3,753.60 of 4,692 is 0.80."""
        first = date(2007, 1, 1)
        unit, (who,) = await build.staffed(
            enrolment_session, bases=["3753.60"], month=first, schemes=[Scheme.PENSION]
        )
        months = [date(year, month, 1) for year in range(2007, 2014) for month in range(1, 13)]
        await build.paid_months(enrolment_session, unit, who, months, base="3753.60", area="310000")

        async def ask(last: date) -> ContributionRecordRead:
            return await records.contribution_record(
                enrolment_session,
                person=who.row,
                scheme=Scheme.PENSION,
                first=first,
                last=last,
                required=84,
                today=date(2014, 1, 2),
            )

        who.row.area = "310000"
        whole, short = await ask(date(2013, 12, 1)), await ask(date(2013, 11, 1))
        assert (whole.months_paid, whole.meets_requirement, whole.continuous) == (84, True, True)
        assert (short.months_paid, short.meets_requirement) == (83, False)
        last_year = next(base for base in whole.bases if base.year == 2013)
        assert (last_year.base, last_year.ratio) == (Decimal("3753.60"), Decimal("0.80"))


class TestProblems:
    @pytest.mark.parametrize(
        "module",
        [arrears, assistance, bills, coverage, declarations, determinations, employers, people, residents],
    )
    def test_say_in_chinese_what_to_do(self, module: ModuleType) -> None:
        for problem in vars(module).values():
            if (
                isinstance(problem, type)
                and issubclass(problem, Problem)
                and problem.__module__ == module.__name__
            ):
                assert problem.slug and problem.title.zh and problem.detail.zh != Problem.detail.zh
