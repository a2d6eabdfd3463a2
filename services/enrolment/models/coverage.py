"""Coverage periods and their changes (待遇期)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Index,
)
from sqlmodel import Field

from services.enrolment.codes import (
    Scheme,
)
from services.enrolment.models.base import NOW, PERIOD_OR_EMPTY, Base
from services.kit.db import code_column, moment_column
from services.kit.ids import new_id


class Coverage(Base, table=True):
    """A period in which a person is covered by a scheme; periods of one person and scheme never overlap."""

    __table_args__ = (
        CheckConstraint(PERIOD_OR_EMPTY, name="period"),
        CheckConstraint("length(trim(reason)) > 0", name="reason"),
        Index(None, "person_id", "scheme", "valid_from"),
    )

    coverage_id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="person.person_id")
    scheme: Scheme = code_column(Scheme, name="scheme")
    valid_from: date
    valid_until: date | None = None
    reason: str
    bill_id: UUID | None = Field(default=None, foreign_key="bill.bill_id")
    employer_id: UUID | None = Field(default=None, foreign_key="employer.employer_id", index=True)
    recorded_by: str
    recorded_at: datetime | None = moment_column(server_default=NOW)


class CoverageChange(Base, table=True):
    """Each change of a coverage period: old, new, why, who (X5). Append-only."""

    __tablename__ = "coverage_change"
    __table_args__ = (CheckConstraint("length(trim(reason)) > 0", name="reason"),)

    change_id: UUID = Field(default_factory=new_id, primary_key=True)
    coverage_id: UUID = Field(foreign_key="coverage.coverage_id", index=True)
    old_valid_from: date | None = None
    old_valid_until: date | None = None
    new_valid_from: date
    new_valid_until: date | None = None
    reason: str
    changed_by: str
    changed_at: datetime | None = moment_column(server_default=NOW)
