"""Looks into the databases behind the suite: what was written, and whether it may be so."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Self

import asyncpg

from deploy.local.suite import DATABASES, Suite
from gateway import chain

SERVICES = ("enrolment", "claims", "jobs", "archives")
# The trail writes down refusals too; a session row is a sign-in, of which tests need some.
BESIDE = frozenset(("gateway.audit_entry", "gateway.session", "gateway.alembic_version"))
QUIET_SECONDS = 60.0
REDELIVERED_SECONDS = 90.0

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"


async def rows(suite: Suite, database: str, statement: str, *values: object) -> list[Mapping[str, Any]]:
    """The rows of a statement in the database of a service or the gateway."""
    connection = await asyncpg.connect(suite.databases[database], timeout=10)
    try:
        return [dict(row) for row in await connection.fetch(statement, *values)]
    finally:
        await connection.close()


async def value(suite: Suite, database: str, statement: str, *values: object) -> Any:
    """The single value of a statement."""
    found = await rows(suite, database, statement, *values)
    return next(iter(found[0].values()))


class Counter:
    """Counts the rows of every table but the trail's, over connections that stay open."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._connections: dict[str, asyncpg.Connection] = {}
        self._statements: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        for database in DATABASES:
            connection = await asyncpg.connect(self._suite.databases[database], timeout=10)
            self._connections[database] = connection
            names = [row["tablename"] for row in await connection.fetch(_TABLES)]
            counted = (
                f"SELECT '{database}.{name}' AS name, count(*) AS rows FROM \"{name}\"" for name in names
            )
            self._statements[database] = " UNION ALL ".join(counted)
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._connections.values():
            await connection.close(timeout=5)

    async def count(self) -> dict[str, int]:
        """Rows by `database.table`."""
        found: dict[str, int] = {}
        for database, connection in self._connections.items():
            for row in await connection.fetch(self._statements[database]):
                found[row["name"]] = row["rows"]
        return {name: number for name, number in found.items() if name not in BESIDE}


async def counts(suite: Suite) -> dict[str, int]:
    """How many rows each table has, but for the trail."""
    async with Counter(suite) as counter:
        return await counter.count()


async def quiet(suite: Suite) -> dict[str, int]:
    """The counts when every event has arrived: nothing waits in an outbox and nothing changes any more."""
    deadline = time.monotonic() + QUIET_SECONDS
    before: dict[str, int] = {}
    while True:
        waiting = await waiting_events(suite)
        now = await counts(suite)
        if not waiting and now == before:
            return now
        assert time.monotonic() < deadline, f"still waiting: {waiting}, changed: {changed(before, now)}"
        before = now
        await asyncio.sleep(0.5)


async def waiting_events(suite: Suite) -> dict[str, int]:
    """Events by service that are committed and not published yet."""
    statement = "SELECT count(*) FROM outbox WHERE published_at IS NULL"
    found = {service: await value(suite, service, statement) for service in SERVICES}
    return {service: number for service, number in found.items() if number}


def changed(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Tables whose count differs."""
    return {
        name: (before.get(name, 0), number) for name, number in after.items() if before.get(name) != number
    }


async def faults(suite: Suite) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Every invariant of the main job that does not hold, with the rows that break it; empty when all is well."""
    found: dict[str, Sequence[Mapping[str, Any]]] = {}
    for (database, what), statement in INVARIANTS.items():
        broken = await rows(suite, database, statement)
        if broken:
            found[f"{database}: {what}"] = broken
    return found | await _between_services(suite)


async def settled(suite: Suite) -> dict[str, Sequence[Mapping[str, Any]]]:
    """The faults that stay when every event had its time to arrive; one that a killed worker held comes again
    after half a minute."""
    deadline = time.monotonic() + REDELIVERED_SECONDS
    while (found := await faults(suite)) and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
    return found


INVARIANTS = {
    ("claims", "at most one settlement in force for a bill"): """
        SELECT bill_id, count(*) FROM settlement s LEFT JOIN reversal r ON r.settlement_id = s.id
        WHERE r.id IS NULL GROUP BY bill_id HAVING count(*) > 1""",
    ("claims", "a bill is settled exactly when a settlement is in force"): """
        SELECT b.id, b.state FROM bill b WHERE (b.state = 'settled') <> EXISTS (
            SELECT 1 FROM settlement s LEFT JOIN reversal r ON r.settlement_id = s.id
            WHERE s.bill_id = b.id AND r.id IS NULL)""",
    ("claims", "each transaction of the ledger sums to zero"): """
        SELECT transaction_id, sum(amount) FROM ledger_entry GROUP BY 1 HAVING sum(amount) <> 0""",
    ("claims", "each settlement and reversal is booked once"): """
        SELECT id FROM (SELECT id FROM settlement UNION ALL SELECT id FROM reversal) made
        WHERE NOT EXISTS (SELECT 1 FROM ledger_entry e WHERE e.transaction_id = made.id)""",
    ("claims", "the layers sum to what the funds pay"): """
        SELECT s.id FROM settlement s LEFT JOIN settlement_layer l ON l.settlement_id = s.id
        GROUP BY s.id HAVING coalesce(sum(l.amount), 0) <> s.fund_paid""",
    ("claims", "the year's use is the sum of the settlements in force"): """
        SELECT a.person_id, a.year, a.in_policy FROM accumulator a WHERE a.in_policy <> (
            SELECT coalesce(sum(s.in_policy), 0) FROM settlement s LEFT JOIN reversal r ON r.settlement_id = s.id
            WHERE r.id IS NULL AND s.person_id = a.person_id AND s.scheme = a.scheme AND s.year = a.year)""",
    ("claims", "a bill number is one bill of an institution"): """
        SELECT institution_code, bill_number FROM bill GROUP BY 1, 2 HAVING count(*) > 1""",
    ("enrolment", "a receipt number is credited once"): """
        SELECT receipt_number FROM receipt GROUP BY 1 HAVING count(*) > 1""",
    ("enrolment", "one bill of a payer for a period and purpose"): """
        SELECT payer_kind, payer_id, period, enrolment_id, determination_id FROM bill
        WHERE state <> 'reversed' AND coalesce(enrolment_id, determination_id) IS NOT NULL
        GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1""",
    ("enrolment", "one determination of an employer and month in force"): """
        SELECT employer_id, period FROM determination WHERE reversed_at IS NULL
        GROUP BY 1, 2 HAVING count(*) > 1""",
    ("enrolment", "a person has an id number once"): """
        SELECT id_number_index FROM person GROUP BY 1 HAVING count(*) > 1""",
    ("archives", "one piece of a case"): """
        SELECT kind, source_id FROM piece GROUP BY 1, 2 HAVING count(*) > 1""",
    ("jobs", "one certification of a person and category in force"): """
        SELECT seeker_id, category FROM certification GROUP BY 1, 2 HAVING count(*) > 1""",
    **{(service, "no dead letters"): "SELECT subject, error FROM dead_letter" for service in SERVICES},
    **{
        (service, "no event waits"): "SELECT subject FROM outbox WHERE published_at IS NULL"
        for service in SERVICES
    },
    **{
        (service, "no message without its answer"): "SELECT key FROM idempotency_key WHERE answer IS NULL"
        for service in SERVICES
    },
}


async def _between_services(suite: Suite) -> dict[str, Sequence[Mapping[str, Any]]]:
    found: dict[str, Sequence[Mapping[str, Any]]] = {}
    pieces = await _column(suite, "archives", "SELECT source_id::text FROM piece")
    ended = await _column(
        suite, "claims", "SELECT id::text FROM settlement UNION ALL SELECT id::text FROM reversal"
    )
    if lost := ended - pieces:
        found["every settlement and reversal is a piece"] = [{"id": one} for one in sorted(lost)]
    said, heard = await _column(suite, "enrolment", _COVERED), await _column(suite, "claims", _HEARD)
    if said != heard:
        found["claims knows the coverage that enrolment says"] = [{"period": one} for one in said ^ heard]
    if unaudited := await unaudited_messages(suite):
        found["every message that had its effect is on the trail"] = unaudited
    if broken := [{"row": fault} async for fault in chain.faults(suite.databases["gateway"])]:
        found["the trail is whole"] = broken
    return found


_COVERED = """
    SELECT concat_ws(' ', person_id, scheme, valid_from, coalesce(valid_until::text, 'open')) FROM coverage
    WHERE valid_until IS NULL OR valid_until > valid_from"""
_HEARD = """
    SELECT concat_ws(' ', person_id, c.scheme, c.valid_from, coalesce(c.valid_until::text, 'open'))
    FROM coverage_copy, jsonb_to_recordset(coverages) AS c(scheme text, valid_from date, valid_until date)"""


async def _column(suite: Suite, database: str, statement: str) -> set[str]:
    return {next(iter(row.values())) for row in await rows(suite, database, statement)}


async def unaudited_messages(suite: Suite) -> list[Mapping[str, Any]]:
    """Callers with more effects in a service than answers on the trail: one is missing there."""
    statement = """
        SELECT subject, count(*) AS number FROM audit_entry
        WHERE phase = 'ended' AND outcome = 'done' AND method <> 'GET' AND service = $1 GROUP BY subject"""
    missing: list[Mapping[str, Any]] = []
    for service in SERVICES:
        told = {row["subject"]: row["number"] for row in await rows(suite, "gateway", statement, service)}
        kept = await rows(
            suite, service, "SELECT caller, count(*) AS number FROM idempotency_key GROUP BY caller"
        )
        missing += [row for row in kept if told.get(row["caller"], 0) < row["number"]]
    return missing
