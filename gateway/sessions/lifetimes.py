"""How long sessions last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long a refresh token waits to be used, and how long a session lasts at most."""

    idle: timedelta
    absolute: timedelta
