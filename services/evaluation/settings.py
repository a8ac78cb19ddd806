"""What the evaluation service needs from its surroundings beyond the settings of every service."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class EvaluationSettings(BaseSettings):
    """Pace of the background work; seconds."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    delisting_watchdog_seconds: float = Field(default=2.0, gt=0)
    """How often published delistings are looked at."""
    delisting_patience_seconds: float = Field(default=3.0, gt=0)
    """How long a participant may take before it is reminded; doubled after each reminder, up to five minutes."""
    operations_poll_seconds: float = Field(default=0.2, gt=0)
    """How often waiting operations are looked for when nobody says that there is one."""
    report_reminder_seconds: float = Field(default=3600.0, gt=0)
    """How often missing quarterly reports are looked for; each is called for once before and once after its due day."""
    rectification_alarm_seconds: float = Field(default=3600.0, gt=0)
    """How often orders whose term has passed are looked for; the alarm is raised once a term."""


class PolicySettings(BaseSettings):
    """The directory of added editions, for event handlers, which have no request to find the runtime by."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    policy_dir: Path | None = None
