"""Whether a change changes anything: what is sent as it stands already leaves neither an event nor a new version."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.base import Base


def put(row: Base, name: str, value: object) -> None:
    """Set an attribute unless it has the value already: what follows a name, unread, would count as a change."""
    if getattr(row, name) != value:
        setattr(row, name, value)


def unchanged(session: AsyncSession, row: Base) -> bool:
    """Whether the row still stands as it was read. Asked before anything is written or read again."""
    return not session.sync_session.is_modified(row)
