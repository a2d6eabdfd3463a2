"""Who may call what: each alias names the scope of its routes."""

from typing import Annotated
from uuid import UUID

from services.jobs.problems import SeekerNotFound
from services.kit.identity import Identity, requires

Registrar = Annotated[Identity, requires("jobs:register")]
Reviewer = Annotated[Identity, requires("jobs:review")]
Recruiter = Annotated[Identity, requires("jobs:vacancy")]
Matcher = Annotated[Identity, requires("jobs:match")]
Reader = Annotated[Identity, requires("jobs:read")]
Owner = Annotated[Identity, requires("jobs:own")]


def own_person(caller: Identity) -> UUID:
    """The person that a citizen is bound to. Raises SeekerNotFound for a caller who is no bound citizen."""
    if caller.person_id is None:
        raise SeekerNotFound
    return caller.person_id
