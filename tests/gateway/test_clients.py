"""Systems: client credentials, their rotation and their end."""

import pytest

from gateway.accounts import secret_matches
from tests.gateway.build import AREA
from tests.gateway.test_entrance import slug


class TestSystems:
    async def test_sign_in_with_client_credentials(self, entrance):
        client_id, secret = await entrance.system()
        answer = await entrance.token(client_id, secret)
        assert answer.status_code == 200
        told = answer.json()
        assert (told["token_type"], told["expires_in"]) == ("Bearer", 900)
        assert "claims:settle" in told["scope"].split()
        assert answer.headers["cache-control"] == "no-store"

    async def test_sign_in_with_http_basic(self, entrance):
        client_id, secret = await entrance.system()
        answer = await entrance.client().post(
            "/gateway/v1/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret)
        )
        assert answer.status_code == 200

    @pytest.mark.parametrize("secret", ["wrong", ""])
    async def test_with_a_wrong_secret_are_refused(self, entrance, secret):
        client_id, _ = await entrance.system()
        answer = await entrance.token(client_id, secret)
        assert (answer.status_code, slug(answer)) == (401, "client-refused")
        assert answer.json()["error"] == "invalid_client"
        assert slug(await entrance.token("unknown", secret)) == "client-refused"

    async def test_with_another_grant_are_refused(self, entrance):
        answer = await entrance.client().post("/gateway/v1/token", data={"grant_type": "password"})
        assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")

    async def test_get_a_new_secret_while_the_old_one_works_for_a_day(self, entrance):
        client_id, old = await entrance.system()
        rotated = await (await entrance.admin()).post(f"/gateway/v1/clients/{client_id}/secret")
        new = rotated.json()["client_secret"]
        assert (await entrance.token(client_id, new)).status_code == 200
        assert (await entrance.token(client_id, old)).status_code == 200

    async def test_that_are_disabled_end_at_once(self, entrance):
        client_id, secret = await entrance.system()
        client = entrance.client((await entrance.token(client_id, secret)).json()["access_token"])
        assert (await client.get("/claims/v1/bills")).status_code == 200
        assert (
            await (await entrance.admin()).post(f"/gateway/v1/clients/{client_id}/disablement")
        ).status_code == 200
        assert slug(await client.get("/claims/v1/bills")) == "token-revoked"
        assert slug(await entrance.token(client_id, secret)) == "client-refused"

    async def test_that_are_disabled_while_they_sign_in_get_no_token(self, entrance, monkeypatch):
        client_id, secret = await entrance.system()
        admin = await entrance.admin()

        async def slowly(client, given, *, now):
            matched = await secret_matches(client, given, now=now)
            await admin.post(f"/gateway/v1/clients/{client_id}/disablement")
            return matched

        monkeypatch.setattr("gateway.api.sessions.secret_matches", slowly)
        assert slug(await entrance.token(client_id, secret)) == "client-refused"

    async def test_hold_roles_for_systems_only(self, entrance):
        body = {"name": "x", "organisation": "H1", "roles": ["claims_clerk"], "area": AREA}
        answer = await (await entrance.admin()).post("/gateway/v1/clients", json=body)
        assert (answer.status_code, slug(answer)) == (422, "role-unknown")

    async def test_show_their_secret_once(self, entrance):
        _, secret = await entrance.system()
        assert secret not in (await (await entrance.admin()).get("/gateway/v1/clients")).text
