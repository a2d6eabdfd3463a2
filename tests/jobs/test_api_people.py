"""Register, certification, the citizen himself and reference data over HTTP."""

import asyncio

import pytest

from services.kit import clock
from services.kit.ids import new_id
from tests.conftest import ServiceApi
from tests.jobs.office import (
    NEWCOMERS,
    SURVEY,
    Office,
    application,
    created,
    got,
    new_key,
    post,
    problem,
)


class TestSeekers:
    @pytest.mark.proves("J01")
    async def test_are_registered_once_and_follow_their_placement(self, office: Office) -> None:
        """Surveyed, placed through an introduction: employed without a new survey; the same id is refused."""
        id_number, _ = await office.person()
        seeker = await created(office.clerk, "/seekers", SURVEY | {"id_number": id_number})
        assert (seeker["state"], seeker["state_label"]) == ("unemployed", "登记失业")
        again = await post(office.clerk, "/seekers", SURVEY | {"id_number": id_number})
        assert problem(again) == (409, "seeker-registered-already")
        introduced = {"vacancy_id": await office.vacancy(), "seeker_id": seeker["seeker_id"]}
        introduction = await created(office.clerk, "/introductions", introduced)
        await created(
            office.clerk, f"/introductions/{introduction['introduction_id']}/result", {"hired": True}
        )
        now = await got(office.clerk, f"/seekers/{seeker['seeker_id']}")
        assert (now["state"], now["placement"]) == ("employed", "样例制造有限公司")
        assert [one["cause"] for one in now["changes"]] == ["survey", "hire"]

    async def test_never_shows_the_id_number(self, office: Office) -> None:
        id_number, _ = await office.person()
        answer = await post(office.clerk, "/seekers", SURVEY | {"id_number": id_number})
        assert id_number not in answer.text
        assert "*" in answer.json()["id_number"]

    async def test_refuses_a_wrong_check_digit_and_unknown_fields(self, office: Office) -> None:
        answer = await post(
            office.clerk, "/seekers", SURVEY | {"id_number": "990101198101010010", "lucky": 7}
        )
        assert problem(answer) == (422, "invalid-request")
        assert {one["field"] for one in answer.json()["errors"]} == {"id_number", "lucky"}

    async def test_refuses_characters_that_no_text_has(self, office: Office) -> None:
        id_number, _ = await office.person()
        for field in ({"skills": ["装\x00配"]}, {"income_source": "\x00"}):
            answer = await post(office.clerk, "/seekers", SURVEY | {"id_number": id_number} | field)
            assert answer.status_code == 422, answer.text

    async def test_refuses_an_unknown_person(self, office: Office) -> None:
        stranger = NEWCOMERS.person(age=40, on=clock.today()).id_number
        assert problem(await post(office.clerk, "/seekers", SURVEY | {"id_number": stranger})) == (
            404,
            "person-not-found",
        )

    async def test_change_with_a_reason(self, office: Office) -> None:
        seeker = await office.seeker()
        path, key = f"/jobs/v1/seekers/{seeker['seeker_id']}", {"Idempotency-Key": new_key()}
        changed = await office.clerk.patch(path, json={"willing": False, "reason": "来电告知"}, headers=key)
        assert changed.json()["state"] == "outside"
        assert changed.json()["changes"][-1]["changed"]["willing"] == [True, False]
        for wrong in ({"willing": True}, {"willing": None, "reason": "x"}, {"skills": None, "reason": "x"}):
            refused = await office.clerk.patch(path, json=wrong, headers={"Idempotency-Key": new_key()})
            assert problem(refused) == (422, "invalid-request")

    async def test_are_listed_by_area(self, office: Office) -> None:
        seeker = await office.seeker()
        items = (await got(office.clerk, "/seekers?state=unemployed"))["items"]
        assert [one["seeker_id"] for one in items] == [seeker["seeker_id"]]
        assert items[0]["name"].startswith("样例")
        elsewhere = office.api.client("jobs:read", area="990102")
        assert (await got(elsewhere, "/seekers"))["items"] == []
        foreign = await elsewhere.get(f"/jobs/v1/seekers/{seeker['seeker_id']}")
        assert problem(foreign) == (404, "seeker-not-found")

    @pytest.mark.parametrize("scopes", [("jobs:read",), ("jobs:own",), ("claims:read",)])
    async def test_need_the_scope(self, jobs_api: ServiceApi, scopes: tuple[str, ...]) -> None:
        answer = await post(jobs_api.client(*scopes), "/seekers", SURVEY)
        assert problem(answer) == (403, "scope-missing")

    async def test_need_an_identity(self, jobs_api: ServiceApi) -> None:
        assert (await jobs_api.client().get("/jobs/v1/seekers")).status_code == 401


class TestOwnRegistration:
    async def test_shows_a_citizen_himself_only(self, office: Office) -> None:
        mine, other = await office.seeker(), await office.seeker()
        await office.certified(mine)
        citizen = office.api.client("jobs:own", kind="citizen", person_id=mine["person_id"])
        own = await got(citizen, "/my/registration")
        assert own["registration"]["seeker_id"] == mine["seeker_id"]
        assert own["registration"]["certifications"][0]["category"] == "age_40_50"
        assert other["seeker_id"] not in str(own)
        assert [case["title"] for case in (await got(citizen, "/my/cases"))["items"]] == ["就业困难人员认定"]

    async def test_shows_nothing_to_who_is_not_registered(self, jobs_api: ServiceApi) -> None:
        citizen = jobs_api.client("jobs:own", kind="citizen", person_id=new_id())
        assert problem(await citizen.get("/jobs/v1/my/registration")) == (404, "seeker-not-found")
        nobody = jobs_api.client("jobs:own", kind="citizen")
        assert problem(await nobody.get("/jobs/v1/my/registration")) == (404, "seeker-not-found")

    async def test_explains_a_citizen_his_own_matches(self, office: Office) -> None:
        seeker, vacancy = await office.seeker(), await office.vacancy()
        citizen = office.api.client("jobs:own", kind="citizen", person_id=seeker["person_id"])
        (match,) = await got(citizen, "/my/matches")
        assert match["vacancy_id"] == vacancy

    async def test_lets_a_citizen_apply_for_himself_only(self, office: Office) -> None:
        mine, other = await office.seeker(), await office.seeker()
        citizen = office.api.client("jobs:apply", "jobs:own", kind="citizen", person_id=mine["person_id"])
        assert problem(await post(citizen, "/cases", application(other))) == (403, "not-own-application")
        assert (await created(citizen, "/cases", application(mine)))["status"].startswith("受理通过")


class TestHardshipCertification:
    async def test_takes_two_different_persons(self, office: Office) -> None:
        seeker = await office.seeker()
        both = office.api.client("jobs:review", subject="both", roles=("jobs_clerk", "jobs_reviewer"))
        case = await created(office.clerk, "/cases", application(seeker))
        steps = f"/cases/{case['case_id']}/steps"
        await created(both, steps, {"decision": "approve", "step": "first_review"})
        refused = await post(both, steps, {"decision": "approve", "step": "second_review"})
        assert problem(refused) == (403, "same-person-took-another-step")
        assert "初审" in refused.json()["detail"]
        done = await created(office.reviewer, steps, {"decision": "approve", "step": "second_review"})
        assert (done["state"], done["outcome"]["number"][:10]) == ("approved", "990101-KN-")
        now = await got(office.clerk, f"/seekers/{seeker['seeker_id']}")
        assert now["certifications"][0]["number"] == done["outcome"]["number"]

    async def test_cannot_ask_for_a_cancelled_certificate(self, office: Office) -> None:
        (guide, *_) = await got(office.api.client(), "/procedures")
        assert "village_unemployment_proof" not in str(guide)
        case = await created(office.clerk, "/cases", application(await office.seeker()))
        body = {"decision": "return", "reason": "请补充", "missing": ["village_unemployment_proof"]}
        assert problem(await post(office.clerk, f"/cases/{case['case_id']}/steps", body)) == (
            422,
            "document-not-listed",
        )

    async def test_lets_one_of_two_reviewers_at_once_decide(self, office: Office) -> None:
        case = await created(office.clerk, "/cases", application(await office.seeker()))
        steps = f"/cases/{case['case_id']}/steps"
        await created(office.clerk, steps, {"decision": "approve"})
        rival = office.api.client("jobs:review", subject="rival", roles=("jobs_reviewer",))
        body = {"decision": "approve", "step": "second_review"}
        answers = await asyncio.gather(post(office.reviewer, steps, body), post(rival, steps, body))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        assert await office.api.pool.fetchval("SELECT count(*) FROM certification") == 1
        told = "SELECT count(*) FROM outbox WHERE subject = 'jobs.certification.granted'"
        assert await office.api.pool.fetchval(told) == 1

    async def test_repeats_the_answer_of_a_repeated_message(self, office: Office) -> None:
        body = application(await office.seeker())
        first, again = [await post(office.clerk, "/cases", body, key="same") for _ in range(2)]
        assert (first.status_code, first.json()) == (201, again.json())
        other = await post(office.clerk, "/cases", body | {"documents": []}, key="same")
        assert problem(other) == (422, "idempotency-key-reused")


class TestReference:
    async def test_answers_what_applied_and_why(self, office: Office) -> None:
        found = await got(office.clerk, "/parameters/land_per_head_limit?on=2006-07-01")
        assert (found["applies"]["value"], found["applies"]["unit"]) == ("0.3", "亩")
        assert "003" in found["applies"]["source"]
        assert (await got(office.clerk, "/parameters/hardship_age?sex=male"))["applies"]["value"] == "50"
        unknown = await office.clerk.get("/jobs/v1/parameters/lottery")
        assert problem(unknown) == (422, "parameter-not-configured")

    async def test_serves_code_lists(self, jobs_api: ServiceApi) -> None:
        states = await got(jobs_api.client(), "/codes/employment-states")
        assert {"code": "unemployed", "label": "登记失业", "national": None} in states
