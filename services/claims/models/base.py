"""The registry of the claims service."""

from sqlmodel import SQLModel

from services.kit.db import service_registry


class Base(SQLModel, registry=service_registry()):
    """Base of the claims tables."""
