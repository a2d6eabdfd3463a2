"""Pre-settlement, settlement, reversal, reconciliation, ledger."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.claims.codes import Account, Band, CareType, EntryKind, Fund, Scheme, SettlementState
from services.claims.schemas.common import Ratio, row_id
from services.kit.money import SignedYuan, Yuan
from services.kit.schemas import PRINTABLE, Incoming, Outgoing


class Presettled(Incoming):
    """The split that the caller was shown by the pre-settlement."""

    total: Yuan
    own_paid: Yuan
    over_limit: Yuan
    prior_self_pay: Yuan
    in_policy: Yuan
    fund_paid: Yuan
    person_paid: Yuan

    def amounts(self) -> dict[str, Decimal]:
        return self.model_dump()


class SettlementCreate(Incoming):
    """With `presettled`, the settlement is refused when it would differ; it is computed anew in any case."""

    presettled: Presettled | None = None


class LayerRead(Outgoing):
    """What one fund pays (基金支付): (base - deductible) x ratio, at most `limit_left`."""

    fund: Fund
    base: Yuan
    deductible: Yuan
    ratio: Ratio
    limit_left: Yuan | None
    amount: Yuan


class StepRead(Outgoing):
    """One step of the working (计算过程)."""

    step: str
    title: str
    title_en: str
    formula: str
    amount: Yuan
    source: str
    version: str


class PresettlementRead(Outgoing):
    """Who would pay which part; nothing is written, nothing promised."""

    bill_id: UUID
    bill_number: str
    institution_code: str
    institution_name: str
    person_id: UUID
    area: str
    scheme: Scheme
    year: int
    band: Band
    care_type: CareType
    admitted_on: date
    discharged_on: date
    total: Yuan
    own_paid: Yuan
    over_limit: Yuan
    prior_self_pay: Yuan
    in_policy: Yuan
    deductible: Yuan
    fund_paid: Yuan
    person_paid: Yuan
    layers: list[LayerRead]
    working: list[StepRead]
    coverage_version: int
    accumulator_version: int


class ReversalRead(Outgoing):
    """A settlement taken back (冲正)."""

    reversal_id: UUID = row_id("reversal_id")
    settlement_id: UUID
    reason: str
    reversed_on: date
    reversed_at: datetime


class SettlementRead(PresettlementRead):
    """Who pays which part of the bill."""

    settlement_id: UUID = row_id("settlement_id")
    state: SettlementState
    settled_on: date
    settled_at: datetime
    reversal: ReversalRead | None


class ReversalCreate(Incoming):
    """Why a settlement is taken back."""

    reason: Annotated[str, Field(min_length=2, max_length=200, pattern=PRINTABLE)]


class DayRead(Outgoing):
    """One day of an institution; a reversal counts on its own day, negative."""

    day: date
    kind: EntryKind
    count: int
    total: SignedYuan
    fund_paid: SignedYuan
    person_paid: SignedYuan


class ReconciliationRead(Outgoing):
    """The totals of the centre by day (每日对账)."""

    institution_code: str
    first: date
    last: date
    days: list[DayRead]
    count: int
    reversed_count: int
    total: SignedYuan
    fund_paid: SignedYuan
    person_paid: SignedYuan


class DayClaim(Incoming):
    """What the institution counted for a day, settlements less reversals."""

    day: date
    count: Annotated[int, Field(ge=0)]
    reversed_count: Annotated[int, Field(ge=0)]
    total: SignedYuan
    fund_paid: SignedYuan
    person_paid: SignedYuan


class DifferenceRead(Outgoing):
    """One figure that differs (差异)."""

    figure: str
    institution: str
    centre: str


class DayVerdict(Outgoing):
    """Whether the day is reconciled, and where not."""

    day: date
    reconciled: bool
    differences: list[DifferenceRead]


class InstitutionCost(Outgoing):
    """What an institution's settled cases of a month cost, in yuan."""

    institution_code: str
    institution_name: str
    cases: int
    total: Yuan
    fund_paid: Yuan
    person_paid: Yuan
    mean: Annotated[Yuan, Field(description="次均费用")]


class MonthCosts(Outgoing):
    """The published monthly table (定点机构费用公示): one row per institution of the area."""

    area: str
    month: str
    institutions: list[InstitutionCost]


class BalanceRow(Outgoing):
    """One account of the trial balance."""

    account: Account
    debit: Yuan
    credit: Yuan
    balance: SignedYuan


class BalanceRead(Outgoing):
    """The trial balance of an area (试算平衡): debits equal credits, so `difference` is zero."""

    area: str
    on: date
    accounts: list[BalanceRow]
    debit: Yuan
    credit: Yuan
    difference: SignedYuan


class EntryRead(Outgoing):
    """One entry of the ledger (分录)."""

    transaction_id: UUID
    position: int
    kind: EntryKind
    account: Account
    party: str
    amount: SignedYuan
    booked_on: date
