"""The base of enrolment's own tables, and the conditions that several of them share."""

from sqlalchemy import (
    text,
)
from sqlmodel import SQLModel

from services.kit.db import service_registry

PERIOD = "valid_until IS NULL OR valid_until > valid_from"

# A coverage stopped before its first day is kept as an empty period, so that it can still be explained.
PERIOD_OR_EMPTY = "valid_until IS NULL OR valid_until >= valid_from"

NOW = text("now()")

MONTH = "extract(day FROM {}) = 1"


class Base(SQLModel, registry=service_registry()):
    """Base of enrolment's own tables."""
