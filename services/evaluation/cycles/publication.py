"""Publishing results: one transaction per centre, each of which happens once however often it is tried."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.circulars.usecases import issue_circular
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.cycles.telling import tell_cycle
from services.evaluation.delistings import rules
from services.evaluation.delistings.confirmations import decided_data
from services.evaluation.delistings.models import DelistingCase, DelistingParticipant
from services.evaluation.delistings.opening import (
    drop_case,
    open_case_of,
    open_cases,
)
from services.evaluation.delistings.queries import taken_so_far
from services.evaluation.delistings.records.queries import counted_years, outcome_of, successors_of
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.projections import known_centre, known_qualification
from services.evaluation.rectifications.closing import supersede_orders
from services.evaluation.rectifications.usecases import order_rectification
from services.evaluation.rubrics.rules import NOT_GRADED
from shared.clock import utcnow
from shared.errors import DomainError
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions


class PriorProcedureIncomplete(DomainError):
    """2.3-5: this centre's delisting is not ready to be published; other centres are not concerned."""

    def __init__(self, case: DelistingCase | None, decision: Decision) -> None:
        missing = str(decision.results[0].inputs["missing"]).split(", ")
        known = {"case_id": None, "no": None} if case is None else {"case_id": str(case.id), "no": case.no}
        params = {**known, "missing": missing}
        super().__init__("prior-procedure-incomplete", 409, params=params, decision=decision)


@dataclass(frozen=True, slots=True)
class Publication:
    """What a publication has in common for all centres."""

    editions: Editions
    cycle: EvaluationCycle
    day: date
    context: EventContext
    basis: str | None = None
    """What fails published after the edition's end rest on, unless it is what the year was published under."""

    @property
    def edition(self) -> Edition:
        return self.editions.get(self.cycle.edition)


async def hold_cycle(session: AsyncSession, cycle_id: UUID, *, exclusive: bool = False) -> EvaluationCycle:
    """The cycle, locked so that it cannot change its state (FOR SHARE), or so that this transaction may change it."""
    query = select(EvaluationCycle).where(EvaluationCycle.id == cycle_id).with_for_update(read=not exclusive)
    return (await session.scalars(query.execution_options(populate_existing=True))).one()


async def publish_centre(session: AsyncSession, publication: Publication, evaluation_id: UUID) -> Evaluation:
    """Make one centre's result final: result, and for a fail either the rectification order or the delisting.

    Already published: nothing happens again. Raises PriorProcedureIncomplete, with nothing changed, for a fail that
    delists while its case lacks a step. The caller holds the cycle.
    """
    evaluation = await _hold(session, evaluation_id)
    if evaluation.status == "published":
        return evaluation
    years = await _years_with(session, evaluation)
    edition, context = publication.edition, publication.context
    run = rules.failed_run(edition, evaluation.year, years)
    case = await open_case_of(session, evaluation.id)
    delisted, in_effect = await _already_delisted(session, evaluation.centre_id)
    delists = not delisted and not rules.decide_consecutive_failure(edition, evaluation.year, years).passed
    if delists:
        case = await _ready_case(session, publication, case)
        evaluation.delisting_case_id = case.id
    elif case is not None:
        await drop_case(session, case, context)
    if evaluation.failing and not (delists or in_effect):
        order = await order_rectification(session, publication.editions, evaluation, publication.day, context)
        evaluation.rectification_id = order.id
    _make_final(evaluation, publication, len(run))
    await _tell_result(session, evaluation, context)
    if case is not None and delists:
        await _put_in_force(session, publication, case)
        await supersede_orders(session, case.centre_id, case.id, context)
    if evaluation.failing or evaluation.grade == NOT_GRADED:  # a year off the list may join the fails around it
        await session.flush()
        concerned = [evaluation.centre_id, *await successors_of(session, evaluation.centre_id)]
        await open_cases(session, publication.editions, Evaluation.centre_id.in_(concerned), context)
    return evaluation


async def _years_with(session: AsyncSession, evaluation: Evaluation) -> dict[int, rules.Outcome]:
    """What counts for 2.3-5: the centre's final results and this one; only a fail needs the others."""
    own = {evaluation.year: outcome_of(evaluation.grade, evaluation.failing)}
    if not evaluation.failing:
        return own
    final = await counted_years(session, [evaluation.centre_id])
    return {**final.get(evaluation.centre_id, {}), **own}


async def _hold(session: AsyncSession, evaluation_id: UUID) -> Evaluation:
    """The evaluation, locked behind its centre: two years of one centre are never published at the same time, or
    neither would see the other's fail."""
    centre_id = select(Evaluation.centre_id).where(Evaluation.id == evaluation_id).scalar_subquery()
    await session.execute(select(known_centre.c.id).where(known_centre.c.id == centre_id).with_for_update())
    locked = select(Evaluation).where(Evaluation.id == evaluation_id).with_for_update()
    return (await session.scalars(locked.execution_options(populate_existing=True))).one()


async def _already_delisted(session: AsyncSession, centre_id: UUID) -> tuple[bool, bool]:
    """Whether a decision stands, and whether it has its effect. A centre is delisted once: a further fail is only a
    result, and while a stay lasts one to be put right."""
    in_force = select(DelistingCase).where(
        DelistingCase.centre_id == centre_id, DelistingCase.status.in_(rules.IN_FORCE)
    )
    case = await session.scalar(in_force)
    return case is not None, case is not None and case.in_effect


async def _ready_case(session: AsyncSession, publication: Publication, case: DelistingCase | None) -> DelistingCase:
    taken = rules.NOTHING_TAKEN if case is None else await taken_so_far(session, case)
    decision = rules.decide_prior_procedure(publication.edition, taken)
    if case is None or not decision.passed:
        raise PriorProcedureIncomplete(case, decision)
    if publication.day < case.last_step_on:
        # The ban counts from the publication: it cannot be dated before the decision that it publishes.
        raise DomainError("date-before-step", 409, params={"day": publication.day, "earliest": case.last_step_on})
    return case


def _make_final(evaluation: Evaluation, publication: Publication, consecutive_fails: int) -> None:
    evaluation.status = "published"
    evaluation.published_on = publication.day
    evaluation.published_by = publication.context.actor
    evaluation.document_no = publication.cycle.document_no
    evaluation.consecutive_fails = consecutive_fails


async def _tell_result(session: AsyncSession, evaluation: Evaluation, context: EventContext) -> None:
    assert evaluation.document_no is not None
    data = ec.ResultState(
        id=evaluation.id,
        cycle_id=evaluation.cycle_id,
        centre_id=evaluation.centre_id,
        year=evaluation.year,
        grade=str(evaluation.grade),
        score=evaluation.score,
        document_no=evaluation.document_no,
        published_on=context.effective_on,
        consecutive_fails=evaluation.consecutive_fails or 0,
        rectification_id=evaluation.rectification_id,
        delisting_case_id=evaluation.delisting_case_id,
    )
    graded = "evaluation.not_graded" if evaluation.grade == NOT_GRADED else "evaluation.band"
    applied = (graded, "evaluation.public_notice", "delisting.consecutive_failures")
    await outbox.append(
        session, ec.ResultPublished, evaluation, data, context=context, rules=applied, edition=evaluation.edition
    )


async def _put_in_force(session: AsyncSession, publication: Publication, case: DelistingCase) -> None:
    """2.3-5: publication of the final second fail is the delisting; with this commit the centre's standing is gone."""
    context = publication.context
    case.status = rules.PUBLISHED
    case.published_on, case.published_at, case.published_by = publication.day, utcnow(), context.actor
    case.ban_years = publication.edition.ban.years.value
    if publication.day > publication.edition.last_day:
        case.continuation_basis = publication.basis or publication.cycle.continuation_basis
    case.correlation_id, case.simulated = context.correlation_id, context.simulated
    case.expected_title_ids = await _titles_in_force(session, publication.edition, case.centre_id)
    await session.execute(
        update(known_centre).where(known_centre.c.id == case.centre_id).values(delisting_case_id=case.id)
    )
    session.add_all(DelistingParticipant(case_id=case.id, service=name) for name in rules.PARTICIPANTS)
    applied = ("delisting.consecutive_failures", "delisting.prior_procedure", "delisting.trigger", "ban.period")
    await outbox.append(
        session,
        ec.DelistingDecided,
        case,
        decided_data(case),
        context=context,
        rules=applied,
        edition=case.edition,
    )


async def _titles_in_force(session: AsyncSession, edition: Edition, centre_id: UUID) -> list[UUID]:
    title = known_qualification.c
    rows = await session.scalars(
        select(title.id)
        .where(
            title.centre_id == centre_id,
            title.kind.in_(edition.titles.falling_kinds),
            title.level.in_(edition.titles.falling_levels.value),
            title.status.in_(edition.titles.falling_states.value),
        )
        .order_by(title.id)
    )
    return list(rows)


async def complete_cycle(session: AsyncSession, publication: Publication) -> bool:
    """Once no result is outstanding: the year is published and its circular issued. Answers whether it is complete.

    The caller holds the cycle FOR UPDATE.
    """
    cycle = publication.cycle
    if cycle.status == "published":
        return True
    left = exists().where(Evaluation.cycle_id == cycle.id, Evaluation.status != "published")
    await session.flush()
    if await session.scalar(select(left)):
        return False
    cycle.status = "published"
    await issue_circular(session, cycle, publication.day, publication.context)
    applied = ("evaluation.yearly", "evaluation.public_notice")
    await tell_cycle(session, ec.CyclePublished, cycle, publication.context, applied)
    return True
