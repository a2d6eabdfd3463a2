"""Small verbs that several tests of the operations use."""

from decimal import Decimal
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import operations
from services.jobs.models import Vacancy
from services.kit.events import Envelope, Outbox
from services.kit.paging import PageRequest
from tests.jobs import build
from tests.jobs.build import CLERK, NOW, TODAY

FIRST_PAGE = PageRequest(after=None, size=50)


FITTING: dict[str, Any] = {
    "occupations": ["6-31-01-03"],
    "skills": ["装配", "质检"],
    "areas": ["990101"],
    "wage": Decimal("3500.00"),
}


async def told(session: AsyncSession, subject: str) -> list[dict[str, Any]]:
    rows = await session.exec(
        select(Outbox.body).where(Outbox.subject == subject).order_by(col(Outbox.created_at))
    )
    return [Envelope.from_bytes(body).data for body in rows.all()]


async def employ(session: AsyncSession, person_id: Any, *, version: int, **period: Any) -> None:
    employments = [{"employer_name": "样例建材有限公司", "ended_on": None} | period]
    await operations.copy_employments(
        session, person_id=person_id, version=version, employments=employments, today=TODAY, now=NOW
    )


async def submit(session: AsyncSession, by: Any = CLERK, **told: Any) -> Vacancy:
    employer = told.pop("of", None) or await build.employer(session)
    return await operations.submit_vacancy(
        session, employer_id=employer.employer_id, terms=build.terms(**told), caller=by, now=NOW
    )
