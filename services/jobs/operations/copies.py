"""The copies of what enrolment told: a stale version is ignored, so the order of events does not matter."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import queries
from services.jobs.codes import ChangeCause
from services.jobs.models import AssistanceCopy, EmploymentCopy, Person
from services.jobs.operations.seekers import running_employment, settle_state


async def copy_person(session: AsyncSession, **told: Any) -> None:
    """Who a person is, as enrolment's register says (参保人副本)."""
    await _keep_newest(session, Person, told)


async def copy_assistance(
    session: AsyncSession, *, person_id: UUID, version: int, categories: Sequence[dict[str, Any]]
) -> None:
    """Which assistance categories a person has (低保等)."""
    told = {"person_id": person_id, "version": version, "categories": list(categories)}
    await _keep_newest(session, AssistanceCopy, told)


async def copy_employments(
    session: AsyncSession,
    *,
    person_id: UUID,
    version: int,
    employments: Sequence[dict[str, Any]],
    today: date,
    now: datetime,
) -> None:
    """Where a person is insured as employed; the register follows without a new survey (动态管理)."""
    told = {"person_id": person_id, "version": version, "employments": list(employments)}
    if not await _keep_newest(session, EmploymentCopy, told):
        return
    seeker = await queries.find_seeker_of(session, person_id, for_update=True)
    if seeker is None:
        return
    employer = running_employment(employments, on=today)
    changes = {"works": employer is not None, "employer_name": employer}
    if employer is not None:
        changes["placement"] = employer
    await settle_state(
        session,
        seeker=seeker,
        changes=changes,
        cause=ChangeCause.EMPLOYMENT,
        reason="参保登记的就业变动",
        changed_by="enrolment",
        today=today,
        now=now,
    )


async def _keep_newest(session: AsyncSession, table: type[SQLModel], told: dict[str, Any]) -> bool:
    """Writes the row unless a newer version is there; whether it was written."""
    columns = table.__table__.c  # type: ignore[attr-defined]
    new = insert(table).values(**told)
    newest = new.on_conflict_do_update(
        index_elements=["person_id"],
        set_={name: new.excluded[name] for name in told if name != "person_id"},
        where=columns.version < new.excluded.version,
    )
    return (await session.execute(newest.returning(columns.person_id))).first() is not None
