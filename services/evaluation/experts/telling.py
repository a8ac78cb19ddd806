"""Experts and their tasks as the event log tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.experts.models import Expert, ExpertAssignment, ExpertConflict, ExpertDraw
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.policy.edition import Edition


async def tell_expert(
    session: AsyncSession, happened: EventType[ec.ExpertState], expert: Expert, edition: Edition, context: EventContext
) -> None:
    """A step of somebody's way into the pool or out of it."""
    data = ec.ExpertState(
        id=expert.id,
        account_id=expert.account_id,
        org=expert.org,
        status=expert.status,
        applied_on=expert.applied_on,
        decided_on=expert.decided_on,
        reason_code=expert.reason_code,
    )
    rules = ("evaluation.expert_pool",)
    await outbox.append(session, happened, expert, data, context=context, rules=rules, edition=edition.id)


async def tell_conflict(
    session: AsyncSession,
    happened: EventType[ec.ConflictState],
    expert: Expert,
    conflict: ExpertConflict,
    edition: Edition,
    context: EventContext,
) -> None:
    """Told about the expert, whose row is locked or new."""
    data = ec.ConflictState(
        id=expert.id,
        conflict_id=conflict.id,
        kind=conflict.kind,
        centre_id=conflict.centre_id,
        org=conflict.org,
        declared_on=conflict.declared_on,
        ended_on=conflict.ended_on,
    )
    rules = ("evaluation.expert_conflict",)
    await outbox.append(session, happened, expert, data, context=context, rules=rules, edition=edition.id)


async def tell_draw(session: AsyncSession, draw: ExpertDraw, edition: Edition, context: EventContext) -> None:
    """A draw is never changed, so that this is its only event."""
    names = ("id", "cycle_id", "kind", "seed", "wanted", "assigned", "drawn_on")
    data = ec.DrawState(**{name: getattr(draw, name) for name in names})
    made: list[tuple[UUID, int, ec.DrawState]] = [(draw.id, 1, data)]
    rules = ("evaluation.expert_draw",)
    await outbox.append_many(session, ec.DrawMade, made, context=context, rules=rules, edition=edition.id)


_LATER: Final = frozenset({"ended_on", "reason_code"})
"""What a task gets only when it is given back."""


async def tell_made(
    session: AsyncSession, assignments: Sequence[Mapping[str, Any]], edition: Edition, context: EventContext
) -> None:
    """New tasks, inserted with version 1: rows by column, whose types differ, hence Any."""
    told = [name for name in ec.AssignmentState.model_fields if name not in _LATER]
    states = [
        ec.AssignmentState(ended_on=None, reason_code=None, **{name: row[name] for name in told}) for row in assignments
    ]
    made = [(state.id, 1, state) for state in states]
    rules = ("evaluation.expert_draw", "evaluation.expert_conflict")
    await outbox.append_many(session, ec.AssignmentMade, made, context=context, rules=rules, edition=edition.id)


async def tell_assignment(
    session: AsyncSession,
    happened: EventType[ec.AssignmentState],
    assignment: ExpertAssignment,
    edition: Edition,
    context: EventContext,
    rules: Sequence[str],
) -> None:
    """A task marked or given back."""
    state = _state(assignment)
    await outbox.append(session, happened, assignment, state, context=context, rules=rules, edition=edition.id)


def _state(assignment: ExpertAssignment) -> ec.AssignmentState:
    return ec.AssignmentState(**{name: getattr(assignment, name) for name in ec.AssignmentState.model_fields})
