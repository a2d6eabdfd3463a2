"""Citizens: WeChat's answers and error codes, and one WeChat account to one person."""

import asyncio
import time
from datetime import date
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from deploy.local import wechat
from deploy.local.people import People
from services.kit.ids import new_id
from tests.gateway.conftest import Entrance, opened
from tests.gateway.test_entrance import slug

OWN = "/gateway/v1/sessions/current"
PERSON = People("wechat").person(age=40, on=date(2026, 11, 1))


async def sign_in(entrance: Entrance, openid: str = "openid-one") -> httpx.Response:
    code = entrance.wechat.login(openid)
    return await entrance.client().post("/gateway/v1/wechat/sessions", json={"code": code})


def registered(entrance) -> str:
    person_id = str(new_id())
    entrance.service.people[(PERSON.name, PERSON.id_number)] = {"person_id": person_id, "area": "990101"}
    return person_id


async def bind(client: httpx.AsyncClient, *, name: str = PERSON.name, id_number: str = PERSON.id_number):
    return await client.post("/gateway/v1/wechat/binding", json={"name": name, "id_number": id_number})


class TestSignIn:
    async def test_without_a_binding_opens_nothing_but_binding(self, entrance):
        answer = await sign_in(entrance)
        assert (answer.status_code, answer.json()["bound"]) == (201, False)
        client = entrance.client(answer.json()["access_token"])
        assert (await client.get(OWN)).json()["scopes"] == ["gateway:bind", "gateway:self"]
        assert slug(await client.get("/claims/v1/my/settlements")) == "binding-needed"

    async def test_never_shows_the_session_key(self, entrance):
        answer = await sign_in(entrance)
        assert "session_key" not in answer.text
        assert "openid" not in answer.text

    async def test_takes_a_code_once(self, entrance):
        code = entrance.wechat.login("openid-one")
        body = {"code": code}
        assert (await entrance.client().post("/gateway/v1/wechat/sessions", json=body)).status_code == 201
        assert (
            slug(await entrance.client().post("/gateway/v1/wechat/sessions", json=body))
            == "wechat-code-invalid"
        )

    @pytest.mark.parametrize(
        ("errcode", "status", "kind"),
        [
            (-1, 503, "wechat-busy"),
            (40029, 401, "wechat-code-invalid"),
            (40163, 401, "wechat-code-invalid"),
            (45011, 429, "too-many-requests"),
            (40226, 403, "wechat-user-blocked"),
            (40013, 502, "wechat-misconfigured"),
            (40125, 502, "wechat-misconfigured"),
            (41002, 502, "wechat-misconfigured"),
        ],
    )
    async def test_tells_each_error_code_apart(self, entrance, errcode, status, kind):
        entrance.wechat.failures.append(errcode)
        answer = await sign_in(entrance)
        assert (answer.status_code, slug(answer)) == (status, kind)
        if status in (429, 503):
            assert answer.headers["retry-after"]

    async def test_bears_a_wechat_that_is_away(self, prepared):
        async with opened(prepared) as alone:
            alone.gateway.own._app.state.wechat._http.base_url = "http://127.0.0.1:1"
            answer = await sign_in(alone)
            assert (answer.status_code, slug(answer)) == (503, "wechat-busy")


class TestBinding:
    async def test_makes_a_citizen(self, entrance):
        person_id = registered(entrance)
        visitor = await entrance.visitor()
        answer = await bind(visitor)
        assert (answer.status_code, answer.json()["bound"]) == (201, True)
        citizen = entrance.client(answer.json()["access_token"])
        told = (await citizen.get("/claims/v1/my/settlements")).json()
        assert (told["person_id"], told["subject"]) == (person_id, f"citizen:{person_id}")
        assert slug(await visitor.get(OWN)) == "token-revoked"
        assert (await sign_in(entrance)).json()["bound"] is True

    async def test_survives_a_refresh(self, entrance):
        registered(entrance)
        answer = (await bind(await entrance.visitor())).json()
        refreshed = await entrance.client().post(
            "/gateway/v1/sessions/refresh", json={"refresh_token": answer["refresh_token"]}
        )
        assert refreshed.json()["bound"] is True

    async def test_refuses_five_times_a_day(self, entrance):
        registered(entrance)
        visitor = await entrance.visitor()
        left = []
        for _ in range(5):
            answer = await bind(visitor, name="别人")
            assert (answer.status_code, slug(answer)) == (422, "binding-refused")
            left.append(answer.json()["left"])
        assert left == [4, 3, 2, 1, 0]
        answer = await bind(visitor)
        assert (answer.status_code, slug(answer)) == (429, "binding-attempts-used")
        other = await entrance.visitor("openid-two")
        assert (await bind(other)).status_code == 201

    async def test_is_no_way_to_guess_others_without_end(self, entrance):
        registered(entrance)
        visitor = await entrance.visitor()
        for _ in range(4):
            await bind(visitor, name="别人")
        citizen = entrance.client((await bind(visitor)).json()["access_token"])
        assert (await citizen.delete("/gateway/v1/wechat/binding")).status_code == 204
        visitor = await entrance.visitor()
        answers = [slug(await bind(visitor, name="别人")) for _ in range(2)]
        assert answers == ["binding-refused", "binding-attempts-used"]

    async def test_counts_attempts_that_come_at_once(self, entrance):
        visitor = await entrance.visitor()
        answers = await asyncio.gather(*(bind(visitor, name="别人") for _ in range(9)))
        assert sorted(answer.status_code for answer in answers) == [422] * 5 + [429] * 4

    async def test_does_not_count_what_could_not_be_decided(self, entrance):
        registered(entrance)
        visitor = await entrance.visitor()
        entrance.service.failing = 503
        for _ in range(6):
            assert slug(await bind(visitor)) == "service-unavailable"
        entrance.service.failing = 0
        assert (await bind(visitor)).status_code == 201

    async def test_refuses_a_number_with_a_wrong_check_digit_without_asking(self, entrance):
        visitor = await entrance.visitor()
        last = "1" if PERSON.id_number[-1] != "1" else "2"
        answer = await bind(visitor, id_number=PERSON.id_number[:-1] + last)
        assert answer.status_code == 422
        assert PERSON.id_number[:-1] not in answer.text
        assert entrance.service.asked == []

    async def test_is_of_one_person_to_one_account(self, entrance):
        registered(entrance)
        assert (await bind(await entrance.visitor("openid-one"))).status_code == 201
        answer = await bind(await entrance.visitor("openid-two"))
        assert (answer.status_code, slug(answer)) == (409, "person-bound-elsewhere")

    async def test_is_not_made_twice(self, entrance):
        registered(entrance)
        citizen = entrance.client((await bind(await entrance.visitor())).json()["access_token"])
        assert slug(await bind(citizen)) == "scope-missing"

    async def test_is_undone_by_the_citizen(self, entrance):
        registered(entrance)
        citizen = entrance.client((await bind(await entrance.visitor())).json()["access_token"])
        assert (await citizen.delete("/gateway/v1/wechat/binding")).status_code == 204
        assert slug(await citizen.get(OWN)) == "token-revoked"
        assert (await bind(await entrance.visitor("openid-two"))).status_code == 201

    async def test_is_undone_at_the_counter(self, entrance):
        person_id = registered(entrance)
        citizen = entrance.client((await bind(await entrance.visitor())).json()["access_token"])
        admin = await entrance.admin()
        assert (await admin.delete(f"/gateway/v1/wechat/bindings/{person_id}")).status_code == 204
        assert slug(await citizen.get(OWN)) == "token-revoked"
        assert slug(await admin.delete(f"/gateway/v1/wechat/bindings/{person_id}")) == "binding-not-found"

    async def test_leaves_no_personal_data_on_the_trail(self, entrance):
        registered(entrance)
        await bind(await entrance.visitor())
        rows = await entrance.trail(action="gateway.bind")
        assert [row["phase"] for row in rows] == ["begun", "ended"]
        assert PERSON.id_number not in str(rows)
        assert PERSON.name not in str(rows)
        assert "openid-one" not in str(await entrance.trail())


class TestStandIn:
    async def ask(self, app: FastAPI, **query: str) -> dict[str, Any]:
        given = {"appid": "wx1", "secret": "s", "js_code": "x", "grant_type": "authorization_code"} | query
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://wechat") as client:
            answer = await client.get("/sns/jscode2session", params=given)
            assert answer.status_code == 200
            told: dict[str, Any] = answer.json()
            return told

    async def test_answers_as_the_real_one(self):
        app = wechat.create_app(app_id="wx1", secret="s")
        stand_in = app.state.stand_in
        assert (await self.ask(app, appid="wx2"))["errcode"] == 40013
        assert (await self.ask(app, secret="t"))["errcode"] == 40125
        assert (await self.ask(app, js_code=""))["errcode"] == 41008
        assert (await self.ask(app))["errcode"] == 40029
        code = stand_in.login("openid-one")
        told = await self.ask(app, js_code=code)
        assert set(told) == {"openid", "session_key"}
        assert (await self.ask(app, js_code=code))["errcode"] == 40163

    async def test_forgets_codes_after_five_minutes(self, monkeypatch):
        app = wechat.create_app(app_id="wx1", secret="s")
        code = app.state.stand_in.login("openid-one")
        later = time.monotonic() + 301
        monkeypatch.setattr("deploy.local.wechat.time.monotonic", lambda: later)
        assert (await self.ask(app, js_code=code))["errcode"] == 40029

    async def test_has_a_minute_quota(self):
        stand_in = wechat.StandIn()
        told = [stand_in.session(stand_in.login("openid-one")) for _ in range(101)]
        assert told[99]["openid"] == "openid-one"
        assert told[100]["errcode"] == 45011
