"""Writing entries: the event, which is the record, and the line by which it is found, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.models import AuditEntry
from shared import tracing
from shared.clock import business_today
from shared.db import EVENTS_APPENDED
from shared.events.outbox import EventContext, event_row
from shared.events.types import EventData, EventType
from shared.ids import uuid7
from shared.kernel_tables import event_log

ITSELF: Final = "service:gateway"
"""The actor of what the gateway counted, rather than somebody did."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry to be. `subject` is its own unless it goes on about an export; `once` keeps a second one like it out."""

    type: EventType[Any]
    data: EventData
    actor: str = ITSELF
    subject: UUID = field(default_factory=uuid7)
    version: int = 1
    once: str | None = None
    traceparent: str = field(default_factory=tracing.current)


def kind_of(event_type: EventType[Any]) -> str:
    """`key_used` of `gateway.audit.key_used.v1`."""
    return event_type.name.split(".")[2]


async def write(session: AsyncSession, entries: Sequence[Entry]) -> None:
    """Keep these entries; those that may be said once, and were, are left out."""
    rows, lines = [], []
    for one in entries:
        context = EventContext(one.actor, business_today(), str(one.subject), traceparent=one.traceparent)
        row = event_row(one.type, one.subject, one.version, one.data, context, (), None)
        rows.append(row)
        lines.append(_line(one, row))
    once = [line for line in lines if line["once"] is not None]
    left_out: set[object] = set()
    if once:
        said = upsert(AuditEntry).values(once).on_conflict_do_nothing().returning(AuditEntry.id)
        kept = set(await session.scalars(said))
        left_out = {line["id"] for line in once} - kept
    plain = [line for line in lines if line["once"] is None]
    if plain:
        await session.execute(insert(AuditEntry), plain)
    rows = [row for row in rows if row["id"] not in left_out]
    if rows:
        await session.execute(insert(event_log), rows)
        session.info[EVENTS_APPENDED] = True


_FOUND_BY: Final = {
    "account_id": ("account_id",),
    "credential_id": ("credential_id", "session_id"),
    "route": ("route",),
    "code": ("code", "kind", "cause", "answered"),
    "network": ("network",),
}


def _line(one: Entry, row: dict[str, object]) -> dict[str, object]:
    found = {name: _first(one.data, fields) for name, fields in _FOUND_BY.items()}
    return {
        "id": row["id"],
        "subject_id": one.subject,
        "kind": kind_of(one.type),
        "recorded_at": row["recorded_at"],
        **{name: None if value is None else str(value) for name, value in found.items()},
        "once": one.once,
    }


def _first(data: EventData, fields: tuple[str, ...]) -> object:
    return next((getattr(data, field) for field in fields if hasattr(data, field)), None)
