"""The bases of what travels over HTTP."""

from pydantic import BaseModel, ConfigDict

# Control characters are no part of any name, and PostgreSQL refuses the zero byte.
PRINTABLE = r"^[^\x00-\x1f\x7f]*$"


class Incoming(BaseModel):
    """What callers send: unknown fields are refused, blanks around texts are dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Outgoing(BaseModel):
    """What is answered, from a row or from values."""

    model_config = ConfigDict(from_attributes=True)
