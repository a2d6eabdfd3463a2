"""People, imports, identity, assistance categories (参保人、救助身份)."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from services.enrolment.codes import (
    AssistanceCategory,
    AssistanceClass,
    HukouKind,
    Sex,
)
from services.enrolment.schemas.base import Name, Reason
from services.kit.identifiers import AreaCode, IdNumber
from services.kit.schemas import Incoming, Outgoing


class PersonCreate(Incoming):
    """A person to register (参保人登记); sex and birth date come from the id number (GB 11643)."""

    name: Name
    id_number: IdNumber
    area: AreaCode
    hukou: HukouKind


class PersonUpdate(Incoming):
    """A correction of the register (信息更正): what is given replaces what stands, with a reason."""

    reason: Reason
    name: Name | None = None
    id_number: IdNumber | None = None
    area: AreaCode | None = None
    hukou: HukouKind | None = None


class PersonRead(Outgoing):
    """A person; the id number is masked."""

    person_id: UUID
    name: str
    sex: Sex
    birth_on: date
    id_number_masked: str
    area: str
    hukou: HukouKind
    registered_at: datetime


class PersonSearch(Incoming):
    """Finds one person by id number; in the body, for an id number never stands in an address."""

    id_number: IdNumber


class CorrectionRead(Outgoing):
    """One entry of the correction log."""

    field: str
    old_value: str
    new_value: str
    reason: str
    corrected_by: str
    corrected_at: datetime


class PersonImport(Incoming):
    """Lines to register; each is checked alone and a wrong one does not stop the others."""

    lines: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=1000)]


class RejectedLine(BaseModel):
    """A line that was not taken, with the reason."""

    line: int
    type: str
    message: str


class ImportRead(BaseModel):
    """What an import did."""

    registered: list[PersonRead]
    rejected: list[RejectedLine]


class IdentityBind(Incoming):
    """Name and id number of a citizen to be bound (实名绑定)."""

    name: Name
    id_number: IdNumber


class IdentityRead(Outgoing):
    """The person to whom name and id number belong."""

    person_id: UUID
    name: str
    area: str


class AccessRead(Outgoing):
    """Who read the record, when."""

    query: str
    reader: str
    reader_kind: str
    reader_name: str
    read_at: datetime


class AssistanceCreate(Incoming):
    """An assistance category of a person (救助身份认定)."""

    category: AssistanceCategory
    assistance_class: AssistanceClass | None = None
    hukou: HukouKind
    certificate_number: Name
    deciding_office: Name
    valid_from: date
    valid_until: date | None = None


class AssistanceEnd(Incoming):
    """The end of an assistance category; the day is the first without it."""

    valid_until: date
    reason: Reason


class AssistanceRead(Outgoing):
    """A dated assistance category."""

    assistance_id: UUID
    person_id: UUID
    category: AssistanceCategory
    assistance_class: AssistanceClass | None
    hukou: HukouKind
    certificate_number: str
    deciding_office: str
    valid_from: date
    valid_until: date | None
    ended_because: str | None


class ClassLine(Incoming):
    """One class of an assistance report."""

    assistance_class: AssistanceClass
    households: Annotated[int, Field(ge=0)]
    persons: Annotated[int, Field(ge=0)]


class ClassReport(Incoming):
    """Households and persons by class with the entered totals (低保分类统计表)."""

    classes: Annotated[list[ClassLine], Field(min_length=1)]
    households: Annotated[int, Field(ge=0)]
    persons: Annotated[int, Field(ge=0)]


class ClassReportRead(BaseModel):
    """The totals as added up."""

    households: int
    persons: int
