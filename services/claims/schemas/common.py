"""Types that several messages share."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, AliasChoices, Field, PlainSerializer
from pydantic_core import PydanticCustomError

from services.kit.schemas import PRINTABLE

CODE = r"^[A-Z][0-9]{11}$"
WORD = r"^[0-9A-Za-z][0-9A-Za-z._/-]*$"

InstitutionCode = Annotated[
    str, Field(pattern=CODE, description="定点机构编码，12 位", examples=["H99010100002"])
]
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=PRINTABLE)]
Number = Annotated[str, Field(min_length=1, max_length=40, pattern=WORD)]


def _year(day: date) -> date:
    # Far dates are typing errors; they would also fall outside what every client can read.
    if not 1900 <= day.year <= 2200:
        raise PydanticCustomError(
            "date_out_of_range", "日期应在1900年至2200年之间 (a date from 1900 to 2200)"
        )
    return day


Day = Annotated[date, AfterValidator(_year)]
Ratio = Annotated[
    Decimal,
    Field(ge=0, le=1, max_digits=5, decimal_places=4),
    PlainSerializer(lambda ratio: f"{ratio.normalize():f}", return_type=str, when_used="json"),
]


def row_id(name: str) -> Any:
    """The thing's own id: `id` in its row, `<thing>_id` in every answer."""
    return Field(validation_alias=AliasChoices(name, "id"))
