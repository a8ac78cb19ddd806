"""What finance needs from its surroundings beyond the settings of every service."""

from pathlib import Path
from typing import Self

from pydantic import model_validator

from shared.settings import ServiceSettings


class FinanceSettings(ServiceSettings):
    """Where the keys lie that evidence about persons is sealed with; without them no hires are taken or shown."""

    service_name: str = "finance"

    evidence_keys_file: Path | None = None

    @model_validator(mode="after")
    def _production_keeps_evidence(self) -> Self:
        if self.environment == "production" and self.evidence_keys_file is None:
            raise ValueError("EVIDENCE_KEYS_FILE is needed in production")
        return self
