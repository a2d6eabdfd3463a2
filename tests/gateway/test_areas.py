"""An administrator governs his area and what lies below it, an auditor reads of it; the rest is not there for them."""

import httpx
import pytest

from gateway.accounts import main
from services.kit.ids import new_id
from tests.gateway.build import AREA
from tests.gateway.conftest import Entrance
from tests.gateway.test_entrance import slug
from tests.gateway.test_wechat import bind, registered

NEIGHBOUR, PASSWORD = "990102", "Secret-9876"
ACCOUNTS, CLIENTS = "/gateway/v1/accounts", "/gateway/v1/clients"


def account(name: str, area: str, *roles: str) -> dict[str, object]:
    return {"account": name, "name": "李四", "password": PASSWORD, "roles": roles, "area": area}


def system(area: str) -> dict[str, object]:
    return {"name": "样例县人民医院", "organisation": "H990101001", "roles": ["hospital"], "area": area}


async def staff_of(entrance: Entrance, area: str, role: str) -> httpx.AsyncClient:
    name = f"{role}-{area}"
    made = await (await entrance.admin()).post(ACCOUNTS, json=account(name, area, role))
    assert made.status_code == 201, made.text
    return entrance.client((await entrance.sign_in(name, PASSWORD)).json()["access_token"])


@pytest.fixture
async def neighbour(entrance: Entrance) -> httpx.AsyncClient:
    """The administrator of the next county."""
    return await staff_of(entrance, NEIGHBOUR, "administrator")


class TestAccounts:
    async def test_outside_are_not_listed(self, entrance, neighbour):
        await entrance.staff("claims_clerk")
        names = [row["account"] for row in (await neighbour.get(ACCOUNTS)).json()["items"]]
        assert names == [f"administrator-{NEIGHBOUR}"]

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("PUT", "roles", {"roles": ["auditor"]}),
            ("POST", "disablement", None),
            ("DELETE", "disablement", None),
            ("PUT", "password", {"new_password": "Other-98765"}),
            ("DELETE", "one-time-code", None),
        ],
    )
    async def test_outside_are_not_there_to_be_changed(self, entrance, neighbour, method, path, body):
        clerk = await entrance.staff("claims_clerk")
        answer = await neighbour.request(method, f"{ACCOUNTS}/{clerk.account_id}/{path}", json=body)
        assert (answer.status_code, slug(answer)) == (404, "account-not-found")
        assert (await entrance.sign_in("zhangsan", PASSWORD)).status_code == 201
        assert (await clerk.get("/gateway/v1/sessions/current")).json()["roles"] == ["claims_clerk"]

    @pytest.mark.parametrize("area", [AREA, "990000", "000000", "990100"])
    async def test_are_not_opened_outside(self, neighbour, area):
        answer = await neighbour.post(ACCOUNTS, json=account("lisi", area, "administrator"))
        assert (answer.status_code, slug(answer)) == (403, "area-outside")

    async def test_below_are_governed_from_above(self, entrance):
        clerk = await entrance.staff("claims_clerk")
        for area in ("990000", "990100", AREA):
            above = await staff_of(entrance, area, "administrator")
            names = [row["account"] for row in (await above.get(ACCOUNTS)).json()["items"]]
            assert "zhangsan" in names
            assert "admin" not in names
            reset = {"new_password": "Other-98765"}
            answer = await above.put(f"{ACCOUNTS}/{clerk.account_id}/password", json=reset)
            assert answer.status_code == 200, answer.text
            made = await above.post(ACCOUNTS, json=account(f"lisi-{area}", AREA, "claims_clerk"))
            assert made.status_code == 201, made.text


class TestClients:
    async def test_outside_are_not_there(self, entrance, neighbour):
        client_id, secret = await entrance.system()
        assert (await neighbour.get(CLIENTS)).json()["items"] == []
        for method, path in (("POST", "secret"), ("POST", "disablement"), ("DELETE", "disablement")):
            answer = await neighbour.request(method, f"{CLIENTS}/{client_id}/{path}")
            assert (answer.status_code, slug(answer)) == (404, "client-not-found")
        assert (await entrance.token(client_id, secret)).status_code == 200

    async def test_are_not_made_outside(self, neighbour):
        answer = await neighbour.post(CLIENTS, json=system(AREA))
        assert (answer.status_code, slug(answer)) == (403, "area-outside")
        assert (await neighbour.post(CLIENTS, json=system(NEIGHBOUR))).status_code == 201


class TestBindings:
    async def test_outside_are_not_there(self, entrance, neighbour):
        person_id = registered(entrance)
        citizen = entrance.client((await bind(await entrance.visitor())).json()["access_token"])
        for unknown in (person_id, new_id()):
            answer = await neighbour.delete(f"/gateway/v1/wechat/bindings/{unknown}")
            assert (answer.status_code, slug(answer)) == (404, "binding-not-found")
        assert (await citizen.get("/gateway/v1/sessions/current")).status_code == 200
        county = await staff_of(entrance, AREA, "administrator")
        assert (await county.delete(f"/gateway/v1/wechat/bindings/{person_id}")).status_code == 204


class TestTrail:
    async def test_shows_rows_of_the_readers_area_and_below(self, entrance):
        await (await entrance.hospital()).get("/claims/v1/bills/B1")
        await entrance.sign_in("nobody", "wrong")
        seen = {}
        for area in ("000000", "990000", AREA, NEIGHBOUR):
            auditor = await staff_of(entrance, area, "auditor")
            await entrance.written()
            rows = (await auditor.get("/gateway/v1/audit?size=200")).json()["items"]
            seen[area] = {row["area"] for row in rows}
        assert seen["000000"] == {"", "000000", AREA}
        assert seen["990000"] == {"990000", AREA}
        assert seen[AREA] == {AREA}
        assert seen[NEIGHBOUR] == {NEIGHBOUR}

    async def test_is_not_widened_by_asking(self, entrance):
        await (await entrance.hospital()).get("/claims/v1/bills/B1")
        auditor = await staff_of(entrance, NEIGHBOUR, "auditor")
        await entrance.written()
        assert (await auditor.get(f"/gateway/v1/audit?area={AREA}")).json()["items"] == []


class TestBootstrap:
    @pytest.mark.parametrize("area", ["", "99", "99010x", "9901011"])
    def test_wants_an_area_code(self, monkeypatch, capsys, area):
        monkeypatch.setenv("ADMIN_AREA", area)
        monkeypatch.setenv("ADMIN_PASSWORD", "Initial-1234")
        monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
        assert main(["bootstrap"]) == 1
        assert "ADMIN_AREA" in capsys.readouterr().err
