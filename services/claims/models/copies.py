"""What claims knows of persons: its own copies, fed by enrolment's events (参保信息副本).

Each row carries the version of the event that it came from; an older event changes nothing.
"""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.claims.models.base import Base


class PersonCopy(Base, table=True):
    """Name and masked id number of an insured person; the id number itself is not here, only its blind index."""

    __tablename__ = "person_copy"

    person_id: UUID = Field(primary_key=True)
    version: int
    name: str
    sex: str
    birth_on: date
    id_number_index: str = Field(index=True)
    id_number_masked: str
    area: str


class CoverageCopy(Base, table=True):
    """In which schemes a person is insured, and when: [{scheme, valid_from, valid_until}]."""

    __tablename__ = "coverage_copy"

    person_id: UUID = Field(primary_key=True)
    version: int
    area: str
    coverages: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))


class AssistanceCopy(Base, table=True):
    """Which assistance identities a person has, and when: [{category, valid_from, valid_until}] (救助身份)."""

    __tablename__ = "assistance_copy"

    person_id: UUID = Field(primary_key=True)
    version: int
    categories: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
