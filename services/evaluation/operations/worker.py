"""The leader's loop over operations: takes up what is running, a small transaction at a time, also after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from sqlalchemy import Exists, Select, exists, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.cycles.publication import (
    Publication,
    complete_cycle,
    hold_cycle,
    publish_centre,
)
from services.evaluation.cycles.queries import unpublished_left
from services.evaluation.cycles.telling import tell_cycle
from services.evaluation.evaluations.gather import Frame, frame_of
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.evaluations.scoring import grade_tiers, score_evaluations
from services.evaluation.operations.models import Operation, OperationIssue
from services.evaluation.rubrics.pinning import pinned_edition
from services.evaluation.settings import EvaluationSettings
from shared.errors import DomainError
from shared.events.contracts import evaluation as ec
from shared.events.failures import is_transient
from shared.logging import get_logger
from shared.operations.worker import OverTaken, Work, hold, run_waiting as run_work, work_for_ever
from shared.policy.edition import Editions
from shared.runtime import Runtime

SCORED_AT_ONCE: Final = 200
LOOKED_UP_AT_ONCE: Final = 100

log = get_logger(__name__)


async def work_operations(runtime: Runtime) -> None:
    """Carry out operations for ever, in the elected process."""
    await work_for_ever(runtime, WORK, EvaluationSettings().operations_poll_seconds)


async def run_waiting(runtime: Runtime) -> int:
    """Finish every operation that is running; returns how many there were."""
    return await run_work(runtime, WORK)


async def _give_up(session: AsyncSession, operation: Operation) -> None:
    """What the operation did is kept, and its cycle can be scored or published again."""
    cycle = await hold_cycle(session, operation.cycle_id, exclusive=True)
    if operation.kind == "score":
        cycle.status = "open"
        await tell_cycle(session, ec.CycleScoringFailed, cycle, operation.context, ("evaluation.rubric",))


async def _score_all(runtime: Runtime, operation_id: UUID) -> None:
    """In batches; once a batch fails in a way that will not pass, what is left goes centre by centre."""
    frames: dict[UUID, Frame] = {}
    try:
        while await runtime.db.run(lambda session: _score_some(session, runtime.editions, operation_id, frames)):
            await asyncio.sleep(0)
    except OverTaken:
        raise
    except Exception as error:
        if is_transient(error):
            raise
        log.exception("scoring-failed", operation_id=str(operation_id))
        await _score_one_by_one(runtime, operation_id, frames)
    await runtime.db.run(lambda session: _finish_scoring(session, runtime.editions, operation_id))


async def _score_one_by_one(runtime: Runtime, operation_id: UUID, frames: dict[UUID, Frame]) -> None:
    async with runtime.db.transaction() as session:
        operation = await session.get_one(Operation, operation_id)
        todo = [evaluation.id for evaluation in await session.scalars(_to_score(operation))]

    async def score_one(session: AsyncSession, evaluation_id: UUID) -> None:
        await _score_some(session, runtime.editions, operation_id, frames, only=evaluation_id)

    for evaluation_id in todo:
        await _do_or_note(runtime, operation_id, evaluation_id, score_one)


def _to_score(operation: Operation) -> Select[Evaluation]:
    """What the operation has neither scored nor noted as impossible to score."""
    return (
        select(Evaluation)
        .where(
            Evaluation.cycle_id == operation.cycle_id,
            Evaluation.status != "published",
            Evaluation.scored_by_operation.is_distinct_from(operation.id),
            ~_noted(operation.id),
        )
        .order_by(Evaluation.id)
    )


def _noted(operation_id: UUID) -> Exists:
    return exists().where(OperationIssue.operation_id == operation_id, OperationIssue.evaluation_id == Evaluation.id)


async def _score_some(
    session: AsyncSession,
    editions: Editions,
    operation_id: UUID,
    frames: dict[UUID, Frame],
    *,
    only: UUID | None = None,
) -> bool:
    """Score the next centres that this operation has not scored yet, or one of them; False when there are none."""
    operation = await hold(session, Operation, operation_id)
    cycle = await hold_cycle(session, operation.cycle_id)
    if operation.id not in frames:
        edition = await pinned_edition(session, editions, cycle.edition, cycle.rubric_id, cycle.year)
        frames[operation.id] = frame_of(edition, cycle.year, operation.effective_on, cycle.rubric_id)
    query = _to_score(operation) if only is None else _to_score(operation).where(Evaluation.id == only)
    evaluations = (await session.scalars(query.limit(SCORED_AT_ONCE).with_for_update())).all()
    context = operation.context
    await score_evaluations(session, frames[operation.id], evaluations, context, operation_id=operation.id)
    operation.done = min(operation.done + len(evaluations), operation.total)
    return bool(evaluations)


async def _finish_scoring(session: AsyncSession, editions: Editions, operation_id: UUID) -> None:
    operation = await hold(session, Operation, operation_id)
    cycle = await hold_cycle(session, operation.cycle_id, exclusive=True)
    edition = await pinned_edition(session, editions, cycle.edition, cycle.rubric_id, cycle.year)
    context = operation.context
    await grade_tiers(session, cycle.id, edition, cycle.year, context)
    cycle.status = "scored"
    await tell_cycle(session, ec.CycleScored, cycle, context, ("evaluation.rubric", "evaluation.band"))
    left = await _left_out(session, operation.id)
    operation.finish({"cycle_id": str(cycle.id), "complete": left == 0, "left_out": left})


async def _left_out(session: AsyncSession, operation_id: UUID) -> int:
    query = select(func.count()).where(OperationIssue.operation_id == operation_id)
    return (await session.execute(query)).scalar_one()


async def _publish_all(runtime: Runtime, operation_id: UUID) -> None:
    async def publish_one(session: AsyncSession, evaluation_id: UUID) -> None:
        await _publish_one(session, runtime.editions, operation_id, evaluation_id)

    while True:
        async with runtime.db.transaction() as session:
            todo = await _still_to_publish(session, operation_id)
        if not todo:
            break
        for evaluation_id in todo:
            await _do_or_note(runtime, operation_id, evaluation_id, publish_one)
    await runtime.db.run(lambda session: _finish_publication(session, runtime.editions, operation_id))


async def _still_to_publish(session: AsyncSession, operation_id: UUID) -> list[UUID]:
    query = (
        select(Evaluation.id)
        .join(Operation, Operation.cycle_id == Evaluation.cycle_id)
        .where(Operation.id == operation_id, Evaluation.status != "published", ~_noted(operation_id))
        .order_by(Evaluation.id)
        .limit(LOOKED_UP_AT_ONCE)
    )
    return list(await session.scalars(query))


async def _do_or_note(
    runtime: Runtime,
    operation_id: UUID,
    evaluation_id: UUID,
    work: Callable[[AsyncSession, UUID], Awaitable[None]],
) -> None:
    """One centre, one transaction. A centre that is refused is noted and left out, and so is one that fails in a way
    that will not pass: the others must not wait for it."""
    try:
        await runtime.db.run(lambda session: work(session, evaluation_id))
        return
    except (OverTaken, asyncio.CancelledError):
        raise
    except DomainError as refused:
        issue: DomainError = refused
    except Exception as error:
        if is_transient(error):
            raise
        log.exception("centre-left-out", operation_id=str(operation_id), evaluation_id=str(evaluation_id))
        issue = DomainError("internal-error", 500)
    await runtime.db.run(lambda session: _note(session, operation_id, evaluation_id, issue))


async def _publish_one(session: AsyncSession, editions: Editions, operation_id: UUID, evaluation_id: UUID) -> None:
    operation = await hold(session, Operation, operation_id)
    cycle = await hold_cycle(session, operation.cycle_id)
    publication = Publication(editions, cycle, operation.effective_on, operation.context)
    await publish_centre(session, publication, evaluation_id)
    operation.done = min(operation.done + 1, operation.total)


async def _note(session: AsyncSession, operation_id: UUID, evaluation_id: UUID, refused: DomainError) -> None:
    operation = await hold(session, Operation, operation_id)
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
    operation = await hold(session, Operation, operation_id)
    cycle = await hold_cycle(session, operation.cycle_id, exclusive=True)
    publication = Publication(editions, cycle, operation.effective_on, operation.context)
    complete = await complete_cycle(session, publication)
    left = 0 if complete else await unpublished_left(session, cycle.id)
    operation.finish({"cycle_id": str(cycle.id), "complete": complete, "left_out": left})


WORK: Final = Work(Operation, {"score": _score_all, "publish": _publish_all}, _give_up)
