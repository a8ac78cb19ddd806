"""What the registry needs from its surroundings beyond the settings of every service."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class PolicySettings(BaseSettings):
    """The directory of added editions, for event handlers, which have no request to find the runtime by."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    policy_dir: Path | None = None
