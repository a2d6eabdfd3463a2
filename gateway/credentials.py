"""Passwords, client secrets and one-time codes: how they are made, kept and checked.

argon2id takes tens of milliseconds and megabytes by design, so it runs in two threads, and a queue that
grows too long is refused instead of starving everyone.
"""

import asyncio
import base64
import hmac
import os
import secrets
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.kit.crypto import Vault
from services.kit.problems import Refused, Text, Unavailable

T = TypeVar("T")

# OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
_QUEUE = 64
_waiting = 0

TOTP_SECONDS, TOTP_DIGITS, TOTP_DRIFT = 30, 6, 1


class SignInBusy(Unavailable):
    """Too many sign-ins at once (登录繁忙)."""

    slug = "sign-in-busy"
    title = Text("登录人数过多", "Too many sign-ins at once")
    detail = Text("请几秒后重试。", "Try again in a few seconds.")


class PasswordWeak(Refused):
    """The password breaks the rules (密码强度不足)."""

    slug = "password-weak"
    title = Text("密码强度不足", "The password is too weak")
    detail = Text(
        "密码至少 {length} 个字符，含大写字母、小写字母、数字、符号中的 {classes} 类，且不得包含账号。",
        "At least {length} characters, {classes} of upper case, lower case, digits and signs, not the account name.",
    )


async def hashed(secret: str) -> str:
    """The argon2id hash of a password or secret. Raises SignInBusy."""
    return await _in_thread(lambda: _HASHER.hash(secret))


async def matches(secret: str, known: str | None) -> bool:
    """Whether the secret belongs to the hash; takes as long when there is none. Raises SignInBusy."""
    return await _in_thread(lambda: _verify(secret, known))


def _verify(secret: str, known: str | None) -> bool:
    try:
        return _HASHER.verify(known or _nobody(), secret) and known is not None
    except (VerificationError, InvalidHashError):
        return False


_nobody_hash = ""


def _nobody() -> str:
    global _nobody_hash
    if not _nobody_hash:
        _nobody_hash = _HASHER.hash(secrets.token_urlsafe(16))
    return _nobody_hash


async def _in_thread(work: Callable[[], T]) -> T:
    global _waiting
    if _waiting >= _QUEUE:
        raise SignInBusy
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_THREADS, work)
    finally:
        _waiting -= 1


def check_password(password: str, *, account: str, length: int, classes: int) -> None:
    """Raises PasswordWeak when the rules of the bureau are not met."""
    kinds = {_class_of(character) for character in password}
    if len(password) < length or len(kinds) < classes or account.lower() in password.lower():
        raise PasswordWeak(length=length, classes=classes)


def _class_of(character: str) -> str:
    if character.isdigit():
        return "digit"
    if character.isalpha():
        return "upper" if character.isupper() else "lower"
    return "sign"


def new_secret() -> str:
    """256 random bits for a client secret or refresh token."""
    return secrets.token_urlsafe(32)


def new_totp_secret() -> str:
    """160 random bits in base32, as authenticator apps take them."""
    return base64.b32encode(os.urandom(20)).decode("ascii")


def totp_address(secret: str, *, account: str) -> str:
    """The otpauth address for the QR code."""
    return f"otpauth://totp/Minsheng:{account}?secret={secret}&issuer=Minsheng&digits={TOTP_DIGITS}&period={TOTP_SECONDS}"


def totp_step(secret: str, code: str, *, at: float, last: int) -> int | None:
    """The time step that the code belongs to (RFC 6238, one step of drift), if later than the last one used."""
    now = int(at) // TOTP_SECONDS
    for step in range(now - TOTP_DRIFT, now + TOTP_DRIFT + 1):
        if step > last and hmac.compare_digest(totp(secret, step), code):
            return step
    return None


def totp(secret: str, step: int) -> str:
    """The six digits of one time step."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", step), "sha1")
    start = digest[-1] & 0x0F
    number = struct.unpack_from(">I", digest, start)[0] & 0x7FFF_FFFF
    return str(number % 10**TOTP_DIGITS).zfill(TOTP_DIGITS)


class Sealer:
    """Encrypts one-time-code secrets at rest."""

    def __init__(self, field_key: str) -> None:
        # The gateway looks nothing up by a blind index, so its index key is thrown away.
        self._vault = Vault(field_key, base64.b64encode(os.urandom(32)).decode("ascii"))

    def seal(self, secret: str, *, context: str) -> bytes:
        """Encrypted for one place."""
        return self._vault.encrypt(secret, context=context)

    def open(self, sealed: bytes, *, context: str) -> str:
        """What was sealed for that place."""
        return self._vault.decrypt(sealed, context=context)
