"""How often a caller may ask."""

import pytest

from gateway.limits import Addresses, Bucket, Buckets, Policy
from tests.gateway.conftest import opened
from tests.gateway.test_entrance import slug


class TestBuckets:
    def test_give_the_burst_and_then_the_rate(self, monkeypatch):
        now = [100.0]
        monkeypatch.setattr("gateway.limits.time.monotonic", lambda: now[0])
        bucket = Bucket(Policy("staff", 2.0, 3))
        assert [bucket.take() for _ in range(4)] == [2, 1, 0, -1]
        assert bucket.wait() == 1
        now[0] += 0.5
        assert bucket.take() == 0
        assert bucket.take() == -1
        now[0] += 60
        assert bucket.take() == 2

    def test_forget_the_longest_unused(self):
        buckets = Buckets(Policy("staff", 1.0, 1), size=2)
        first = buckets.of("a")
        buckets.of("b")
        assert buckets.of("a") is first
        buckets.of("c")
        assert buckets.of("a") is first
        assert set(buckets._all) == {"a", "c"}

    def test_say_their_policy(self):
        assert Policy("staff", 50.0, 200).header() == b'"staff";q=200;w=4'


class TestCallers:
    async def test_are_told_what_is_left(self, entrance):
        client = await entrance.hospital()
        answer = await client.get("/claims/v1/bills")
        assert answer.headers["ratelimit-policy"] == '"system";q=2000;w=4'
        assert answer.headers["ratelimit"] == '"system";r=1999;t=0'

    async def test_are_limited_whatever_token_they_use(self, prepared):
        async with opened(prepared, rate_system=0.01) as narrow:
            client_id, secret = await narrow.system()
            tokens = [(await narrow.token(client_id, secret)).json()["access_token"] for _ in range(2)]
            answers = [await narrow.client(token).get("/claims/v1/bills") for token in tokens]
            assert [answer.status_code for answer in answers] == [200, 429]
            assert slug(answers[1]) == "too-many-requests"
            assert 1 <= int(answers[1].headers["retry-after"]) <= 100

    async def test_do_not_limit_each_other(self, prepared):
        async with opened(prepared, rate_system=0.01) as narrow:
            one, other = await narrow.hospital(), await narrow.hospital()
            assert (await one.get("/claims/v1/bills")).status_code == 200
            assert (await one.get("/claims/v1/bills")).status_code == 429
            assert (await other.get("/claims/v1/bills")).status_code == 200


class TestAddresses:
    async def test_are_limited_at_sign_in(self, prepared):
        async with opened(prepared, rate_sign_in=0.01) as narrow:
            answers = [await narrow.sign_in("nobody", "wrong") for _ in range(2)]
            assert [answer.status_code for answer in answers] == [401, 429]

    async def test_are_limited_when_they_try_tokens(self, prepared):
        async with opened(prepared, rate_sign_in=0.01) as narrow:
            answers = [await narrow.client("a.b.c").get("/claims/v1/bills") for _ in range(2)]
            assert [answer.status_code for answer in answers] == [401, 429]

    async def test_are_limited_at_public_reading_too(self, prepared):
        async with opened(prepared, rate_citizen=0.01) as narrow:
            answers = [await narrow.client().get("/claims/v1/codes") for _ in range(2)]
            assert [answer.status_code for answer in answers] == [200, 429]
            assert slug(answers[1]) == "too-many-requests"
            assert (await narrow.sign_in()).status_code == 201  # reading much keeps nobody from signing in

    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            ("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", True),
            ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
            ("::ffff:192.0.2.1", "192.0.2.1", True),
            ("192.0.2.1", "192.0.2.2", False),
            ("fe80::1%eth0", "fe80::2%eth0", True),
            ("", "", True),
        ],
    )
    def test_of_ipv6_count_by_network(self, one, other, same):
        addresses = Addresses(Policy("address", 1.0, 1))
        assert (addresses.of(one) is addresses.of(other)) is same
