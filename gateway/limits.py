"""How much a caller may ask: token buckets per caller, and per address where nobody is known yet.

Each replica counts for itself: with n replicas a caller can reach n times his limit.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from services.kit.problems import Problem, Text


class TooManyRequests(Problem):
    """The caller asks faster than he may (请求过于频繁)."""

    status = 429
    slug = "too-many-requests"
    title = Text("请求过于频繁", "Too many requests")
    detail = Text("请在 {retry_after} 秒后重试。", "Try again in {retry_after} seconds.")

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)
        self.headers = {"Retry-After": str(retry_after)}  # type: ignore[misc]


class BodyTooLarge(Problem):
    """The body is over the limit (请求体过大)."""

    status = 413
    slug = "body-too-large"
    title = Text("请求体过大", "The body is too large")
    detail = Text("请求体最多 {limit} 字节，请拆分后提交。", "At most {limit} bytes; send it in parts.")


@dataclass(frozen=True, slots=True)
class Policy:
    """`rate` requests a second on average, `burst` at once."""

    name: str
    rate: float
    burst: int

    def header(self) -> bytes:
        """The RateLimit-Policy field (draft-ietf-httpapi-ratelimit-headers-11)."""
        return b'"%b";q=%d;w=%d' % (
            self.name.encode("ascii"),
            self.burst,
            max(1, round(self.burst / self.rate)),
        )


class Bucket:
    """Tokens of one caller."""

    __slots__ = ("_at", "_burst", "_rate", "_tokens", "policy", "prefix")

    def __init__(self, policy: Policy) -> None:
        self._rate, self._burst = policy.rate, float(policy.burst)
        self._tokens, self._at = self._burst, time.monotonic()
        self.policy = policy.header()
        self.prefix = b'"%b";r=' % policy.name.encode("ascii")

    def take(self) -> int:
        """Takes one token; what is left, or -1 when there is none."""
        now = time.monotonic()
        tokens = self._tokens + (now - self._at) * self._rate
        if tokens > self._burst:
            tokens = self._burst
        self._at = now
        if tokens < 1.0:
            self._tokens = tokens
            return -1
        self._tokens = tokens - 1.0
        return int(self._tokens)

    def left(self) -> float:
        """Tokens at this moment, none taken."""
        return min(self._burst, self._tokens + (time.monotonic() - self._at) * self._rate)

    def wait(self) -> int:
        """Whole seconds until the next token."""
        return max(1, int((1.0 - self._tokens) / self._rate + 0.999))


class Buckets:
    """Buckets by key, the longest unused forgotten first."""

    def __init__(self, policy: Policy, *, size: int = 50_000) -> None:
        self.policy, self._size = policy, size
        self._all: OrderedDict[str, Bucket] = OrderedDict()

    def of(self, key: str) -> Bucket:
        """The bucket of a caller or address."""
        bucket = self._all.get(key)
        if bucket is None:
            bucket = self._all[key] = Bucket(self.policy)
            if len(self._all) > self._size:
                self._all.popitem(last=False)
        else:
            self._all.move_to_end(key)
        return bucket

    def take(self, key: str) -> None:
        """Takes one token. Raises TooManyRequests."""
        bucket = self.of(key)
        if bucket.take() < 0:
            raise TooManyRequests(retry_after=bucket.wait())


class Addresses(Buckets):
    """Buckets by the address that asks; one for each /64 of IPv6, which is the least that a subscriber gets."""

    def of(self, key: str) -> Bucket:
        """The bucket of an address."""
        return super().of(_network(key))


@lru_cache(maxsize=10_000)
def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    return str(parsed.ipv4_mapped or IPv6Address(int(parsed) >> 64 << 64))
