"""What the job service hears: enrolment's persons, employments and assistance categories, copied by version."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlmodel.ext.asyncio.session import AsyncSession

from services.jobs import operations
from services.jobs.codes import Sex
from services.kit.clock import business_date
from services.kit.events import Envelope, Heard


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PersonRegistered(Heard):
    """A person was registered or corrected (参保人登记)."""

    subject = "enrolment.person.registered"

    person_id: UUID
    version: int
    name: str
    sex: Sex
    birth_on: date
    id_number_index: str
    id_number_masked: str
    area: str


class Employment(_Part):
    """One employment; no end while it runs."""

    employer_name: str
    started_on: date
    ended_on: date | None = None


class EmploymentChanged(Heard):
    """A person's employments as they now stand (就业参保变动)."""

    subject = "enrolment.employment.changed"

    person_id: UUID
    version: int
    employments: list[Employment]


class Category(_Part):
    """One assistance category with its period."""

    category: str
    valid_from: date
    valid_until: date | None = None


class AssistanceChanged(Heard):
    """A person's assistance categories as they now stand (救助身份变动)."""

    subject = "enrolment.assistance.changed"

    person_id: UUID
    version: int
    categories: list[Category]


async def hear_person(session: AsyncSession, event: PersonRegistered, envelope: Envelope) -> None:
    """Copies the person."""
    await operations.copy_person(session, **event.model_dump())


async def hear_employment(session: AsyncSession, event: EmploymentChanged, envelope: Envelope) -> None:
    """Copies the employments and updates the register without a new survey."""
    await operations.copy_employments(
        session,
        person_id=event.person_id,
        version=event.version,
        employments=[one.model_dump(mode="json") for one in event.employments],
        today=business_date(envelope.time),
        now=envelope.time,
    )


async def hear_assistance(session: AsyncSession, event: AssistanceChanged, envelope: Envelope) -> None:
    """Copies the assistance categories."""
    await operations.copy_assistance(
        session,
        person_id=event.person_id,
        version=event.version,
        categories=[one.model_dump(mode="json") for one in event.categories],
    )
