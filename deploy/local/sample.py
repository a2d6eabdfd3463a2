"""The sample county 样例县 (area 990101), loaded through the gateway's own API. All people are made up.

Loading again changes nothing: each message carries the same key as before, and the secrets of this run lie in
its state folder.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from deploy.local.caller import Caller, Refusal
from deploy.local.people import AREA, People, Person
from deploy.local.state import Secrets
from deploy.local.suite import Suite

COUNTY: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("county.toml").read_text(encoding="utf-8"))
HOUSEHOLDS = 6
STAFF_PER_EMPLOYER = 5


@dataclass(frozen=True)
class Client:
    """Credentials of a system: a hospital's or an employer's."""

    organisation: str
    name: str
    client_id: str
    client_secret: str


@dataclass
class County:
    """Who can sign in to this run, and how."""

    gateway: str
    wechat: str
    passwords: dict[str, str]
    clients: dict[str, Client] = field(default_factory=dict)
    credit_codes: list[str] = field(default_factory=list)
    citizen: Person | None = None

    async def staff(self, account: str) -> Caller:
        """A signed-in member of the bureau's staff."""
        async with Caller(self.gateway) as nobody:
            session = await nobody.post(
                "/gateway/v1/sessions", {"account": account, "password": self.passwords[account]}
            )
        return Caller(self.gateway, token=session["access_token"])

    async def system(self, organisation: str) -> Caller:
        """A signed-in system: by institution code or credit code."""
        client = self.clients[organisation]
        form = {
            "grant_type": "client_credentials",
            "client_id": client.client_id,
            "client_secret": client.client_secret,
        }
        async with Caller(self.gateway) as nobody:
            token = await nobody.send("POST", "/gateway/v1/token", form=form)
        return Caller(self.gateway, token=token["access_token"])


async def load(suite: Suite) -> County:
    """The sample county in this suite; what is there already stays as it is."""
    secrets = suite.secrets
    passwords = {"admin": suite.admin_password}
    for entry in COUNTY["account"]:
        passwords[entry["account"]] = secrets.get(f"account.{entry['account']}", make=_password)
    county = County(gateway=suite.gateway_url, wechat=suite.url("wechat"), passwords=passwords)
    people = People("sample county")
    county.credit_codes = [people.credit_code() for _ in COUNTY["employer"]]
    administrator = await county.staff("admin")
    await _accounts(administrator, county)
    await _clients(administrator, county, secrets)
    await administrator.close()
    await _institutions(county)
    await _employers(county, people)
    county.citizen = await _households(county, people)
    return county


def _password() -> str:
    return f"Bb2-{token_urlsafe(9)}"


async def _accounts(administrator: Caller, county: County) -> None:
    for entry in COUNTY["account"]:
        body = entry | {"password": county.passwords[entry["account"]], "area": AREA}
        try:
            await administrator.post("/gateway/v1/accounts", body)
        except Refusal as refusal:
            if refusal.status != 409:
                raise


async def _clients(administrator: Caller, county: County, secrets: Secrets) -> None:
    wanted = [(entry["code"], entry["name"], "hospital") for entry in COUNTY["institution"]]
    wanted += [
        (code, entry["name"], "employer")
        for code, entry in zip(county.credit_codes, COUNTY["employer"], strict=True)
    ]
    for organisation, name, role in wanted:
        body = {"name": name, "organisation": organisation, "roles": [role], "area": AREA}
        known = secrets.find(f"client.{organisation}")
        if known is None:
            made = await administrator.post("/gateway/v1/clients", body)
            known = secrets.keep(f"client.{organisation}", f"{made['client_id']} {made['client_secret']}")
        client_id, _, client_secret = known.partition(" ")
        county.clients[organisation] = Client(organisation, name, client_id, client_secret)


async def _institutions(county: County) -> None:
    clerk = await county.staff("yibao01")
    since: date = COUNTY["since"]
    agreement = {
        "valid_from": since.isoformat(),
        "valid_until": since.replace(year=since.year + 3).isoformat(),
    }
    for entry in COUNTY["institution"]:
        code = entry["code"]
        body = {"area": AREA} | entry
        await clerk.post("/claims/v1/institutions", body, key=f"sample-institution-{code}")
        await clerk.post(
            f"/claims/v1/institutions/{code}/agreements",
            agreement | {"number": f"XY-{code}"},
            key=f"sample-agreement-{code}",
        )
    for item in COUNTY["item"]:
        body = item | {"valid_from": since.isoformat()}
        await clerk.post("/claims/v1/catalogue/items", body, key=f"sample-item-{item['code']}")
    await clerk.close()


async def _employers(county: County, people: People) -> None:
    clerk = await county.staff("canbao01")
    schemes = ["pension", "employee_medical", "unemployment", "maternity", "work_injury"]
    for code, entry in zip(county.credit_codes, COUNTY["employer"], strict=True):
        body = entry | {"credit_code": code, "area": AREA, "schemes": schemes}
        await clerk.post("/enrolment/v1/employers", body, key=f"sample-employer-{code}")
        for number in range(STAFF_PER_EMPLOYER):
            person = people.person(age=25 + 5 * number, on=COUNTY["since"])
            await register(clerk, person, key=f"sample-staff-{code}-{number}")
    await clerk.close()


async def _households(county: County, people: People) -> Person:
    clerk = await county.staff("canbao01")
    first: Person | None = None
    for number in range(HOUSEHOLDS):
        family = household_of(people, on=COUNTY["since"])
        members = [
            {
                "person_id": (await register(clerk, person, key=f"sample-resident-{number}-{relation}"))[
                    "person_id"
                ],
                "relation": relation,
            }
            for relation, person in family.items()
        ]
        body = {"area": AREA, "address": f"样例县城关镇和平村{number + 1}号", "members": members}
        await clerk.post("/enrolment/v1/households", body, key=f"sample-household-{number}")
        first = first or family["head"]
    await clerk.close()
    assert first is not None
    return first


def household_of(people: People, *, on: date) -> dict[str, Person]:
    """A family of four, by relation to the head."""
    return {
        "head": people.person(age=45, on=on, sex="male"),
        "spouse": people.person(age=43, on=on, sex="female"),
        "child": people.person(age=16, on=on),
        "parent": people.person(age=71, on=on, sex="female"),
    }


async def register(clerk: Caller, person: Person, *, key: str) -> Any:
    """The person in the register of enrolment; answers the same when he is there by the same key."""
    body = {"name": person.name, "id_number": person.id_number, "area": AREA, "hukou": "rural"}
    return await clerk.post("/enrolment/v1/people", body, key=key)


def sign_ins(county: County) -> list[str]:
    """The sign-in data of each kind of user, to print."""
    lines = ["工作人员 · staff (POST /gateway/v1/sessions)"]
    names = {"admin": "系统管理员"} | {entry["account"]: entry["name"] for entry in COUNTY["account"]}
    lines += [f"  {account:<10} {county.passwords[account]:<22} {name}" for account, name in names.items()]
    lines += ["", "系统 · systems (POST /gateway/v1/token, grant_type=client_credentials)"]
    lines += [
        f"  {c.client_id}  {c.client_secret}  {c.name} {c.organisation}" for c in county.clients.values()
    ]
    assert county.citizen is not None
    lines += [
        "",
        "市民 · citizen (WeChat stand-in)",
        f'  code: POST {county.wechat}/stand-in/login {{"openid": "sample-citizen-1"}}',
        f"  绑定 · bind as: {county.citizen.name} {county.citizen.id_number}（虚构 · made up）",
    ]
    return lines
