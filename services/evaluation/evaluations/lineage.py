"""What scores rest on beside reports and stays: the registry's word on the centre, returned reports, evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.centres import states_on
from services.evaluation.documents.models import Document
from services.evaluation.evidence.models import Evidence
from services.evaluation.projections import known_centre_state
from services.evaluation.reports.models import QuarterlyReport, ReportReturn

NAMED_AT_MOST: Final = 100
"""Documents of one indicator that a score sheet names."""


async def states_behind(session: AsyncSession, day: date, centres: Sequence[UUID]) -> dict[UUID, JsonValue]:
    """The registry's events about each centre: the one in effect on the day, as which it is evaluated, and the last one
    known, which says whether it was listed, withdrawn or delisted."""
    in_effect = states_on(day, centres)
    state = known_centre_state.c
    newest = (
        select(state.centre_id, state.event_id)
        .ext(distinct_on(state.centre_id))
        .where(state.centre_id.in_(centres))
        .order_by(state.centre_id, state.version.desc())
    )
    found: dict[UUID, list[str]] = {}
    for row in await session.execute(select(in_effect.c.centre_id, in_effect.c.event_id)):
        found[row.centre_id] = [str(row.event_id)]
    for row in await session.execute(newest):
        known = found.setdefault(row.centre_id, [])
        known += [str(row.event_id)] if str(row.event_id) not in known else []
    return {centre: list(events) for centre, events in found.items()}


async def returns_behind(session: AsyncSession, year: int, centres: Sequence[UUID]) -> dict[UUID, JsonValue]:
    """Returned reports by centre: `<report>:<version>`; the version that followed tells whether it came in time."""
    query = (
        select(QuarterlyReport.centre_id, ReportReturn.report_id, ReportReturn.revision)
        .join(ReportReturn, ReportReturn.report_id == QuarterlyReport.id)
        .where(QuarterlyReport.year == year, QuarterlyReport.centre_id.in_(centres))
        .order_by(QuarterlyReport.centre_id, QuarterlyReport.quarter, ReportReturn.revision)
    )
    found: dict[UUID, list[JsonValue]] = {}
    for row in await session.execute(query):
        found.setdefault(row.centre_id, []).append(f"{row.report_id}:{row.revision}")
    return {centre: list(returned) for centre, returned in found.items()}


async def evidence_behind(session: AsyncSession, evaluations: Sequence[UUID]) -> dict[UUID, dict[str, JsonValue]]:
    """Documents in force by evaluation and indicator: `<document>:<SHA-256>`, the newest first."""
    place = func.row_number().over(
        partition_by=(Evidence.evaluation_id, Evidence.indicator), order_by=Evidence.id.desc()
    )
    ranked = (
        select(Evidence.evaluation_id, Evidence.indicator, Evidence.document_id, Document.sha256, place.label("place"))
        .join(Document, Document.id == Evidence.document_id)
        .where(Evidence.evaluation_id.in_(evaluations), Evidence.status == "filed", Document.removed_at.is_(None))
        .subquery("ranked")
    )
    query = select(ranked).where(ranked.c.place <= NAMED_AT_MOST)
    found: dict[UUID, dict[str, JsonValue]] = {}
    for row in await session.execute(query.order_by(ranked.c.evaluation_id, ranked.c.indicator, ranked.c.place)):
        named = found.setdefault(row.evaluation_id, {}).setdefault(row.indicator, [])
        assert isinstance(named, list)
        named.append(f"{row.document_id}:{row.sha256}")
    return found
