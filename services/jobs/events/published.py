"""What the job service tells the others."""

from datetime import date
from uuid import UUID

from services.kit import procedures
from services.kit.events import Event


class CertificationGranted(Event):
    """A person was certified as hard to employ (就业困难人员已认定)."""

    subject = "jobs.certification.granted"
    example = {
        "certification_id": "0198f0a0-0000-7000-8000-0000000000ce",
        "version": 1,
        "number": "990101-KN-2026-000001",
        "person_id": "0198f0a0-0000-7000-8000-000000000001",
        "person_name": "样例一",
        "category": "age_40_50",
        "area": "990101",
        "granted_on": "2026-03-05",
        "valid_until": "2029-03-05",
    }

    certification_id: UUID
    version: int
    number: str
    person_id: UUID
    person_name: str
    category: str
    area: str
    granted_on: date
    valid_until: date | None


class VacancyPublished(Event):
    """A vacancy was reviewed and published (岗位已发布)."""

    subject = "jobs.vacancy.published"
    example = {
        "vacancy_id": "0198f0a0-0000-7000-8000-0000000000fa",
        "version": 2,
        "employer_credit_code": "91990101MA00000019",
        "employer_name": "样例制造有限公司",
        "title": "装配工",
        "places": 3,
        "valid_until": "2026-06-30",
        "area": "990101",
        "published_on": "2026-03-05",
    }

    vacancy_id: UUID
    version: int
    employer_credit_code: str
    employer_name: str
    title: str
    places: int
    valid_until: date
    area: str
    published_on: date


class CaseDecided(procedures.CaseDecided):
    """A case of the job service ended (就业办件办结)."""

    subject = "jobs.case.decided"


class CaseOverdue(procedures.CaseOverdue):
    """A case of the job service passed its promised day (就业办件超期)."""

    subject = "jobs.case.overdue"
    example = dict(procedures.CaseOverdue.example)
