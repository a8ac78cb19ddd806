"""Self-reports to hand in, indicators to mark, and what a second person decides about a running year."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, false, func, null, or_, select
from sqlalchemy.orm import aliased

from services.evaluation.access import APPROVERS, OFFICERS, in_scope
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.cycles.proposed.models import CycleExtension, CycleReopening
from services.evaluation.evaluations.models import Evaluation, ExpertScore
from services.evaluation.evaluations.rules import CORRECTABLE, MARKABLE
from services.evaluation.experts.drawing import expert_indicators
from services.evaluation.experts.models import Expert, ExpertAssignment
from services.evaluation.experts.rules import LIVE, THIRD
from services.evaluation.rubrics.pinning import pinned_edition
from services.evaluation.self_reports.models import SelfReport
from shared.auth.roles import CENTRE_OPERATOR, EXPERT
from shared.tasks import Asked, Statement, TaskSource, Waiting, rows


def _marks(asked: Asked) -> Statement:
    """2.3-2: the expert's own tasks, while the year still takes marks."""
    assignment, cycle = ExpertAssignment, EvaluationCycle
    return (
        select(assignment.id, assignment.id, Evaluation.no, assignment.assigned_on, assignment.due_on)
        .join(Evaluation, Evaluation.id == assignment.evaluation_id)
        .join(cycle, cycle.id == assignment.cycle_id)
        .where(
            assignment.status == "assigned",
            assignment.account_id == asked.principal.account_id,
            cycle.status.in_(CORRECTABLE),
        )
    )


async def _self_reports(asked: Asked) -> Sequence[Waiting]:
    """2.3-2: of the operator's own centres, from the opening of the year on. What is not begun leads to the evidence,
    which the centre may read from the first day."""
    cycle = EvaluationCycle
    query = (
        select(Evaluation.id, Evaluation.no, cycle.opened_on, cycle.self_report_due_on, SelfReport.id.is_(None))
        .join(cycle, cycle.id == Evaluation.cycle_id)
        .outerjoin(SelfReport, SelfReport.evaluation_id == Evaluation.id)
        .where(
            cycle.status.in_(MARKABLE),
            cycle.self_report_due_on.is_not(None),
            ~Evaluation.exempt,
            SelfReport.status.is_distinct_from("submitted"),
            in_scope(asked.principal, Evaluation.centre_id),
        )
        .order_by(cycle.self_report_due_on, Evaluation.no)
        .limit(asked.limit)
    )
    begun = "/v1/evaluations/{}/self-report"
    missing = "/v1/evaluations/{}/evidence"
    return [
        Waiting(
            id=row[0],
            subject_id=row[0],
            no=row[1],
            since=row[2],
            due_on=row[3],
            link=(missing if row[4] else begun).format(row[0]),
        )
        for row in await asked.session.execute(query)
    ]


async def _places(asked: Asked) -> Sequence[Waiting]:
    """2.3-2: years in which an indicator waits for an expert, before the scores as after a re-mark or a recusal that
    nobody was left for."""
    cycle = EvaluationCycle
    query = select(cycle).where(cycle.status.in_(CORRECTABLE), cycle.marks > 1).order_by(cycle.year)
    found: list[Waiting] = []
    for year in (await asked.session.scalars(query)).all():
        edition = await pinned_edition(asked.session, asked.editions, year.edition, year.rubric_id, year.year)
        unfilled = [_unfilled(indicator, year.marks) for indicator in expert_indicators(edition)]
        counted = (Evaluation.cycle_id == year.id, Evaluation.status != "published", ~Evaluation.exempt)
        wanted = select(exists().where(*counted, or_(false(), *unfilled)))
        if len(found) < asked.limit and await asked.session.scalar(wanted):
            announced = year.status == "announced"
            since, due_on = (
                (year.announced_on, year.notice_until) if announced else (year.opened_on, year.marking_due_on)
            )
            found.append(Waiting(year.id, year.id, None, since, due_on))
    return found


def _unfilled(indicator: str, marks: int) -> ColumnElement[bool]:
    """The latest round is not agreed, and one of its places has nobody; the third's once all others have marked."""
    assignment, other = ExpertAssignment, aliased(ExpertAssignment)
    latest = (
        select(func.coalesce(func.max(other.round), 1))
        .where(other.evaluation_id == Evaluation.id, other.indicator == indicator)
        .correlate(Evaluation)
        .scalar_subquery()
    )
    agreed = (
        select(func.coalesce(func.max(ExpertScore.round), 0))
        .where(ExpertScore.evaluation_id == Evaluation.id, ExpertScore.indicator == indicator)
        .correlate(Evaluation)
        .scalar_subquery()
    )

    def places(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
        own = (assignment.evaluation_id == Evaluation.id, assignment.indicator == indicator)
        held = select(func.count()).select_from(assignment).where(*own, assignment.round == latest, *conditions)
        return held.correlate(Evaluation).scalar_subquery()

    live, first = assignment.status.in_(LIVE), assignment.slot <= marks
    marked = places(first, assignment.status == "marked")
    third = and_(marked >= marks, places(live, assignment.slot == THIRD) == 0)
    return and_(agreed < latest, or_(places(first, live) < marks, third))


def _applicants(asked: Asked) -> Statement:
    """2.3-2: by an officer, not by themselves."""
    return select(Expert.id, Expert.id, null(), Expert.applied_on, null()).where(
        Expert.status == "applied", Expert.account_id != asked.principal.account_id
    )


def _extensions(asked: Asked) -> Statement:
    """2.3-1: by an approver who did not ask for it."""
    change, cycle = CycleExtension, EvaluationCycle
    return (
        select(change.id, cycle.id, null(), change.proposed_on, change.due_before)
        .join(cycle, cycle.id == change.cycle_id)
        .where(change.status == "proposed", change.proposed_by != asked.principal.account_id)
    )


def _reopenings(asked: Asked) -> Statement:
    """2.3-1: by an approver who did not ask for it, while the year is still where it was."""
    change, cycle = CycleReopening, EvaluationCycle
    return (
        select(change.id, cycle.id, null(), change.proposed_on, null())
        .join(cycle, cycle.id == change.cycle_id)
        .where(
            change.status == "proposed",
            change.from_status == cycle.status,
            change.proposed_by != asked.principal.account_id,
        )
    )


SOURCES: Final = (
    TaskSource.of(
        "marks_to_give", (EXPERT,), "/v1/expert-assignments/{id}", rows(_marks), message="task-marks-to-give"
    ),
    TaskSource.of(
        "self_report_due",
        (CENTRE_OPERATOR,),
        "/v1/evaluations/{id}/self-report",
        _self_reports,
        message="task-self-report-due",
    ),
    TaskSource.of(
        "expert_places_to_fill",
        OFFICERS,
        "/v1/evaluation-cycles/{id}/draws",
        _places,
        message="task-expert-places-to-fill",
    ),
    TaskSource.of(
        "expert_to_appoint", OFFICERS, "/v1/experts/{id}", rows(_applicants), message="task-expert-to-appoint"
    ),
    TaskSource.of(
        "cycle_extension_to_approve",
        APPROVERS,
        "/v1/evaluation-cycles/{id}/extensions",
        rows(_extensions),
        message="task-cycle-extension-to-approve",
    ),
    TaskSource.of(
        "reopening_to_approve",
        APPROVERS,
        "/v1/evaluation-cycles/{id}/reopenings",
        rows(_reopenings),
        message="task-reopening-to-approve",
    ),
)
