"""Bad input through the gateway to the real services: a problem that says what to do, and nothing written."""

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deploy.local.people import AREA
from deploy.local.walk.settle import LINES, TOTAL
from deploy.local.walk.stage import Stage
from services.kit.identity import HEADER, Identity, sign
from services.kit.ids import new_id
from tests.journeys import look
from tests.journeys.journey import Journey
from tests.journeys.office import HOSPITAL, Office, message, problem

Bill = dict[str, Any]
BILLS, PEOPLE = "/claims/v1/bills", "/enrolment/v1/people"
CHINESE = ("\u4e00", "\u9fff")


@pytest.fixture(scope="module")
async def stage(journey: Journey) -> Stage:
    """The household is there and the hospital may ask about it."""
    return await journey.to("settle")


@pytest.fixture(scope="module")
async def counter(stage: Stage, office: Office) -> AsyncIterator[look.Counter]:
    await look.quiet(office.suite)
    async with look.Counter(office.suite) as counter:
        yield counter


@pytest.fixture(autouse=True)
async def _nothing_is_written(counter: look.Counter) -> AsyncIterator[None]:
    before = await counter.count()
    yield
    assert look.changed(before, await counter.count()) == {}


def a_bill(stage: Stage) -> Bill:
    """A bill that would be accepted."""
    day = stage.today.isoformat()
    names = ("item_code", "name", "quantity", "unit_price", "amount", "approval")
    lines = [
        {"line_no": number, "occurred_on": day, "doctor_code": "D990101000001"}
        | dict(zip(names, line, strict=True))
        for number, line in enumerate(LINES, start=1)
    ]
    return {
        "bill_number": f"BAD{new_id().hex[-12:]}",
        "id_number": stage.family["head"].id_number,
        "admitted_on": day,
        "discharged_on": day,
        "diagnosis_code": "J18.9",
        "total": TOTAL,
        "lines": lines,
    }


def with_line(change: dict[str, Any]) -> Callable[[Bill], Bill]:
    """The first line of the bill changed."""
    return lambda bill: bill | {"lines": [bill["lines"][0] | change, *bill["lines"][1:]]}


def wrong_check_digit(id_number: str) -> str:
    return id_number[:-1] + ("1" if id_number[-1] == "0" else "0")


# what is wrong -> (the change, problem, the field that is named)
BILL_FAULTS: dict[str, tuple[Callable[[Bill], Any], str, str]] = {
    "an unknown field": (lambda b: b | {"discount": "5.00"}, "invalid-request", "discount"),
    "an unknown field in a line": (with_line({"rebate": "1.00"}), "invalid-request", "lines.0.rebate"),
    "a wrong check digit": (
        lambda b: b | {"id_number": wrong_check_digit(b["id_number"])},
        "invalid-request",
        "id_number",
    ),
    "a negative total": (lambda b: b | {"total": "-1.00"}, "invalid-request", "total"),
    "a total of nothing": (lambda b: b | {"total": "0.00"}, "invalid-request", "total"),
    "three decimals": (lambda b: b | {"total": "2633.405"}, "invalid-request", "total"),
    "a negative amount in a line": (with_line({"amount": "-1.00"}), "invalid-request", "lines.0.amount"),
    "three decimals in a line": (with_line({"amount": "114.001"}), "invalid-request", "lines.0.amount"),
    "more than the database holds": (lambda b: b | {"total": "1" * 13}, "invalid-request", "total"),
    "an amount that is no number": (lambda b: b | {"total": "NaN"}, "invalid-request", "total"),
    "an infinite amount": (lambda b: b | {"total": "Infinity"}, "invalid-request", "total"),
    "an amount with an exponent that explodes": (
        lambda b: b | {"total": "1e400000"},
        "invalid-request",
        "total",
    ),
    "discharged before admitted": (
        lambda b: b | {"admitted_on": b["discharged_on"], "discharged_on": "2026-01-02"},
        "dates-out-of-order",
        "",
    ),
    "a day that does not exist": (
        lambda b: b | {"admitted_on": "2026-02-30"},
        "invalid-request",
        "admitted_on",
    ),
    "lines that do not sum to the bill": (lambda b: b | {"total": "2633.41"}, "lines-do-not-sum", ""),
    "a line that is not quantity times price": (with_line({"quantity": "5"}), "lines-refused", ""),
    "a line number twice": (with_line({"line_no": 2}), "lines-refused", ""),
    "an item that nobody knows": (with_line({"item_code": "ZZ9999"}), "lines-refused", ""),
    "no lines": (lambda b: b | {"lines": []}, "invalid-request", "lines"),
    "lines that are no list": (lambda b: b | {"lines": "all"}, "invalid-request", "lines"),
    "nobody": (lambda b: b | {"id_number": None}, "invalid-request", ""),
    "no total": (lambda b: {k: v for k, v in b.items() if k != "total"}, "invalid-request", "total"),
    "a NUL in a number": (lambda b: b | {"bill_number": "A\0B"}, "invalid-request", "bill_number"),
    "a NUL in a name": (with_line({"name": "头孢\0"}), "invalid-request", "lines.0.name"),
    "half a character": (with_line({"name": "头孢\ud800"}), "", ""),
    "a name of a thousand characters": (with_line({"name": "长" * 1000}), "invalid-request", "lines.0.name"),
    "a number beyond 64 bits": (with_line({"line_no": 10**30}), "invalid-request", "lines.0.line_no"),
    "a list for a bill": (lambda b: [b], "invalid-request", ""),
    "nothing for a bill": (lambda b: None, "invalid-request", ""),
}


def instructs(told: dict[str, Any], *, language: str = "zh") -> None:
    """The message is in the language asked for, and is a sentence."""
    chinese = any(CHINESE[0] <= letter <= CHINESE[1] for letter in told["detail"])
    assert chinese == (language == "zh"), told["detail"]
    assert any(CHINESE[0] <= letter <= CHINESE[1] for letter in told["title"]) == (language == "zh")
    assert told["detail"][-1] in "。.", told["detail"]
    assert "{" not in told["detail"]


class TestBills:
    @pytest.mark.parametrize("fault", BILL_FAULTS)
    async def test_refuses(self, stage: Stage, office: Office, fault: str):
        change, slug, field = BILL_FAULTS[fault]
        body = json.dumps(change(a_bill(stage))).encode()
        hospital = await office.client(HOSPITAL)

        headers = message() | {"Content-Type": "application/json"}
        answer = await hospital.post(BILLS, content=body, headers=headers)

        if not slug:
            assert answer.status_code in (400, 422), answer.text
            slug = answer.json()["type"].rpartition("/")[2]
        told = problem(answer, answer.status_code, slug)
        assert answer.status_code in (400, 422)
        instructs(told)
        if field:
            assert field in {error["field"] for error in told["errors"]}, told["errors"]
        assert stage.family["head"].id_number not in answer.text

    async def test_speaks_english_when_asked(self, stage: Stage, office: Office):
        hospital = await office.client(HOSPITAL, **{"Accept-Language": "en-GB,en;q=0.9"})

        answer = await hospital.post(BILLS, json=a_bill(stage) | {"total": "-1.00"}, headers=message())

        told = problem(answer, 422, "invalid-request")
        instructs(told, language="en")
        assert answer.headers["content-language"] == "en"
        assert not any(
            CHINESE[0] <= letter <= CHINESE[1] for error in told["errors"] for letter in error["message"]
        )

    async def test_refuses_a_bill_with_a_key_of_another_bill(self, stage: Stage, office: Office):
        hospital = await office.client(HOSPITAL)

        headers = {"Idempotency-Key": stage.key("bill")}
        answer = await hospital.post(BILLS, json=a_bill(stage), headers=headers)

        instructs(problem(answer, 422, "idempotency-key-reused"))


class TestOtherForms:
    @pytest.mark.parametrize(
        ("path", "body", "slug", "field"),
        [
            (PEOPLE, {"id_number": "110101199003070000"}, "invalid-request", "id_number"),
            (PEOPLE, {"area": "99010"}, "invalid-request", "area"),
            (PEOPLE, {"hukou": "martian"}, "invalid-request", "hukou"),
            (PEOPLE, {"name": ""}, "invalid-request", "name"),
            (PEOPLE, {"name": "王\0"}, "invalid-request", "name"),
            (
                "/enrolment/v1/employers",
                {"credit_code": "91990101MA00000000"},
                "invalid-request",
                "credit_code",
            ),
        ],
    )
    async def test_an_enrolment_clerk_is_told_the_field(
        self, stage: Stage, office: Office, path: str, body: dict[str, Any], slug: str, field: str
    ):
        person = stage.people.person(age=30, on=stage.today)
        known = {"name": person.name, "id_number": person.id_number, "area": AREA, "hukou": "rural"}
        answer = await (await office.client("canbao01")).post(path, json=known | body, headers=message())

        told = problem(answer, 422, slug)
        instructs(told)
        assert field in {error["field"] for error in told["errors"]}

    @pytest.mark.parametrize(
        ("who", "path", "body"),
        [
            ("jiuye01", "/jobs/v1/employers", {"credit_code": None, "name": "厂\0", "kind": "private"}),
            ("admin", "/gateway/v1/clients", {"name": "某\0院", "organisation": "H1", "roles": ["hospital"]}),
            ("", "/gateway/v1/sessions", {"account": "a\0b", "password": "x"}),
            ("dangan01", "/archives/v1/searches", {"q": "刘\0", "year": 2026, "purpose": "service"}),
        ],
    )
    async def test_a_zero_byte_anywhere(
        self, stage: Stage, office: Office, who: str, path: str, body: dict[str, Any]
    ):
        if "credit_code" in body:
            body = body | {"credit_code": stage.people.credit_code(), "contact_name": "联系人"}
        if path.endswith("clients"):
            body = body | {"area": AREA}
        answer = await (await office.client(who)).post(path, json=body, headers=message())

        assert answer.status_code in (401, 422), answer.text
        instructs(problem(answer, answer.status_code, answer.json()["type"].rpartition("/")[2]))

    @pytest.mark.parametrize(
        ("who", "path"),
        [
            ("canbao01", "/enrolment/v1/people?after=garbage"),
            ("canbao01", "/enrolment/v1/people?after=WyJhIl0="),
            ("canbao01", "/enrolment/v1/people?after=%00"),
            ("canbao01", "/enrolment/v1/people?after=WzFd"),
            (HOSPITAL, "/claims/v1/bills?after=eyJhIjoxfQ=="),
            (HOSPITAL, "/claims/v1/settlements?after=bnVsbA=="),
            ("jiuye01", "/jobs/v1/seekers?after=W1tbW1tbW1tb"),
            ("dangan01", "/archives/v1/pieces?purpose=service&after=%E6%B8%B8"),
            ("shenji01", "/gateway/v1/audit?after=-1"),
        ],
    )
    async def test_a_cursor_that_is_not_ours(self, office: Office, who: str, path: str):
        instructs(problem(await (await office.client(who)).get(path), 400, "cursor-refused"))

    @pytest.mark.parametrize(
        ("path", "field"),
        [
            ("/enrolment/v1/people?size=0", "size"),
            ("/enrolment/v1/people?size=1000000", "size"),
            ("/enrolment/v1/people/not-a-uuid", "person_id"),
            ("/enrolment/v1/bills?payer_kind=nobody", "payer_kind"),
            ("/enrolment/v1/financing/abc", "year"),
        ],
    )
    async def test_a_question_that_does_not_fit(self, office: Office, path: str, field: str):
        told = problem(await (await office.client("canbao01")).get(path), 422, "invalid-request")

        instructs(told)
        assert field in {error["field"] for error in told["errors"]}


class TestBodies:
    @pytest.mark.parametrize(
        ("body", "headers", "status", "slug"),
        [
            (b'{"bill_number": ', {}, 400, "malformed-json"),
            (b"", {}, 422, "invalid-request"),
            (b'{"bill_number": "\xff\xfe"}', {}, 400, "malformed-json"),
            ("{}".encode("utf-16"), {}, 422, "invalid-request"),
            (b"[" * 100_000, {}, 400, "malformed-json"),
            (b"[" * 100_000 + b"]" * 100_000, {}, 400, "malformed-json"),
            (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, {}, 400, "malformed-json"),
            (b'{"total": NaN}', {}, 422, "invalid-request"),
            (b" " * (2 * 1024 * 1024 + 1), {}, 413, "body-too-large"),
            (b" " * (16 * 1024 * 1024), {}, 413, "body-too-large"),
            (b"{}", {"Content-Type": "text/plain"}, 415, "content-type-refused"),
            (b"{}", {"Content-Type": "application/xml"}, 415, "content-type-refused"),
            (b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "content-type-refused"),
            (b"{}", {"Content-Type": ""}, 415, "content-type-refused"),
            (b"{}", {"Content-Encoding": "gzip"}, 415, "content-type-refused"),
        ],
        ids=lambda given: str(given)[:40] if not isinstance(given, bytes) else f"{given[:12]!r} {len(given)}",
    )
    async def test_a_body_that_is_no_bill(
        self, office: Office, body: bytes, headers: dict[str, str], status: int, slug: str
    ):
        hospital = await office.client(HOSPITAL)
        given = message() | {"Content-Type": "application/json"} | headers

        answer = await hospital.post(BILLS, content=body, headers=given)

        instructs(problem(answer, status, slug))

    async def test_a_body_over_the_limit_in_pieces(self, office: Office):
        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(40):
                yield b" " * 65536

        hospital = await office.client(HOSPITAL)
        headers = message() | {"Content-Type": "application/json"}
        problem(await hospital.post(BILLS, content=pieces(), headers=headers), 413, "body-too-large")

    async def test_a_member_twice(self, stage: Stage, office: Office):
        whole = json.dumps(a_bill(stage) | {"total": "-5.00"})
        body = '{"total": "1.00", ' + whole[1:]

        hospital = await office.client(HOSPITAL)
        headers = message() | {"Content-Type": "application/json"}
        answer = await hospital.post(BILLS, content=body.encode(), headers=headers)

        problem(answer, 422, "invalid-request")


class TestMessageIds:
    @pytest.mark.parametrize("key", [None, "", "x" * 101, "k" * 5000, "编号".encode(), "a\tb"])
    async def test_a_message_without_a_proper_number(self, stage: Stage, office: Office, key: Any):
        hospital = await office.client(HOSPITAL)

        headers = {} if key is None else {"Idempotency-Key": key}
        answer = await hospital.post(BILLS, json=a_bill(stage), headers=headers)

        assert answer.status_code in (400, 422), answer.text
        told = problem(answer, answer.status_code, answer.json()["type"].rpartition("/")[2])
        instructs(told)
        assert told["type"] in ("/problems/idempotency-key-missing", "/problems/invalid-request")


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
