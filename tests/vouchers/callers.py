"""Accounts as their tokens describe them."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4


@dataclass(frozen=True)
class Caller:
    """An account as its token describes it."""

    roles: tuple[str, ...]
    account_id: str = field(default_factory=lambda: str(uuid4()))
    org: str | None = None
    division: str | None = None
    person_ref: str | None = None
