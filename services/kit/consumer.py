"""JetStream -> handler: exactly one effect per event.

A batch is one transaction: inbox rows first, then the handlers of the events that are new. When a batch fails,
its events are taken one by one, so that a bad one does not hold its neighbours.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import orjson
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.client import JetStreamContext
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlmodel.ext.asyncio.session import AsyncSession

from services.kit import clock, metrics
from services.kit.db import Sessions
from services.kit.events import DeadLetter, Envelope, Hears
from services.kit.logging import request_id
from services.kit.problems import Problem
from services.kit.relay import stream_of

log = structlog.get_logger()

BATCH = 500
PULL_SECONDS = 2.0
ACK_WAIT_SECONDS = 30.0
MAX_ACK_PENDING = 2000
RETRY_SECONDS = (1.0, 5.0, 15.0, 60.0, 300.0)
MAX_DELIVERIES = len(RETRY_SECONDS) + 1
REBIND_SECONDS = 1.0
LEAVE_SECONDS = 3.0
# Connection lost, too many connections, server stopping or starting, deadlock. Not 57014: a handler whose
# statements always take too long is at fault itself.
AWAY = ("08", "53", "57P", "40")
NOTHING_NOW, ASKED_OUT = "404", "408"  # the server's answers to a request that ran out

_INBOX = text(
    """INSERT INTO inbox (event_id, subject, heard_at)
       SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS text[]), CAST(:times AS timestamptz[]))
       ON CONFLICT DO NOTHING RETURNING event_id"""
)


class Unbound(NatsError):
    """The durable or its stream is gone; the status is the server's."""


class Unreadable(Exception):
    """The message is not an envelope, or of a type that is not heard here."""


class Consumer:
    """Hears one foreign stream for one service until it is stopped."""

    def __init__(
        self,
        *,
        service: str,
        source: str,
        hears: Mapping[str, Hears],
        sessions: Sessions,
        nats: Client,
        on_effect: Callable[[], None],
    ) -> None:
        self.service, self.source, self._hears = service, source, hears
        self._sessions, self._nats, self._on_effect = sessions, nats, on_effect
        self._js: JetStreamContext = nats.jetstream(timeout=5)
        self._subscription: Subscription | None = None
        self._inbox, self._asked = "", 0
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Ends `run`: the batch in hand is finished, messages not begun go back at once."""
        self._stop.set()

    async def run(self) -> None:
        """Hears until stopped; re-adds its durable and binds again whenever the stream or broker was away."""
        while not self._stop.is_set():
            try:
                await self._bind()
                while not self._stop.is_set():
                    await self._round()
            except Exception as error:  # whatever broke, the events wait at the broker
                log.warning("consumer.interrupted", source=self.source, error=type(error).__name__)
                await self._unbind()
                await self._pause(REBIND_SECONDS)
        await self._unbind()

    async def _bind(self) -> None:
        stream = stream_of(self.source)
        config = ConsumerConfig(
            durable_name=self.service,
            filter_subjects=sorted(self._hears),
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_SECONDS,
            max_deliver=-1,
            max_ack_pending=MAX_ACK_PENDING,
        )
        await self._js.add_consumer(stream, config)
        self._inbox = self._nats.new_inbox()
        self._subscription = await self._nats.subscribe(self._inbox)
        self._asked = 0

    async def _unbind(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is None:
            return
        try:
            for message in await self._leave(subscription):
                if not _status(message):
                    await message.nak()
        except (NatsError, OSError, TimeoutError):
            return

    async def _leave(self, subscription: Subscription) -> list[Msg]:
        """Ends the request that lingers at the server; gives back what had arrived and was not begun.

        The order matters: an event given back while the request still stands is delivered to it again, and
        then waits for nobody until its time for acknowledgement is over.
        """
        if not self._nats.is_connected:
            await subscription.unsubscribe()
            return []
        held: list[Msg] = []
        leaving = asyncio.ensure_future(asyncio.wait_for(subscription.drain(), LEAVE_SECONDS))  # type: ignore[no-untyped-call]
        while not leaving.done():
            try:
                held.append(await subscription.next_msg(timeout=0.05))
            except TimeoutError:
                continue
        await leaving
        return held

    async def _round(self) -> None:
        # Not PullSubscription.fetch: it waits for a full batch until its time-out, so a single event would be
        # late by that much. Here one request lingers at the server and whatever has arrived is taken at once.
        if self._asked <= 0:
            await self._ask()
        first = await self._next()
        if first is None:
            return
        messages = [first]
        while len(messages) < BATCH and self._bound.pending_msgs:
            messages.append(await self._bound.next_msg(timeout=1))
        deliveries = [message for message in messages if not _status(message)]
        self._asked -= len(deliveries)
        for message in messages:
            self._heed(_status(message))
        if deliveries:
            await self._take(deliveries)

    @property
    def _bound(self) -> Subscription:
        assert self._subscription is not None
        return self._subscription

    async def _ask(self) -> None:
        request = {"batch": BATCH, "expires": int(PULL_SECONDS * 1_000_000_000)}
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream_of(self.source)}.{self.service}"
        await self._nats.publish(subject, orjson.dumps(request), reply=self._inbox)
        self._asked = BATCH

    async def _next(self) -> Msg | None:
        arriving = asyncio.ensure_future(self._bound.next_msg(timeout=PULL_SECONDS + 1))
        stopping = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait({arriving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not arriving.done():
            arriving.cancel()
        try:
            return await arriving
        except (TimeoutError, asyncio.CancelledError):
            self._asked = 0
            return None

    def _heed(self, status: str) -> None:
        if not status:
            return
        self._asked = 0
        if status not in (NOTHING_NOW, ASKED_OUT):
            raise Unbound(status)

    async def _take(self, messages: Sequence[Msg]) -> None:
        readable: list[tuple[Msg, Envelope]] = []
        for message in messages:
            try:
                readable.append((message, self._read(message)))
            except Unreadable as error:
                await self._give_up(message, None, str(error))
        if not readable:
            return
        try:
            await self._effect([envelope for _, envelope in readable])
        except Exception as error:  # whatever a handler raises must not end the consumer
            if away(error):
                log.warning("consumer.database-away", source=self.source, error=type(error).__name__)
                for message, _ in readable:
                    await message.nak(delay=RETRY_SECONDS[0])
            elif len(readable) == 1:
                await self._failed(*readable[0], error)
            else:
                log.warning(
                    "consumer.batch-failed",
                    source=self.source,
                    events=len(readable),
                    error=type(error).__name__,
                )
                await self._one_by_one(readable)
            return
        for message, _ in readable:
            await message.ack()

    async def _one_by_one(self, readable: Sequence[tuple[Msg, Envelope]]) -> None:
        for message, envelope in readable:
            if self._stop.is_set():
                await message.nak()
                continue
            try:
                await self._effect([envelope])
            except Exception as error:  # see _take
                await self._failed(message, envelope, error)
            else:
                await message.ack()

    def _read(self, message: Msg) -> Envelope:
        try:
            envelope = Envelope.from_bytes(message.data)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unreadable("not an envelope") from error
        if envelope.type not in self._hears:
            raise Unreadable(f"unheard type {envelope.type}")
        return envelope

    async def _effect(self, batch: Sequence[Envelope]) -> None:
        async with self._sessions.begin() as session:
            new = await first_deliveries(session, batch)
            for subject, entry in self._hears.items():
                concerned = [envelope for envelope in new if envelope.type == subject]
                if concerned:
                    request_id.set(concerned[0].request_id)
                    await entry.apply(session, concerned)
                    metrics.events_handled.labels(subject).inc(len(concerned))
        metrics.events_repeated.inc(len(batch) - len(new))
        if session.info.get("published"):
            self._on_effect()

    async def _failed(self, message: Msg, envelope: Envelope, error: Exception) -> None:
        delivery = message.metadata.num_delivered
        metrics.events_failed.labels(envelope.type).inc()
        log.warning(
            "consumer.failed",
            subject=envelope.type,
            event_id=str(envelope.id),
            delivery=delivery,
            error=type(error).__name__,
        )
        if delivery >= MAX_DELIVERIES and not away(error):
            await self._give_up(message, envelope, reason_of(error))
        else:
            await message.nak(delay=RETRY_SECONDS[min(delivery, len(RETRY_SECONDS)) - 1])

    async def _give_up(self, message: Msg, envelope: Envelope | None, reason: str) -> None:
        letter = DeadLetter(
            event_id=envelope.id if envelope else None,
            subject=envelope.type if envelope else message.subject,
            body=message.data,
            error=reason,
            failed_at=clock.now(),
        )
        async with self._sessions.begin() as session:
            row = letter.model_dump()
            await session.exec(insert(DeadLetter).values(**row).on_conflict_do_nothing())
        metrics.dead_letters.labels(letter.subject).inc()
        log.error("consumer.dead-letter", subject=letter.subject, event_id=str(letter.event_id))
        await message.term()

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return


async def first_deliveries(session: AsyncSession, batch: Sequence[Envelope]) -> list[Envelope]:
    """Writes the inbox rows and gives back the events that were not there yet, each once."""
    ordered = sorted({envelope.id: envelope for envelope in batch}.values(), key=lambda envelope: envelope.id)
    connection = await session.connection()
    found = await connection.execute(
        _INBOX,
        {
            "ids": [envelope.id for envelope in ordered],
            "subjects": [envelope.type for envelope in ordered],
            "times": [clock.now()] * len(ordered),
        },
    )
    new = set(found.scalars())
    return [envelope for envelope in ordered if envelope.id in new]


def _status(message: Msg) -> str:
    return (message.headers or {}).get("Status", "") if not message.data else ""


def reason_of(error: Exception) -> str:
    """Why an event was given up, without its values: they may be personal data."""
    name = type(error).__name__
    if isinstance(error, ValidationError):
        return f"{name}: " + ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors())
    if isinstance(error, Problem):
        return f"{name}: {error.slug}"
    constraint = getattr(getattr(getattr(error, "orig", None), "__cause__", None), "constraint_name", None)
    return f"{name}: {constraint}" if constraint else name


def away(error: Exception) -> bool:
    """Whether the database was away: then it is not the event's fault, and it is tried for as long as it takes."""
    if isinstance(error, OSError | InterfaceError | OperationalError | TimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(getattr(error.orig, "__cause__", None), "sqlstate", None) or ""
    return error.connection_invalidated or state.startswith(AWAY)
