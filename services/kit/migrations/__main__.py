"""python -m services.kit.migrations claims upgrade | check | current | revision "create bills"

`DATABASE_URL` says where. A migration must work with the version of the code before it.
"""

import asyncio
import importlib
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData

from services.kit.db import create_engine

LOCK = 727_001
ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Target:
    """What is migrated: a service, or the gateway."""

    name: str

    @property
    def package(self) -> str:
        return "gateway" if self.name == "gateway" else f"services.{self.name}"

    @property
    def versions(self) -> Path:
        return ROOT / self.package.replace(".", "/") / "migrations"

    def metadata(self) -> list[MetaData]:
        models = importlib.import_module(f"{self.package}.models")
        if self.name == "gateway":
            return [models.Base.metadata]
        from services.kit import events, idempotency, procedures  # noqa: F401 - their tables
        from services.kit.db import KitBase

        return [models.Base.metadata, KitBase.metadata]

    def includes(self, thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
        return name != "alembic_version"

    def config(self) -> Config:
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent))
        config.set_main_option("version_locations", str(self.versions))
        config.set_main_option("path_separator", "newline")
        config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
        config.attributes["target"] = self
        return config

    def next_revision(self) -> str:
        numbers = [int(path.name[:4]) for path in self.versions.glob("[0-9][0-9][0-9][0-9]_*.py")]
        return f"{max(numbers, default=0) + 1:04d}"


async def apply(target: Target, action: Callable[[Config], None], *, url: str) -> None:
    """Runs an Alembic command on a connection to the target's database."""
    engine = create_engine(url, name=f"{target.name}-migrations")

    def within(connection: Connection) -> None:
        config = target.config()
        config.attributes["connection"] = connection
        action(config)

    async with engine.connect() as connection:
        await connection.run_sync(within)
        await connection.commit()
    await engine.dispose()


async def upgrade(name: str, *, url: str) -> None:
    """Brings the database of the service to the newest version."""
    await apply(Target(name), lambda config: command.upgrade(config, "head"), url=url)


def heads(name: str) -> tuple[str, ...]:
    """The newest versions; more than one is a mistake."""
    return tuple(ScriptDirectory.from_config(Target(name).config()).get_heads())


def main(arguments: list[str]) -> None:
    name, verb, *rest = arguments
    target = Target(name)
    actions: dict[str, Callable[[Config], object]] = {
        "upgrade": lambda config: command.upgrade(config, "head"),
        "check": command.check,
        "current": lambda config: command.current(config, verbose=True),
        "revision": lambda config: command.revision(
            config, message=_message(rest), autogenerate=True, rev_id=target.next_revision()
        ),
    }
    asyncio.run(apply(target, lambda config: void(actions[verb](config)), url=os.environ["DATABASE_URL"]))


def void(_: object) -> None:
    return None


def _message(rest: list[str]) -> str:
    message = " ".join(rest)
    if not re.fullmatch(r"[A-Za-z0-9 ]+", message):
        sys.exit("a migration needs a message of plain words, for example: create bills")
    return message


if __name__ == "__main__":
    main(sys.argv[1:])
