"""Cycles as the event log tells them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.cycles.models import EvaluationCycle
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.events.types import EventType


async def tell_cycle(
    session: AsyncSession,
    event_type: EventType[ec.CycleState],
    cycle: EvaluationCycle,
    context: EventContext,
    rules: Sequence[str],
) -> None:
    """Record a step of the cycle, whose row the caller holds or has just made."""
    await outbox.append(
        session, event_type, cycle, state_of(cycle), context=context, rules=rules, edition=cycle.edition
    )


def state_of(cycle: EvaluationCycle) -> ec.CycleState:
    """The cycle as its events tell it; `rubric` is the policy edition for its own rubric, else the rubric's id."""
    return ec.CycleState(
        id=cycle.id,
        year=cycle.year,
        status=cycle.status,
        edition=cycle.edition,
        rubric=cycle.edition if cycle.rubric_id is None else str(cycle.rubric_id),
        document_no=cycle.document_no,
        published_on=cycle.published_on,
        opened_on=cycle.opened_on,
        scored_on=cycle.scored_on,
        announced_on=cycle.announced_on,
        notice_until=cycle.notice_until,
        approved_on=cycle.approved_on,
        approved_bureau=cycle.approved_bureau,
        countersigned_on=cycle.countersigned_on,
        countersigned_bureau=cycle.countersigned_bureau,
        continuation_basis=cycle.continuation_basis,
        marks=cycle.marks,
        self_report_due_on=cycle.self_report_due_on,
        marking_due_on=cycle.marking_due_on,
        objections_until=cycle.objections_until,
    )
