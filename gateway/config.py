"""Environment -> frozen settings of the gateway. Names shared with the services mean the same here."""

from base64 import b64decode
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """A missing value without a default stops the start with its name."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    database_url: SecretStr
    identity_private_key: SecretStr
    token_private_key: SecretStr
    token_previous_keys: str = Field(default="", description="public keys still accepted, base64, by comma")
    field_key: SecretStr
    enrolment_url: str
    claims_url: str
    jobs_url: str
    archives_url: str
    wechat_url: str = "https://api.weixin.qq.com"
    wechat_app_id: str = ""
    wechat_app_secret: SecretStr = SecretStr("")

    database_pool: int = Field(default=4, ge=1, le=50)
    log_level: str = "INFO"
    port: int = 8080
    metrics_port: int = Field(default=0, description="0: no metrics; they are never on the public port")
    trusted_proxies: str = Field(
        default="", description="networks whose X-Forwarded-For is believed, by comma"
    )

    connect_seconds: float = Field(default=2.0, gt=0)
    read_seconds: float = Field(default=30.0, gt=0)
    upstream_connections: int = Field(default=128, ge=1)
    body_limit: int = Field(default=2 * 1024 * 1024, ge=1024)
    upload_limit: int = Field(default=64 * 1024 * 1024, ge=1024, description="of bodies that are not JSON")
    answer_limit: int = Field(default=256 * 1024 * 1024, ge=1024)

    rate_staff: float = Field(
        default=50.0, gt=0, description="requests a second and caller; at once: four times"
    )
    rate_system: float = Field(default=500.0, gt=0)
    rate_citizen: float = Field(
        default=10.0, gt=0, description="also of an address that reads what is public"
    )
    rate_sign_in: float = Field(default=5.0, gt=0, description="sign-ins and failures a second and address")

    access_minutes: int = Field(default=15, ge=1, le=60)
    staff_idle_minutes: int = Field(default=30, ge=1, description="等保: no longer than 30")
    staff_hours: int = Field(default=12, ge=1)
    citizen_days: int = Field(default=7, ge=1)
    lockout_failures: int = Field(default=5, ge=1)
    lockout_minutes: int = Field(default=15, ge=1)
    password_length: int = Field(default=8, ge=8)
    password_classes: int = Field(default=3, ge=1, le=4)
    password_change_first: bool = Field(
        default=False, description="an initial password must be changed first"
    )
    binding_attempts: int = Field(default=5, ge=1, description="failed bindings a day and WeChat account")

    @cached_property
    def identity_key(self) -> Ed25519PrivateKey:
        """Signs identities for the services."""
        return _private(self.identity_private_key)

    @cached_property
    def token_key(self) -> Ed25519PrivateKey:
        """Signs access tokens."""
        return _private(self.token_private_key)

    @cached_property
    def trusted(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Networks of the proxies in front of the gateway."""
        return tuple(ip_network(part.strip()) for part in self.trusted_proxies.split(",") if part.strip())

    @property
    def services(self) -> dict[str, str]:
        """Addresses of the services."""
        return {
            "enrolment": self.enrolment_url,
            "claims": self.claims_url,
            "jobs": self.jobs_url,
            "archives": self.archives_url,
        }


def _private(key: SecretStr) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(b64decode(key.get_secret_value(), validate=True))
