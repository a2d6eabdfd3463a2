"""Calls that nobody may make, and requests that no client library would send: refused, and nothing written."""

import asyncio
import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.people import AREA
from services.kit.identity import HEADER, Identity, sign
from services.kit.ids import new_id
from tests.journeys.office import HOSPITAL, Office, instructs, problem

BILLS = "/claims/v1/bills"
pytestmark = pytest.mark.usefixtures("nothing_is_written")


class TestTokens:
    @pytest.fixture
    def claims(self, office: Office) -> Iterator[dict[str, Any]]:
        now = datetime.now(UTC)
        yield {
            "iss": "minsheng-gateway",
            "aud": "minsheng",
            "sub": "staff:forged",
            "iat": now,
            "exp": now + timedelta(minutes=5),
            "jti": str(new_id()),
            "sid": str(new_id()),
            "kind": "staff",
            "name": "伪造",
            "roles": ["administrator", "claims_clerk"],
            "area": AREA,
            "organisation": None,
            "person_id": None,
        }

    async def refused(self, office: Office, token: str, slug: str) -> None:
        stranger = await office.bearing({"Authorization": f"Bearer {token}"})
        answer = await stranger.get("/claims/v1/bills")
        instructs(problem(answer, 401, slug))
        assert answer.headers["www-authenticate"].startswith("Bearer")

    async def test_an_expired_token(self, office: Office, claims: dict[str, Any]):
        key = Ed25519PrivateKey.from_private_bytes(b64decode(office.suite.secrets.get("token.private")))
        good = jwt.get_unverified_header(await office.token(HOSPITAL))
        old = claims | {"exp": datetime.now(UTC) - timedelta(seconds=1)}
        await self.refused(
            office,
            jwt.encode(old, key, "EdDSA", headers={"kid": good["kid"], "typ": good["typ"]}),
            "token-expired",
        )

    async def test_a_token_of_another_key(self, office: Office, claims: dict[str, Any]):
        good = jwt.get_unverified_header(await office.token(HOSPITAL))
        forged = jwt.encode(
            claims,
            Ed25519PrivateKey.generate(),
            "EdDSA",
            headers={"kid": good["kid"], "typ": good["typ"]},
        )
        await self.refused(office, forged, "token-forged")

    async def test_a_token_without_signature(self, office: Office, claims: dict[str, Any]):
        good = jwt.get_unverified_header(await office.token(HOSPITAL))
        bare = jwt.encode(claims, "", "none", headers={"kid": good["kid"], "typ": good["typ"]})
        await self.refused(office, bare, "token-forged")

    async def test_a_token_whose_roles_were_changed(self, office: Office):
        head, body, signature = (await office.token(HOSPITAL)).split(".")
        told = json.loads(b64decode(body + "=="))
        changed = jwt.utils.base64url_encode(
            json.dumps(told | {"roles": ["administrator"]}).encode()
        ).decode()
        await self.refused(office, f"{head}.{changed}.{signature}", "token-forged")

    @pytest.mark.parametrize("token", ["a.b.c", "x" * 5000, "..", "eyJhbGciOiJub25lIn0.e30."])
    async def test_garbage_for_a_token(self, office: Office, token: str):
        stranger = await office.bearing({"Authorization": f"Bearer {token}"})
        answer = await stranger.get("/claims/v1/bills")
        assert answer.status_code == 401
        assert answer.json()["type"] in ("/problems/token-malformed", "/problems/token-forged")

    async def test_no_token(self, office: Office):
        instructs(problem(await (await office.client()).get("/claims/v1/bills"), 401, "token-missing"))


class TestIdentities:
    """What only the gateway may send, sent to a service by somebody else."""

    @pytest.fixture
    def identity(self) -> Identity:
        return Identity(
            subject="staff:forged",
            kind="staff",
            name="伪造",
            roles=frozenset(),
            scopes=frozenset({"claims:read", "jobs:read"}),
            area=AREA,
        )

    async def direct(self, office: Office, service: str, header: str | None) -> httpx.Response:
        headers = {HEADER: header} if header is not None else {}
        async with httpx.AsyncClient(base_url=office.suite.url(service)) as service_itself:
            path = {"claims": "/claims/v1/bills", "jobs": "/jobs/v1/seekers"}[service]
            return await service_itself.get(path, headers=headers)

    def signed(self, office: Office, identity: Identity, **how: Any) -> str:
        key = b64decode(office.suite.secrets.get("identity.private"))
        given: dict[str, Any] = {"audience": "claims"}
        given["private_key"] = Ed25519PrivateKey.from_private_bytes(key)
        return sign(identity, **(given | {"now": datetime.now(UTC)} | how))

    async def test_a_service_accepts_what_the_gateway_signs(self, office: Office, identity: Identity):
        assert (await self.direct(office, "claims", self.signed(office, identity))).status_code == 200

    async def test_the_identity_for_another_service(self, office: Office, identity: Identity):
        answer = await self.direct(office, "jobs", self.signed(office, identity, audience="claims"))
        instructs(problem(answer, 401, "identity-refused"))

    async def test_an_identity_of_another_key(self, office: Office, identity: Identity):
        forged = self.signed(office, identity, private_key=Ed25519PrivateKey.generate())
        instructs(problem(await self.direct(office, "claims", forged), 401, "identity-refused"))

    async def test_an_identity_whose_time_is_over(self, office: Office, identity: Identity):
        old = self.signed(office, identity, now=datetime.now(UTC) - timedelta(minutes=10))
        instructs(problem(await self.direct(office, "claims", old), 401, "identity-refused"))

    async def test_no_identity(self, office: Office):
        instructs(problem(await self.direct(office, "claims", None), 401, "identity-missing"))

    async def test_the_gateway_does_not_pass_on_an_identity_of_the_caller(
        self, office: Office, identity: Identity
    ):
        whole = replace(identity, scopes=frozenset({"claims:ledger"}))
        headers = {HEADER: self.signed(office, whole)}
        nobody, clerk = await office.client(), await office.client("yibao01")
        problem(await nobody.get("/claims/v1/ledger/balance", headers=headers), 401, "token-missing")
        problem(await clerk.get("/claims/v1/ledger/balance", headers=headers), 403, "scope-missing")


class TestWire:
    """Requests that no client library would send."""

    async def send(self, office: Office, raw: bytes) -> tuple[int, bytes]:
        """Status and body of the first answer to these bytes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", office.suite.ports.of["gateway"])
        try:
            writer.write(raw)
            await writer.drain()
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
            length = next(
                (
                    int(line[15:])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length:")
                ),
                0,
            )
            body = await asyncio.wait_for(reader.readexactly(length), 10)
            return int(head.split(b" ", 2)[1]), body
        finally:
            writer.close()

    async def head(self, office: Office, *lines: bytes, target: bytes = BILLS.encode()) -> bytes:
        token = (await office.token(HOSPITAL)).encode()
        fixed = (b"POST " + target + b" HTTP/1.1", b"Host: gateway", b"Authorization: Bearer " + token)
        more = (b"Content-Type: application/json", b"Idempotency-Key: " + new_id().hex.encode())
        return b"\r\n".join((*fixed, *more, *lines, b"", b""))

    @pytest.mark.parametrize(
        ("lines", "body", "status", "slug"),
        [
            ((b"Content-Length: 2", b"Content-Length: 2"), b"{}", 400, ""),
            ((b"Content-Length: 2", b"Content-Length: 3"), b"{}", 400, ""),
            ((b"Content-Length: 2", b"Transfer-Encoding: chunked"), b"2\r\n{}\r\n0\r\n\r\n", 400, ""),
            ((b"Content-Length: -1",), b"", 400, ""),
            ((b"Content-Length: 99999999999999999999999",), b"", 400, ""),
            ((b"Transfer-Encoding: gzip",), b"", 400, ""),
            ((b"Transfer-Encoding: chunked",), b"zz\r\n", 400, ""),
            ((b"X-Long: " + b"a" * 40_000, b"Content-Length: 2"), b"{}", 431, "headers-too-large"),
            ((*(b"X-%d: a" % n for n in range(150)), b"Content-Length: 2"), b"{}", 431, "headers-too-large"),
            ((b"X-Nul: a\0b", b"Content-Length: 2"), b"{}", 400, ""),
            ((b"No colon", b"Content-Length: 2"), b"{}", 400, ""),
            ((b"Authorization: Bearer a.b.c", b"Content-Length: 2"), b"{}", 400, "header-refused"),
            ((b"Idempotency-Key: another", b"Content-Length: 2"), b"{}", 400, "header-refused"),
        ],
        ids=lambda given: repr(given)[:60],
    )
    async def test_headers_that_two_programs_could_read_differently(
        self, office: Office, lines: tuple[bytes, ...], body: bytes, status: int, slug: str
    ):
        found, answer = await self.send(office, await self.head(office, *lines) + body)

        assert found == status, answer
        if slug:
            told = json.loads(answer)
            assert told["type"] == f"/problems/{slug}"
            instructs(told)

    @pytest.mark.parametrize(
        "target",
        [
            b"/claims/v1/../v1/bills",
            b"/claims/v1/%2e%2e/v1/bills",
            b"/claims/v1/..%2fbills",
            b"/claims/v1//bills",
            b"/claims/v1/bills/%00",
            b"/claims/v1/bills/..%5c..%5cetc",
            b"/../../etc/passwd",
            b"/claims/v1/bills;a=b/../x",
        ],
    )
    async def test_a_path_that_climbs(self, office: Office, target: bytes):
        raw = await self.head(office, b"Content-Length: 2", target=target)
        found, answer = await self.send(office, raw + b"{}")

        assert found in (400, 404), answer
        told = json.loads(answer)
        assert told["type"] in ("/problems/path-malformed", "/problems/path-not-found")
        instructs(told)

    @pytest.mark.parametrize("method", [b"TRACE", b"CONNECT", b"OPTIONS", b"DELETE", b"PROPFIND"])
    async def test_a_method_that_is_not_there(self, office: Office, method: bytes):
        raw = await self.head(office, b"Content-Length: 0")
        found, answer = await self.send(office, raw.replace(b"POST", method, 1))

        assert found in (400, 404, 405), answer
