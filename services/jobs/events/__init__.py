"""What the job service publishes, hears, and does by the clock."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

# First: operations import the published events while this package is still loading.
from services.jobs.events.published import CaseDecided, CaseOverdue, CertificationGranted, VacancyPublished

# isort: split
from services.jobs import operations, procedures
from services.jobs.events.heard import (
    AssistanceChanged,
    EmploymentChanged,
    PersonRegistered,
    hear_assistance,
    hear_employment,
    hear_person,
)
from services.kit.clock import business_date
from services.kit.events import Event, Hears, Timer
from services.kit.procedures import Desk, overdue_timer

MINUTE = 60.0


# Functions, not the things themselves: operations and procedures may still be loading here.
def _desk() -> Desk:
    return procedures.DESK


async def _expire_vacancies(session: AsyncSession, now: datetime) -> None:
    await operations.expire_vacancies(session, today=business_date(now))


async def _count_promises(session: AsyncSession, now: datetime) -> None:
    await operations.count_broken_promises(session, today=business_date(now))


PUBLISHES: list[type[Event]] = [CertificationGranted, VacancyPublished, CaseDecided, CaseOverdue]

HEARS = [
    Hears(PersonRegistered, hear_person),
    Hears(EmploymentChanged, hear_employment),
    Hears(AssistanceChanged, hear_assistance),
]

TIMERS = [
    overdue_timer(_desk, every_seconds=MINUTE),
    Timer(name="vacancies.expire", every_seconds=10 * MINUTE, run=_expire_vacancies),
    Timer(name="promises.count", every_seconds=MINUTE, run=_count_promises),
]
