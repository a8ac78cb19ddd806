"""Reading entries: found by their lines, told from the event log."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.models import AuditEntry
from gateway.audit.schemas import AuditEntryFilter, AuditEntryOut
from shared.http.paging import Page, paginate
from shared.kernel_tables import event_log

_TOLD = {"kind": "code", "cause": "code", "turned_away": "count", "answered": "code", "session_id": "credential_id"}
"""Fields of the events that the list has under other names."""


async def list_entries(session: AsyncSession, wanted: AuditEntryFilter) -> Page[AuditEntryOut]:
    """Entries, the latest first."""
    return await paginate(session, _matching(wanted), keys=[AuditEntry.id.desc()], params=wanted, item=_told)


def _matching(wanted: AuditEntryFilter) -> Select[Any, Any, Any, Any, Any, Any, Any]:
    statement = select(
        AuditEntry.id,
        AuditEntry.kind,
        AuditEntry.recorded_at,
        AuditEntry.subject_id,
        event_log.c.data,
        event_log.c.position,
        event_log.c.hash,
    ).join(event_log, event_log.c.id == AuditEntry.id)
    for name in ("kind", "account_id", "credential_id", "subject_id", "route", "code", "network"):
        value = getattr(wanted, name)
        if value is not None:
            statement = statement.where(getattr(AuditEntry, name) == value)
    if wanted.from_at is not None:
        statement = statement.where(AuditEntry.recorded_at >= wanted.from_at)
    if wanted.until_at is not None:
        statement = statement.where(AuditEntry.recorded_at < wanted.until_at)
    return statement


def _told(row: Row[Any]) -> AuditEntryOut:
    data: dict[str, object] = json.loads(row.data)
    known = {_TOLD.get(name, name): value for name, value in data.items()}
    fields = {name: known.get(name) for name in AuditEntryOut.model_fields}
    own = {
        "id": row.id,
        "kind": row.kind,
        "recorded_at": row.recorded_at,
        "subject_id": row.subject_id,
        "position": row.position,
        "hash": None if row.hash is None else bytes(row.hash).hex(),
    }
    return AuditEntryOut.model_validate({**fields, **own})
