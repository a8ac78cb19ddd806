"""Reading cycles: the list, and a year as it would be published now."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.base import AnyRow
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.cycles.schemas import Completeness, CycleFilter, FailOut, Preview
from services.evaluation.delistings.models import DelistingCase
from services.evaluation.delistings.rules import DROPPED
from services.evaluation.evaluations.models import Evaluation, Exemption, ExpertScore, Veto
from services.evaluation.evaluations.queries import undecided
from services.evaluation.experts.models import ExpertAssignment
from services.evaluation.operations.models import Operation, OperationIssue
from services.evaluation.projections import known_centre
from services.evaluation.reports.models import QuarterlyReport
from services.evaluation.reports.rules import due_quarters, left_on
from services.evaluation.rubrics.rules import EXEMPT, NOT_GRADED
from shared.clock import utcnow
from shared.errors import not_found
from shared.policy.edition import Edition


def cycles(wanted: CycleFilter) -> Select[EvaluationCycle]:
    """All cycles, filtered."""
    query = select(EvaluationCycle)
    for name in wanted.model_fields_set - {"limit", "cursor"}:
        query = query.where(getattr(EvaluationCycle, name) == getattr(wanted, name))
    return query


async def find_cycle(session: AsyncSession, cycle_id: UUID, *, lock: bool = False) -> EvaluationCycle:
    """One cycle, locked for a step if asked. Raises 404."""
    query = select(EvaluationCycle).where(EvaluationCycle.id == cycle_id)
    locked = query.with_for_update().execution_options(populate_existing=True)
    cycle = await session.scalar(locked if lock else query)
    if cycle is None:
        raise not_found("evaluation_cycle")
    return cycle


async def edition_of(session: AsyncSession, cycle_id: UUID) -> str:
    """The edition that a cycle is pinned to."""
    query = select(EvaluationCycle.edition).where(EvaluationCycle.id == cycle_id)
    return (await session.execute(query)).scalar_one()


async def unpublished_left(session: AsyncSession, cycle_id: UUID) -> int:
    """Evaluations of the cycle whose results are not final."""
    query = select(func.count()).where(Evaluation.cycle_id == cycle_id, Evaluation.status != "published")
    return (await session.execute(query)).scalar_one()


async def preview_of(session: AsyncSession, cycle: EvaluationCycle, edition: Edition) -> Preview:
    """Grades so far, by tier, what is missing, and who would fail."""
    evaluation = Evaluation
    rows = await session.execute(
        select(evaluation.tier, evaluation.grade, func.count().label("count"))
        .where(evaluation.cycle_id == cycle.id, evaluation.grade.is_not(None))
        .group_by(evaluation.tier, evaluation.grade)
        .order_by(evaluation.tier, evaluation.grade)
    )
    grades: dict[str, int] = {}
    by_tier: dict[str, dict[str, int]] = {}
    for tier, grade, count in rows:
        grades[str(grade)] = grades.get(str(grade), 0) + count
        by_tier.setdefault(tier, {})[str(grade)] = count
    return Preview(
        cycle_id=cycle.id,
        year=cycle.year,
        status=cycle.status,
        as_of=utcnow(),
        grades=grades,
        grades_by_tier=by_tier,
        completeness=await completeness_of(session, cycle, edition),
        fails=[FailOut.model_validate(row) for row in await _fails(session, cycle.id)],
    )


async def completeness_of(session: AsyncSession, cycle: EvaluationCycle, edition: Edition) -> Completeness:
    """Counts over the whole cycle (2.3-1)."""
    evaluation = Evaluation
    open_ones = evaluation.status != "published"
    counts = (
        await session.execute(
            select(
                func.count().label("centres"),
                func.count().filter(evaluation.status == "scored").label("scored"),
                func.count().filter(evaluation.status == "published").label("published"),
                func.count().filter(evaluation.grade == EXEMPT).label("exempt"),
                func.count().filter(evaluation.grade == NOT_GRADED).label("not_graded"),
                func.count().filter(or_(evaluation.status == "pending", left_out_of(cycle.id))).label("unscored"),
                func.count().filter(and_(open_ones, unmarked_by(edition))).label("unmarked"),
                func.count().filter(and_(open_ones, outdated_in(cycle.year))).label("outdated"),
            ).where(evaluation.cycle_id == cycle.id)
        )
    ).one()
    reports = await _reports(session, cycle)
    return Completeness(
        **counts._asdict(),
        reports_due=await _reports_due(session, cycle, edition),
        reports_accepted=reports.accepted,
        reports_under_review=reports.under_review,
        vetoes_undecided=len(await undecided(session, cycle.id, Veto)),
        exemptions_undecided=len(await undecided(session, cycle.id, Exemption)),
    )


def left_out_of(cycle_id: UUID) -> ColumnElement[bool]:
    """A scoring has left the evaluation out since it was scored last: the score it has is not the one asked for."""
    left_out = (
        select(OperationIssue.evaluation_id)
        .join(Operation, Operation.id == OperationIssue.operation_id)
        .where(
            OperationIssue.evaluation_id == Evaluation.id,
            OperationIssue.recorded_at > Evaluation.scored_at,
            Operation.cycle_id == cycle_id,
            Operation.kind == "score",
        )
    )
    return left_out.exists()


def unmarked_by(edition: Edition) -> ColumnElement[bool]:
    """The score decides the grade, and some expert indicator has no mark yet, or is marked anew."""
    wanted = [indicator.id for indicator in edition.rubric.with_bonus if indicator.kind == "expert"]
    marked = (
        select(func.count(ExpertScore.indicator.distinct()))
        .where(ExpertScore.evaluation_id == Evaluation.id, ExpertScore.indicator == func.any(_texts(wanted)))
        .scalar_subquery()
    )
    score_counts = and_(~Evaluation.exempt, ~Evaluation.vetoed, Evaluation.grade.is_distinct_from(NOT_GRADED))
    return and_(score_counts, or_(marked < len(wanted), _marked_anew()))


def _marked_anew() -> ColumnElement[bool]:
    """A later round has begun whose marks are not agreed."""
    assignment = ExpertAssignment
    agreed = exists().where(
        ExpertScore.evaluation_id == assignment.evaluation_id,
        ExpertScore.indicator == assignment.indicator,
        ExpertScore.round >= assignment.round,
    )
    return exists().where(assignment.evaluation_id == Evaluation.id, assignment.round > 1, ~agreed)


def _texts(values: list[str]) -> Any:
    return cast(literal(values, ARRAY(Text)), ARRAY(Text))


def outdated_in(year: int) -> ColumnElement[bool]:
    """A report was accepted after the score was computed."""
    report = QuarterlyReport
    later = select(report.id).where(
        report.centre_id == Evaluation.centre_id, report.year == year, report.accepted_at > Evaluation.scored_at
    )
    return later.exists()


async def _reports(session: AsyncSession, cycle: EvaluationCycle) -> AnyRow:
    report = QuarterlyReport
    query = (
        select(
            func.count().filter(report.status == "accepted").label("accepted"),
            func.count().filter(report.status == "submitted").label("under_review"),
        )
        .join(Evaluation, Evaluation.centre_id == report.centre_id)
        .where(Evaluation.cycle_id == cycle.id, report.year == cycle.year)
    )
    return (await session.execute(query)).one()


async def _reports_due(session: AsyncSession, cycle: EvaluationCycle, edition: Edition) -> int:
    listed = (Evaluation.listed_on, Evaluation.delisted_on, Evaluation.withdrawn_on)
    rows = await session.execute(
        select(*listed, func.count().label("centres")).where(Evaluation.cycle_id == cycle.id).group_by(*listed)
    )
    due = 0
    for row in rows:
        left = left_on(row.delisted_on, row.withdrawn_on)
        due += len(due_quarters(edition, cycle.year, row.listed_on, left)) * row.centres
    return due


async def _fails(session: AsyncSession, cycle_id: UUID) -> list[AnyRow]:
    case = and_(DelistingCase.evaluation_id == Evaluation.id, DelistingCase.status != DROPPED)
    query = (
        select(
            Evaluation.id.label("evaluation_id"),
            Evaluation.no.label("evaluation_no"),
            Evaluation.centre_id,
            known_centre.c.no.label("centre_no"),
            known_centre.c.name.label("centre_name"),
            Evaluation.tier,
            Evaluation.score,
            Evaluation.vetoed,
            Evaluation.status,
            DelistingCase.id.label("delisting_case_id"),
            DelistingCase.no.label("delisting_case_no"),
            DelistingCase.status.label("delisting_case_status"),
        )
        .join(known_centre, known_centre.c.id == Evaluation.centre_id)
        .outerjoin(DelistingCase, case)
        .where(
            Evaluation.cycle_id == cycle_id,
            Evaluation.failing,
        )
        .order_by(Evaluation.score, Evaluation.no)
    )
    return list((await session.execute(query)).all())
