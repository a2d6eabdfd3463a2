"""Vacancies, matching, introductions and assistance over HTTP."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.kit import clock
from tests.jobs.office import (
    NEWCOMERS,
    YEAR,
    Office,
    created,
    fill,
    got,
    new_key,
    post,
    problem,
    vacancy_body,
)


class TestVacancies:
    CODE = NEWCOMERS.credit_code()

    async def employer(
        self, office: Office, *, verified: bool = True
    ) -> tuple[httpx.AsyncClient, dict[str, Any]]:
        system = office.api.client(
            "jobs:vacancy", kind="system", subject="factory", organisation=self.CODE, roles=("employer",)
        )
        body = {"credit_code": self.CODE, "name": "样例工厂", "kind": "private", "contact_name": "样例联系人"}
        employer = await created(system, "/employers", body)
        if verified:
            path = f"/employers/{employer['employer_id']}/verification"
            employer = await created(office.reviewer, path, {"accepted": True})
        return system, employer

    async def test_go_from_an_employer_through_review_to_the_public_list(self, office: Office) -> None:
        system, employer = await self.employer(office)
        vacancy = await created(system, "/vacancies", vacancy_body(employer))
        everybody = office.api.client()
        assert (await got(everybody, "/published-vacancies"))["items"] == []
        await created(office.reviewer, f"/cases/{vacancy['case_id']}/steps", {"decision": "approve"})
        (listed,) = (await got(everybody, "/published-vacancies?area=990000&occupation=6-31"))["items"]
        assert (listed["vacancy_id"], listed["employer_name"]) == (vacancy["vacancy_id"], "样例工厂")
        assert (await got(everybody, "/published-vacancies?area=110000"))["items"] == []
        (own,) = (await got(system, "/my/vacancies"))["items"]
        assert own["state"] == "published"

    async def test_are_hidden_from_another_employer(self, office: Office) -> None:
        _, employer = await self.employer(office)
        rival = office.api.client("jobs:vacancy", kind="system", organisation="91990101MA00000019")
        assert problem(await post(rival, "/vacancies", vacancy_body(employer))) == (404, "employer-not-found")

    async def test_are_mended_in_the_same_case(self, office: Office) -> None:
        system, employer = await self.employer(office)
        vacancy = await created(system, "/vacancies", vacancy_body(employer))
        steps = f"/cases/{vacancy['case_id']}/steps"
        await created(office.reviewer, steps, {"decision": "return", "reason": "请写明班次"})
        body = vacancy_body(employer, duties="两班制装配")
        del body["employer_id"]
        path, key = f"/jobs/v1/vacancies/{vacancy['vacancy_id']}", {"Idempotency-Key": new_key()}
        mended = await system.put(path, json=body, headers=key)
        assert (mended.status_code, mended.json()["case_id"]) == (200, vacancy["case_id"])
        done = await created(office.reviewer, steps, {"decision": "approve"})
        assert [entry["move"] for entry in done["history"]] == ["apply", "return", "correct", "approve"]

    async def test_refuse_wages_out_of_order_and_fractions_of_a_fen(self, office: Office) -> None:
        system, employer = await self.employer(office)
        for wrong in (
            {"wage_least": "5000.00"},
            {"wage_most": "4000.005"},
            {"places": 0},
            {"occupation": "x"},
        ):
            answer = await post(system, "/vacancies", vacancy_body(employer, **wrong))
            assert problem(answer) == (422, "invalid-request")

    @pytest.mark.proves("J13")
    async def test_need_a_verified_company_and_are_counted_apart(self, office: Office) -> None:
        """226 companies, 184 posts, 3,118 hires as three counts; an unverified company cannot publish."""
        system, employer = await self.employer(office, verified=False)
        refused = await post(system, "/vacancies", vacancy_body(employer))
        assert problem(refused) == (422, "employer-not-verified")
        async with office.api.sessions.begin() as session:
            await fill(session, companies=225, posts=184, hires=3118, registrations=0, introductions=0)
        found = await got(office.clerk, f"/reports/market?{YEAR}")
        assert (found["companies"], found["posts"], found["hires"]) == (226, 184, 3118)


class TestMatching:
    async def test_explains_a_score_that_sums_exactly(self, office: Office) -> None:
        seeker, vacancy = await office.seeker(), await office.vacancy()
        (match,) = await got(office.clerk, f"/vacancies/{vacancy}/matches")
        assert match["seeker_id"] == seeker["seeker_id"]
        fen = [round(float(part["points"]) * 100) for part in match["parts"]]
        assert sum(fen) == round(float(match["score"]) * 100)
        assert {part["criterion"] for part in match["parts"]} == {
            "occupation",
            "skills",
            "education",
            "wage",
            "place",
            "group",
        }
        assert all(part["sentence"] and part["version"] and part["source"] for part in match["parts"])
        again = await got(office.clerk, f"/vacancies/{vacancy}/matches")
        assert again == [match]
        (other,) = await got(office.clerk, f"/seekers/{seeker['seeker_id']}/matches")
        assert (other["vacancy_id"], other["score"]) == (vacancy, match["score"])

    @pytest.mark.proves("J14")
    async def test_reports_introductions_and_closes_the_place_with_a_hire(self, office: Office) -> None:
        """166 introductions of 396 registrations and 85 vacancies (004 L637); a hire closes the place, updates J01."""
        async with office.api.sessions.begin() as session:
            await fill(session, companies=1, posts=84, hires=0, registrations=395, introductions=165)
        seeker, vacancy = await office.seeker(), await office.vacancy(places=1)
        body = {"vacancy_id": vacancy, "seeker_id": seeker["seeker_id"], "channel": "remote"}
        introduction = await created(office.clerk, "/introductions", body)
        assert "fee" not in introduction
        found = await got(office.clerk, f"/reports/market?{YEAR}")
        assert (found["introductions"], found["registrations"], found["posts"]) == (166, 396, 85)
        path = f"/introductions/{introduction['introduction_id']}"
        await created(office.clerk, f"{path}/interview", {"at": clock.now().isoformat()})
        await created(office.clerk, f"{path}/result", {"hired": True})
        assert (await got(office.clerk, f"/vacancies/{vacancy}"))["state"] == "filled"
        assert (await got(office.clerk, f"/seekers/{seeker['seeker_id']}"))["state"] == "employed"

    @pytest.mark.parametrize("at", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
    async def test_refuses_an_interview_at_a_moment_that_cannot_be_meant(
        self, office: Office, at: str
    ) -> None:
        where = "/jobs/v1/introductions/01980000-0000-7000-8000-000000000000/interview"
        answer = await office.clerk.post(where, json={"at": at}, headers={"Idempotency-Key": at[:10]})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "at")

    async def test_gives_the_last_place_to_one_of_two(self, office: Office) -> None:
        vacancy = await office.vacancy(places=1)
        introduced = []
        for _ in range(2):
            seeker = await office.seeker()
            body = {"vacancy_id": vacancy, "seeker_id": seeker["seeker_id"]}
            introduced.append((await created(office.clerk, "/introductions", body))["introduction_id"])
        answers = await asyncio.gather(
            *(post(office.clerk, f"/introductions/{one}/result", {"hired": True}) for one in introduced)
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert (await got(office.clerk, f"/vacancies/{vacancy}"))["taken"] == 1
        assert await office.api.pool.fetchval("SELECT count(*) FROM hiring_record") == 1
        assert await office.api.pool.fetchval("SELECT count(*) FROM seeker WHERE state = 'employed'") == 1

    async def test_wants_a_reason_for_who_was_not_hired(self, office: Office) -> None:
        seeker, vacancy = await office.seeker(), await office.vacancy()
        body = {"vacancy_id": vacancy, "seeker_id": seeker["seeker_id"]}
        introduction = await created(office.clerk, "/introductions", body)
        path = f"/introductions/{introduction['introduction_id']}/result"
        assert (await post(office.clerk, path, {"hired": False})).status_code == 422
        ended = await created(office.clerk, path, {"hired": False, "not_hired": "terms", "remark": "工资"})
        assert (ended["state"], ended["not_hired"]) == ("not_hired", "terms")

    @pytest.mark.proves("J07")
    async def test_counts_posts_and_placements_of_a_group(self, office: Office) -> None:
        """85 posts gathered and 85 placed -> 100 %; a person with an empty 安置去向 is on the open list (004 L643)."""
        async with office.api.sessions.begin() as session:
            await fill(session, companies=1, posts=1, hires=85, registrations=0, introductions=0)
            gathered = "UPDATE vacancy SET groups = '{age_40_50}', places = 85, taken = 85, state = 'filled'"
            await (await session.connection()).execute(text(gathered))
        found = await got(office.clerk, f"/reports/groups/age_40_50?{YEAR}")
        assert found["rate"] == {"numerator": 85, "denominator": 85, "percent": "100.00"}
        waiting = await office.seeker()
        await office.certified(waiting)
        items = (await got(office.clerk, "/seekers?category=age_40_50&without_placement=true"))["items"]
        assert [one["seeker_id"] for one in items] == [waiting["seeker_id"]]


class TestAssistance:
    async def test_runs_from_the_call_to_the_closing(self, office: Office) -> None:
        seeker, vacancy = await office.seeker(), await office.vacancy()
        await office.certified(seeker)
        body = {"seeker_id": seeker["seeker_id"], "channel": "call", "need": "希望就近上岗"}
        request = await created(office.clerk, "/assistance-requests", body)
        path = f"/assistance-requests/{request['request_id']}"
        assert (request["state"], request["due_on"]) == ("applied", None)
        verified = await created(office.clerk, f"{path}/verification", {"confirmed": True})
        assert verified["due_on"] > verified["verified_on"]
        await created(office.clerk, f"{path}/offers", {"vacancy_id": vacancy})
        placed = await created(office.clerk, f"{path}/answer", {"accepted": True})
        assert placed["state"] == "placed"
        refused = await post(office.clerk, f"{path}/closure", {})
        assert problem(refused) == (422, "follow-up-missing")
        await created(office.clerk, f"{path}/follow-ups", {"result": "stable", "remark": "在岗，满意"})
        closed = await created(office.clerk, f"{path}/closure", {})
        assert (closed["state"], len(closed["follow_ups"])) == ("closed", 1)

    async def test_ends_the_promise_with_a_refused_offer(self, office: Office) -> None:
        seeker, vacancy = await office.seeker(), await office.vacancy()
        await office.certified(seeker)
        body = {"seeker_id": seeker["seeker_id"], "channel": "counter", "need": "就业"}
        request = await created(office.clerk, "/assistance-requests", body)
        path = f"/assistance-requests/{request['request_id']}"
        await created(office.clerk, f"{path}/verification", {"confirmed": True})
        await created(office.clerk, f"{path}/offers", {"vacancy_id": vacancy})
        answered = await created(office.clerk, f"{path}/answer", {"accepted": False, "reason": "嫌远"})
        assert (answered["promise_holds"], answered["offers"][0]["accepted"]) == (False, False)
        assert answered["promise_ended_because"]

    async def test_lists_broken_promises(self, office: Office) -> None:
        seeker = await office.seeker()
        await office.certified(seeker)
        body = {"seeker_id": seeker["seeker_id"], "channel": "call", "need": "就业"}
        request = await created(office.clerk, "/assistance-requests", body)
        await created(
            office.clerk, f"/assistance-requests/{request['request_id']}/verification", {"confirmed": True}
        )
        assert (await got(office.clerk, "/assistance-requests?overdue=true"))["items"] == []
        late = "UPDATE assistance_request SET verified_on = '2026-03-02', due_on = '2026-03-04'"
        await office.api.pool.execute(late)
        (found,) = (await got(office.clerk, "/assistance-requests?overdue=true"))["items"]
        assert (found["request_id"], found["overdue"]) == (request["request_id"], True)
