"""What enrolment says about persons, kept here (参保信息副本): one statement for a whole batch of events.

Every event carries the full state with its version, so of each person only the newest counts, and a stale one
changes nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

PERSONS = text("""
    INSERT INTO person_copy AS k (person_id, version, name, sex, birth_on, id_number_index, id_number_masked, area)
    SELECT * FROM json_to_recordset(:rows) AS r(person_id uuid, version integer, name text, sex text, birth_on date,
        id_number_index text, id_number_masked text, area text)
    ORDER BY person_id
    ON CONFLICT (person_id) DO UPDATE SET version = excluded.version, name = excluded.name, sex = excluded.sex,
        birth_on = excluded.birth_on, id_number_index = excluded.id_number_index,
        id_number_masked = excluded.id_number_masked, area = excluded.area
    WHERE k.version < excluded.version
""")

COVERAGES = text("""
    INSERT INTO coverage_copy AS k (person_id, version, area, coverages)
    SELECT * FROM json_to_recordset(:rows) AS r(person_id uuid, version integer, area text, coverages jsonb)
    ORDER BY person_id
    ON CONFLICT (person_id) DO UPDATE SET version = excluded.version, area = excluded.area,
        coverages = excluded.coverages
    WHERE k.version < excluded.version
""")

ASSISTANCE = text("""
    INSERT INTO assistance_copy AS k (person_id, version, categories)
    SELECT * FROM json_to_recordset(:rows) AS r(person_id uuid, version integer, categories jsonb)
    ORDER BY person_id
    ON CONFLICT (person_id) DO UPDATE SET version = excluded.version, categories = excluded.categories
    WHERE k.version < excluded.version
""")

Row = dict[str, Any]


async def copy_persons(session: AsyncSession, *, rows: Sequence[Row]) -> None:
    """Takes over names, masked id numbers and their blind indexes."""
    await _copy(session, PERSONS, rows)


async def copy_coverages(session: AsyncSession, *, rows: Sequence[Row]) -> None:
    """Takes over who is insured where and when (参保状态)."""
    await _copy(session, COVERAGES, rows)


async def copy_assistance(session: AsyncSession, *, rows: Sequence[Row]) -> None:
    """Takes over assistance identities (救助身份)."""
    await _copy(session, ASSISTANCE, rows)


async def _copy(session: AsyncSession, statement: Any, rows: Sequence[Row]) -> None:
    await session.exec(statement, params={"rows": orjson.dumps(_newest(rows)).decode()})


def _newest(rows: Iterable[Row]) -> list[Row]:
    newest: dict[UUID, Row] = {}
    for row in rows:
        known = newest.get(row["person_id"])
        if known is None or known["version"] < row["version"]:
            newest[row["person_id"]] = row
    return list(newest.values())
