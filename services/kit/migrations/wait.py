"""python -m services.kit.migrations.wait claims: ends when the database has this version's schema, or a newer one.

Pods start with it, so that the order in which a Job and its Deployments are applied does not matter. A newer
schema is welcome: each migration works with the version of the code before it, and a pod of that version may
be started again while the next one is rolled out.
"""

import asyncio
import os
import sys

import asyncpg
import structlog
from alembic.script import ScriptDirectory

from services.kit.migrations.__main__ import Target

log = structlog.get_logger()
POLL_SECONDS = 2.0


def is_behind(applied: str | None, *, script: ScriptDirectory) -> bool:
    """Whether the database still lacks a migration that this code has; an unknown revision is a newer one."""
    if applied is None:
        return True
    known = {revision.revision for revision in script.walk_revisions()}
    return applied in known and applied not in script.get_heads()


async def applied_revision(url: str) -> str | None:
    """The revision in the database; None when there is no database, no table or no row yet."""
    try:
        connection = await asyncpg.connect(url, timeout=5, command_timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        log.info("schema.database-away", error=type(error).__name__)
        return None
    try:
        revision: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close(timeout=2)
    return revision


async def wait(name: str, *, url: str) -> None:
    """Returns when the schema is there; asks again every two seconds until then."""
    script = ScriptDirectory.from_config(Target(name).config())
    while is_behind(await applied_revision(url), script=script):
        log.info("schema.awaited", service=name, head=script.get_heads())
        await asyncio.sleep(POLL_SECONDS)


if __name__ == "__main__":
    asyncio.run(wait(sys.argv[1], url=os.environ["DATABASE_URL"]))
