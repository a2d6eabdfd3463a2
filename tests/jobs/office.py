"""The bureau at its screens: callers, bodies, answers, and a year of figures."""

from datetime import timedelta
from typing import Any

import httpx
from sqlalchemy import text

from deploy.local.people import People
from services.jobs.models import Person
from services.kit import clock
from services.kit.crypto import Vault
from services.kit.ids import new_id
from tests.conftest import ServiceApi
from tests.jobs import build

CLERK = ("jobs:register", "jobs:apply", "jobs:review", "jobs:vacancy", "jobs:match", "jobs:read")


REVIEWER = ("jobs:review", "jobs:match", "jobs:read")


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


YEAR = f"since={clock.today().year}-01-01&until={clock.today().year + 1}-01-01"


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


def new_key() -> str:
    """An Idempotency-Key that was not used before."""
    return str(new_id())


def application(seeker: dict[str, Any]) -> dict[str, Any]:
    return {
        "procedure": "hardship-certification",
        "subject_id": seeker["person_id"],
        "data": {"category": "age_40_50"},
        "documents": [{"code": "application_form", "reference": "F-1"}, {"code": "identity_card"}],
    }


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


async def post(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], *, key: str | None = None
) -> httpx.Response:
    headers = {"Idempotency-Key": key or new_key()}
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
        await created(self.clerk, f"/cases/{case['case_id']}/steps", {"decision": "approve"})
        return await created(self.reviewer, f"/cases/{case['case_id']}/steps", {"decision": "approve"})
