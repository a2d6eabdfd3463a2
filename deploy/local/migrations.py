"""Migrations against empty databases made for the purpose: `make check` and `make migration`.

python -m deploy.local.migrations check
python -m deploy.local.migrations revision claims "create bills"
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from alembic import command
from alembic.util.exc import CommandError

from deploy.local.postgres import EmbeddedPostgres
from deploy.local.problems import CannotRun
from deploy.local.state import hold_free
from deploy.local.suite import DATABASES, ROOT
from deploy.local.supervisor import run_main, say
from services.kit.migrations.__main__ import Target, apply, heads, upgrade


class MigrationsDiffer(CannotRun):
    """The migrations of a service do not lead to its models."""

    def __init__(self, name: str, why: object) -> None:
        super().__init__(
            f'{name} 的迁移与模型不一致：{why}\n请运行 make migration s={name} m="…" 生成迁移。\n'
            f"The migrations of {name} differ from its models: {why}\n"
            f'Write one with make migration s={name} m="…".'
        )


class TwoHeads(CannotRun):
    """Two migrations of a service follow the same one."""

    def __init__(self, name: str, found: tuple[str, ...]) -> None:
        super().__init__(
            f"{name} 应当恰有一个最新迁移，现有 {', '.join(found) or '0'}：请让后者接在前者之后。\n"
            f"{name} must have exactly one newest migration, not {', '.join(found) or '0'}: "
            "let one follow the other."
        )


async def check() -> int:
    """Every service: one head, an upgrade from nothing, and no difference to the models."""
    async with _server() as postgres:
        for name in DATABASES:
            if len(found := heads(name)) != 1:
                raise TwoHeads(name, found)
            await _check_against_models(name, await _empty(postgres, name))
            say(f"  ✓ {name:<12} {found[0]}")
    return 0


async def revision(name: str, message: str) -> int:
    """Write the migration that leads from the newest one to the models."""
    async with _server() as postgres:
        url = await _empty(postgres, name)
        await upgrade(name, url=url)
        arguments = ("-m", "services.kit.migrations", name, "revision", message)
        environment = {**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
        writer = await asyncio.create_subprocess_exec(sys.executable, *arguments, env=environment)
        return await writer.wait()


async def _check_against_models(name: str, url: str) -> None:
    await upgrade(name, url=url)
    try:
        await apply(Target(name), command.check, url=url)
    except CommandError as difference:
        raise MigrationsDiffer(name, difference) from None


async def _empty(postgres: EmbeddedPostgres, name: str) -> str:
    await postgres.drop_database(name)
    return await postgres.ensure_database(name)


@asynccontextmanager
async def _server() -> AsyncIterator[EmbeddedPostgres]:
    with hold_free(ROOT / ".local" / "migrations") as state:
        async with EmbeddedPostgres(state) as postgres:
            yield postgres


async def main() -> int:
    """Run the verb of the command line."""
    match sys.argv[1:]:
        case ["check"]:
            return await check()
        case ["revision", name, message] if name in DATABASES and message:
            return await revision(name, message)
        case _:
            say(f'make migration s={"|".join(DATABASES)} m="create bills"')
            return 2


if __name__ == "__main__":
    raise SystemExit(run_main(main))
