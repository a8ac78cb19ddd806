"""Quarterly reports that somebody has to hand in, correct or look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import null, select

from services.evaluation.access import OFFICERS
from services.evaluation.projections import known_centre
from services.evaluation.reports.due import DueItem, due_items
from services.evaluation.reports.models import QuarterlyReport
from services.evaluation.reports.period import locked_year
from shared.auth.roles import CENTRE_OPERATOR
from shared.tasks import Asked, Statement, TaskSource, Waiting, rows

_MISSING: Final = ("due_soon", "overdue")


async def _to_hand_in(asked: Asked) -> Sequence[Waiting]:
    """2.3-2: reports not yet handed in, of the operator's own centres."""
    return [_waiting(item) for item in await _due(asked) if item.state in _MISSING]


async def _to_correct(asked: Asked) -> Sequence[Waiting]:
    """2.3-2: reports sent back, of the operator's own centres."""
    return [_waiting(item) for item in await _due(asked) if item.state not in _MISSING]


async def _due(asked: Asked) -> Sequence[DueItem]:
    org = asked.principal.org
    if org is None:
        return ()
    own = known_centre.c.operator_code == org
    return await due_items(asked.session, asked.editions, asked.today, scope=own)


def _waiting(item: DueItem) -> Waiting:
    begun = None if item.report_id else f"/v1/quarterly-reports?centre_id={item.centre_id}&year={item.year}"
    return Waiting(
        id=item.report_id or item.centre_id,
        subject_id=item.report_id or item.centre_id,
        no=item.report_no or item.centre_no,
        since=None,
        due_on=item.due_on,
        link=begun,
        params={"year": str(item.year), "quarter": item.quarter, "centre": item.centre_name},
    )


def _to_review(asked: Asked) -> Statement:
    """Accepted or returned by somebody else than who submitted it, as long as the year's results are not announced."""
    report = QuarterlyReport
    return select(report.id, report.id, report.no, report.submitted_on, null()).where(
        report.status == "submitted", report.submitted_by != asked.principal.account_id, ~locked_year()
    )


_LINK: Final = "/v1/quarterly-reports/{id}"

SOURCES: Final = (
    TaskSource.of("report_due", (CENTRE_OPERATOR,), _LINK, _to_hand_in, message="task-report-due"),
    TaskSource.of("report_returned", (CENTRE_OPERATOR,), _LINK, _to_correct, message="task-report-returned"),
    TaskSource.of("report_to_review", OFFICERS, _LINK, rows(_to_review), message="task-report-to-review"),
)
