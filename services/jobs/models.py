"""The tables of the job service; constraints here are the last word on every invariant that SQL can say."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Numeric,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from services.jobs.codes import (
    AssistanceChannel,
    AssistanceState,
    ChangeCause,
    Channel,
    Education,
    EmployerKind,
    EmployerState,
    EmploymentState,
    FollowUpResult,
    HardshipCategory,
    Hukou,
    IntroductionState,
    NotHired,
    Sex,
    VacancyState,
)
from services.kit.db import code_column, moment_column, money_column, service_registry
from services.kit.ids import new_id


class Base(SQLModel, registry=service_registry()):
    """Base of the job service's own tables."""


def _json(default: str) -> Any:
    return Field(sa_column=Column(JSONB, nullable=False, server_default=text(f"'{default}'::jsonb")))


def _words() -> Any:
    return Field(sa_column=Column(ARRAY(String), nullable=False, server_default=text("'{}'")))


def _serial() -> Any:
    return Field(
        default=None, sa_column=Column(BigInteger, Identity(always=True), unique=True, nullable=False)
    )


class Person(Base, table=True):
    """The copy of enrolment's register (参保人副本): who a person is. Fed by its events, written by nobody else."""

    __table_args__ = (Index(None, "id_number_index"),)

    person_id: UUID = Field(primary_key=True)
    version: int
    name: str
    sex: Sex = code_column(Sex, name="sex")
    birth_on: date
    id_number_index: str
    id_number_masked: str
    area: str


class EmploymentCopy(Base, table=True):
    """The copy of a person's employments as enrolment last told them (就业参保副本)."""

    __tablename__ = "employment_copy"

    person_id: UUID = Field(primary_key=True)
    version: int
    employments: list[dict[str, Any]] = _json("[]")


class AssistanceCopy(Base, table=True):
    """The copy of a person's assistance categories (低保等救助身份副本)."""

    __tablename__ = "assistance_copy"

    person_id: UUID = Field(primary_key=True)
    version: int
    categories: list[dict[str, Any]] = _json("[]")


class Seeker(Base, table=True):
    """A worker on the real-name register (就业实名制), once per person. Wages are yuan a month, land is 亩 a head."""

    __table_args__ = (
        UniqueConstraint("person_id"),
        CheckConstraint("land_per_head IS NULL OR land_per_head >= 0", name="land"),
        CheckConstraint("(state = 'unemployed') = (unemployed_since IS NOT NULL)", name="unemployed_since"),
        Index(None, "area", "state"),
        Index("ix_seeker_skills", "skills", postgresql_using="gin"),
    )

    seeker_id: UUID = Field(default_factory=new_id, primary_key=True)
    person_id: UUID = Field(sa_column=Column(ForeignKey("person.person_id"), nullable=False))
    area: str
    hukou: Hukou = code_column(Hukou, name="hukou")
    education: Education | None = code_column(Education, name="education", nullable=True)
    able: bool
    willing: bool
    works: bool
    employer_name: str | None = None
    farms_own_land: bool
    land_per_head: Decimal | None = Field(default=None, sa_column=Column(Numeric(8, 2), nullable=True))
    monthly_income: Decimal | None = money_column(nullable=True)
    income_source: str | None = None
    wants_other_work: bool = False
    occupations: list[str] = _words()
    skills: list[str] = _words()
    areas: list[str] = _words()
    groups: list[str] = _words()
    wage: Decimal | None = money_column(nullable=True)
    unemployment_cause: str | None = None
    family_situation: str | None = None
    placement: str | None = None
    state: EmploymentState = code_column(EmploymentState, name="state")
    state_reason: str
    unemployed_since: date | None = None
    registered_by: str
    registered_on: date
    version: int = 1


class SeekerChange(Base, table=True):
    """One change of a seeker's record: old, new, why, who, when (动态管理台账, X5). Append-only."""

    __tablename__ = "seeker_change"

    change_id: UUID = Field(default_factory=new_id, primary_key=True)
    seeker_id: UUID = Field(foreign_key="seeker.seeker_id", index=True)
    cause: ChangeCause = code_column(ChangeCause, name="cause")
    changed: dict[str, Any] = _json("{}")
    reason: str
    changed_by: str
    changed_at: datetime = moment_column()


class Certification(Base, table=True):
    """A certification as hard to employ (就业困难人员认定), with the working of its checks."""

    __table_args__ = (
        UniqueConstraint("case_id"),
        CheckConstraint("valid_until > granted_on", name="period"),
        Index(None, "seeker_id", "category"),
    )

    certification_id: UUID = Field(default_factory=new_id, primary_key=True)
    serial: int | None = _serial()
    seeker_id: UUID = Field(foreign_key="seeker.seeker_id")
    person_id: UUID
    category: HardshipCategory = code_column(HardshipCategory, name="category")
    area: str
    granted_on: date
    valid_until: date
    case_id: UUID
    working: list[dict[str, Any]] = _json("[]")
    parameters: list[str] = _words()
    granted_by: str

    @property
    def number(self) -> str:
        """The certificate number (证号): area, year and serial (X6)."""
        return f"{self.area}-KN-{self.granted_on.year}-{self.serial:06d}"


class Employer(Base, table=True):
    """An employer that recruits (用人单位), once per credit code; it publishes only when verified (002 J-13)."""

    __table_args__ = (
        UniqueConstraint("credit_code"),
        CheckConstraint("(state = 'verified') = (verified_on IS NOT NULL)", name="verified"),
        Index(None, "area", "employer_id"),
    )

    employer_id: UUID = Field(default_factory=new_id, primary_key=True)
    credit_code: str
    name: str
    kind: EmployerKind = code_column(EmployerKind, name="kind")
    area: str
    contact_name: str
    state: EmployerState = code_column(EmployerState, name="state")
    state_reason: str = ""
    registered_by: str
    registered_on: date
    verified_by: str | None = None
    verified_on: date | None = None


class Vacancy(Base, table=True):
    """A vacancy (招聘岗位). Wages are yuan a month; `taken` counts the places that are filled."""

    __table_args__ = (
        CheckConstraint("places > 0 AND taken >= 0 AND taken <= places", name="places"),
        CheckConstraint("wage_most IS NULL OR wage_least IS NULL OR wage_most >= wage_least", name="wage"),
        CheckConstraint("(state = 'filled') = (taken = places)", name="filled"),
        CheckConstraint("state NOT IN ('published', 'filled') OR published_on IS NOT NULL", name="published"),
        Index(None, "area", "state", "vacancy_id"),
    )

    vacancy_id: UUID = Field(default_factory=new_id, primary_key=True)
    employer_id: UUID = Field(foreign_key="employer.employer_id", index=True)
    case_id: UUID | None = None
    title: str
    duties: str
    occupation: str
    places: int
    taken: int = 0
    area: str
    wage_least: Decimal | None = money_column(nullable=True)
    wage_most: Decimal | None = money_column(nullable=True)
    education: Education | None = code_column(Education, name="education", nullable=True)
    skills: list[str] = _words()
    groups: list[str] = _words()
    public_interest: bool = False
    channel: Channel = code_column(Channel, name="channel")
    valid_until: date
    state: VacancyState = code_column(VacancyState, name="state")
    submitted_by: str
    submitted_on: date
    published_on: date | None = None
    version: int = 1


class Introduction(Base, table=True):
    """An introduction of a person to a vacancy (职业介绍), free of charge, with the match that led to it."""

    __table_args__ = (
        Index(
            "uq_introduction_open",
            "vacancy_id",
            "seeker_id",
            unique=True,
            postgresql_where=text("state IN ('introduced', 'interview')"),
        ),
        CheckConstraint("(state = 'not_hired') = (not_hired IS NOT NULL)", name="not_hired_because"),
        CheckConstraint("(state IN ('hired', 'not_hired')) = (ended_on IS NOT NULL)", name="ended"),
        Index(None, "seeker_id"),
    )

    introduction_id: UUID = Field(default_factory=new_id, primary_key=True)
    vacancy_id: UUID = Field(foreign_key="vacancy.vacancy_id", index=True)
    seeker_id: UUID = Field(foreign_key="seeker.seeker_id")
    channel: Channel = code_column(Channel, name="channel")
    state: IntroductionState = code_column(IntroductionState, name="state")
    match: dict[str, Any] = _json("{}")
    interview_at: datetime | None = moment_column(nullable=True)
    not_hired: NotHired | None = code_column(NotHired, name="not_hired", nullable=True)
    remark: str = ""
    introduced_by: str
    introduced_on: date
    ended_on: date | None = None


class HiringRecord(Base, table=True):
    """A hire through the bureau (录用备案): the worker base of the employer's labour-use file (J11). Append-only."""

    __tablename__ = "hiring_record"
    __table_args__ = (UniqueConstraint("introduction_id"), Index(None, "employer_id"))

    record_id: UUID = Field(default_factory=new_id, primary_key=True)
    employer_id: UUID = Field(foreign_key="employer.employer_id")
    seeker_id: UUID = Field(foreign_key="seeker.seeker_id")
    vacancy_id: UUID = Field(foreign_key="vacancy.vacancy_id")
    introduction_id: UUID = Field(foreign_key="introduction.introduction_id")
    hired_on: date


class AssistanceRequest(Base, table=True):
    """A request for employment assistance (就业援助申请) with its promise clock."""

    __tablename__ = "assistance_request"
    __table_args__ = (
        CheckConstraint("(verified_on IS NULL) = (due_on IS NULL)", name="clock"),
        CheckConstraint("(state = 'closed') = (closed_on IS NOT NULL)", name="closed"),
        CheckConstraint("state <> 'closed' OR followed_up_on IS NOT NULL", name="followed_up"),
        Index(
            "uq_assistance_request_open",
            "seeker_id",
            unique=True,
            postgresql_where=text("state NOT IN ('closed', 'refused')"),
        ),
        Index(None, "area", "due_on"),
    )

    request_id: UUID = Field(default_factory=new_id, primary_key=True)
    serial: int | None = _serial()
    seeker_id: UUID = Field(foreign_key="seeker.seeker_id")
    area: str
    channel: AssistanceChannel = code_column(AssistanceChannel, name="channel")
    need: str
    state: AssistanceState = code_column(AssistanceState, name="state")
    promise_holds: bool = True
    promise_ended_because: str = ""
    received_by: str
    received_at: datetime = moment_column()
    verified_by: str | None = None
    verified_on: date | None = None
    due_on: date | None = None
    placed_on: date | None = None
    followed_up_on: date | None = None
    closed_on: date | None = None
    remark: str = ""

    @property
    def number(self) -> str:
        """The request number (援助编号): area and serial."""
        return f"{self.area}-YZ-{self.serial:06d}"


class AssistanceOffer(Base, table=True):
    """A vacancy offered within an assistance request, and what the person answered (推荐岗位)."""

    __tablename__ = "assistance_offer"
    __table_args__ = (CheckConstraint("(accepted IS NULL) = (answered_on IS NULL)", name="answered"),)

    offer_id: UUID = Field(default_factory=new_id, primary_key=True)
    request_id: UUID = Field(foreign_key="assistance_request.request_id", index=True)
    introduction_id: UUID = Field(foreign_key="introduction.introduction_id", unique=True)
    offered_by: str
    offered_on: date
    accepted: bool | None = None
    answered_on: date | None = None
    reason: str = ""


class FollowUp(Base, table=True):
    """A follow-up visit or call (回访登记). Append-only."""

    __tablename__ = "follow_up"

    follow_up_id: UUID = Field(default_factory=new_id, primary_key=True)
    request_id: UUID = Field(foreign_key="assistance_request.request_id", index=True)
    result: FollowUpResult = code_column(FollowUpResult, name="result")
    remark: str
    made_by: str
    made_on: date
