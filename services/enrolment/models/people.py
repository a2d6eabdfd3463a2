"""People, their corrections, who read their records (参保人)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    UniqueConstraint,
)
from sqlmodel import Field

from services.enrolment.codes import (
    HukouKind,
    Sex,
)
from services.enrolment.models.base import Base
from services.kit.db import code_column, moment_column
from services.kit.ids import new_id


class Person(Base, table=True):
    """A person over all schemes (参保人). The id number is encrypted; its blind index finds it and is unique."""

    __table_args__ = (UniqueConstraint("id_number_index"), Index(None, "area", "person_id"))

    person_id: UUID = Field(default_factory=new_id, primary_key=True)
    version: int = 1
    name: str
    sex: Sex = code_column(Sex, name="sex")
    birth_on: date
    id_number_sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    id_number_index: str
    id_number_masked: str
    area: str
    hukou: HukouKind = code_column(HukouKind, name="hukou")
    registered_by: str
    registered_at: datetime = moment_column()


class PersonCorrection(Base, table=True):
    """One corrected field of a person: old, new, who, when, why (变更日志, X5). Append-only."""

    __tablename__ = "person_correction"
    __table_args__ = (CheckConstraint("length(trim(reason)) > 0", name="reason"),)

    correction_id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="person.person_id", index=True)
    field: str
    old_value: str
    new_value: str
    reason: str
    corrected_by: str
    corrected_at: datetime = moment_column()


class RecordAccess(Base, table=True):
    """Who read whose record, when and through which query (查询日志, X9, E34, E46). Append-only."""

    __tablename__ = "record_access"

    access_id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(foreign_key="person.person_id", index=True)
    query: str
    reader: str
    reader_kind: str
    reader_name: str
    read_at: datetime = moment_column()
