"""Asking for a rehearsal."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.refusals import require_passed, require_status
from services.evaluation.rubrics.checks import decide_rubric_fit
from services.evaluation.rubrics.content import values_of
from services.evaluation.rubrics.models import DRAFT, SUBMITTED, Rehearsal
from services.evaluation.rubrics.queries import find_rubric
from services.evaluation.rubrics.rehearsals.queries import WITH_SCORES
from services.evaluation.rubrics.telling import tell_rubric
from shared.auth.principal import Principal
from shared.errors import DomainError
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.operations import asking
from shared.runtime import Runtime


async def ask_rehearsal(
    session: AsyncSession, principal: Principal, runtime: Runtime, rubric_id: UUID, year: int, if_match: str | None
) -> Rehearsal:
    """Have a past year scored by the edition as it is now. Asked again while it runs, it answers the work under way.

    Raises 409 for an edition that does not fit yet, `rehearsal-running` for another year or version under way, and
    `year-without-scores`.
    """
    rubric = await find_rubric(session, rubric_id, lock=True)
    honour_match(if_match, rubric.version)
    require_status(rubric.status, (DRAFT, SUBMITTED))
    edition = runtime.editions.get(rubric.policy_edition)
    fit = require_passed(decide_rubric_fit(edition, values_of(rubric.content)))
    running = await session.scalar(
        select(Rehearsal).where(Rehearsal.rubric_id == rubric.id, Rehearsal.status == "running")
    )
    if running is not None:
        if (running.year, running.revision) == (year, rubric.revision):
            return running
        raise DomainError("rehearsal-running", 409, params={"year": running.year, "revision": running.revision})
    cycle = await session.scalar(
        select(EvaluationCycle).where(EvaluationCycle.year == year, EvaluationCycle.status.in_(WITH_SCORES))
    )
    if cycle is None:
        raise DomainError("year-without-scores", 409, params={"year": year})
    counted = select(func.count()).where(Evaluation.cycle_id == cycle.id)
    context = EventContext.of(principal)
    rehearsal = Rehearsal(
        kind="rehearse",
        status="running",
        done=0,
        total=(await session.execute(counted)).scalar_one(),
        actor=context.actor,
        effective_on=context.effective_on,
        correlation_id=context.correlation_id,
        simulated=context.simulated,
        rubric_id=rubric.id,
        revision=rubric.revision,
        cycle_id=cycle.id,
        year=year,
    )
    await asking.ask(session, runtime.db, rehearsal)
    rules = (*fit.rules, "rubric.rehearsed")
    await tell_rubric(session, ec.RubricRehearsed, rubric, context, rules, rehearsed_year=year)
    return rehearsal
