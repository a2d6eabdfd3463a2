"""Institutions, agreements, catalogue items."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.claims.codes import ItemCategory, ItemKind, Level
from services.claims.schemas.common import Day, InstitutionCode, Name, Number, Ratio, row_id
from services.kit.identifiers import AreaCode
from services.kit.money import Yuan
from services.kit.schemas import Incoming, Outgoing


def _in_order(first: date, until: date | None) -> None:
    if until is not None and until <= first:
        raise PydanticCustomError(
            "period", "失效日期应晚于生效日期 (valid_until, exclusive, must be later than valid_from)"
        )


class InstitutionCreate(Incoming):
    """A designated institution to enter (定点医药机构)."""

    code: InstitutionCode
    name: Name
    level: Level
    area: AreaCode


class AgreementCreate(Incoming):
    """A service agreement [valid_from, valid_until) to enter (服务协议)."""

    number: Number
    valid_from: Day
    valid_until: Day

    @model_validator(mode="after")
    def _period(self) -> Self:
        _in_order(self.valid_from, self.valid_until)
        return self


class AgreementRead(Outgoing):
    agreement_id: UUID = row_id("agreement_id")
    institution_code: str
    area: Annotated[str, Field(description="签订协议的经办机构所在地，协议在其统筹区内有效")]
    number: str
    valid_from: date
    valid_until: date


class InstitutionRead(Outgoing):
    code: str
    name: str
    level: Level
    area: str


class InstitutionWithAgreements(InstitutionRead):
    """An institution, its agreements, and whether one is valid today."""

    agreements: list[AgreementRead]
    agreement_valid: bool


class SigningRateRead(Outgoing):
    """Institutions with a valid agreement ÷ all designated institutions (协议签订率)."""

    area: str
    on: date
    institutions: int
    signed: int
    rate: Annotated[str, Field(description="签订率，百分比，两位小数", examples=["100.00"])]


class ItemCreate(Incoming):
    """An item of the three catalogues, or its next dated version (目录项目)."""

    code: Number
    name: Name
    kind: ItemKind
    category: ItemCategory
    prior_self_pay_ratio: Annotated[Ratio, Field(description="乙类先行自付比例，其他类为 0")] = Decimal(0)
    restricted: Annotated[bool, Field(description="限制使用，须医院审批")] = False
    price_limits: Annotated[dict[Level, Yuan], Field(description="各等级最高限价，元")] = Field(
        default_factory=dict
    )
    valid_from: Day
    valid_until: Day | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _in_order(self.valid_from, self.valid_until)
        if self.category is not ItemCategory.B and self.prior_self_pay_ratio:
            raise PydanticCustomError(
                "prior_self_pay_ratio",
                "只有乙类项目有先行自付比例 (only category b has a prior self-pay ratio)",
            )
        return self


class ItemRead(Outgoing):
    item_id: UUID = row_id("item_id")
    code: str
    name: str
    kind: ItemKind
    category: ItemCategory
    prior_self_pay_ratio: Ratio
    restricted: bool
    price_limits: dict[str, Yuan]
    valid_from: date
    valid_until: date | None
