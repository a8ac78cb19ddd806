"""Settings of one service process, from environment variables named as the fields, upper-cased."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self, TypeAlias

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import URL, make_url

Environment: TypeAlias = Literal["production", "demo", "development", "test"]
BusinessClock: TypeAlias = Literal["real", "simulated"]


class ServiceSettings(BaseSettings):
    """What a service needs to know about its surroundings.

    Secrets come from files where there is a ``*_file`` field; a file wins over the value beside it.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    service_name: str
    environment: Environment = "development"

    database_url: str = Field(repr=False)
    """``postgresql+asyncpg://role@host:port/database``."""
    database_password_file: Path | None = None
    database_pool_size: int = Field(default=10, ge=1, le=200)
    """Connections held by one process; no overflow beyond it."""
    database_pool_timeout: float = Field(default=5.0, gt=0)
    """Seconds a request waits for a connection before it is answered 503."""
    statement_timeout: float = Field(default=30.0, gt=0)
    """Seconds after which the server cancels a statement."""

    nats_url: str = "nats://127.0.0.1:4222"
    nats_user: str = ""
    nats_password: SecretStr = SecretStr("")
    nats_password_file: Path | None = None
    nats_tls_ca_file: Path | None = None
    """Authorities (PEM) for the broker's certificate, where it is not one of the system's."""
    nats_tls_hostname: str = ""
    """The name in the broker's certificate, where it is not the one in the URL."""

    signing_key_file: Path
    """Own Ed25519 private key (PEM); signs tokens to other services."""
    public_keys_dir: Path
    """``<issuer>.pem`` of everybody whose tokens are believed."""

    registry_url: str = ""
    evaluation_url: str = ""
    finance_url: str = ""
    vouchers_url: str = ""
    gateway_url: str = ""

    business_clock: BusinessClock = "real"
    policy_dir: Path | None = None
    files_url: str = "file://.data/files"
    """Where documents and imported files lie: a folder that all processes of the service share, or
    ``s3://bucket/prefix`` (needs the extra ``s3``)."""
    workers_enabled: bool = True
    """Run sequencer, relay, consumers and background workers in this process."""
    log_level: str = "INFO"

    @model_validator(mode="after")
    def _production_runs_on_real_time(self) -> Self:
        if self.environment == "production" and self.business_clock == "simulated":
            raise ValueError("BUSINESS_CLOCK=simulated is refused in production")
        return self

    def peer_url(self, name: str) -> str:
        """Base URL of another service. Raises LookupError for an unknown or unconfigured one."""
        urls = {
            "registry": self.registry_url,
            "evaluation": self.evaluation_url,
            "finance": self.finance_url,
            "vouchers": self.vouchers_url,
            "gateway": self.gateway_url,
        }
        url = urls.get(name, "")
        if not url:
            raise LookupError(f"no URL for {name}: set {name.upper()}_URL")
        return url.rstrip("/")

    def sqlalchemy_url(self) -> URL:
        """The database URL with the password from its file, if one is configured."""
        url = make_url(self.database_url)
        if self.database_password_file is not None:
            url = url.set(password=self.database_password_file.read_text().strip())
        return url

    def nats_secret(self) -> str:
        """The broker password, from its file if one is configured."""
        if self.nats_password_file is not None:
            return self.nats_password_file.read_text().strip()
        return self.nats_password.get_secret_value()


def load_settings(service_name: str) -> ServiceSettings:
    """Settings from the environment for the named service. Raises pydantic's ValidationError if incomplete."""
    return ServiceSettings.model_validate({"service_name": service_name})
