"""The key that finds a person by id number."""

from functools import lru_cache
from typing import Annotated

from fastapi import Depends, Request
from pydantic import SecretStr

from services.kit.crypto import Vault


@lru_cache(maxsize=4)
def _vault(field_key: SecretStr, index_key: SecretStr) -> Vault:
    return Vault(field_key.get_secret_value(), index_key.get_secret_value())


async def _of(request: Request) -> Vault:
    settings = request.app.state.settings
    return _vault(settings.field_key, settings.index_key)


BlindIndex = Annotated[Vault, Depends(_of)]
