"""Declarations of staff changes on a real database."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.enrolment import queries
from services.enrolment.codes import (
    LineKind,
    Scheme,
)
from services.enrolment.operations import (
    declarations,
)
from tests.enrolment import build
from tests.enrolment.steps import covered, paid_month


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
        await paid_month(enrolment_session, unit, self.MONTH)
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
