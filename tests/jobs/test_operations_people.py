"""The register and the certification on a real database; each test is rolled back."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import operations, problems, queries
from services.jobs.codes import (
    EmploymentState,
    HardshipCategory,
    Sex,
)
from services.jobs.models import Seeker
from services.kit.ids import new_id
from services.kit.procedures.problems import DocumentNotListed, DocumentsMissing, StepTakenBySamePerson
from tests.conftest import caller
from tests.jobs import build
from tests.jobs.build import CLERK, NOW, REVIEWER, TODAY
from tests.jobs.verbs import FIRST_PAGE, employ, told


class TestRegisterSeeker:
    async def test_classifies_the_person(self, jobs_session: AsyncSession) -> None:
        seeker = await build.seeker(jobs_session)
        assert (seeker.state, seeker.unemployed_since) == ("unemployed", TODAY)

    @pytest.mark.proves("J02")
    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            ({"land_per_head": Decimal("0.29"), "farms_own_land": True}, EmploymentState.UNEMPLOYED),
            ({"land_per_head": Decimal("0.30"), "farms_own_land": True}, EmploymentState.EMPLOYED),
            (
                {"land_per_head": Decimal("1.50"), "farms_own_land": True, "wants_other_work": True},
                EmploymentState.EMPLOYED_SEEKING,
            ),
        ],
    )
    async def test_draws_the_line_at_three_tenths_of_a_mu(
        self, jobs_session: AsyncSession, told: dict[str, Any], expected: EmploymentState
    ) -> None:
        seeker = await build.seeker(jobs_session, **told)
        assert seeker.state == expected

    async def test_refuses_a_second_entry_of_the_same_id(self, jobs_session: AsyncSession) -> None:
        person = await build.person(jobs_session)
        first = await build.seeker(jobs_session, of=person)
        with pytest.raises(problems.SeekerExists) as refused:
            await build.seeker(jobs_session, of=person)
        assert refused.value.members["seeker_id"] == first.seeker_id

    async def test_refuses_a_second_entry_in_the_database_too(self, jobs_session: AsyncSession) -> None:
        seeker = await build.seeker(jobs_session)
        columns = "person_id, area, hukou, able, willing, works, farms_own_land, wants_other_work, state"
        copy = f"""INSERT INTO seeker (seeker_id, {columns}, state_reason, unemployed_since, registered_by,
                                       registered_on, version)
                   SELECT gen_random_uuid(), {columns}, '', unemployed_since, 'x', registered_on, 1
                     FROM seeker WHERE seeker_id = :one"""
        with pytest.raises(IntegrityError, match="uq_seeker_person_id"):
            await (await jobs_session.connection()).execute(text(copy), {"one": seeker.seeker_id})

    async def test_refuses_a_person_that_enrolment_never_told_of(self, jobs_session: AsyncSession) -> None:
        with pytest.raises(problems.PersonNotFound):
            await operations.register_seeker(
                jobs_session, id_number_index="ff" * 32, survey=build.survey(), caller=CLERK, now=NOW
            )

    async def test_sees_an_employment_that_was_told_before(self, jobs_session: AsyncSession) -> None:
        person = await build.person(jobs_session)
        await employ(jobs_session, person.person_id, version=1, started_on="2026-01-01")
        seeker = await build.seeker(jobs_session, of=person)
        assert (seeker.state, seeker.employer_name) == ("employed", "样例建材有限公司")


class TestDynamicManagement:
    async def test_follows_an_insured_employment_without_a_new_survey(
        self, jobs_session: AsyncSession
    ) -> None:
        seeker = await build.seeker(jobs_session)
        await employ(jobs_session, seeker.person_id, version=1, started_on="2026-03-01")
        assert (seeker.state, seeker.placement, seeker.unemployed_since) == (
            "employed",
            "样例建材有限公司",
            None,
        )
        await employ(
            jobs_session, seeker.person_id, version=2, started_on="2026-03-01", ended_on="2026-03-02"
        )
        assert (seeker.state, seeker.unemployed_since) == ("unemployed", TODAY)

    async def test_ignores_a_stale_event(self, jobs_session: AsyncSession) -> None:
        seeker = await build.seeker(jobs_session)
        await employ(
            jobs_session, seeker.person_id, version=3, started_on="2026-03-01", ended_on="2026-03-02"
        )
        await employ(jobs_session, seeker.person_id, version=2, started_on="2026-03-01")
        assert seeker.state == EmploymentState.UNEMPLOYED

    async def test_logs_old_and_new_values(self, jobs_session: AsyncSession) -> None:
        seeker = await build.seeker(jobs_session)
        await operations.change_seeker(
            jobs_session,
            seeker_id=seeker.seeker_id,
            changes={"willing": False},
            reason="本人电话告知",
            caller=CLERK,
            now=NOW,
        )
        survey, change = await queries.list_changes(jobs_session, seeker.seeker_id)
        assert survey.changed == {"state": [None, "unemployed"]}
        assert change.changed["willing"] == [True, False]
        assert change.changed["state"] == ["unemployed", "outside"]
        assert (change.reason, change.changed_by) == ("本人电话告知", "clerk")

    async def test_leaves_another_area_alone(self, jobs_session: AsyncSession) -> None:
        seeker = await build.seeker(jobs_session)
        with pytest.raises(problems.SeekerNotFound):
            await operations.change_seeker(
                jobs_session,
                seeker_id=seeker.seeker_id,
                changes={"able": False},
                reason="x",
                caller=caller("jobs:register", area="990102"),
                now=NOW,
            )


class TestLedger:
    async def test_lists_who_has_no_placement_yet(self, jobs_session: AsyncSession) -> None:
        waiting, placed = await build.seeker(jobs_session), await build.seeker(jobs_session)
        for one in (waiting, placed):
            await build.certified(jobs_session, one)
        await build.seeker(jobs_session)
        await employ(jobs_session, placed.person_id, version=1, started_on="2026-03-01")
        rows, _ = await queries.list_seekers(
            jobs_session,
            caller=CLERK,
            query=FIRST_PAGE,
            today=TODAY,
            category=HardshipCategory.AGE_40_50,
            without_placement=True,
        )
        assert [row.seeker_id for row in rows] == [waiting.seeker_id]


async def test_copies_nothing_from_nobody(jobs_session: AsyncSession) -> None:
    await employ(jobs_session, new_id(), version=1, started_on="2026-01-01")
    assert (await jobs_session.exec(select(Seeker))).all() == []


class TestHardshipCertification:
    async def test_is_granted_by_the_second_review(self, jobs_session: AsyncSession) -> None:
        seeker = await build.seeker(jobs_session)
        case = await build.hardship_case(jobs_session, seeker.person_id)
        assert (case.step, case.due_on, case.promised_on) == (
            "first_review",
            date(2026, 3, 5),
            date(2026, 3, 11),
        )
        await build.approve(jobs_session, case.id, CLERK)
        assert await queries.find_certification(jobs_session, seeker.seeker_id, on=TODAY) is None
        case = await build.approve(jobs_session, case.id, REVIEWER)
        found = await queries.find_certification(jobs_session, seeker.seeker_id, on=TODAY)
        assert found is not None
        assert (found.number, found.valid_until) == (case.outcome["number"], date(2029, 3, 2))
        assert [one["sentence"] for one in found.working] == ["已登记失业", "45周岁，已满40周岁"]
        assert any(version.startswith("hardship_age") for version in found.parameters)
        (event,) = await told(jobs_session, "jobs.certification.granted")
        assert (event["certification_id"], event["category"]) == (str(found.certification_id), "age_40_50")
        assert len(await told(jobs_session, "jobs.case.decided")) == 1

    async def test_refuses_the_same_person_for_the_second_review(self, jobs_session: AsyncSession) -> None:
        both = caller("jobs:review", subject="both", roles=("jobs_clerk", "jobs_reviewer"))
        seeker = await build.seeker(jobs_session)
        case = await build.hardship_case(jobs_session, seeker.person_id)
        await build.approve(jobs_session, case.id, both)
        with pytest.raises(StepTakenBySamePerson):
            await build.approve(jobs_session, case.id, both)

    @pytest.mark.parametrize(
        "statement",
        [
            "INSERT INTO procedure_actor (case_id, actor, step) VALUES (:case, 'clerk', 'second_review')",
            """INSERT INTO procedure_step (id, case_id, step, actor, actor_name, move, to_state, reason, made_at)
               VALUES (gen_random_uuid(), :case, 'second_review', 'clerk', '甲', 'approve', 'approved', '', now())""",
        ],
    )
    async def test_refuses_the_same_person_by_sql_too(
        self, jobs_session: AsyncSession, statement: str
    ) -> None:
        seeker = await build.seeker(jobs_session)
        case = await build.hardship_case(jobs_session, seeker.person_id)
        await build.approve(jobs_session, case.id, CLERK)
        with pytest.raises(IntegrityError, match=r"procedure_actor|procedure_step_case_id_actor"):
            await (await jobs_session.connection()).execute(text(statement), {"case": case.id})

    async def test_names_missing_documents_and_takes_no_cancelled_proof(
        self, jobs_session: AsyncSession
    ) -> None:
        seeker = await build.seeker(jobs_session)
        with pytest.raises(DocumentsMissing) as refused:
            await build.hardship_case(
                jobs_session, seeker.person_id, category=HardshipCategory.DISABLED, documents=build.PAPERS[:1]
            )
        assert refused.value.members["missing"] == ["identity_card", "disability_certificate"]
        papers = [*build.PAPERS, {"code": "village_unemployment_proof"}]
        with pytest.raises(DocumentNotListed):
            await build.hardship_case(jobs_session, seeker.person_id, documents=papers)

    async def test_says_which_condition_fails(self, jobs_session: AsyncSession) -> None:
        person = await build.person(jobs_session, sex=Sex.MALE, birth_on=date(1976, 3, 3))
        await build.seeker(jobs_session, of=person)
        with pytest.raises(problems.NotHardship) as refused:
            await build.hardship_case(jobs_session, person.person_id)
        assert refused.value.members["failed"] == ["49周岁，未满50周岁"]

    async def test_reads_the_allowance_from_enrolment(self, jobs_session: AsyncSession) -> None:
        seeker = await build.seeker(jobs_session)
        category = HardshipCategory.MINIMUM_LIVING
        with pytest.raises(problems.NotHardship):
            await build.hardship_case(jobs_session, seeker.person_id, category=category)
        period = {"category": "minimum_living_allowance", "valid_from": "2026-01-01", "valid_until": None}
        await operations.copy_assistance(
            jobs_session, person_id=seeker.person_id, version=1, categories=[period]
        )
        assert (await build.hardship_case(jobs_session, seeker.person_id, category=category)).serial

    async def test_looks_at_the_whole_family(self, jobs_session: AsyncSession) -> None:
        seeker = await build.seeker(jobs_session)
        spouse = await build.person(jobs_session, name="样例配偶")
        category, papers = (
            HardshipCategory.ZERO_EMPLOYMENT_FAMILY,
            [*build.PAPERS, {"code": "household_register"}],
        )
        await employ(jobs_session, spouse.person_id, version=1, started_on="2026-01-01")
        with pytest.raises(problems.NotHardship) as refused:
            await build.hardship_case(
                jobs_session,
                seeker.person_id,
                category=category,
                documents=papers,
                family=(spouse.person_id,),
            )
        assert "样例配偶" in str(refused.value.members["failed"])
        await employ(
            jobs_session, spouse.person_id, version=2, started_on="2026-01-01", ended_on="2026-02-01"
        )
        await build.hardship_case(
            jobs_session, seeker.person_id, category=category, documents=papers, family=(spouse.person_id,)
        )

    async def test_checks_the_conditions_again_on_the_day_of_the_grant(
        self, jobs_session: AsyncSession
    ) -> None:
        seeker = await build.seeker(jobs_session)
        case = await build.hardship_case(jobs_session, seeker.person_id)
        await build.approve(jobs_session, case.id, CLERK)
        await employ(jobs_session, seeker.person_id, version=1, started_on="2026-03-01")
        with pytest.raises(problems.NotHardship):
            await build.approve(jobs_session, case.id, REVIEWER)

    async def test_is_not_granted_twice(self, jobs_session: AsyncSession) -> None:
        seeker = await build.seeker(jobs_session)
        await build.certified(jobs_session, seeker)
        with pytest.raises(problems.CertifiedAlready):
            await build.hardship_case(jobs_session, seeker.person_id)
