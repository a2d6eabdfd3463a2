"""The types that several schemas share."""

from typing import Annotated

from pydantic import Field, StringConstraints

from services.kit.schemas import PRINTABLE

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=PRINTABLE)
]

Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=2, max_length=500, pattern=PRINTABLE)
]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=PRINTABLE)]

Month = Annotated[
    str, StringConstraints(pattern=r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$"), Field(examples=["2026-01"])
]

Year = Annotated[int, Field(ge=1990, le=2100)]
