"""What the routes share: callers by scope, the right to an area."""

from typing import Annotated, Any

from pydantic import BaseModel

from services.kit.identity import Identity, requires

Registrar = Annotated[Identity, requires("enrolment:register")]
Declarant = Annotated[Identity, requires("enrolment:declare")]
Assessor = Annotated[Identity, requires("enrolment:assess")]
Collector = Annotated[Identity, requires("enrolment:collect")]
Reader = Annotated[Identity, requires("enrolment:read")]
Binder = Annotated[Identity, requires("enrolment:bind")]
Citizen = Annotated[Identity, requires("enrolment:own")]


def residents_of(caller: Identity) -> str:
    """The area whose people and households the caller may see: staff their own, a unit's system none.

    A unit finds its staff at the unit; who else lives in the area, and who gets 低保, is not its business.
    """
    return caller.area if caller.kind == "staff" else ""


def fields_of(row: object, schema: type[BaseModel]) -> dict[str, Any]:
    """What of the schema stands in the row; the rest is the route's to add."""
    return {name: getattr(row, name) for name in schema.model_fields if hasattr(row, name)}
