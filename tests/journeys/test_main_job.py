"""The main job, as `make demo` walks it: one test a step, each through the gateway only."""

from typing import Any

import httpx
import pytest

from deploy.local.people import AREA
from deploy.local.walk.stage import total
from tests.journeys import look
from tests.journeys.journey import Journey
from tests.journeys.office import HOSPITAL


async def asked(client: httpx.AsyncClient, path: str, **params: Any) -> Any:
    """The JSON of a GET that is answered."""
    answer = await client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestEnrolment:
    async def test_a_household_is_enrolled_and_the_aided_members_pay_nothing(self, journey: Journey):
        stage = await journey.to("household")

        bills = "SELECT person_id::text AS id, personal, aided FROM enrolment_member"
        shares = {row["id"]: row for row in await look.rows(journey.office.suite, "enrolment", bills)}
        for relation, person_id in ((name, stage.ids[name]) for name in stage.family):
            aided = relation in ("head", "spouse")
            assert (shares[person_id]["aided"] > 0) == aided, relation
            assert (shares[person_id]["personal"] == 0) == aided, relation

    async def test_an_employer_declares_and_coverage_starts_with_the_month(self, journey: Journey):
        stage = await journey.to("employer")

        clerk = await journey.office.client("canbao01")
        staff = await asked(clerk, f"/enrolment/v1/employers/{stage.ids['employer']}/staff")
        assert {row["person_id"] for row in staff["items"]} == {
            stage.ids["worker-first"],
            stage.ids["worker-second"],
        }


class TestSettlement:
    async def test_a_hospital_settles_a_bill_once_however_often_it_is_sent(self, journey: Journey):
        stage = await journey.to("settle")

        made = "SELECT count(*) FROM settlement WHERE bill_id::text = $1"
        found = await look.value(journey.office.suite, "claims", made, stage.ids["bill"])
        assert found == (2 if journey.reached("reverse") else 1)

    async def test_a_reversal_restores_the_accumulators_and_the_ledger(self, journey: Journey):
        stage = await journey.to("reverse")

        finance = await journey.office.client("caiwu01")
        entries = await asked(finance, f"/claims/v1/settlements/{stage.ids['settlement']}/entries")
        assert total([entry["amount"] for entry in entries]) == 0


class TestArchives:
    async def test_the_case_is_filed_and_found_by_two_characters(self, journey: Journey):
        stage = await journey.to("find")

        filed = "SELECT title FROM piece WHERE source_id::text = $1"
        assert len(await look.rows(journey.office.suite, "archives", filed, stage.ids["settlement"])) == 1


class TestWork:
    async def test_two_persons_certify_a_job_seeker(self, journey: Journey):
        stage = await journey.to("certify")

        granted = "SELECT count(*) FROM certification WHERE person_id::text = $1"
        assert await look.value(journey.office.suite, "jobs", granted, stage.ids["spouse"]) == 1

    async def test_a_vacancy_is_published_after_review_and_its_matches_are_explained(self, journey: Journey):
        stage = await journey.to("vacancy")

        anybody = await journey.office.client()
        published = await asked(anybody, "/jobs/v1/published-vacancies", area=AREA, size=100)
        assert stage.ids["vacancy"] in {row["vacancy_id"] for row in published["items"]}

    async def test_the_promise_of_two_working_days_runs(self, journey: Journey):
        await journey.to("promise")


class TestCitizen:
    async def test_a_citizen_sees_only_what_is_his(self, journey: Journey):
        await journey.to("look")


class TestAudit:
    async def test_the_auditor_reads_who_did_what_when_and_from_where(self, journey: Journey):
        stage = await journey.to("read")

        auditor = await journey.office.client("shenji01")
        trail = await asked(
            auditor, "/gateway/v1/audit", action="claims.settle_bill", outcome="done", size=50
        )
        newest = next(row for row in trail["items"] if row["resources"].get("bill_id") == stage.ids["bill"])
        assert newest["organisation"] == HOSPITAL
        assert newest["client_ip"] == "127.0.0.1"

    async def test_nothing_is_lost_or_doubled(self, journey: Journey):
        await journey.to("read")

        assert await look.settled(journey.office.suite) == {}


class TestSeparationOfDuties:
    @pytest.mark.proves("G06", "R2-09", "R3-1-4")
    async def test_nobody_takes_two_steps_of_a_case_or_holds_business_and_finance(self, journey: Journey):
        stage = await journey.to("certify")  # the walk has the same person refused for the second step
        reviewers = """SELECT s.actor FROM procedure_step s JOIN procedure_case c ON c.id = s.case_id
            WHERE c.subject_id::text = $1 AND s.move = 'approve'"""
        took = await look.rows(journey.office.suite, "jobs", reviewers, stage.ids["spouse"])
        assert len({row["actor"] for row in took}) == len(took) == 2

        both: dict[str, Any] = {
            "account": "jianren01",
            "name": "兼任",
            "password": "Dd4-both-posts",
            "area": AREA,
        }
        both |= {"roles": ["enrolment_clerk", "finance"]}
        administrator = await journey.office.client("admin")
        answer = await administrator.post("/gateway/v1/accounts", json=both)
        assert answer.json()["type"] == "/problems/duties-incompatible"
        accounts = "SELECT count(*) FROM account WHERE name_key = 'jianren01'"
        assert await look.value(journey.office.suite, "gateway", accounts) == 0
