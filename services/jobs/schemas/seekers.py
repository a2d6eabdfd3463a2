"""The real-name register and certifications over HTTP."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, model_validator

from services.jobs.codes import (
    ChangeCause,
    Education,
    EmploymentState,
    Group,
    HardshipCategory,
    Hukou,
)
from services.kit.identifiers import AreaCode, IdNumber
from services.kit.money import Yuan
from services.kit.schemas import Incoming, Outgoing

Word = Annotated[str, Field(min_length=1, max_length=60)]
Words = Annotated[list[Word], Field(max_length=30)]
Occupation = Annotated[
    str,
    Field(pattern=r"^[1-8](-\d{2}){0,3}$", description="职业代码（职业分类大典）", examples=["6-31-01-03"]),
]
Land = Annotated[Decimal, Field(ge=0, max_digits=8, decimal_places=2, description="人均耕地，亩")]
Reason = Annotated[str, Field(max_length=500)]


class SeekerFields(Incoming):
    """What the survey asks (调查内容)."""

    hukou: Hukou
    able: bool = Field(description="有劳动能力")
    willing: bool = Field(description="有就业愿望")
    works: bool = Field(default=False, description="在城镇就业，或外出经商务工")
    employer_name: Word | None = None
    farms_own_land: bool = Field(default=False, description="经营承包土地")
    land_per_head: Land | None = None
    wants_other_work: bool = Field(default=False, description="要求另找工作")
    education: Education | None = None
    monthly_income: Yuan | None = None
    income_source: Word | None = None
    occupations: Annotated[list[Occupation], Field(max_length=10)] = []
    skills: Words = []
    areas: Annotated[list[AreaCode], Field(max_length=10)] = []
    groups: Annotated[list[Group], Field(max_length=8)] = []
    wage: Yuan | None = Field(default=None, description="期望月工资")
    unemployment_cause: Reason | None = None
    family_situation: Reason | None = None


class SeekerCreate(SeekerFields):
    """A new registration (实名登记). `unemployed_since` takes over an earlier unemployment registration."""

    id_number: IdNumber
    unemployed_since: date | None = None


NEVER_EMPTY = {
    "hukou",
    "able",
    "willing",
    "works",
    "farms_own_land",
    "wants_other_work",
    "occupations",
    "skills",
    "areas",
    "groups",
}


class SeekerUpdate(Incoming):
    """Changed fields of a registration and the reason (信息变更); what is left out stays."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]
    hukou: Hukou | None = None
    able: bool | None = None
    willing: bool | None = None
    works: bool | None = None
    employer_name: Word | None = None
    farms_own_land: bool | None = None
    land_per_head: Land | None = None
    wants_other_work: bool | None = None
    education: Education | None = None
    monthly_income: Yuan | None = None
    income_source: Word | None = None
    occupations: Annotated[list[Occupation], Field(max_length=10)] | None = None
    skills: Words | None = None
    areas: Annotated[list[AreaCode], Field(max_length=10)] | None = None
    groups: Annotated[list[Group], Field(max_length=8)] | None = None
    wage: Yuan | None = None
    unemployment_cause: Reason | None = None
    family_situation: Reason | None = None
    placement: Reason | None = None

    @model_validator(mode="after")
    def _known(self) -> "SeekerUpdate":
        empty = [name for name in self.model_fields_set & NEVER_EMPTY if getattr(self, name) is None]
        if empty:
            raise ValueError(f"{'、'.join(sorted(empty))} 不能为空，不变更请不要填写 (leave out what stays)")
        return self


class CertificationRead(Outgoing):
    """A certification with the working of its checks (认定及依据)."""

    certification_id: UUID
    number: str
    category: HardshipCategory
    area: str
    granted_on: date
    valid_until: date
    case_id: UUID
    working: list[dict[str, Any]]
    parameters: list[str]


class ChangeRead(Outgoing):
    """One change of a registration: old and new values, why, who, when."""

    cause: ChangeCause
    changed: dict[str, Any]
    reason: str
    changed_by: str
    changed_at: datetime


class SeekerRead(Outgoing):
    """A registration; the person's id number is masked."""

    seeker_id: UUID
    person_id: UUID
    name: str = ""
    id_number: str = ""
    area: str
    hukou: Hukou
    education: Education | None
    able: bool
    willing: bool
    works: bool
    employer_name: str | None
    farms_own_land: bool
    land_per_head: Decimal | None
    wants_other_work: bool
    occupations: list[str]
    skills: list[str]
    areas: list[str]
    groups: list[str]
    wage: Yuan | None
    unemployment_cause: str | None
    family_situation: str | None
    placement: str | None
    state: EmploymentState
    state_label: str = ""
    state_reason: str
    unemployed_since: date | None
    registered_on: date
    version: int


class SeekerDetailRead(SeekerRead):
    """A registration with its certifications and its history."""

    certifications: list[CertificationRead] = []
    changes: list[ChangeRead] = []
