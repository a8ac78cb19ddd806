"""What the registry needs from its surroundings beyond the settings of every service."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import ServiceSettings


class RegistrySettings(ServiceSettings):
    """Where the keys lie that persons' numbers are sealed with; without them no number is taken or shown. And how often
    a party may guess."""

    service_name: str = "registry"

    person_keys_file: Path | None = None

    person_wrong_tries_a_day: int = Field(default=10, ge=1)
    """How often an account of a party may name a person wrongly before it has to wait for the next day."""

    @model_validator(mode="after")
    def _production_keeps_persons(self) -> Self:
        if self.environment == "production" and self.person_keys_file is None:
            raise ValueError("PERSON_KEYS_FILE is needed in production")
        return self


class PolicySettings(BaseSettings):
    """The directory of added editions, for event handlers, which have no request to find the runtime by."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    policy_dir: Path | None = None


class OperationSettings(BaseSettings):
    """Pace of long work; seconds."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    operations_poll_seconds: float = Field(default=0.5, gt=0)
    """How often waiting operations are looked for when nobody says that there is one."""
