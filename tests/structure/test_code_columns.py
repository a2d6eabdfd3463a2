"""The database is the last guard: every coded column is checked against its code list."""

import importlib
import re

import asyncpg

from services.kit import procedures  # noqa: F401 - its tables
from services.kit.db import KitBase
from tests.conftest import SERVICES, Database


def coded_columns(service: str) -> dict[str, set[str]]:
    """The values that each coded column of the service may have, by the name of its check."""
    models = importlib.import_module(f"services.{service}.models")
    return {
        f"ck_{table.name}_{column.name}": {str(code) for code in column.info["codes"]}
        for metadata in (models.Base.metadata, KitBase.metadata)
        for table in metadata.tables.values()
        for column in table.columns
        if "codes" in column.info
    }


async def checks_in(database: Database) -> dict[str, set[str]]:
    """The quoted values of each check constraint, by its name."""
    connection = await asyncpg.connect(database.url)
    try:
        rows = await connection.fetch(
            "SELECT conname, pg_get_constraintdef(oid) AS told FROM pg_constraint WHERE contype = 'c'"
        )
    finally:
        await connection.close()
    return {row["conname"]: set(re.findall(r"'([^']*)'", row["told"])) for row in rows}


class TestCodedColumns:
    async def test_take_exactly_the_codes_of_their_list(
        self,
        enrolment_database: Database,
        claims_database: Database,
        jobs_database: Database,
        archives_database: Database,
    ) -> None:
        databases = zip(
            SERVICES, (enrolment_database, claims_database, jobs_database, archives_database), strict=True
        )
        for service, database in databases:
            wanted, checks = coded_columns(service), await checks_in(database)
            assert wanted
            assert {name: checks.get(name) for name in wanted} == wanted
