"""Environment -> frozen Settings: the same names in each process."""

from base64 import b64decode
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.kit.crypto import Vault


class Settings(BaseSettings):
    """What a service process is told from outside. A missing value stops the start with its name."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    database_url: SecretStr
    nats_url: SecretStr
    identity_public_key: str
    field_key: SecretStr | None = None
    index_key: SecretStr | None = None
    database_pool: int = Field(default=5, ge=1, le=50)
    hot_pool: int = Field(default=4, ge=1, le=50)
    stream_replicas: int = Field(default=1, ge=1, le=5)
    outbox_retention_days: int = Field(default=7, ge=7)
    log_level: str = "INFO"
    host: str = "127.0.0.1"
    port: int = 8080

    @cached_property
    def identity_key(self) -> Ed25519PublicKey:
        """The public half of the key with which the gateway signs identities."""
        return Ed25519PublicKey.from_public_bytes(b64decode(self.identity_public_key, validate=True))

    @cached_property
    def vault(self) -> Vault:
        """Field encryption and blind index of this service; only services that keep id numbers hold the keys."""
        if self.field_key is None or self.index_key is None:
            raise ValueError("FIELD_KEY and INDEX_KEY are needed by this service")
        return Vault(self.field_key.get_secret_value(), self.index_key.get_secret_value())
