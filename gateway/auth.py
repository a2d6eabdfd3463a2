"""Who is calling: access tokens, made at sign-in and verified once, and their end.

A token names its session; a session that ended (sign-out, disabled account, changed roles) is known to
every gateway within a second, by notification and by a poll each second.
"""

import asyncio
import hashlib
import time
from base64 import b64decode, urlsafe_b64encode
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import asyncpg
import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.config import Settings
from gateway.limits import Bucket, Buckets, Policy
from gateway.roles import Roles
from services.kit.db import server_settings
from services.kit.identity import Identity, Kind, sign
from services.kit.ids import new_id
from services.kit.problems import Forbidden, Text, Unauthenticated

log = structlog.get_logger()

ISSUER, AUDIENCE, TYPE = "minsheng-gateway", "minsheng", "at+jwt"
CACHE = 20_000
IDENTITY_SECONDS, IDENTITY_REUSE = 60, 30
POLL_SECONDS = 1.0
CHANNEL = "session_ended"
# Sign-ins stay on the audit trail; the session itself is of no use once it is over.
PURGE = "DELETE FROM session WHERE expires_at < now() - interval '30 days'"


class TokenMissing(Unauthenticated):
    """No access token (未携带令牌)."""

    slug = "token-missing"
    title = Text("未登录", "No access token")
    detail = Text(
        "请先登录，并在请求头 Authorization: Bearer 中携带访问令牌。",
        "Sign in and send the access token as Authorization: Bearer.",
    )


class TokenMalformed(Unauthenticated):
    """Not a token of this gateway (令牌格式有误)."""

    slug = "token-malformed"
    title = Text("令牌格式有误", "The token is malformed")
    detail = Text("请使用登录时返回的 access_token。", "Use the access_token that sign-in returned.")


class TokenForged(Unauthenticated):
    """The signature is not the gateway's (令牌签名无效)."""

    slug = "token-forged"
    title = Text("令牌签名无效", "The token's signature is not valid")
    detail = Text("请重新登录。", "Sign in again.")


class TokenExpired(Unauthenticated):
    """The token's time is over (令牌已过期)."""

    slug = "token-expired"
    title = Text("登录已过期", "The token has expired")
    detail = Text("请用 refresh_token 续期，或重新登录。", "Refresh the session, or sign in again.")


class TokenRevoked(Unauthenticated):
    """The session was ended (会话已结束)."""

    slug = "token-revoked"
    title = Text("会话已结束", "The session was ended")
    detail = Text(
        "您已退出，或账号、角色已变更，请重新登录。", "Signed out, or the account changed; sign in again."
    )


class BindingNeeded(Forbidden):
    """A citizen who is not yet bound to his person asks for his data (尚未实名绑定)."""

    slug = "binding-needed"
    title = Text("尚未实名绑定", "Not bound yet")
    detail = Text("请先用姓名和身份证号码完成实名绑定。", "Bind with your name and id number first.")


@dataclass(slots=True, eq=False)
class Caller:
    """A verified token, and what is remembered with it."""

    identity: Identity
    session: str
    expires: float
    bucket: Bucket
    signed: dict[str, tuple[float, bytes]] = field(default_factory=dict)
    columns: dict[str, str] = field(init=False)  # of the audit trail

    def __post_init__(self) -> None:
        self.columns = columns_of(self.identity)


def columns_of(identity: Identity) -> dict[str, str]:
    """How the trail names a caller."""
    return {
        "subject": identity.subject,
        "kind": identity.kind,
        "name": identity.name,
        "organisation": identity.organisation or "",
        "area": identity.area,
    }


@dataclass(frozen=True, slots=True)
class Issued:
    """An access token and its lifetime in seconds."""

    token: str
    expires_in: int


class Tokens:
    """Makes access tokens, and verifies each distinct one once."""

    def __init__(self, settings: Settings, roles: Roles) -> None:
        self._key, self._roles = settings.token_key, roles
        self._seconds = settings.access_minutes * 60
        self._kid = key_id(settings.token_key.public_key())
        self._keys = {self._kid: settings.token_key.public_key()}
        for part in filter(None, settings.token_previous_keys.split(",")):
            old = Ed25519PublicKey.from_public_bytes(b64decode(part.strip(), validate=True))
            self._keys[key_id(old)] = old
        self._known: OrderedDict[bytes, Caller] = OrderedDict()
        self._buckets = {
            kind: Buckets(Policy(kind, rate, max(1, round(rate * 4))))
            for kind, rate in (
                ("staff", settings.rate_staff),
                ("system", settings.rate_system),
                ("citizen", settings.rate_citizen),
            )
        }

    def issue(
        self, identity: Identity, *, session: UUID, now: datetime, only: frozenset[str] | None = None
    ) -> Issued:
        """An access token; `only` narrows its scopes below those of its roles."""
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": identity.subject,
            "iat": now,
            "exp": now + timedelta(seconds=self._seconds),
            "jti": str(new_id()),
            "sid": str(session),
            "kind": identity.kind,
            "name": identity.name,
            "roles": sorted(identity.roles),
            "area": identity.area,
            "organisation": identity.organisation,
            "person_id": str(identity.person_id) if identity.person_id else None,
        }
        if only is not None:
            claims["only"] = sorted(only)
        headers = {"kid": self._kid, "typ": TYPE}
        return Issued(jwt.encode(claims, self._key, algorithm="EdDSA", headers=headers), self._seconds)

    def known(self, token: bytes) -> Caller | None:
        """The caller of a token that was verified before and has not expired."""
        fingerprint = hashlib.sha256(token).digest()
        caller = self._known.get(fingerprint)
        if caller is None or caller.expires <= time.time():
            return None
        self._known.move_to_end(fingerprint)
        return caller

    def verify(self, token: bytes) -> Caller:
        """The caller of a token. Raises TokenMalformed, TokenForged, TokenExpired."""
        caller = self._caller(self._decode(token))
        self._known[hashlib.sha256(token).digest()] = caller
        if len(self._known) > CACHE:
            self._known.popitem(last=False)
        return caller

    def _decode(self, token: bytes) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            key = self._keys.get(header.get("kid", ""))
            if key is None or header.get("typ") != TYPE:
                raise TokenForged
            return jwt.decode(
                token,
                key,
                algorithms=["EdDSA"],
                audience=AUDIENCE,
                issuer=ISSUER,
                options={"require": ["exp", "iat", "sub", "sid", "jti"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenExpired from error
        except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError, jwt.InvalidKeyError) as error:
            raise TokenForged from error
        except (jwt.InvalidTokenError, ValueError) as error:
            raise TokenMalformed from error

    def _caller(self, claims: dict[str, Any]) -> Caller:
        scopes = self._roles.scopes(claims["roles"])
        if "only" in claims:
            scopes &= frozenset(claims["only"])
        identity = Identity(
            subject=claims["sub"],
            kind=cast(Kind, claims["kind"]),
            name=claims["name"],
            roles=frozenset(claims["roles"]),
            scopes=scopes,
            area=claims["area"],
            person_id=UUID(claims["person_id"]) if claims["person_id"] else None,
            organisation=claims["organisation"],
        )
        bucket = self._buckets[identity.kind].of(identity.subject)
        return Caller(identity=identity, session=claims["sid"], expires=float(claims["exp"]), bucket=bucket)


class Signer:
    """The identity header for a service, signed once and reused for half its life."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    def of(self, caller: Caller, service: str) -> bytes:
        """The signed identity of a caller for one service."""
        now = time.time()
        known = caller.signed.get(service)
        if known is not None and known[0] > now:
            return known[1]
        header = self.sign(caller.identity, service)
        caller.signed[service] = (now + IDENTITY_REUSE, header)
        return header

    def sign(self, identity: Identity, service: str) -> bytes:
        """A fresh signed identity."""
        now = datetime.now(UTC)
        token = sign(identity, private_key=self._key, audience=service, now=now, ttl_seconds=IDENTITY_SECONDS)
        return token.encode("ascii")


class Revocations:
    """Sessions that ended before their tokens did."""

    def __init__(self, url: str, *, keep: timedelta) -> None:
        self._url, self._keep = url, keep
        self._ended: dict[str, float] = {}
        self.known = False  # whether the database was read once; before, ended sessions would pass
        self._task: asyncio.Task[None] | None = None

    def __contains__(self, session: str) -> bool:
        return session in self._ended

    def add(self, session: str) -> None:
        """Known here at once; the other gateways hear of it from the database."""
        self._ended[session] = time.time() + self._keep.total_seconds()

    async def start(self) -> None:
        """Begins to follow the database."""
        self._task = asyncio.create_task(self._follow(), name="revocations")
        await asyncio.sleep(0)

    async def stop(self) -> None:
        """Ends."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _follow(self) -> None:
        since = datetime.now(UTC) - self._keep
        while True:
            try:
                await self._listen(since)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.error("revocations.down", error=type(error).__name__)
            since = datetime.now(UTC) - self._keep
            await asyncio.sleep(POLL_SECONDS)

    async def _listen(self, since: datetime) -> None:
        settings = server_settings("gateway-revocations")
        connection = await asyncpg.connect(self._url, timeout=3, command_timeout=5, server_settings=settings)
        try:
            await connection.add_listener(CHANNEL, lambda *heard: self.add(str(heard[-1])))
            while True:
                before = datetime.now(UTC)
                for row in await connection.fetch("SELECT id FROM session WHERE ended_at >= $1", since):
                    self.add(str(row["id"]))
                # Rows that commit late carry an earlier time: look back a little further than the last poll.
                since = before - timedelta(seconds=30)
                self._forget()
                first, self.known = not self.known, True
                if first or before.minute == before.second == 0:
                    await connection.execute(PURGE)
                await asyncio.sleep(POLL_SECONDS)
        finally:
            connection.terminate()

    def _forget(self) -> None:
        now = time.time()
        self._ended = {session: until for session, until in self._ended.items() if until > now}


def key_id(key: Ed25519PublicKey) -> str:
    """The name of a key: the start of its hash."""
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return urlsafe_b64encode(hashlib.sha256(raw).digest())[:16].decode("ascii")


def bearer(value: bytes) -> bytes:
    """The token of an Authorization header. Raises TokenMissing, TokenMalformed."""
    scheme, _, token = value.partition(b" ")
    if scheme.lower() != b"bearer" or not token:
        raise TokenMissing
    if len(token) > 4096 or token.count(b".") != 2:
        raise TokenMalformed
    return token
