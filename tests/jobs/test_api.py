"""The job service over HTTP: its real app on its real database, as every kind of caller."""

import asyncio
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from deploy.local.people import People
from services.jobs.models import Person
from services.kit import clock
from services.kit.crypto import Vault
from services.kit.ids import new_id
from tests.conftest import ServiceApi
from tests.jobs import build

_key = count(1)
CLERK = ("jobs:register", "jobs:apply", "jobs:review", "jobs:vacancy", "jobs:match", "jobs:read")
REVIEWER = ("jobs:review", "jobs:match", "jobs:read")


class Office:
    """The people of the bureau at their screens."""

    def __init__(self, api: ServiceApi) -> None:
        self.api = api
        self.clerk = api.client(*CLERK, subject="clerk", roles=("jobs_clerk",))
        self.reviewer = api.client(*REVIEWER, subject="reviewer", roles=("jobs_reviewer",))

    async def person(self, **told: Any) -> tuple[str, Person]:
        """A person known from enrolment, with his id number."""
        settings = self.api.app.state.settings
        vault = Vault(settings.field_key.get_secret_value(), settings.index_key.get_secret_value())
        one = NEWCOMERS.person(age=45, on=clock.today(), sex="female")
        async with self.api.sessions.begin() as session:
            fields = {"birth_on": one.born_on, "id_number_index": vault.index(one.id_number)} | told
            return one.id_number, await build.person(session, **fields)

    async def seeker(self, **told: Any) -> Any:
        id_number, _ = await self.person()
        return await created(self.clerk, "/seekers", SURVEY | {"id_number": id_number} | told)

    async def vacancy(self, **told: Any) -> str:
        """A published vacancy."""
        async with self.api.sessions.begin() as session:
            until = clock.today() + timedelta(days=30)
            return str((await build.vacancy(session, **({"valid_until": until} | told))).vacancy_id)

    async def certified(self, seeker: dict[str, Any]) -> Any:
        """The certification of the seeker by clerk and reviewer."""
        case = await created(self.clerk, "/cases", application(seeker))
        await created(self.clerk, f"/cases/{case['id']}/steps", {"decision": "approve"})
        return await created(self.reviewer, f"/cases/{case['id']}/steps", {"decision": "approve"})


NEWCOMERS = People("jobs tests")
SURVEY: dict[str, Any] = {
    "hukou": "urban",
    "able": True,
    "willing": True,
    "occupations": ["6-31-01-03"],
    "skills": ["装配"],
    "areas": ["990101"],
    "wage": "3500.00",
    "education": "junior_middle",
}


def application(seeker: dict[str, Any]) -> dict[str, Any]:
    return {
        "procedure": "hardship-certification",
        "subject_id": seeker["person_id"],
        "data": {"category": "age_40_50"},
        "documents": [{"code": "application_form", "reference": "F-1"}, {"code": "identity_card"}],
    }


@pytest.fixture
def office(jobs_api: ServiceApi) -> Office:
    return Office(jobs_api)


async def post(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], *, key: str | None = None
) -> httpx.Response:
    headers = {"Idempotency-Key": key or f"jobs-{next(_key)}"}
    return await client.post(f"/jobs/v1{path}", json=body, headers=headers)


async def created(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> Any:
    answer = await post(client, path, body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


async def got(client: httpx.AsyncClient, path: str) -> Any:
    answer = await client.get(f"/jobs/v1{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


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

    async def test_refuses_an_unknown_person(self, office: Office) -> None:
        stranger = NEWCOMERS.person(age=40, on=clock.today()).id_number
        assert problem(await post(office.clerk, "/seekers", SURVEY | {"id_number": stranger})) == (
            404,
            "person-unknown",
        )

    async def test_change_with_a_reason(self, office: Office) -> None:
        seeker = await office.seeker()
        path, key = f"/jobs/v1/seekers/{seeker['seeker_id']}", {"Idempotency-Key": f"jobs-{next(_key)}"}
        changed = await office.clerk.patch(path, json={"willing": False, "reason": "来电告知"}, headers=key)
        assert changed.json()["state"] == "outside"
        assert changed.json()["changes"][-1]["changed"]["willing"] == [True, False]
        refused = await office.clerk.patch(path, json={"willing": True}, headers=key)
        assert refused.status_code == 422

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
        steps = f"/cases/{case['id']}/steps"
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
        assert problem(await post(office.clerk, f"/cases/{case['id']}/steps", body)) == (
            422,
            "document-not-listed",
        )

    async def test_lets_one_of_two_reviewers_at_once_decide(self, office: Office) -> None:
        case = await created(office.clerk, "/cases", application(await office.seeker()))
        steps = f"/cases/{case['id']}/steps"
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


def vacancy_body(employer: dict[str, Any], **told: Any) -> dict[str, Any]:
    until = clock.today() + timedelta(days=30)
    body = {
        "employer_id": employer["employer_id"],
        "title": "装配工",
        "duties": "流水线装配",
        "occupation": "6-31-01-03",
        "places": 1,
        "area": "990101",
        "wage_least": "3000.00",
        "wage_most": "4000.00",
        "skills": ["装配"],
        "valid_until": until.isoformat(),
    }
    return body | told


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
        path, key = f"/jobs/v1/vacancies/{vacancy['vacancy_id']}", {"Idempotency-Key": f"jobs-{next(_key)}"}
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


YEAR = f"since={clock.today().year}-01-01&until={clock.today().year + 1}-01-01"


async def fill(
    session: Any, *, companies: int, posts: int, hires: int, registrations: int, introductions: int
) -> None:
    """A year's figures, written as rows: every hire and introduction has its own seeker."""
    today = clock.today()
    people = max(hires + introductions, registrations)
    connection = await session.connection()
    counts = {
        "companies": companies,
        "posts": posts,
        "hires": hires,
        "people": people,
        "introductions": introductions,
    }
    for statement in FILL:
        await connection.execute(
            text(statement),
            {name: value for name, value in counts.items() if f":{name}" in statement}
            | ({"today": today} if ":today" in statement else {})
            | ({"until": today + timedelta(days=30)} if ":until" in statement else {}),
        )


FILL = [
    """INSERT INTO employer (employer_id, credit_code, name, kind, area, contact_name, state, state_reason,
                              registered_by, registered_on, verified_on)
       SELECT gen_random_uuid(), 'X' || n, '样例', 'private', '990101', '甲', 'verified', '', 'x', :today, :today
         FROM generate_series(1, :companies) n""",
    """INSERT INTO vacancy (vacancy_id, employer_id, title, duties, occupation, places, taken, area, groups,
                             public_interest, channel, valid_until, state, submitted_by, submitted_on, published_on,
                             version)
       SELECT gen_random_uuid(), (SELECT employer_id FROM employer WHERE credit_code = 'X1'), '装配工', '装配', '6',
              4000, 0, '990101', '{}', false, 'online', :until, 'published', 'x', :today, :today, 1
         FROM generate_series(1, :posts)""",
    """INSERT INTO person (person_id, version, name, sex, birth_on, id_number_index, id_number_masked, area)
       SELECT gen_random_uuid(), 1, '样例' || n, 'male', '1980-01-01', 'x' || n, '*', '990101'
         FROM generate_series(1, :people) n""",
    """INSERT INTO seeker (seeker_id, person_id, area, hukou, able, willing, works, farms_own_land,
                            wants_other_work, state, state_reason, registered_by, registered_on, version)
       SELECT gen_random_uuid(), person_id, '990101', 'urban', true, true, true, false, true, 'employed_seeking', '',
              'x', :today, 1 FROM person WHERE id_number_index LIKE 'x%'""",
    """INSERT INTO introduction (introduction_id, vacancy_id, seeker_id, channel, state, remark, introduced_by,
                                  introduced_on, ended_on)
       SELECT gen_random_uuid(), (SELECT min(vacancy_id::text)::uuid FROM vacancy WHERE title = '装配工'), seeker_id,
              'on_site', 'hired', '', 'x', :today, :today
         FROM seeker WHERE registered_by = 'x' ORDER BY seeker_id LIMIT :hires""",
    """INSERT INTO hiring_record (record_id, employer_id, seeker_id, vacancy_id, introduction_id, hired_on)
       SELECT gen_random_uuid(), (SELECT employer_id FROM employer WHERE credit_code = 'X1'), seeker_id, vacancy_id,
              introduction_id, introduced_on FROM introduction WHERE introduced_by = 'x' LIMIT :hires""",
    """INSERT INTO introduction (introduction_id, vacancy_id, seeker_id, channel, state, remark, introduced_by,
                                  introduced_on)
       SELECT gen_random_uuid(), (SELECT min(vacancy_id::text)::uuid FROM vacancy WHERE title = '装配工'), seeker_id,
              'on_site', 'introduced', '', 'y', :today
         FROM seeker WHERE registered_by = 'x' ORDER BY seeker_id DESC LIMIT :introductions""",
]


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
