"""Who is calling: the gateway signs a short-lived identity, each service verifies it.

The header carries an EdDSA token made for one service (`aud`). A service never sees the caller's own token.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from fastapi import Depends, Request, Security
from fastapi.openapi.models import HTTPBearer as BearerModel
from fastapi.security import SecurityScopes
from fastapi.security.base import SecurityBase

from services.kit.problems import Forbidden, Text, Unauthenticated

HEADER = "X-Minsheng-Identity"
ISSUER = "minsheng-gateway"
LEEWAY = timedelta(seconds=5)

Kind = Literal["staff", "system", "citizen"]


class IdentityMissing(Unauthenticated):
    """The request did not come through the gateway (请求未经网关)."""

    slug = "identity-missing"
    title = Text("请求未经网关认证", "No signed identity")
    detail = Text("请经网关调用本服务。", "Call this service through the gateway.")


class IdentityRefused(Unauthenticated):
    """The signed identity is forged, stale, or made for another service (身份无效)."""

    slug = "identity-refused"
    title = Text("身份签名无效或已过期", "The signed identity is not valid here")
    detail = Text("请重新登录后经网关调用。", "Sign in again and call through the gateway.")


class ScopeMissing(Forbidden):
    """The caller lacks the scope that the route names (缺少权限)."""

    slug = "scope-missing"
    title = Text("缺少权限", "A permission is missing")
    detail = Text(
        "此操作需要权限 {needed}，请联系管理员授权。",
        "This needs the permission {needed}; ask your administrator.",
    )


@dataclass(frozen=True, slots=True)
class Identity:
    """The caller as the gateway knows him.

    `organisation` is the institution code (定点机构编码) or the credit code (统一社会信用代码) of a system caller.
    """

    subject: str
    kind: Kind
    name: str
    roles: frozenset[str]
    scopes: frozenset[str]
    area: str
    person_id: UUID | None = None
    organisation: str | None = None


def sign(
    identity: Identity, *, private_key: Ed25519PrivateKey, audience: str, now: datetime, ttl_seconds: int = 60
) -> str:
    """The identity as a token for one service."""
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": audience,
        "sub": identity.subject,
        "iat": now,
        "exp": now + timedelta(seconds=ttl_seconds),
        "kind": identity.kind,
        "name": identity.name,
        "roles": sorted(identity.roles),
        "scopes": sorted(identity.scopes),
        "area": identity.area,
        "person_id": str(identity.person_id) if identity.person_id else None,
        "organisation": identity.organisation,
    }
    return jwt.encode(claims, private_key, algorithm="EdDSA")


def verify(token: str, *, public_key: Ed25519PublicKey, audience: str) -> tuple[Identity, datetime]:
    """The identity and the moment it ends. Raises IdentityRefused."""
    try:
        claims = jwt.decode(
            token,
            public_key,
            algorithms=["EdDSA"],
            audience=audience,
            issuer=ISSUER,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "sub", "aud", "iss"]},
        )
        return _identity(claims), datetime.fromtimestamp(claims["exp"], UTC)
    except (jwt.InvalidTokenError, KeyError, ValueError) as error:
        raise IdentityRefused from error


def _identity(claims: dict[str, Any]) -> Identity:
    return Identity(
        subject=claims["sub"],
        kind=claims["kind"],
        name=claims["name"],
        roles=frozenset(claims["roles"]),
        scopes=frozenset(claims["scopes"]),
        area=claims["area"],
        person_id=UUID(claims["person_id"]) if claims["person_id"] else None,
        organisation=claims["organisation"],
    )


class Verifier:
    """Verifies each distinct token once and remembers it until it ends."""

    def __init__(self, *, public_key: Ed25519PublicKey, audience: str, size: int = 4096) -> None:
        self._public_key, self._audience, self._size = public_key, audience, size
        self._known: OrderedDict[bytes, tuple[Identity, datetime]] = OrderedDict()

    def __call__(self, token: str) -> Identity:
        fingerprint = hashlib.sha256(token.encode()).digest()
        known = self._known.get(fingerprint)
        if known is None:
            known = verify(token, public_key=self._public_key, audience=self._audience)
            self._known[fingerprint] = known
            if len(self._known) > self._size:
                self._known.popitem(last=False)
        if known[1] + LEEWAY <= datetime.now(UTC):
            del self._known[fingerprint]
            raise IdentityRefused
        return known[0]


class _Gateway(SecurityBase):
    """The security scheme under which a route's scopes stand in the OpenAPI document."""

    def __init__(self) -> None:
        self.model = BearerModel(description="经网关签名的身份 · identity signed by the gateway")
        self.scheme_name = "gateway"

    async def __call__(self, request: Request) -> Identity:
        token = request.headers.get(HEADER)
        if not token:
            raise IdentityMissing
        identity: Identity = request.app.state.verifier(token)
        return identity


_gateway = _Gateway()


async def _caller(needed: SecurityScopes, identity: Identity = Security(_gateway)) -> Identity:  # noqa: B008
    missing = [scope for scope in needed.scopes if scope not in identity.scopes]
    if missing:
        raise ScopeMissing(needed=missing)
    return identity


def requires(*scopes: str) -> Any:
    """The dependency that gives a route its caller and names the scopes that he needs."""
    return Security(_caller, scopes=list(scopes))


async def _anyone() -> None:
    return None


def anyone() -> Any:
    """Marks a route that is open to everyone; such routes stand on an explicit list."""
    return Depends(_anyone)
