"""A pod waits for the schema that its code needs, and for nothing else."""

import asyncio

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from deploy.local.postgres import EmbeddedPostgres
from services.kit.migrations.__main__ import Target
from services.kit.migrations.wait import applied_revision, is_behind, wait


@pytest.fixture
def script() -> ScriptDirectory:
    return ScriptDirectory.from_config(Target("archives").config())


class TestIsBehind:
    def test_is_true_of_an_empty_database(self, script: ScriptDirectory) -> None:
        assert is_behind(None, script=script)

    def test_is_false_at_the_newest_migration(self, script: ScriptDirectory) -> None:
        (head,) = script.get_heads()
        assert not is_behind(head, script=script)

    def test_is_false_when_a_newer_version_migrated_already(self, script: ScriptDirectory) -> None:
        assert not is_behind("9999", script=script)


class TestWait:
    async def test_ends_when_the_migration_was_applied(
        self, postgres: EmbeddedPostgres, script: ScriptDirectory
    ) -> None:
        url = await postgres.ensure_database("waiting")
        assert await applied_revision(url) is None
        waiting = asyncio.create_task(wait("archives", url=url))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE TABLE alembic_version (version_num text)")
        await connection.execute("INSERT INTO alembic_version VALUES ($1)", script.get_heads()[0])
        await connection.close()
        await asyncio.wait_for(waiting, 10)

    async def test_takes_a_server_that_is_away_for_a_schema_that_is_not_there_yet(self) -> None:
        assert await applied_revision("postgresql://nobody:x@127.0.0.1:9/nothing") is None
