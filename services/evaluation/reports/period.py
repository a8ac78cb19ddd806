"""Until when a year's reports may be changed."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Exists, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.reports.models import QuarterlyReport
from services.evaluation.reports.rules import OPEN, SIGNED
from shared.errors import DomainError


async def hold_open_period(session: AsyncSession, year: int) -> None:
    """Keep the year open until this transaction ends: no results of it are announced meanwhile. Taken before a centre
    is held, as publications do.

    Raises 409 `report-period-locked` once they were: from then on a report changes by correction only (2.3-2, 2.3-4).
    """
    cycle = EvaluationCycle
    status = await session.scalar(select(cycle.status).where(cycle.year == year).with_for_update(read=True))
    if status is not None and status not in OPEN:
        raise DomainError("report-period-locked", 409, params={"year": year}, clauses=["2.3-2", "2.3-4"])


async def hold_score(session: AsyncSession, report: QuarterlyReport) -> None:
    """Keep the centre's score of the report's year from being computed until this transaction ends, and wait for one
    that is: a version is either counted by a score or accepted after it, never neither. Taken before the instant of
    the acceptance is."""
    evaluation = Evaluation
    query = select(evaluation.id).where(evaluation.centre_id == report.centre_id, evaluation.year == report.year)
    await session.execute(query.with_for_update(read=True))


async def hold_unsigned_period(session: AsyncSession, report_id: UUID) -> None:
    """Keep the year of a report unsigned until this transaction ends. Taken before the report is held.

    Raises 409 `results-signed` from the first bureau's approval until publication is complete: what was approved is
    what is published (2.3-4).
    """
    cycle = EvaluationCycle
    query = select(cycle.year, cycle.status).join(QuarterlyReport, QuarterlyReport.year == cycle.year)
    held = query.where(QuarterlyReport.id == report_id).with_for_update(read=True, of=cycle)
    row = (await session.execute(held)).one_or_none()
    if row is not None and row.status in SIGNED:
        raise DomainError("results-signed", 409, params={"year": row.year}, clauses=["2.3-4"])


def locked_year() -> Exists:
    """Whether a report's year is locked, as a condition of queries over reports."""
    cycle = EvaluationCycle
    return exists().where(cycle.year == QuarterlyReport.year, cycle.status.not_in(OPEN))
