"""Who may come in: deny by default, each kind of caller, tokens of every wrong kind."""

import asyncio
import base64
import time
from datetime import timedelta
from typing import Any

import httpx
import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.auth import AUDIENCE, ISSUER, key_id
from services.kit import clock
from services.kit.identity import Identity, sign
from tests.gateway.conftest import IDENTITY


def slug(answer: httpx.Response) -> str:
    """The problem's type, when it is a problem."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    kind: str = answer.json()["type"]
    return kind.removeprefix("/problems/")


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


class TestDenyByDefault:
    async def test_knows_no_unnamed_address(self, entrance):
        answer = await entrance.client().get("/claims/v1/secrets")
        assert (answer.status_code, slug(answer)) == (404, "path-not-found")

    async def test_names_the_methods_of_an_address(self, entrance):
        answer = await entrance.client().delete("/claims/v1/bills")
        assert (answer.status_code, slug(answer)) == (405, "method-not-allowed")
        assert answer.headers["allow"] == "GET, POST"

    async def test_wants_a_token(self, entrance):
        answer = await entrance.client().get("/claims/v1/bills")
        assert (answer.status_code, slug(answer)) == (401, "token-missing")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert entrance.service.asked == []

    async def test_wants_the_scope_of_the_route(self, entrance):
        client = await entrance.staff("jobs_clerk")
        answer = await client.get("/claims/v1/bills")
        assert (answer.status_code, slug(answer)) == (403, "scope-missing")
        assert answer.json()["needed"] == ["claims:read"]
        assert entrance.service.asked == []

    async def test_opens_what_is_on_the_public_list(self, entrance):
        answer = await entrance.client().get("/claims/v1/codes")
        assert answer.status_code == 200
        assert answer.json()["subject"] is None

    async def test_prefers_a_literal_to_a_placeholder(self, entrance):
        client = await entrance.staff("claims_clerk")
        answer = await client.get("/claims/v1/bills/newest")
        assert answer.json()["path"] == "/claims/v1/bills/newest"

    @pytest.mark.parametrize("value", ["..", "%2e%2e", "a%2fb", "a%5cb", "%00", "a%252fb", "%0d%0ax"])
    async def test_refuses_paths_that_two_programs_read_differently(self, entrance, value):
        client = await entrance.staff("claims_clerk")
        request = client.build_request("GET", "/claims/v1/bills/x/withdrawal")
        request.url = request.url.copy_with(raw_path=f"/claims/v1/bills/{value}".encode())
        answer = await client.send(request)
        assert answer.status_code in (400, 404), answer.text
        assert entrance.service.asked == []


class TestMessages:
    async def test_are_chinese(self, entrance):
        answer = await entrance.client().get("/claims/v1/bills")
        assert answer.headers["content-language"] == "zh-CN"
        assert "请先登录" in answer.json()["detail"]

    async def test_are_english_on_request(self, entrance):
        answer = await entrance.client(**{"Accept-Language": "en-GB,zh;q=0.5"}).get("/claims/v1/bills")
        assert answer.headers["content-language"] == "en"
        assert "Sign in" in answer.json()["detail"]

    async def test_carry_the_request_id(self, entrance):
        answer = await entrance.client(**{"X-Request-Id": "hospital-000123"}).get("/claims/v1/bills")
        assert answer.headers["x-request-id"] == answer.json()["request_id"] == "hospital-000123"


class TestTokens:
    async def test_of_somebody_else_are_forged(self, entrance):
        good = (await entrance.sign_in()).json()["access_token"]
        header = jwt.get_unverified_header(good)
        forged = jwt.encode(claims_of(good), Ed25519PrivateKey.generate(), algorithm="EdDSA", headers=header)
        answer = await entrance.client(forged).get("/gateway/v1/sessions/current")
        assert (answer.status_code, slug(answer)) == (401, "token-forged")

    async def test_with_changed_claims_are_forged(self, entrance):
        head, body, tail = (await entrance.sign_in()).json()["access_token"].split(".")
        claims = orjson.loads(base64.urlsafe_b64decode(body + "=="))
        claims["roles"] = ["finance"]
        changed = base64.urlsafe_b64encode(orjson.dumps(claims)).decode().rstrip("=")
        answer = await entrance.client(f"{head}.{changed}.{tail}").get("/gateway/v1/sessions/current")
        assert slug(answer) == "token-forged"

    @pytest.mark.parametrize("algorithm", ["none", "HS256"])
    async def test_cannot_choose_their_algorithm(self, entrance, algorithm):
        good = (await entrance.sign_in()).json()["access_token"]
        kid = jwt.get_unverified_header(good)["kid"]
        key = "x" * 32 if algorithm == "HS256" else ""
        forged = jwt.encode(claims_of(good), key, algorithm=algorithm, headers={"kid": kid, "typ": "at+jwt"})
        answer = await entrance.client(forged).get("/gateway/v1/sessions/current")
        assert slug(answer) == "token-forged"

    async def test_expire(self, entrance):
        key = entrance.gateway.settings.token_key
        good = claims_of((await entrance.sign_in()).json()["access_token"])
        headers = {"kid": key_id(key.public_key()), "typ": "at+jwt"}
        old = jwt.encode(good | {"exp": time.time() - 1}, key, algorithm="EdDSA", headers=headers)
        answer = await entrance.client(old).get("/gateway/v1/sessions/current")
        assert (answer.status_code, slug(answer)) == (401, "token-expired")

    async def test_that_expire_while_they_are_remembered_are_refused(self, entrance):
        key = entrance.gateway.settings.token_key
        good = claims_of((await entrance.sign_in()).json()["access_token"])
        headers = {"kid": key_id(key.public_key()), "typ": "at+jwt"}
        ends = int(time.time()) + 3
        brief = entrance.client(jwt.encode(good | {"exp": ends}, key, algorithm="EdDSA", headers=headers))
        assert (await brief.get("/gateway/v1/sessions/current")).status_code == 200
        await asyncio.sleep(ends + 0.1 - time.time())
        assert slug(await brief.get("/gateway/v1/sessions/current")) == "token-expired"

    @pytest.mark.parametrize("text", ["abc", "a.b", "a.b.c", "...", "e30.e30.e30", "x" * 5000])
    async def test_that_are_none_are_malformed(self, entrance, text):
        answer = await entrance.client(text).get("/gateway/v1/sessions/current")
        assert answer.status_code == 401
        assert slug(answer) in ("token-malformed", "token-forged")

    async def test_of_another_scheme_are_missing(self, entrance):
        answer = await entrance.client(Authorization="Basic YWRtaW46eA==").get("/claims/v1/bills")
        assert slug(answer) == "token-missing"

    async def test_are_not_the_identities_of_services(self, entrance):
        identity = Identity("staff:x", "staff", "甲", frozenset(), frozenset({"claims:read"}), "990101")
        for audience in ("claims", AUDIENCE):
            stolen = sign(identity, private_key=IDENTITY, audience=audience, now=clock.now())
            answer = await entrance.client(stolen).get("/claims/v1/bills")
            assert slug(answer) == "token-forged"

    async def test_of_another_issuer_are_refused(self, entrance):
        key = entrance.gateway.settings.token_key
        good = claims_of((await entrance.sign_in()).json()["access_token"])
        assert good["iss"] == ISSUER
        headers = {"kid": key_id(key.public_key()), "typ": "at+jwt"}
        for change in ({"iss": "somebody"}, {"aud": "claims"}):
            wrong = jwt.encode(good | change, key, algorithm="EdDSA", headers=headers)
            assert (await entrance.client(wrong).get("/gateway/v1/sessions/current")).status_code == 401

    async def test_signed_with_the_key_before_still_count(self, entrance, prepared):
        from tests.gateway.conftest import opened

        token = (await entrance.sign_in()).json()["access_token"]
        old = entrance.gateway.settings.token_key.public_key()
        async with opened(
            prepared, token_previous_keys=base64.b64encode(old.public_bytes_raw()).decode()
        ) as next_one:
            assert (await next_one.client(token).get("/gateway/v1/sessions/current")).status_code == 200
        async with opened(prepared) as stranger:
            assert slug(await stranger.client(token).get("/gateway/v1/sessions/current")) == "token-forged"


class TestIdentity:
    async def test_says_to_the_service_who_calls(self, entrance):
        client = await entrance.hospital()
        told = (await client.get("/claims/v1/bills")).json()
        assert told["subject"].startswith("system:hospital-")
        assert told["organisation"] == "H990101001"
        assert "claims:settle" in told["scopes"]

    async def test_cannot_be_brought_along(self, entrance):
        client = await entrance.hospital()
        identity = Identity("staff:x", "staff", "甲", frozenset(), frozenset({"claims:ledger"}), "990101")
        stolen = sign(identity, private_key=IDENTITY, audience="claims", now=clock.now())
        told = (await client.get("/claims/v1/bills", headers={"X-Minsheng-Identity": stolen})).json()
        assert told["subject"].startswith("system:")
        assert told["names"].count("x-minsheng-identity") == 1
        assert (
            await entrance.client().get("/claims/v1/codes", headers={"X-Minsheng-Identity": stolen})
        ).json()["subject"] is None

    async def test_is_signed_once_and_used_again(self, entrance):
        client = await entrance.hospital()
        first = (await client.get("/claims/v1/bills")).json()["headers"]["x-minsheng-identity"]
        again = (await client.get("/claims/v1/bills")).json()["headers"]["x-minsheng-identity"]
        assert first == again
        claims = claims_of(first)
        assert claims["aud"] == "claims"
        assert timedelta(seconds=claims["exp"] - claims["iat"]) == timedelta(seconds=60)

    async def test_of_one_service_is_of_no_use_at_another(self, entrance):
        client = await entrance.staff("auditor")
        claims = (await client.get("/claims/v1/bills")).json()["headers"]["x-minsheng-identity"]
        people = (await client.get("/enrolment/v1/people")).json()["headers"]["x-minsheng-identity"]
        assert {claims_of(claims)["aud"], claims_of(people)["aud"]} == {"claims", "enrolment"}
