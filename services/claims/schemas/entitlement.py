"""Entitlement: may this person be settled for, on these days, by which funds (待遇资格)."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.claims.codes import Band, CareType, Fund, Scheme
from services.claims.schemas.common import Day, Ratio
from services.kit.identifiers import IdNumber
from services.kit.money import Yuan
from services.kit.schemas import Incoming, Outgoing


class Period(Incoming):
    """Days from the first to the last, both included."""

    first: Day
    last: Day


class EntitlementQuery(Incoming):
    """Whose entitlement, and on which day or days; the id number stands here, never in an address."""

    id_number: IdNumber
    on: Day | None = None
    period: Period | None = None
    care_type: CareType = CareType.INPATIENT

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.on is None) == (self.period is None):
            raise PydanticCustomError(
                "on_or_period", "on 与 period 应填且只填一项 (give either on or period)"
            )
        if self.period and self.period.last < self.period.first:
            raise PydanticCustomError("period", "起止日期先后有误 (the dates are out of order)")
        return self

    @property
    def days(self) -> tuple[date, date]:
        if self.period:
            return self.period.first, self.period.last
        assert self.on
        return self.on, self.on


class InsuredRead(Outgoing):
    """The person, masked (参保人，已脱敏)."""

    person_id: UUID
    name: str
    id_number: str
    sex: str
    area: str


class CoverageRead(Outgoing):
    """Whether the person is insured on all the days; if not, from which day and why."""

    scheme: Scheme | None
    covered: bool
    reason: str | None
    uncovered_on: date | None


class YearRead(Outgoing):
    """What the person has used in the scheme and year (年度累计)."""

    year: int
    version: int
    in_policy: Yuan
    deductible_paid: Yuan
    paid: dict[Fund, Yuan]
    admissions: int


class FundRead(Outgoing):
    """One fund: does it pay, on what terms, how much of its cap is left; or the reason why not."""

    fund: Fund
    pays: bool
    reason: str | None
    deductible: Yuan | None
    ratio: Ratio | None
    cap: Yuan | None
    cap_period: str | None
    limit_left: Yuan | None
    source: str | None


class EntitlementRead(Outgoing):
    """The whole answer to an entitlement query."""

    person: InsuredRead
    first: date
    last: date
    care_type: CareType
    institution_code: str
    agreement_valid: bool
    band: Band | None
    coverage: CoverageRead
    assistance: Annotated[list[str], Field(description="救助身份")]
    year: YearRead | None
    funds: list[FundRead]
