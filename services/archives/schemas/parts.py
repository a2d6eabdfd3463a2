"""What the schemas share."""

from typing import Annotated

from pydantic import Field, StringConstraints

# PostgreSQL stores no NUL character.
TEXT = r"^[^\x00]+$"
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=TEXT)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=TEXT)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=TEXT)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Pages = Annotated[int, Field(ge=1, le=100_000)]
Year = Annotated[int, Field(ge=1900, le=2200)]
