"""Quarterly reports as their events tell them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.reports.lines import LINES
from services.evaluation.reports.models import QuarterlyReport
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.events.types import EventType


async def tell(
    session: AsyncSession,
    event_type: EventType[ec.ReportState],
    report: QuarterlyReport,
    data: ec.ReportState,
    context: EventContext,
    applied: Sequence[str],
) -> None:
    """Record one step of a report."""
    await outbox.append(session, event_type, report, data, context=context, rules=applied, edition=report.edition)


def told_fields(fields: Iterable[str], lines: object) -> tuple[str, ...]:
    """What an event says of a change: the form's fields by name, and that there were lines; not whose."""
    return (*sorted(fields), *((LINES,) if lines else ()))


def state_of(
    report: QuarterlyReport, reason_codes: tuple[str, ...] = (), changed_fields: tuple[str, ...] = ()
) -> ec.ReportState:
    """Where the report stands."""
    return ec.ReportState(
        id=report.id,
        no=report.no,
        centre_id=report.centre_id,
        year=report.year,
        quarter=report.quarter,
        status=report.status,
        due_on=report.due_on,
        submitted_on=report.submitted_on,
        late=report.late,
        revision=report.revision,
        reason_codes=reason_codes,
        changed_fields=changed_fields,
    )
