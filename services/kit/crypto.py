"""Personal data at rest (个人信息加密): field encryption, and a blind index to look values up.

A ciphertext is one byte key version, twelve bytes nonce, then AES-256-GCM. The version makes it
possible to change the key: old values are read with the old key, new ones are written with the new.
"""

import hmac
import os
from base64 import b64decode
from binascii import Error as NotBase64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES = 32
_NONCE_BYTES = 12


class BadKey(ValueError):
    """A key is not 32 bytes in base64, or its version is not 1 to 255 (密钥格式错误)."""


class Undecipherable(ValueError):
    """A value cannot be decrypted: other key, other context, or changed bytes (无法解密)."""


class Vault:
    """Encrypts fields and computes blind indexes.

    `field_key` is a key in base64, or several as `2:<base64>,1:<base64>`: the first one encrypts, the
    number of each is the version stored with the value. A key without a number is version 1.
    Raises BadKey.
    """

    def __init__(self, field_key: str, index_key: str) -> None:
        keys = [_versioned(part) for part in field_key.split(",")]
        self._version = keys[0][0]
        self._ciphers = {version: AESGCM(key) for version, key in keys}
        self._index_key = _key(index_key)

    def encrypt(self, text: str, *, context: str) -> bytes:
        """The text encrypted for one place, e.g. context `person.id_number:<person_id>`.

        The context is authenticated, so a ciphertext copied to another row does not decrypt there.
        """
        nonce = os.urandom(_NONCE_BYTES)
        version = bytes([self._version])
        sealed = self._ciphers[self._version].encrypt(nonce, text.encode(), _bound(version, context))
        return version + nonce + sealed

    def decrypt(self, sealed: bytes, *, context: str) -> str:
        """The text that was encrypted for this context; raises Undecipherable."""
        version, nonce, rest = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        cipher = self._ciphers.get(version[0]) if version else None
        if cipher is None:
            raise Undecipherable(f"no key of version {version.hex() or 'none'} (没有该版本的密钥)")
        try:
            return cipher.decrypt(nonce, rest, _bound(version, context)).decode()
        except (InvalidTag, ValueError):
            raise Undecipherable("wrong key or context, or changed data (密钥或上下文不符)") from None

    def index(self, text: str) -> str:
        """The blind index (盲索引) of a normalised value: HMAC-SHA256 in hex, equal for equal text."""
        return hmac.digest(self._index_key, text.encode(), "sha256").hex()


def _bound(version: bytes, context: str) -> bytes:
    if not context:
        raise ValueError("a context is required (必须给出上下文)")
    return version + context.encode()


def _versioned(part: str) -> tuple[int, bytes]:
    version, _, key = part.strip().rpartition(":")
    if version and not (version.isdecimal() and 1 <= int(version) <= 255):
        raise BadKey("a key version is 1 to 255 (密钥版本应为1至255)")
    return int(version or 1), _key(key)


def _key(text: str) -> bytes:
    try:
        key = b64decode(text, validate=True)
    except (NotBase64, ValueError):
        raise BadKey("a key is 32 bytes in base64 (密钥应为32字节的base64)") from None
    if len(key) != _KEY_BYTES:
        raise BadKey(f"a key is 32 bytes in base64, not {len(key)} (密钥应为32字节)")
    return key
