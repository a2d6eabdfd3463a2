"""The hash chain of the audit trail 审计哈希链: each row's hash covers the row before it.

`python -m gateway.chain` reads the whole trail and names every row that was changed, removed or put in.
"""

import asyncio
import hashlib
import os
import sys
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import asyncpg
import orjson

COLUMNS = (
    "at, phase, begun_place, outcome, subject, kind, name, organisation, area, action, method, path, service, "
    "resources, status, duration_us, request_id, client_ip, user_agent"
)


def chained(previous: bytes, place: int, entry: Sequence[object]) -> bytes:
    """The hash of a row: over the hash before it, its place and its columns."""
    return hashlib.sha256(previous + orjson.dumps((place, *entry))).digest()


def first_hash(chain: UUID) -> bytes:
    """Where a chain begins."""
    return hashlib.sha256(chain.bytes).digest()


async def faults(url: str) -> AsyncIterator[str]:
    """What is wrong with the trail, row by row; nothing when it is whole."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(readonly=True):
            chain, place, previous = None, 0, b""
            order = f"SELECT chain, place, hash, {COLUMNS} FROM audit_entry ORDER BY chain, place"  # noqa: S608
            async for row in connection.cursor(order, prefetch=1000):
                if row["chain"] != chain:
                    chain, place, previous = row["chain"], 0, first_hash(UUID(str(row["chain"])))
                if row["place"] != place + 1:
                    yield f"{chain}: 缺少记录 rows {place + 1} to {row['place'] - 1} are missing"
                elif row["hash"] != chained(previous, row["place"], tuple(row)[3:]):
                    yield f"{chain}: 记录被改动 row {row['place']} was changed"
                place, previous = row["place"], row["hash"]
    finally:
        await connection.close()


async def main() -> int:
    """The command line: 0 when the trail is whole."""
    wrong = [fault async for fault in faults(os.environ["DATABASE_URL"])]
    sys.stdout.write("\n".join([*wrong, "审计链完整 the trail is whole\n" if not wrong else ""]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
