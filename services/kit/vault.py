"""The vault of a request's service: what encrypts personal data and finds a person by id number."""

from functools import lru_cache
from typing import Annotated

from fastapi import Depends, Request
from pydantic import SecretStr

from services.kit.crypto import Vault


@lru_cache(maxsize=4)
def _vault(field_key: SecretStr, index_key: SecretStr) -> Vault:
    return Vault(field_key.get_secret_value(), index_key.get_secret_value())


async def _vault_of(request: Request) -> Vault:
    settings = request.app.state.settings
    return _vault(settings.field_key, settings.index_key)


PersonalVault = Annotated[Vault, Depends(_vault_of)]
