"""The leader's loop over operations: takes up what is running, a small transaction at a time, also after a crash."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final
from uuid import UUID

from sqlalchemy import exists, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.cycles.publication import (
    Publication,
    complete_cycle,
    hold_cycle,
    publish_centre,
)
from services.evaluation.cycles.queries import unpublished_left
from services.evaluation.cycles.usecases import state_of
from services.evaluation.evaluations.gather import Frame, frame_of
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.evaluations.scoring import grade_tiers, score_evaluations
from services.evaluation.operations.asking import signal_of
from services.evaluation.operations.models import Operation, OperationIssue
from services.evaluation.settings import EvaluationSettings
from shared.clock import utcnow
from shared.errors import DomainError
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.failures import is_transient
from shared.events.outbox import EventContext
from shared.logging import get_logger
from shared.policy.edition import Editions
from shared.runtime import Runtime

SCORED_AT_ONCE: Final = 200
LOOKED_UP_AT_ONCE: Final = 100

log = get_logger(__name__)


class OverTaken(Exception):
    """The operation was finished by another worker, or its cycle has moved on."""


async def work_operations(runtime: Runtime) -> None:
    """Carry out operations for ever, in the elected process; woken by this process's requests, else polling."""
    signal = signal_of(runtime.db)
    pause = EvaluationSettings().operations_poll_seconds
    while True:
        signal.clear()
        await run_waiting(runtime)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(signal.wait(), pause)


async def run_waiting(runtime: Runtime) -> int:
    """Finish every operation that is running; returns how many there were. Errors of the database are the caller's to
    wait out: everything done so far is committed and counted."""
    async with runtime.db.transaction() as session:
        query = select(Operation.id, Operation.kind).where(Operation.status == "running").order_by(Operation.id)
        waiting = (await session.execute(query)).all()
    for row in waiting:
        with contextlib.suppress(OverTaken):
            await (_score_all if row.kind == "score" else _publish_all)(runtime, row.id)
    return len(waiting)


async def _hold(session: AsyncSession, operation_id: UUID) -> Operation:
    """The operation, locked: two workers on one operation take turns. Raises OverTaken unless it is still running."""
    query = select(Operation).where(Operation.id == operation_id).with_for_update()
    operation = (await session.scalars(query)).one()
    if operation.status != "running":
        raise OverTaken
    return operation


def _context(operation: Operation) -> EventContext:
    return EventContext(
        operation.actor, operation.effective_on, operation.correlation_id, simulated=operation.simulated
    )


async def _score_all(runtime: Runtime, operation_id: UUID) -> None:
    frames: dict[UUID, Frame] = {}
    while await runtime.db.run(lambda session: _score_some(session, runtime.editions, operation_id, frames)):
        await asyncio.sleep(0)
    await runtime.db.run(lambda session: _finish_scoring(session, runtime.editions, operation_id))


async def _score_some(session: AsyncSession, editions: Editions, operation_id: UUID, frames: dict[UUID, Frame]) -> bool:
    """Score the next centres that this operation has not scored yet; False when there are none."""
    operation = await _hold(session, operation_id)
    cycle = await hold_cycle(session, operation.cycle_id)
    if operation.id not in frames:
        frames[operation.id] = frame_of(editions.get(cycle.edition), cycle.year, operation.effective_on)
    query = (
        select(Evaluation)
        .where(
            Evaluation.cycle_id == cycle.id,
            Evaluation.status != "published",
            Evaluation.scored_by_operation.is_distinct_from(operation.id),
        )
        .order_by(Evaluation.id)
        .limit(SCORED_AT_ONCE)
        .with_for_update()
    )
    evaluations = (await session.scalars(query)).all()
    await score_evaluations(
        session, frames[operation.id], evaluations, actor=operation.actor, operation_id=operation.id
    )
    operation.done = min(operation.done + len(evaluations), operation.total)
    return bool(evaluations)


async def _finish_scoring(session: AsyncSession, editions: Editions, operation_id: UUID) -> None:
    operation = await _hold(session, operation_id)
    cycle = await hold_cycle(session, operation.cycle_id, exclusive=True)
    edition = editions.get(cycle.edition)
    await grade_tiers(session, cycle.id, edition, cycle.year)
    cycle.status = "scored"
    await outbox.append(
        session,
        ec.CycleScored,
        cycle,
        state_of(cycle),
        context=_context(operation),
        rules=("evaluation.rubric", "evaluation.band"),
        edition=edition.id,
    )
    _finish(operation, {"cycle_id": str(cycle.id)})


async def _publish_all(runtime: Runtime, operation_id: UUID) -> None:
    while True:
        async with runtime.db.transaction() as session:
            todo = await _still_to_publish(session, operation_id)
        if not todo:
            break
        for evaluation_id in todo:
            await _publish_or_note(runtime, operation_id, evaluation_id)
    await runtime.db.run(lambda session: _finish_publication(session, runtime.editions, operation_id))


async def _still_to_publish(session: AsyncSession, operation_id: UUID) -> list[UUID]:
    noted = exists().where(OperationIssue.operation_id == operation_id, OperationIssue.evaluation_id == Evaluation.id)
    query = (
        select(Evaluation.id)
        .join(Operation, Operation.cycle_id == Evaluation.cycle_id)
        .where(Operation.id == operation_id, Evaluation.status != "published", ~noted)
        .order_by(Evaluation.id)
        .limit(LOOKED_UP_AT_ONCE)
    )
    return list(await session.scalars(query))


async def _publish_or_note(runtime: Runtime, operation_id: UUID, evaluation_id: UUID) -> None:
    """One centre, one transaction. A centre whose procedure is incomplete is noted and left out, and so is one that
    fails in a way that will not pass: the others must not wait for it."""
    try:
        await runtime.db.run(lambda session: _publish_one(session, runtime.editions, operation_id, evaluation_id))
        return
    except (OverTaken, asyncio.CancelledError):
        raise
    except DomainError as refused:
        issue: DomainError = refused
    except Exception as error:
        if is_transient(error):
            raise
        log.exception("publication-failed", evaluation_id=str(evaluation_id))
        issue = DomainError("internal-error", 500)
    await runtime.db.run(lambda session: _note(session, operation_id, evaluation_id, issue))


async def _publish_one(session: AsyncSession, editions: Editions, operation_id: UUID, evaluation_id: UUID) -> None:
    operation = await _hold(session, operation_id)
    cycle = await hold_cycle(session, operation.cycle_id)
    publication = Publication(editions, cycle, operation.effective_on, _context(operation))
    await publish_centre(session, publication, evaluation_id)
    operation.done = min(operation.done + 1, operation.total)


async def _note(session: AsyncSession, operation_id: UUID, evaluation_id: UUID, refused: DomainError) -> None:
    operation = await _hold(session, operation_id)
    evaluation = await session.get_one(Evaluation, evaluation_id)
    await session.execute(
        insert(OperationIssue).values(
            operation_id=operation.id,
            evaluation_id=evaluation.id,
            centre_id=evaluation.centre_id,
            code=refused.code,
            params=dict(refused.params),
            decision=None if refused.decision is None else refused.decision.to_json(),
        )
    )
    operation.done = min(operation.done + 1, operation.total)


async def _finish_publication(session: AsyncSession, editions: Editions, operation_id: UUID) -> None:
    operation = await _hold(session, operation_id)
    cycle = await hold_cycle(session, operation.cycle_id, exclusive=True)
    publication = Publication(editions, cycle, operation.effective_on, _context(operation))
    complete = await complete_cycle(session, publication)
    left = 0 if complete else await unpublished_left(session, cycle.id)
    _finish(operation, {"cycle_id": str(cycle.id), "complete": complete, "left_out": left})


def _finish(operation: Operation, result: dict[str, str | int | bool]) -> None:
    operation.status, operation.finished_at = "done", utcnow()
    operation.done = operation.total
    operation.result = {**result}
