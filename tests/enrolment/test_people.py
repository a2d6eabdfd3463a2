"""People, assistance and records on a real database, rolled back after each test."""

from datetime import date
from decimal import Decimal
from types import ModuleType

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import queries
from services.enrolment.codes import (
    HukouKind,
    Payer,
    Scheme,
)
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
from services.enrolment.schemas import (
    ClassLine,
    ClassReport,
    ContributionRecordRead,
    PersonCreate,
    PersonUpdate,
)
from services.kit.problems import Problem
from tests.enrolment import build


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
