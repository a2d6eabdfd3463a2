"""Idempotency-Key -> one effect, the same answer.

The key's row is written in the transaction of the effect. A second identical request waits on the primary key:
when the first commits it gets the stored answer, when the first fails it does the work itself.
"""

import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import Column, LargeBinary
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import Field, col, select, update

from services.kit.db import DbSession, KitBase, moment_column
from services.kit.identity import Identity
from services.kit.problems import Problem, Refused, Text

HEADER = "Idempotency-Key"
M = TypeVar("M", bound=BaseModel)


class IdempotencyKey(KitBase, table=True):
    """A message that had its effect, with the answer that it got (报文编号)."""

    __tablename__ = "idempotency_key"

    caller: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    status: int | None = None
    answer: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    used_at: datetime = moment_column()


class IdempotencyKeyMissing(Problem):
    """The request would create or move something and carries no key (缺少消息编号)."""

    slug = "idempotency-key-missing"
    title = Text("缺少消息编号", "Idempotency-Key is missing")
    detail = Text(
        "请在请求头 Idempotency-Key 中填写唯一的消息编号（1-100 个可见字符）；重发时使用同一编号。",
        "Send a unique Idempotency-Key (1-100 visible characters); use the same one when you send again.",
    )


class IdempotencyKeyReused(Refused):
    """The key was used for another request (消息编号重复使用)."""

    slug = "idempotency-key-reused"
    title = Text("消息编号已用于另一请求", "The key was used for another request")
    detail = Text(
        "同一消息编号的内容与原请求不同，未办理；新业务请使用新的编号。",
        "The same key came with another request; nothing was done. Use a new key for new business.",
    )


class _Replay(Exception):
    def __init__(self, *, status: int, answer: bytes) -> None:
        self.status, self.answer = status, answer


def fingerprint_of(*, method: str, path: str, body: bytes) -> bytes:
    """What makes two requests the same."""
    return hashlib.sha256(b"\n".join([method.encode(), path.encode(), body])).digest()


def valid_key(key: str | None) -> str:
    """The key as sent. Raises IdempotencyKeyMissing when it is absent, too long or not printable ASCII."""
    if not key or len(key) > 100 or not (key.isascii() and key.isprintable()):
        raise IdempotencyKeyMissing
    return key


class OneEffect:
    """The key of the current request; the endpoint hands its answer to `keep`."""

    def __init__(self, *, session: Any, caller: str, key: str) -> None:
        self._session, self._caller, self._key = session, caller, key
        self._answer: tuple[int, bytes] | None = None

    def keep(self, answer: M, *, status: int = 200) -> M:
        """Stores the answer with the effect and gives it back."""
        self._answer = (status, answer.model_dump_json().encode())
        return answer

    async def claim(self, fingerprint: bytes) -> None:
        """Takes the key, or raises the replay of its stored answer."""
        row = {
            "caller": self._caller,
            "key": self._key,
            "fingerprint": fingerprint,
            "used_at": datetime.now(UTC),
        }
        taken = await self._session.exec(
            upsert(IdempotencyKey).values(**row).on_conflict_do_nothing().returning(col(IdempotencyKey.key))
        )
        if taken.first() is None:
            await self._replay(fingerprint)

    async def _replay(self, fingerprint: bytes) -> None:
        found = await self._session.exec(
            select(IdempotencyKey).where(
                IdempotencyKey.caller == self._caller, IdempotencyKey.key == self._key
            )
        )
        known = found.one()
        if known.fingerprint != fingerprint:
            raise IdempotencyKeyReused
        raise _Replay(status=known.status or 200, answer=known.answer or b"null")

    async def finish(self) -> None:
        if self._answer is None:
            raise RuntimeError("the endpoint took a key and kept no answer")
        status, answer = self._answer
        await self._session.exec(
            update(IdempotencyKey)
            .where(col(IdempotencyKey.caller) == self._caller, col(IdempotencyKey.key) == self._key)
            .values(status=status, answer=answer)
        )


async def _one_effect(
    request: Request,
    session: DbSession,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias=HEADER,
            description="唯一消息编号，重发时不变（必填） · unique message id, required; the same when sent again",
            max_length=100,
        ),
    ] = None,
) -> AsyncIterator[OneEffect]:
    caller: Identity = request.app.state.verifier(request.headers["X-Minsheng-Identity"])
    once = OneEffect(session=session, caller=caller.subject, key=valid_key(idempotency_key))
    await once.claim(
        fingerprint_of(method=request.method, path=request.url.path, body=await request.body()),
    )
    yield once
    await once.finish()


Once = Annotated[OneEffect, Depends(_one_effect, scope="function")]


async def _on_replay(request: Request, error: Exception) -> Response:
    assert isinstance(error, _Replay)
    return Response(
        error.answer,
        status_code=error.status,
        media_type="application/json",
        headers={"Idempotent-Replayed": "true"},
    )


def install(app: FastAPI) -> None:
    """Replays leave as the answer that they repeat."""
    app.add_exception_handler(_Replay, _on_replay)
