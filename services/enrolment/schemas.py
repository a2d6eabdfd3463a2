"""What travels over HTTP: `XCreate` comes in, `XRead` goes out; unknown fields are refused."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.enrolment.codes import (
    AssistanceCategory,
    AssistanceClass,
    BillStatus,
    EnrolmentStatus,
    EntryKind,
    ExclusionReason,
    HukouKind,
    InjuryClass,
    LineKind,
    Payer,
    PayerKind,
    PremiumGrade,
    ReceiptKind,
    Relation,
    Scheme,
    Sex,
    Standing,
    UnitKind,
)
from services.kit.identifiers import CreditCode, IdNumber
from services.kit.money import Yuan
from services.kit.procedures.schemas import DocumentBrought

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=500)]
Area = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{5}$"), Field(examples=["990101"])]
Month = Annotated[
    str, StringConstraints(pattern=r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$"), Field(examples=["2026-01"])
]
Year = Annotated[int, Field(ge=1990, le=2100)]


class Incoming(BaseModel):
    """Base of what comes in."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Outgoing(BaseModel):
    """Base of what goes out."""

    model_config = ConfigDict(from_attributes=True)


class PersonCreate(Incoming):
    """A person to register (参保人登记); sex and birth date come from the id number (GB 11643)."""

    name: Name
    id_number: IdNumber
    area: Area
    hukou: HukouKind


class PersonUpdate(Incoming):
    """A correction of the register (信息更正): what is given replaces what stands, with a reason."""

    reason: Reason
    name: Name | None = None
    id_number: IdNumber | None = None
    area: Area | None = None
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


class MemberCreate(Incoming):
    """A member of a household, with the relation to its head."""

    person_id: UUID
    relation: Relation


class HouseholdCreate(Incoming):
    """A household to register; exactly one member is the head."""

    area: Area
    address: Name
    members: Annotated[list[MemberCreate], Field(min_length=1, max_length=50)]


class MemberDeparture(Incoming):
    """A member leaves the household."""

    left_on: date
    reason: Reason


class MemberRead(Outgoing):
    """A member of a household."""

    person_id: UUID
    name: str
    relation: Relation
    joined_on: date
    left_on: date | None


class HouseholdRead(Outgoing):
    """A household with its present members."""

    household_id: UUID
    area: str
    address: str
    head_id: UUID
    members: list[MemberRead]


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


class EmployerCreate(Incoming):
    """A unit to register (单位参保登记)."""

    name: Name
    credit_code: CreditCode
    unit_kind: UnitKind
    injury_class: InjuryClass
    area: Area
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
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""


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


class Exclusion(Incoming):
    """A member who is not enrolled, with the reason."""

    person_id: UUID
    reason: ExclusionReason


class ResidentEnrolmentCreate(Incoming):
    """A household's enrolment for a year: every member is enrolled or excluded with a reason."""

    year: Year
    grade: PremiumGrade
    members: Annotated[list[UUID], Field(min_length=1, max_length=50)]
    exclusions: Annotated[list[Exclusion], Field(max_length=50)] = []


class EnrolmentMemberRead(Outgoing):
    """A member's shares, or why he is not enrolled."""

    person_id: UUID
    exclusion: ExclusionReason | None
    personal: Yuan
    aided: Yuan
    government: Yuan
    aided_as: AssistanceCategory | None


class ResidentEnrolmentRead(Outgoing):
    """A household's yearly enrolment with its bills."""

    enrolment_id: UUID
    household_id: UUID
    year: int
    grade: PremiumGrade
    status: EnrolmentStatus
    enrolled_on: date
    premium_version: str
    members: list[EnrolmentMemberRead]
    bills: list["BillRead"]


class SubsidyBillCreate(Incoming):
    """The year whose government share is billed to finance (财政补助申请)."""

    year: Year


class FinancingRead(BaseModel):
    """What a year's enrolled headcount brings in, and from whom (筹资)."""

    year: int
    heads: int
    personal: Yuan
    aided: Yuan
    government: Yuan
    total: Yuan


class BillRead(Outgoing):
    """A bill: what is due, what was received, what is open."""

    bill_id: UUID
    payer_kind: PayerKind
    payer_id: UUID | None
    payer_name: str
    period: str
    area: str
    amount: Yuan
    received: Yuan
    open: Yuan
    status: BillStatus
    issued_on: date
    due_on: date
    paid_on: date | None


class ReceiptCreate(Incoming):
    """Money that came in, with its proof; `partial` says that less than the open amount is meant."""

    receipt_number: Annotated[str, StringConstraints(strip_whitespace=True, min_length=4, max_length=60)]
    kind: ReceiptKind
    amount: Yuan
    paid_on: date
    partial: bool = False


class ReceiptRead(Outgoing):
    """A receipt and the bill after it."""

    receipt_id: UUID
    receipt_number: str
    kind: ReceiptKind
    amount: Yuan
    paid_on: date
    bill: BillRead


class EntryRead(Outgoing):
    """An entry of the collection ledger."""

    entry_id: UUID
    bill_id: UUID
    kind: EntryKind
    amount: Yuan
    entered_on: date
    entered_by: str


class CoveragePeriodRead(Outgoing):
    """A covered period, half-open."""

    coverage_id: UUID
    scheme: Scheme
    valid_from: date
    valid_until: date | None
    reason: str


class CoverageAnswer(BaseModel):
    """Whether a person is covered on a day, and why."""

    person_id: UUID
    scheme: Scheme
    on: date
    covered: bool
    reason: str
    periods: list[CoveragePeriodRead]


class OwnCoverageRead(BaseModel):
    """A citizen's own coverage."""

    person: PersonRead
    on: date
    covered_by: list[Scheme]
    periods: list[CoveragePeriodRead]


class CoverageCorrectionCreate(Incoming):
    """A period set by hand, also in the past, always with a reason (待遇期更正)."""

    scheme: Scheme
    valid_from: date
    valid_until: date | None = None
    reason: Reason


class YearBase(BaseModel):
    """The contribution base of a year, and its ratio to the average wage where the area has one."""

    year: int
    base: Yuan
    average_wage: Yuan | None
    ratio: Decimal | None


class ContributionRecordRead(BaseModel):
    """The contribution record of a stretch of months (缴费记录)."""

    person_id: UUID
    scheme: Scheme
    first_month: date
    last_month: date
    months_paid: int
    continuous: bool
    required_months: int | None
    meets_requirement: bool | None
    bases: list[YearBase]
    covered_now: bool


class ContributionRead(Outgoing):
    """One month, scheme and payer of a person's contributions; `paid` when the unit's bill is."""

    period: date
    scheme: Scheme
    payer: Payer
    base: Yuan
    amount: Yuan
    paid: bool


class AccessRead(Outgoing):
    """Who read the record, when."""

    query: str
    reader: str
    reader_kind: str
    reader_name: str
    read_at: datetime


class ParameterRead(Outgoing):
    """What applies and why (政策参数)."""

    name: str
    title: str
    value: Any
    unit: str
    area: str
    selectors: dict[str, str]
    valid_from: date
    valid_until: date | None
    source: str
    version: str


class ParameterAnswer(BaseModel):
    """The value in force on a day, and all that applied over time."""

    on: date
    applies: ParameterRead
    history: list[ParameterRead]
