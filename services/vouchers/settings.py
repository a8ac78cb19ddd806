"""What vouchers needs from its surroundings beyond the settings of every service."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import ServiceSettings


class VoucherSettings(ServiceSettings):
    """Where the keys lie that providers' bank accounts are sealed with; without them no account is taken or paid to."""

    service_name: str = "vouchers"

    account_keys_file: Path | None = None

    @model_validator(mode="after")
    def _production_keeps_accounts(self) -> Self:
        if self.environment == "production" and self.account_keys_file is None:
            raise ValueError("ACCOUNT_KEYS_FILE is needed in production")
        return self


class OperationSettings(BaseSettings):
    """Pace of long work; seconds."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    operations_poll_seconds: float = Field(default=0.5, gt=0)
    """How often waiting operations are looked for when nobody says that there is one."""
