"""Reading the pool, draws and assignments, each as far as the reader may know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Exists, Row, Select, and_, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import reads_all
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.evaluations.models import Evaluation, ExpertScore
from services.evaluation.experts.models import Expert, ExpertAssignment, ExpertConflict, ExpertDraw
from services.evaluation.experts.rules import LIVE, Interests
from services.evaluation.experts.schemas import AssignmentFilter, AssignmentOut, DrawOut, ExpertFilter, ExpertOut
from services.evaluation.projections import known_centre
from shared.auth.principal import Principal
from shared.errors import not_found

AssignmentRow: TypeAlias = Row[*tuple[Any, ...]]
"""An assignment with its evaluation's number and year, the centre, and whether its marks are agreed."""


def _own_account(principal: Principal) -> ColumnElement[bool]:
    return true() if reads_all(principal) else Expert.account_id == principal.account_id


async def find_expert(session: AsyncSession, principal: Principal, expert_id: UUID, *, lock: bool = False) -> Expert:
    """Somebody of the pool that the caller may see, locked for a step if asked. Raises 404."""
    query = select(Expert).where(Expert.id == expert_id, _own_account(principal))
    expert = await session.scalar(query.with_for_update() if lock else query)
    if expert is None:
        raise not_found("expert")
    return expert


def experts_for(principal: Principal, wanted: ExpertFilter) -> Select[Expert]:
    """The pool for bureaus, oneself for an expert."""
    query = select(Expert).where(_own_account(principal))
    for name in wanted.model_fields_set - {"limit", "cursor"}:
        query = query.where(getattr(Expert, name) == getattr(wanted, name))
    return query


async def show_expert(session: AsyncSession, expert: Expert) -> ExpertOut:
    """With conflicts and how much is still to be marked."""
    conflicts = await session.scalars(
        select(ExpertConflict).where(ExpertConflict.expert_id == expert.id).order_by(ExpertConflict.id)
    )
    return ExpertOut.of(expert, (await loads(session, [expert.id])).get(expert.id, 0), list(conflicts))


async def loads(session: AsyncSession, experts: Iterable[UUID], cycle_id: UUID | None = None) -> Mapping[UUID, int]:
    """By expert: tasks still to be marked; of a year, those marked in it too, so that a whole year is shared evenly."""
    assignment = ExpertAssignment
    statuses = ("assigned",) if cycle_id is None else ("assigned", "marked")
    query = select(assignment.expert_id, func.count()).where(
        assignment.expert_id.in_(list(experts)), assignment.status.in_(statuses)
    )
    if cycle_id is not None:
        query = query.where(assignment.cycle_id == cycle_id)
    rows = await session.execute(query.group_by(assignment.expert_id))
    return {row[0]: row[1] for row in rows}


async def interests(session: AsyncSession, *which: ColumnElement[bool]) -> list[Interests]:
    """Appointed experts with what keeps them away, by account."""
    query = select(Expert).where(Expert.status == "appointed", *which).order_by(Expert.account_id)
    experts = (await session.scalars(query)).all()
    rows = await session.execute(
        select(ExpertConflict.expert_id, ExpertConflict.centre_id, ExpertConflict.org).where(
            ExpertConflict.ended_on.is_(None), ExpertConflict.expert_id.in_([expert.id for expert in experts])
        )
    )
    centres: dict[UUID, set[UUID]] = {}
    orgs: dict[UUID, set[str]] = {}
    for row in rows:
        if row.centre_id is not None:
            centres.setdefault(row.expert_id, set()).add(row.centre_id)
        else:
            orgs.setdefault(row.expert_id, set()).add(row.org)
    return [
        Interests(
            expert.id,
            expert.account_id,
            expert.org,
            frozenset(centres.get(expert.id, ())),
            frozenset(orgs.get(expert.id, ())),
        )
        for expert in experts
    ]


def agreed() -> Exists:
    """Whether the marks of an assignment's indicator and round are in and agreed."""
    return exists().where(
        ExpertScore.evaluation_id == ExpertAssignment.evaluation_id,
        ExpertScore.indicator == ExpertAssignment.indicator,
        ExpertScore.round >= ExpertAssignment.round,
    )


def _joined() -> Select[*tuple[Any, ...]]:
    centre = known_centre.c
    columns = (Evaluation.no, Evaluation.year, Evaluation.centre_id, centre.no, centre.name)
    names = ("evaluation_no", "year", "centre_id", "centre_no", "centre_name")
    labelled: list[ColumnElement[Any]] = [column.label(name) for column, name in zip(columns, names, strict=True)]
    return (
        select(ExpertAssignment, *labelled, agreed().label("agreed"))
        .join(Evaluation, Evaluation.id == ExpertAssignment.evaluation_id)
        .join(known_centre, centre.id == Evaluation.centre_id)
    )


def _visible(principal: Principal) -> ColumnElement[bool]:
    return true() if reads_all(principal) else ExpertAssignment.account_id == principal.account_id


def assignments_for(principal: Principal, wanted: AssignmentFilter) -> Select[*tuple[Any, ...]]:
    """All tasks for bureaus, one's own for an expert."""
    query = _joined().where(_visible(principal))
    for name in wanted.model_fields_set - {"limit", "cursor"}:
        query = query.where(getattr(ExpertAssignment, name) == getattr(wanted, name))
    return query


async def find_assignment(session: AsyncSession, principal: Principal, assignment_id: UUID) -> AssignmentRow:
    """One task that the caller may see. Raises 404."""
    query = _joined().where(ExpertAssignment.id == assignment_id, _visible(principal))
    row = (await session.execute(query.execution_options(populate_existing=True))).one_or_none()
    if row is None:
        raise not_found("expert_assignment")
    return row


def shown_assignment(principal: Principal, row: AssignmentRow) -> AssignmentOut:
    """2.3-2: experts see their own marks, everybody else those that are agreed."""
    assignment: ExpertAssignment = row[0]
    own = assignment.account_id == principal.account_id
    hidden: set[str] = {"slot", "draw_id"} if own else set() if row.agreed else {"mark", "evidence"}
    beside = {"evaluation_no", "year", "centre_id", "centre_no", "centre_name", "agreed"}
    known = {name: getattr(row, name) for name in beside}
    known |= {
        name: None if name in hidden else getattr(assignment, name) for name in set(AssignmentOut.model_fields) - beside
    }
    return AssignmentOut(**known)


async def draws_of(session: AsyncSession, cycle_id: UUID) -> list[DrawOut]:
    """Newest first."""
    query = select(ExpertDraw).where(ExpertDraw.cycle_id == cycle_id).order_by(ExpertDraw.id.desc())
    return [DrawOut.model_validate(draw) for draw in await session.scalars(query)]


def marked_by(principal: Principal) -> ColumnElement[bool]:
    """Evaluations that an expert may read: those assigned, and all of a year whose marks are entered directly."""
    assignment = ExpertAssignment
    mine = and_(assignment.account_id == principal.account_id, assignment.status.in_(LIVE))
    direct = select(EvaluationCycle.id).where(EvaluationCycle.marks == 1)
    return or_(Evaluation.id.in_(select(assignment.evaluation_id).where(mine)), Evaluation.cycle_id.in_(direct))
