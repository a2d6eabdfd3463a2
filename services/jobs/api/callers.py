"""Who may call what: each alias names the scope of its routes."""

from functools import lru_cache
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from pydantic import SecretStr

from services.jobs.problems import SeekerNotFound
from services.kit.crypto import Vault
from services.kit.identity import Identity, requires

Registrar = Annotated[Identity, requires("jobs:register")]
Applicant = Annotated[Identity, requires("jobs:apply")]
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


@lru_cache(maxsize=4)
def _vault(field_key: SecretStr, index_key: SecretStr) -> Vault:
    return Vault(field_key.get_secret_value(), index_key.get_secret_value())


async def _vault_of(request: Request) -> Vault:
    settings = request.app.state.settings
    return _vault(settings.field_key, settings.index_key)


BlindIndex = Annotated[Vault, Depends(_vault_of)]
