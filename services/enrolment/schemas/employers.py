"""Units, declarations, determinations (参保单位、申报、核定)."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from services.enrolment.codes import (
    InjuryClass,
    LineKind,
    Payer,
    Scheme,
    Sex,
    Standing,
    UnitKind,
)
from services.enrolment.schemas.base import Month, Name, Note, Reason
from services.kit.identifiers import AreaCode, CreditCode, IdNumber
from services.kit.money import Yuan
from services.kit.procedures.schemas import DocumentBrought
from services.kit.schemas import Incoming, Outgoing


class EmployerCreate(Incoming):
    """A unit to register (单位参保登记)."""

    name: Name
    credit_code: CreditCode
    unit_kind: UnitKind
    injury_class: InjuryClass
    area: AreaCode
    schemes: Annotated[list[Scheme], Field(min_length=1)]
    registered_on: date | None = None


class EmployerRead(Outgoing):
    """An insured unit."""

    employer_id: UUID
    name: str
    credit_code: str
    unit_kind: UnitKind
    injury_class: InjuryClass
    area: str
    standing: Standing
    registered_on: date
    schemes: list[Scheme]


class UnitCoverageRead(BaseModel):
    """Insured units of those known from grid collection and annual inspection (单位参保覆盖面)."""

    on: date
    insured: int
    known: int
    rate_percent: Decimal
    target_percent: Decimal
    target_source: str
    meets_target: bool


class StandingUpdate(Incoming):
    """Block or release of a unit (封锁/解除封锁)."""

    standing: Standing
    reason: Reason


class DeclarationLineCreate(Incoming):
    """One person of a declaration: name, sex and id number must all agree with the register."""

    kind: LineKind
    name: Name
    sex: Sex
    id_number: IdNumber
    base: Yuan | None = None
    reason: Note = ""


class DeclarationCreate(Incoming):
    """A unit's declaration of additions, removals and base changes from a month on."""

    effective_month: Month
    lines: Annotated[list[DeclarationLineCreate], Field(min_length=1, max_length=1000)]
    documents: Annotated[list[DocumentBrought], Field(max_length=50)] = []


class DeclarationLineRead(Outgoing):
    """One person of a declaration."""

    person_id: UUID
    kind: LineKind
    base: Yuan | None
    reason: str


class DeclarationRead(Outgoing):
    """A declaration with its number; `case_id` is the case (办件) that reviews it."""

    declaration_id: UUID
    number: str
    employer_id: UUID
    effective_month: date
    declared_by: str
    declared_on: date
    applied_on: date | None
    case_id: UUID | None
    lines: list[DeclarationLineRead]


class EmploymentRead(Outgoing):
    """A person's insured employment with the base in force."""

    employment_id: UUID
    person_id: UUID
    name: str
    id_number_masked: str
    started_on: date
    ended_on: date | None
    base: Yuan | None


class DeterminationCreate(Incoming):
    """The month to be determined (所属期)."""

    period: Month


class DeterminationReversal(Incoming):
    """Why a determination is reversed (冲销原因)."""

    reason: Reason


class DeterminationLineRead(Outgoing):
    """One scheme and payer: Σ base × rate, with the rate's source."""

    scheme: Scheme
    payer: Payer
    base_sum: Yuan
    heads: int
    rate: Decimal
    amount: Yuan
    rate_version: str
    rate_source: str


class DeterminationRead(Outgoing):
    """A determination with its working and its bill."""

    determination_id: UUID
    employer_id: UUID
    period: date
    total: Yuan
    determined_on: date
    determined_by: str
    reversed_because: str | None
    bill_id: UUID | None
    lines: list[DeterminationLineRead]
