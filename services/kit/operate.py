"""What an operator does with events: list and replay dead letters (死信), refill a lost stream."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from services.kit import clock
from services.kit.clock import Moment
from services.kit.db import DbSession
from services.kit.events import DeadLetter, Envelope, Hears, Inbox, Outbox
from services.kit.identity import Identity, requires
from services.kit.paging import Page, PageQuery, page
from services.kit.problems import Conflict, NotFound, Text, answers


class DeadLetterNotFound(NotFound):
    """No such dead letter (死信不存在)."""

    slug = "dead-letter-not-found"


class DeadLetterReplayed(Conflict):
    """The dead letter had its effect already (死信已重放)."""

    slug = "dead-letter-replayed"
    title = Text("该事件已重放", "It was replayed already")
    detail = Text("该事件已经生效，无需再次重放。", "Its effect is there; there is nothing to replay.")


class DeadLetterUnheard(Conflict):
    """This service no longer hears such events (不再接收此类事件)."""

    slug = "dead-letter-unheard"
    title = Text("本服务不接收此类事件", "This service does not hear such events")
    detail = Text("请核对服务版本后再重放。", "Check the service's version before you replay.")


class DeadLetterUnreadable(Conflict):
    """What arrived is no event that this service can read (死信无法识别)."""

    slug = "dead-letter-unreadable"
    title = Text("事件内容无法识别", "The event cannot be read")
    detail = Text(
        "事件内容不符合约定格式，重放无效；请联系发布方更正后重新发布。",
        "It is not in the agreed form, so a replay cannot help; have its publisher correct and publish it again.",
    )


class DeadLetterRead(BaseModel):
    """A dead letter without its data, which may be personal."""

    model_config = ConfigDict(from_attributes=True)

    dead_letter_id: UUID = Field(validation_alias="id")
    event_id: UUID | None
    subject: str
    error: str
    failed_at: datetime
    replayed_at: datetime | None
    replayed_by: str | None


class RefillCreate(BaseModel):
    """From when on published events are published again."""

    model_config = ConfigDict(extra="forbid")

    since: Moment


class RefillRead(BaseModel):
    """How many events will be published again."""

    events: int


def router_of(name: str) -> APIRouter:
    """The operator's routes of a service."""
    router = APIRouter(tags=["operate"])
    operator = requires(f"{name}:operate")

    @router.get("/dead-letters")
    async def list_dead_letters(
        session: DbSession, query: PageQuery, caller: Annotated[Identity, operator], waiting: bool = True
    ) -> Page[DeadLetterRead]:
        """死信清单 · events that could not be taken in."""
        statement = select(DeadLetter)
        if waiting:
            statement = statement.where(col(DeadLetter.replayed_at).is_(None))
        rows, following = await page(session, statement, key=(col(DeadLetter.id),), query=query)
        return Page(items=[DeadLetterRead.model_validate(row) for row in rows], next=following)

    @router.post(
        "/dead-letters/{dead_letter_id}/replay",
        responses=answers(DeadLetterNotFound, DeadLetterReplayed, DeadLetterUnheard, DeadLetterUnreadable),
    )
    async def replay_dead_letter(
        request: Request, session: DbSession, dead_letter_id: UUID, caller: Annotated[Identity, operator]
    ) -> DeadLetterRead:
        """死信重放 · take the event in now."""
        letter = await replay(
            session,
            dead_letter_id=dead_letter_id,
            hears=request.app.state.hears,
            caller=caller.subject,
            now=clock.now(),
        )
        return DeadLetterRead.model_validate(letter)

    @router.post("/refills")
    async def refill_stream(
        session: DbSession, body: RefillCreate, caller: Annotated[Identity, operator]
    ) -> RefillRead:
        """流重建 · publish the events since a moment again; hearers absorb what they know."""
        done = await session.exec(
            update(Outbox)
            .where(col(Outbox.published_at).is_not(None), col(Outbox.created_at) >= body.since)
            .values(published_at=None)
        )
        session.info["published"] = True
        return RefillRead(events=int(getattr(done, "rowcount", 0)))

    return router


async def replay(
    session: AsyncSession, *, dead_letter_id: UUID, hears: dict[str, Hears], caller: str, now: datetime
) -> DeadLetter:
    """The event's effect and the mark that it was replayed, in one transaction.

    Raises DeadLetterNotFound, DeadLetterReplayed, DeadLetterUnheard, DeadLetterUnreadable.
    """
    letter = await session.get(DeadLetter, dead_letter_id, with_for_update=True)
    if letter is None:
        raise DeadLetterNotFound
    if letter.replayed_at:
        raise DeadLetterReplayed
    entry = hears.get(letter.subject)
    if entry is None:
        raise DeadLetterUnheard
    envelope = _read(letter, entry)
    new = await session.exec(
        insert(Inbox)
        .values(event_id=envelope.id, subject=envelope.type, heard_at=now)
        .on_conflict_do_nothing()
        .returning(col(Inbox.event_id))
    )
    if new.first():
        await entry.apply(session, [envelope])
    letter.replayed_at, letter.replayed_by = now, caller
    return letter


def _read(letter: DeadLetter, entry: Hears) -> Envelope:
    try:
        envelope = Envelope.from_bytes(letter.body)
        entry.view.model_validate(envelope.data)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DeadLetterUnreadable from error
    return envelope
