"""The cases that notices are about, as far as a notice needs to know them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.principal import Principal


@dataclass(frozen=True, slots=True)
class NoticeSubject:
    """A case as its notice shows it; `announced` while objections are taken, `own` where it is about the caller, and
    `in_charge` where the caller is of the office that decides it."""

    id: UUID
    no: str
    name: str
    announced: bool
    own: bool = False
    in_charge: bool = False


FindSubject = Callable[[AsyncSession, Principal, UUID], Awaitable[NoticeSubject]]
"""Reads the case without a lock; raises 404 for those to whom neither the case nor its notice is open. Selects columns,
so that a second call sees what was committed since the first."""
