"""Bad input through the gateway to the real services: a problem that says what to do, and nothing written."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from deploy.local.people import AREA
from deploy.local.walk.settle import LINES, TOTAL
from deploy.local.walk.stage import Stage
from services.kit.ids import new_id
from tests.journeys.journey import Journey
from tests.journeys.office import HOSPITAL, Office, instructs, is_chinese, message, problem

Bill = dict[str, Any]
BILLS, PEOPLE = "/claims/v1/bills", "/enrolment/v1/people"
pytestmark = pytest.mark.usefixtures("nothing_is_written")


@pytest.fixture(scope="module")
async def stage(journey: Journey) -> Stage:
    """The household is there and the hospital may ask about it."""
    return await journey.to("settle")


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
        assert not any(is_chinese(error["message"]) for error in told["errors"])

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
