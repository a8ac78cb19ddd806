"""Calling for missing reports: one event before and one after the due day, whoever asks how often."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import table_of
from services.evaluation.reports.due import missing_reports, periods
from services.evaluation.reports.models import ReportReminder
from services.evaluation.settings import EvaluationSettings
from shared.clock import business_today
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.ids import uuid7
from shared.runtime import Runtime

ACTOR: Final = "service:evaluation"
BATCH: Final = 500
_TYPES: Final = {"due_soon": ec.ReportDueSoon, "overdue": ec.ReportOverdue}


async def call_for_reports(runtime: Runtime) -> None:
    """Look for missing reports for ever, in the elected process. Under a simulated clock days pass only in requests, so
    there is no day to look on."""
    settings = EvaluationSettings()
    while True:
        if runtime.settings.business_clock == "real":
            await remind(runtime, business_today())
        await asyncio.sleep(settings.report_reminder_seconds)


async def remind(runtime: Runtime, today: date) -> int:
    """Call for what is due soon or overdue on the day and was not called for before; returns how many calls."""
    total = 0
    while called := await runtime.db.run(lambda session: _remind(session, runtime, today)):
        total += called
    return total


async def _remind(session: AsyncSession, runtime: Runtime, today: date) -> int:
    """The next batch. A call's row and its event are written together, and its row only once."""
    called = periods(runtime.editions, today)
    if not called:
        return 0
    missing = missing_reports(called, today).subquery("missing").c
    reminder = ReportReminder
    known = exists().where(
        reminder.centre_id == missing.centre_id,
        reminder.year == missing.year,
        reminder.quarter == missing.quarter,
        reminder.state == missing.state,
    )
    wanted = (missing.centre_id, missing.year, missing.quarter, missing.state, missing.due_on, missing.report_id)
    query = select(*wanted).where(missing.state.in_(list(_TYPES)), ~known).order_by(*wanted[:4]).limit(BATCH)
    rows = [{**row._mapping, "id": uuid7(), "called_on": today} for row in await session.execute(query)]
    for state, event_type in _TYPES.items():
        await _call(session, runtime, event_type, [row for row in rows if row["state"] == state], today)
    return len(rows)


async def _call(
    session: AsyncSession,
    runtime: Runtime,
    event_type: EventType[ec.ReportReminderState],
    rows: Sequence[Mapping[str, Any]],
    today: date,
) -> None:
    """Write calls down and tell them; one that another process has just written stays as it is."""
    if not rows:
        return
    drafts = {row["id"]: row["report_id"] for row in rows}
    table = table_of(ReportReminder)
    kept = [{name: value for name, value in row.items() if name != "report_id"} | {"version": 1} for row in rows]
    written = insert(table).values(kept).on_conflict_do_nothing().returning(*table.c)
    facts = [
        (
            row.id,
            1,
            ec.ReportReminderState(
                id=row.id,
                centre_id=row.centre_id,
                year=row.year,
                quarter=row.quarter,
                state=row.state,
                due_on=row.due_on,
                report_id=drafts[row.id],
            ),
        )
        for row in await session.execute(written)
    ]
    simulated = runtime.settings.business_clock == "simulated"
    context = EventContext(ACTOR, today, str(uuid7()), simulated=simulated)
    await outbox.append_many(session, event_type, facts, context=context, rules=("quarterly.due",))
