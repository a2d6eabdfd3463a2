"""Staff accounts: sign-in, lockout, one-time codes, grants, and their end."""

import asyncio
import time

import pytest

from gateway.accounts import bootstrap, main
from gateway.credentials import PasswordWeak, check_password, totp, totp_step
from gateway.roles import load
from tests.gateway.build import ADMIN, AREA, PASSWORD
from tests.gateway.conftest import opened
from tests.gateway.test_entrance import slug

OWN = "/gateway/v1/sessions/current"


class TestSignIn:
    async def test_gives_a_token_that_says_who(self, entrance):
        client = await entrance.staff("claims_clerk")
        told = (await client.get(OWN)).json()
        assert (told["kind"], told["name"], told["area"]) == ("staff", "张三", AREA)
        assert told["roles"] == ["claims_clerk"]
        assert "claims:settle" in told["scopes"]

    async def test_takes_the_name_in_any_case(self, entrance):
        assert (await entrance.sign_in(" ADMIN ")).status_code == 201

    async def test_does_not_say_what_was_wrong(self, entrance):
        nobody, wrong = await entrance.sign_in("nobody"), await entrance.sign_in(password="Wrong-1234")
        assert nobody.status_code == wrong.status_code == 401
        assert slug(nobody) == slug(wrong) == "sign-in-refused"
        assert nobody.json()["detail"] == wrong.json()["detail"]

    async def test_locks_after_five_failures(self, entrance):
        kinds = [slug(await entrance.sign_in(password="Wrong-1234")) for _ in range(5)]
        assert kinds == ["sign-in-refused"] * 4 + ["account-locked"]
        right = await entrance.sign_in()
        assert slug(right) == "account-locked"
        assert right.json()["minutes"] == 15

    async def test_locks_also_when_they_come_at_once(self, entrance):
        answers = await asyncio.gather(*(entrance.sign_in(password="Wrong-1234") for _ in range(10)))
        assert sum(slug(answer) == "account-locked" for answer in answers) >= 5
        assert slug(await entrance.sign_in()) == "account-locked"

    async def test_counts_anew_after_a_success(self, entrance):
        for _ in range(2):
            for _ in range(4):
                assert slug(await entrance.sign_in(password="Wrong-1234")) == "sign-in-refused"
            assert (await entrance.sign_in()).status_code == 201

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"account": "a"},
            {"account": "a", "password": "b", "role": "x"},
            {"account": 1, "password": "b"},
            [],
        ],
    )
    async def test_refuses_other_bodies(self, entrance, body):
        answer = await entrance.client().post("/gateway/v1/sessions", json=body)
        assert (answer.status_code, slug(answer)) == (422, "invalid-request")

    async def test_refuses_broken_json_without_echoing_it(self, entrance):
        answer = await entrance.client().post(
            "/gateway/v1/sessions",
            content=b'{"password": "Secret-9876",',
            headers={"Content-Type": "application/json"},
        )
        assert (answer.status_code, slug(answer)) == (400, "malformed-json")
        assert "Secret" not in answer.text


class TestOneTimeCode:
    async def enrolled(self, entrance):
        client = await entrance.staff("claims_clerk")
        secret = (await client.post("/gateway/v1/own-account/one-time-code")).json()["secret"]
        step = int(time.time()) // 30
        wrong = await client.post(
            "/gateway/v1/own-account/one-time-code/confirmation", json={"one_time_code": "000000"}
        )
        assert slug(wrong) == "one-time-code-refused"
        right = {"one_time_code": totp(secret, step)}
        assert (
            await client.post("/gateway/v1/own-account/one-time-code/confirmation", json=right)
        ).status_code == 204
        return secret, step + 1  # within the drift, and not used yet

    async def test_is_needed_once_it_is_confirmed(self, entrance):
        secret, step = await self.enrolled(entrance)
        assert slug(await entrance.sign_in("zhangsan", "Secret-9876")) == "one-time-code-required"
        answer = await entrance.sign_in("zhangsan", "Secret-9876", one_time_code=totp(secret, step))
        assert answer.status_code == 201

    async def test_works_once(self, entrance):
        secret, step = await self.enrolled(entrance)
        code = totp(secret, step)
        assert (await entrance.sign_in("zhangsan", "Secret-9876", one_time_code=code)).status_code == 201
        assert (
            slug(await entrance.sign_in("zhangsan", "Secret-9876", one_time_code=code))
            == "one-time-code-refused"
        )

    async def test_failures_lock_too(self, entrance):
        await self.enrolled(entrance)
        for _ in range(5):
            answer = await entrance.sign_in("zhangsan", "Secret-9876", one_time_code="123456")
        assert slug(answer) == "account-locked"

    async def test_is_no_oracle_for_passwords(self, entrance):
        await self.enrolled(entrance)
        assert slug(await entrance.sign_in("zhangsan", "Wrong-1234")) == "sign-in-refused"

    async def test_is_kept_encrypted(self, entrance):
        secret, _ = await self.enrolled(entrance)
        import asyncpg

        connection = await asyncpg.connect(entrance.database.url)
        sealed = await connection.fetchval("SELECT totp_secret FROM account WHERE totp_secret IS NOT NULL")
        await connection.close()
        assert secret.encode() not in sealed

    async def test_is_not_taken_away_by_whoever_holds_a_token(self, entrance):
        secret, step = await self.enrolled(entrance)
        answer = await entrance.sign_in("zhangsan", "Secret-9876", one_time_code=totp(secret, step))
        thief = entrance.client(answer.json()["access_token"])
        again = await thief.post("/gateway/v1/own-account/one-time-code")
        assert (again.status_code, slug(again)) == (409, "one-time-code-enrolled")
        assert slug(await entrance.sign_in("zhangsan", "Secret-9876")) == "one-time-code-required"

    async def test_can_be_dropped_by_the_administrator(self, entrance):
        await self.enrolled(entrance)
        admin = await entrance.admin()
        rows = (await admin.get("/gateway/v1/accounts")).json()["items"]
        account_id = next(row["account_id"] for row in rows if row["account"] == "zhangsan")
        assert (await admin.delete(f"/gateway/v1/accounts/{account_id}/one-time-code")).status_code == 204
        assert (await entrance.sign_in("zhangsan", "Secret-9876")).status_code == 201

    def test_is_that_of_rfc_6238(self):
        secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # "12345678901234567890", appendix B, last six digits
        for at, code in ((59, "287082"), (1111111109, "081804"), (2000000000, "279037")):
            assert totp(secret, at // 30) == code
        assert totp_step(secret, "287082", at=59 + 30, last=0) == 1
        assert totp_step(secret, "287082", at=59 + 90, last=0) is None
        assert totp_step(secret, "287082", at=59, last=1) is None


class TestPasswords:
    @pytest.mark.parametrize("password", ["Ab1-", "abcdefgh", "abcdefg1", "ADMIN-12", "xxAdmin-12"])
    def test_that_are_weak_are_refused(self, password):
        with pytest.raises(PasswordWeak):
            check_password(password, account="admin", length=8, classes=3)

    @pytest.mark.parametrize("password", ["Abcdefg1", "abcdef1-", "民生保障-Ab1"])
    def test_that_are_strong_are_taken(self, password):
        check_password(password, account="admin", length=8, classes=3)

    async def test_are_changed_by_the_person(self, entrance):
        client = await entrance.staff("claims_clerk")
        address = "/gateway/v1/own-account/password"

        async def change(old: str, new: str):
            return await client.put(address, json={"password": old, "new_password": new})

        assert slug(await change("Wrong-1234", "Better-9876")) == "password-wrong"
        assert slug(await change("Secret-9876", "Secret-9876")) == "password-unchanged"
        assert slug(await change("Secret-9876", "weak")) == "password-weak"
        assert (await change("Secret-9876", "Better-9876")).status_code == 204
        assert slug(await client.get(OWN)) == "token-revoked"
        assert (await entrance.sign_in("zhangsan", "Secret-9876")).status_code == 401
        assert (await entrance.sign_in("zhangsan", "Better-9876")).status_code == 201

    async def test_cannot_be_guessed_with_a_stolen_token(self, entrance):
        client = await entrance.staff("claims_clerk")

        async def guess(old: str):
            body = {"password": old, "new_password": "Better-9876"}
            return slug(await client.put("/gateway/v1/own-account/password", json=body))

        guesses = [await guess(f"Wrong-123{number}") for number in range(5)]
        assert guesses == ["password-wrong"] * 4 + ["account-locked"]
        assert await guess("Secret-9876") == "account-locked"
        assert slug(await entrance.sign_in("zhangsan", "Secret-9876")) == "account-locked"

    async def test_that_are_reset_end_sessions_and_lock(self, entrance):
        client, admin = await entrance.staff("claims_clerk"), await entrance.admin()
        for _ in range(5):
            await entrance.sign_in("zhangsan", "Wrong-1234")
        address = f"/gateway/v1/accounts/{client.account_id}/password"
        assert (await admin.put(address, json={"new_password": "Fresh-5678"})).status_code == 200
        assert slug(await client.get(OWN)) == "token-revoked"
        assert (await entrance.sign_in("zhangsan", "Fresh-5678")).status_code == 201

    async def test_that_are_initial_open_nothing_else_where_the_bureau_says_so(self, prepared):
        async with opened(prepared, password_change_first=True) as strict:
            answer = await strict.sign_in()
            assert answer.json()["password_change_required"] is True
            client = strict.client(answer.json()["access_token"])
            assert slug(await client.get("/gateway/v1/accounts")) == "scope-missing"
            refreshed = await strict.client().post(
                "/gateway/v1/sessions/refresh", json={"refresh_token": answer.json()["refresh_token"]}
            )
            again = strict.client(refreshed.json()["access_token"])
            assert slug(await again.get("/gateway/v1/accounts")) == "scope-missing"
            body = {"password": PASSWORD, "new_password": "Changed-1234"}
            assert (await again.put("/gateway/v1/own-account/password", json=body)).status_code == 204
            answer = await strict.sign_in(password="Changed-1234")
            assert answer.json()["password_change_required"] is False
            client = strict.client(answer.json()["access_token"])
            assert (await client.get("/gateway/v1/accounts")).status_code == 200


class TestGrants:
    @pytest.mark.parametrize(
        "roles", [["claims_clerk", "finance"], ["auditor", "jobs_clerk"], ["administrator", "finance"]]
    )
    async def test_keep_incompatible_duties_apart(self, entrance, roles):
        admin, client = await entrance.admin(), await entrance.staff("claims_clerk")
        body = {"account": "lisi", "name": "李四", "password": "Secret-9876", "roles": roles, "area": AREA}
        answer = await admin.post("/gateway/v1/accounts", json=body)
        assert (answer.status_code, slug(answer)) == (422, "duties-incompatible")
        answer = await admin.put(f"/gateway/v1/accounts/{client.account_id}/roles", json={"roles": roles})
        assert (answer.status_code, slug(answer)) == (422, "duties-incompatible")

    @pytest.mark.parametrize("roles", [["king"], ["citizen"], ["hospital"], []])
    async def test_are_of_known_roles_for_staff(self, entrance, roles):
        body = {"account": "lisi", "name": "李四", "password": "Secret-9876", "roles": roles, "area": AREA}
        answer = await (await entrance.admin()).post("/gateway/v1/accounts", json=body)
        assert answer.status_code == 422

    async def test_count_at_once(self, entrance):
        client, admin = await entrance.staff("claims_clerk"), await entrance.admin()
        assert (await client.get("/claims/v1/bills")).status_code == 200
        granted = await admin.put(
            f"/gateway/v1/accounts/{client.account_id}/roles", json={"roles": ["jobs_clerk"]}
        )
        assert granted.json()["roles"] == ["jobs_clerk"]
        assert slug(await client.get("/claims/v1/bills")) == "token-revoked"
        again = entrance.client((await entrance.sign_in("zhangsan", "Secret-9876")).json()["access_token"])
        assert slug(await again.get("/claims/v1/bills")) == "scope-missing"

    async def test_are_not_given_to_oneself(self, entrance):
        admin = await entrance.admin()
        own = (await admin.get("/gateway/v1/accounts")).json()["items"][0]["account_id"]
        answer = await admin.put(f"/gateway/v1/accounts/{own}/roles", json={"roles": ["finance"]})
        assert slug(answer) == "own-roles-refused"
        assert slug(await admin.post(f"/gateway/v1/accounts/{own}/disablement")) == "own-roles-refused"

    async def test_are_the_administrators_only(self, entrance):
        client = await entrance.staff("claims_clerk")
        assert slug(await client.get("/gateway/v1/accounts")) == "scope-missing"
        assert slug(await client.post("/gateway/v1/clients", json={})) == "scope-missing"

    async def test_name_every_scope_in_words(self, entrance):
        listed = (await entrance.client().get("/gateway/v1/roles")).json()
        assert {"code": "finance", "name": "财务"}.items() <= next(
            role for role in listed if role["code"] == "finance"
        ).items()


class TestAccounts:
    async def test_are_unique(self, entrance):
        await entrance.staff("claims_clerk")
        body = {
            "account": "ZhangSan",
            "name": "张三",
            "password": "Secret-9876",
            "roles": ["finance"],
            "area": AREA,
        }
        answer = await (await entrance.admin()).post("/gateway/v1/accounts", json=body)
        assert (answer.status_code, slug(answer)) == (409, "account-taken")

    async def test_that_are_disabled_end_at_once_on_every_gateway(self, entrance, prepared):
        async with opened(prepared) as second:
            # The second replica has the same key in production; here its own tokens are for its own sign-ins.
            here, admin = await entrance.staff("claims_clerk"), await entrance.admin()
            there = second.client((await second.sign_in("zhangsan", "Secret-9876")).json()["access_token"])
            assert (await there.get(OWN)).status_code == 200
            disabled = await admin.post(f"/gateway/v1/accounts/{here.account_id}/disablement")
            assert disabled.json()["disabled_at"]
            assert slug(await here.get(OWN)) == "token-revoked"
            began = time.monotonic()
            while (await there.get(OWN)).status_code == 200:
                assert time.monotonic() - began < 1.0
                await asyncio.sleep(0.02)
        assert slug(await entrance.sign_in("zhangsan", "Secret-9876")) == "account-disabled"
        assert (await admin.delete(f"/gateway/v1/accounts/{here.account_id}/disablement")).status_code == 200
        assert (await entrance.sign_in("zhangsan", "Secret-9876")).status_code == 201

    async def test_never_show_their_secrets(self, entrance):
        await entrance.staff("claims_clerk")
        text = (await (await entrance.admin()).get("/gateway/v1/accounts")).text
        assert "argon2" not in text
        assert "hash" not in text

    async def test_are_listed_in_pages(self, entrance):
        await entrance.staff("claims_clerk")
        admin = await entrance.admin()
        first = (await admin.get("/gateway/v1/accounts?size=1")).json()
        second = (await admin.get("/gateway/v1/accounts", params={"size": 1, "after": first["next"]})).json()
        assert [row["account"] for row in (*first["items"], *second["items"])] == ["zhangsan", "admin"]


class TestSessions:
    async def test_end_with_sign_out(self, entrance):
        answer = await entrance.sign_in()
        client = entrance.client(answer.json()["access_token"])
        assert (await client.delete(OWN)).status_code == 204
        assert slug(await client.get(OWN)) == "token-revoked"
        refreshed = await entrance.client().post(
            "/gateway/v1/sessions/refresh", json={"refresh_token": answer.json()["refresh_token"]}
        )
        assert slug(refreshed) == "refresh-refused"

    async def test_are_renewed_by_a_token_that_works_once(self, entrance):
        async def renew(token: str):
            return await entrance.client().post("/gateway/v1/sessions/refresh", json={"refresh_token": token})

        first = (await entrance.sign_in()).json()
        second = await renew(first["refresh_token"])
        assert second.status_code == 200
        assert second.json()["refresh_token"] != first["refresh_token"]
        third = await renew(second.json()["refresh_token"])
        assert (await entrance.client(third.json()["access_token"]).get(OWN)).status_code == 200

    async def test_end_when_an_old_refresh_token_comes_back(self, entrance, monkeypatch):
        from datetime import timedelta

        async def renew(token: str):
            return await entrance.client().post("/gateway/v1/sessions/refresh", json={"refresh_token": token})

        first = (await entrance.sign_in()).json()
        second = (await renew(first["refresh_token"])).json()
        monkeypatch.setattr("gateway.sessions.REUSE_GRACE", timedelta(0))
        assert slug(await renew(first["refresh_token"])) == "refresh-refused"
        assert slug(await renew(second["refresh_token"])) == "refresh-refused"

    async def test_of_unknown_tokens_are_not_renewed(self, entrance):
        answer = await entrance.client().post(
            "/gateway/v1/sessions/refresh", json={"refresh_token": "x" * 43}
        )
        assert (answer.status_code, slug(answer)) == (401, "refresh-refused")


class TestBootstrap:
    async def test_makes_the_first_administrator_once(self, prepared):
        again = await bootstrap(
            url=prepared.url, account=ADMIN, password="Other-1234", area="000000", roles=load()
        )
        assert again is False

    async def test_refuses_a_weak_password(self, prepared):
        with pytest.raises(PasswordWeak):
            await bootstrap(url=prepared.url, account="root", password="weak", area="000000", roles=load())

    def test_says_how_it_is_called(self, capsys):
        assert main([]) == 2
        assert "python -m gateway.accounts bootstrap" in capsys.readouterr().err
