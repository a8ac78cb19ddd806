"""What a year still lacks, centre by centre and in all, worked out in SQL so that it is always up to date (2.3-1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, false, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import in_scope
from services.evaluation.base import AnyRow
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.cycles.progress_schemas import (
    CentreProgress,
    PhaseTerm,
    Progress,
    ProgressCounts,
    ProgressFilter,
    UnenrolledCentre,
)
from services.evaluation.cycles.queries import left_out_of, outdated_in, unmarked_by
from services.evaluation.cycles.roll import not_enrolled
from services.evaluation.cycles.rules import last_objection_day
from services.evaluation.documents.models import Document
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.evidence.models import Evidence
from services.evaluation.experts.models import ExpertAssignment
from services.evaluation.experts.rules import LIVE
from services.evaluation.objections.models import Objection
from services.evaluation.projections import known_centre
from services.evaluation.reports.models import QuarterlyReport
from services.evaluation.reports.rules import due_day, last_day
from services.evaluation.self_reports.models import SelfReport
from shared.auth.principal import Principal
from shared.http.paging import paginate
from shared.policy.edition import Edition

NAMED_AT_MOST: Final = 100
"""Centres not enrolled that an answer names; the count is whole."""

_KINDS: Final = ("reports", "self_report", "evidence", "marks", "score")


@dataclass(frozen=True, slots=True)
class _Lacks:
    """Conditions on evaluations: what is missing of them, and for reports of which quarter."""

    kinds: Mapping[str, ColumnElement[bool]]
    quarters: Mapping[int, ColumnElement[bool]]
    wanted: tuple[str, ...]

    @property
    def complete(self) -> ColumnElement[bool]:
        return not_(or_(*self.kinds.values()))


def _lacks(cycle: EvaluationCycle, edition: Edition, today: date) -> _Lacks:
    counted = and_(~Evaluation.exempt, Evaluation.status != "published")
    wanted = tuple(indicator.id for indicator in edition.rubric.with_bonus if indicator.evidence)
    quarters = {quarter: _report_missing(edition, cycle.year, quarter, today) for quarter in (1, 2, 3, 4)}
    submitted = exists().where(SelfReport.evaluation_id == Evaluation.id, SelfReport.status == "submitted")
    handed_in = submitted.correlate(Evaluation)
    kinds = {
        "reports": or_(*quarters.values()),
        "self_report": false() if cycle.self_report_due_on is None else ~handed_in,
        "evidence": _given_count(wanted) < len(wanted),
        "marks": unmarked_by(edition),
        "score": or_(Evaluation.status == "pending", left_out_of(cycle.id), outdated_in(cycle.year)),
    }
    return _Lacks({name: and_(counted, lacking) for name, lacking in kinds.items()}, quarters, wanted)


def _report_missing(edition: Edition, year: int, quarter: int, today: date) -> ColumnElement[bool]:
    """2.3-2: fallen due for a centre listed on the quarter's last day, and not accepted."""
    due_on, last = due_day(edition, year, quarter).day, last_day(year, quarter)
    if due_on < edition.validity.burdens_from.value or due_on >= today:
        return false()
    left = func.least(Evaluation.delisted_on, Evaluation.withdrawn_on)
    accepted = exists().where(
        QuarterlyReport.centre_id == Evaluation.centre_id,
        QuarterlyReport.year == year,
        QuarterlyReport.quarter == quarter,
        QuarterlyReport.status == "accepted",
    )
    return and_(Evaluation.listed_on <= last, or_(left.is_(None), left > last), ~accepted)


def _given_count(wanted: tuple[str, ...]) -> ScalarSelect[int]:
    return select(func.count(Evidence.indicator.distinct())).where(_filed(wanted)).scalar_subquery()


def _filed(wanted: tuple[str, ...]) -> ColumnElement[bool]:
    there = exists().where(Document.id == Evidence.document_id, Document.removed_at.is_(None))
    return and_(
        Evidence.evaluation_id == Evaluation.id,
        Evidence.status == "filed",
        Evidence.indicator.in_(wanted),
        there,
    )


async def progress_of(
    session: AsyncSession, principal: Principal, cycle: EvaluationCycle, edition: Edition, wanted: ProgressFilter
) -> Progress:
    """Counts over the caller's scope, and a page of its centres."""
    lacks = _lacks(cycle, edition, principal.today)
    scope = and_(Evaluation.cycle_id == cycle.id, in_scope(principal, Evaluation.centre_id))
    new = and_(not_enrolled(cycle), in_scope(principal, known_centre.c.id))
    page = await _centres(session, scope, lacks, wanted)
    named = await session.execute(
        select(known_centre.c.id, known_centre.c.no, known_centre.c.name)
        .where(new)
        .order_by(known_centre.c.no)
        .limit(NAMED_AT_MOST)
    )
    return Progress(
        cycle_id=cycle.id,
        year=cycle.year,
        status=cycle.status,
        terms=_terms(cycle, edition, principal.today),
        counts=await _counts(session, cycle, scope, new, lacks),
        not_enrolled=[UnenrolledCentre.model_validate(row) for row in named],
        items=page[0],
        next=page[1],
    )


def _terms(cycle: EvaluationCycle, edition: Edition, today: date) -> list[PhaseTerm]:
    announced = cycle.announced_on
    objections = None if announced is None else last_objection_day(edition, announced, cycle.objections_until)
    days = {
        "self_report": cycle.self_report_due_on,
        "marking": cycle.marking_due_on,
        "notice": cycle.notice_until,
        "objections": objections,
    }
    return [
        PhaseTerm(phase=phase, due_on=due_on, over=due_on is not None and today > due_on)
        for phase, due_on in days.items()
    ]


async def _counts(
    session: AsyncSession,
    cycle: EvaluationCycle,
    scope: ColumnElement[bool],
    new: ColumnElement[bool],
    lacks: _Lacks,
) -> ProgressCounts:
    number = func.count
    looked_up = select(
        Evaluation.exempt, Evaluation.status, *(lacking.label(name) for name, lacking in lacks.kinds.items())
    )
    # Each condition looks into other tables: kept once a row, not worked out anew for each count.
    row = looked_up.where(scope).cte("lacking").prefix_with("MATERIALIZED").c
    centres = (
        await session.execute(
            select(
                number().label("centres"),
                number().filter(not_(or_(*(row[name] for name in lacks.kinds)))).label("complete"),
                number().filter(row.exempt).label("exempt"),
                number().filter(row.status == "published").label("published"),
                *(number().filter(row[name]).label(f"without_{name}") for name in lacks.kinds),
            )
        )
    ).one()
    within = select(Evaluation.id).where(scope)
    reports = await session.execute(
        select(
            number().filter(SelfReport.status == "submitted").label("self_reports_submitted"),
            number().filter(SelfReport.status == "returned").label("self_reports_returned"),
            number().filter(SelfReport.late).label("self_reports_late"),
        ).where(SelfReport.cycle_id == cycle.id, SelfReport.evaluation_id.in_(within))
    )
    assignment = ExpertAssignment
    marks = await session.execute(
        select(
            number().filter(assignment.status.in_(LIVE)).label("marks_assigned"),
            number().filter(assignment.status == "marked").label("marks_given"),
        ).where(assignment.cycle_id == cycle.id, assignment.evaluation_id.in_(within))
    )
    waiting = select(number()).where(
        Objection.cycle_id == cycle.id, Objection.status == "submitted", Objection.evaluation_id.in_(within)
    )
    return ProgressCounts(
        **centres._asdict(),
        **reports.one()._asdict(),
        **marks.one()._asdict(),
        not_enrolled=await session.scalar(select(number()).select_from(known_centre).where(new)) or 0,
        objections_unanswered=await session.scalar(waiting) or 0,
    )


async def _centres(
    session: AsyncSession, scope: ColumnElement[bool], lacks: _Lacks, wanted: ProgressFilter
) -> tuple[list[CentreProgress], str | None]:
    assignment = ExpertAssignment
    own = assignment.evaluation_id == Evaluation.id
    given = select(func.array_agg(Evidence.indicator.distinct())).where(_filed(lacks.wanted))
    columns: list[ColumnElement[Any]] = [
        *(lacking.label(f"lacks_{name}") for name, lacking in lacks.kinds.items()),
        *(lacking.label(f"quarter_{quarter}") for quarter, lacking in lacks.quarters.items()),
        given.scalar_subquery().label("given"),
        select(func.count()).where(own, assignment.status.in_(LIVE)).scalar_subquery().label("marks_assigned"),
        select(func.count()).where(own, assignment.status == "marked").scalar_subquery().label("marks_given"),
    ]
    query = (
        select(
            Evaluation,
            known_centre.c.no.label("centre_no"),
            known_centre.c.name.label("centre_name"),
            SelfReport.status.label("self_report"),
            SelfReport.late.label("self_report_late"),
            *columns,
        )
        .join(known_centre, known_centre.c.id == Evaluation.centre_id)
        .outerjoin(SelfReport, SelfReport.evaluation_id == Evaluation.id)
        .where(scope)
    )
    if wanted.missing is not None:
        query = query.where(lacks.kinds[wanted.missing])
    if wanted.complete is not None:
        query = query.where(lacks.complete if wanted.complete else not_(lacks.complete))
    if wanted.centre_id is not None:
        query = query.where(Evaluation.centre_id == wanted.centre_id)
    page = await paginate(
        session, query, keys=[Evaluation.no], params=wanted, item=lambda row: _centre(row, lacks.wanted)
    )
    return page.items, page.next


def _centre(row: AnyRow, wanted: tuple[str, ...]) -> CentreProgress:
    evaluation: Evaluation = row[0]
    missing = [name for name in _KINDS if getattr(row, f"lacks_{name}")]
    given = set(row.given or ())
    return CentreProgress(
        evaluation_id=evaluation.id,
        evaluation_no=evaluation.no,
        centre_id=evaluation.centre_id,
        centre_no=row.centre_no,
        centre_name=row.centre_name,
        status=evaluation.status,
        exempt=evaluation.exempt,
        complete=not missing,
        missing=missing,
        reports_missing=[quarter for quarter in (1, 2, 3, 4) if getattr(row, f"quarter_{quarter}")]
        if "reports" in missing
        else [],
        self_report=row.self_report,
        self_report_late=bool(row.self_report_late),
        evidence_missing=[name for name in wanted if name not in given] if "evidence" in missing else [],
        marks_assigned=row.marks_assigned,
        marks_given=row.marks_given,
    )
