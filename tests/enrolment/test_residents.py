"""Households in resident medical insurance, on a real database."""

from datetime import date
from decimal import Decimal

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import queries
from services.enrolment.codes import (
    BillState,
    ExclusionReason,
    PayerKind,
    PremiumGrade,
    Scheme,
)
from services.enrolment.operations import (
    residents,
)
from tests.conftest import caller
from tests.enrolment import build
from tests.enrolment.steps import covered, credited, enrol, receipt


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
        assert bill[PayerKind.HOUSEHOLD].state == BillState.PAID
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
