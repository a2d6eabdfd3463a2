"""Employers, vacancies, matches and introductions over HTTP."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from services.jobs.codes import (
    Channel,
    Criterion,
    Education,
    EmployerKind,
    EmployerState,
    Group,
    IntroductionState,
    NotHired,
    VacancyState,
)
from services.jobs.schemas.seekers import Occupation, Reason, Word, Words
from services.kit.clock import Moment
from services.kit.identifiers import AreaCode, CreditCode
from services.kit.money import Yuan
from services.kit.schemas import Incoming, Outgoing


class EmployerCreate(Incoming):
    """An employer that registers (单位注册)."""

    credit_code: CreditCode
    name: Word
    kind: EmployerKind
    contact_name: Word


class VerificationCreate(Incoming):
    """The result of a verification (核验结果); a refusal carries its reason."""

    accepted: bool
    reason: Reason = ""


class EmployerRead(Outgoing):
    """An employer; `workers` counts those hired through the bureau (录用备案)."""

    employer_id: UUID
    credit_code: str
    name: str
    kind: EmployerKind
    area: str
    contact_name: str
    state: EmployerState
    state_reason: str
    registered_on: date
    verified_on: date | None
    workers: int | None = None


class VacancyTermsCreate(Incoming):
    """What a vacancy asks and gives (岗位信息); wages are yuan a month."""

    title: Word
    duties: Annotated[str, Field(min_length=1, max_length=2000)]
    occupation: Occupation
    places: Annotated[int, Field(ge=1, le=10_000)]
    area: AreaCode
    valid_until: date
    wage_least: Yuan | None = None
    wage_most: Yuan | None = None
    education: Education | None = None
    skills: Words = []
    groups: Annotated[list[Group], Field(max_length=8)] = []
    public_interest: bool = Field(default=False, description="公益性岗位")
    channel: Channel = Channel.ONLINE

    @model_validator(mode="after")
    def _wages_in_order(self) -> "VacancyTermsCreate":
        if self.wage_least is not None and self.wage_most is not None and self.wage_most < self.wage_least:
            raise ValueError("最高工资不能低于最低工资 (wage_most must not be below wage_least)")
        return self


class VacancyCreate(VacancyTermsCreate):
    """A vacancy of an employer, handed in for review (岗位报送)."""

    employer_id: UUID


class VacancyClosureCreate(Incoming):
    """Why a vacancy is closed before its last day (岗位关闭)."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]


class VacancyRead(Outgoing):
    """A vacancy as its employer and the bureau see it; `case_id` is its review."""

    vacancy_id: UUID
    employer_id: UUID
    case_id: UUID | None
    title: str
    duties: str
    occupation: str
    places: int
    taken: int
    area: str
    wage_least: Yuan | None
    wage_most: Yuan | None
    education: Education | None
    skills: list[str]
    groups: list[str]
    public_interest: bool
    channel: Channel
    valid_until: date
    state: VacancyState
    submitted_on: date
    published_on: date | None
    version: int


class PublishedVacancyRead(Outgoing):
    """A vacancy on the public list (公共招聘); no contact persons."""

    vacancy_id: UUID
    employer_name: str = ""
    title: str
    duties: str
    occupation: str
    places: int
    taken: int
    area: str
    wage_least: Yuan | None
    wage_most: Yuan | None
    education: Education | None
    skills: list[str]
    groups: list[str]
    public_interest: bool
    valid_until: date
    published_on: date


class PartRead(BaseModel):
    """One criterion's part of a score: `points` = `weight` x `share`; `known` is false when it counts as neutral."""

    criterion: Criterion
    weight: str
    share: str
    points: str
    known: bool
    inputs: dict[str, Any]
    sentence: str
    version: str
    source: str


class MatchRead(BaseModel):
    """An explained match: the points of the parts sum to the score."""

    vacancy_id: UUID
    vacancy_title: str
    seeker_id: UUID
    seeker_name: str
    score: str
    parts: list[PartRead]


class IntroductionCreate(Incoming):
    """A person introduced to a vacancy (职业介绍)."""

    vacancy_id: UUID
    seeker_id: UUID
    channel: Channel = Channel.ON_SITE


class InterviewCreate(Incoming):
    """When the interview is."""

    at: Moment


class ResultCreate(Incoming):
    """The result of an introduction: hired, or not and why (未录用原因)."""

    hired: bool
    not_hired: NotHired | None = None
    remark: Reason = ""

    @model_validator(mode="after")
    def _reason(self) -> "ResultCreate":
        if self.hired == (self.not_hired is not None):
            raise ValueError("未录用必须选择原因，录用则不填 (give not_hired exactly when hired is false)")
        return self


class IntroductionRead(Outgoing):
    """An introduction with the match that led to it. There is no fee, so there is no field for one."""

    introduction_id: UUID
    vacancy_id: UUID
    seeker_id: UUID
    channel: Channel
    state: IntroductionState
    interview_at: datetime | None
    not_hired: NotHired | None
    remark: str
    match: dict[str, Any]
    introduced_on: date
    ended_on: date | None


class MarketRead(Outgoing):
    """Separate counts of a period `[since, until)` (人力资源市场统计)."""

    companies: int
    posts: int
    places: int
    hires: int
    registrations: int
    introductions: int


class RateRead(Outgoing):
    """A percentage with its numerator and denominator; null when there is nothing to divide by."""

    numerator: int
    denominator: int
    percent: Decimal | None


class GroupPlacementRead(BaseModel):
    """Posts gathered for a group, people placed in them, and the rate of the two (安置率)."""

    group: Group
    posts: int
    placed: int
    rate: RateRead
