"""The evaluation of a year, step by step: opened, scored, announced, approved, countersigned, published."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import bureaus_of
from services.evaluation.cycles import phases, rules
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.cycles.queries import completeness_of, find_cycle, unpublished_left
from services.evaluation.cycles.roll import enrol_centres
from services.evaluation.cycles.telling import tell_cycle
from services.evaluation.delistings.opening import drop_unfounded, open_cases
from services.evaluation.delistings.rules import decide_countersignature
from services.evaluation.evaluations.models import Evaluation, Exemption, Veto
from services.evaluation.evaluations.queries import undecided
from services.evaluation.objections.queries import unanswered
from services.evaluation.operations.asking import ask
from services.evaluation.operations.models import Operation
from services.evaluation.refusals import require_passed, require_status
from services.evaluation.rubrics.pinning import pinned_edition, rubric_for_year
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, forbidden, four_eyes_required
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.ids import uuid7
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions
from shared.runtime import Runtime

NAMED_AT_MOST: Final = 20
"""Evaluations that a refusal names; the preview counts all."""


async def open_cycle(
    session: AsyncSession, principal: Principal, editions: Editions, year: int, opened_on: date | None
) -> EvaluationCycle:
    """Open a year: every centre that was listed at its end or during it gets an evaluation (2.3-1)."""
    day = effective_date(principal, opened_on)
    if day < date(year, 1, 1):
        raise DomainError("year-not-begun", 409, params={"first_day": date(year, 1, 1)})
    edition = editions.for_evaluation_year(year)
    if await session.scalar(select(EvaluationCycle.id).where(EvaluationCycle.year == year)) is not None:
        raise DomainError("cycle-exists", 409, params={"year": year})
    reports_due = phases.self_report_due(edition, year, day)
    cycle = EvaluationCycle(
        id=uuid7(),
        version=0,
        year=year,
        edition=edition.id,
        rubric_id=await rubric_for_year(session, edition, year),
        marks=edition.evaluation_cycle.marks.value,
        status="open",
        opened_on=day,
        opened_by=principal.account_id,
        self_report_due_on=reports_due,
        marking_due_on=phases.marking_due(edition, reports_due),
    )
    session.add(cycle)
    await session.flush()
    context = EventContext.of(principal, day)
    await tell_cycle(session, ec.CycleOpened, cycle, context, ("evaluation.yearly",))
    await enrol_centres(session, cycle, context)
    return cycle


async def enrol(session: AsyncSession, principal: Principal, cycle_id: UUID, if_match: str | None) -> EvaluationCycle:
    """Take in centres that became known after the year was opened (2.3-1); scoring does so too."""
    cycle = await find_cycle(session, cycle_id, lock=True)
    honour_match(if_match, cycle.version)
    require_status(cycle.status, rules.SCORABLE)
    context = EventContext.of(principal)
    await enrol_centres(session, cycle, context)
    await tell_cycle(session, ec.CycleEnrolled, cycle, context, ("evaluation.yearly",))
    return cycle


async def request_scoring(
    session: AsyncSession, principal: Principal, runtime: Runtime, cycle_id: UUID, if_match: str | None
) -> Operation:
    """Score, or score again, all centres of a year that is over; done by the worker, with progress."""
    cycle = await find_cycle(session, cycle_id, lock=True)
    honour_match(if_match, cycle.version)
    require_status(cycle.status, rules.SCORABLE)
    last = date(cycle.year, 12, 31)
    if principal.today <= last:
        raise DomainError("year-not-over", 409, params={"last_day": last})
    if cycle.status == "open":
        # Opened within the year, it may have seen a rubric come that was approved for it since.
        cycle.rubric_id = await rubric_for_year(session, runtime.editions.get(cycle.edition), cycle.year)
    context = EventContext.of(principal)
    await enrol_centres(session, cycle, context)
    total = await unpublished_left(session, cycle.id)
    operation = await ask(session, runtime.db, "score", cycle.id, total, context)
    cycle.status, cycle.operation_id = "scoring", operation.id
    cycle.scored_by, cycle.scored_on = principal.account_id, principal.today
    await tell_cycle(session, ec.CycleScoringBegun, cycle, context, ("evaluation.rubric",))
    return operation


async def announce_cycle(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    cycle_id: UUID,
    announced_on: date | None,
    if_match: str | None,
) -> EvaluationCycle:
    """Put the preliminary results on public notice; a preliminary second fail opens a delisting case (2.3-4, 2.3-5)."""
    cycle = await find_cycle(session, cycle_id, lock=True)
    honour_match(if_match, cycle.version)
    require_status(cycle.status, ("scored",))
    edition = await pinned_edition(session, editions, cycle.edition, cycle.rubric_id, cycle.year)
    counted = await completeness_of(session, cycle, edition)
    decision = require_passed(
        rules.decide_all_evaluated(
            edition,
            unscored=counted.unscored,
            unmarked=counted.unmarked,
            outdated=counted.outdated,
            under_review=counted.reports_under_review,
        )
    )
    day = _not_before(effective_date(principal, announced_on), cycle.scored_on)
    cycle.status = "announced"
    cycle.announced_on, cycle.announced_by = day, principal.account_id
    cycle.notice_until = rules.notice_end(edition, day).day
    context = EventContext.of(principal, day)
    await tell_cycle(session, ec.CycleAnnounced, cycle, context, (*decision.rules, "evaluation.public_notice"))
    await session.flush()
    await drop_unfounded(session, cycle.id, context)
    await open_cases(session, editions, Evaluation.cycle_id == cycle.id, context)
    return cycle


async def approve_cycle(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    cycle_id: UUID,
    approved_on: date | None,
    if_match: str | None,
) -> EvaluationCycle:
    """One bureau approves the results after the notice; from now on no result changes."""
    cycle, edition, day = await _for_signature(session, principal, editions, cycle_id, approved_on, if_match)
    require_status(cycle.status, ("announced",))
    decision = _require_notice_over(edition, cycle, day)
    await _require_objections_answered(session, cycle)
    await _require_all_decided(session, cycle)
    await _require_up_to_date(session, editions, cycle)
    bureaus = bureaus_of(principal, edition)
    if not bureaus:
        raise forbidden()
    cycle.status = "approved"
    cycle.approved_on, cycle.approved_by, cycle.approved_bureau = day, principal.account_id, bureaus[0]
    await tell_cycle(session, ec.CycleApproved, cycle, EventContext.of(principal, day), decision.rules)
    return cycle


async def countersign_cycle(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    cycle_id: UUID,
    countersigned_on: date | None,
    if_match: str | None,
) -> EvaluationCycle:
    """The other bureau countersigns, by another person; the results may then be published."""
    cycle, edition, day = await _for_signature(session, principal, editions, cycle_id, countersigned_on, if_match)
    require_status(cycle.status, ("approved",))
    if principal.account_id == cycle.approved_by:
        raise four_eyes_required()
    bureaus = bureaus_of(principal, edition)
    bureau, decision = decide_countersignature(edition, cycle.approved_bureau, bureaus)
    require_passed(decision)
    cycle.status = "countersigned"
    cycle.countersigned_on = _not_before(day, cycle.approved_on)
    cycle.countersigned_by, cycle.countersigned_bureau = principal.account_id, bureau
    await tell_cycle(session, ec.CycleCountersigned, cycle, EventContext.of(principal, day), decision.rules)
    return cycle


async def _for_signature(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    cycle_id: UUID,
    sent: date | None,
    if_match: str | None,
) -> tuple[EvaluationCycle, Edition, date]:
    cycle = await find_cycle(session, cycle_id, lock=True)
    honour_match(if_match, cycle.version)
    if principal.account_id in (cycle.scored_by, cycle.announced_by):
        raise four_eyes_required()
    return cycle, editions.get(cycle.edition), effective_date(principal, sent)


def _require_notice_over(edition: Edition, cycle: EvaluationCycle, day: date) -> Decision:
    assert cycle.notice_until is not None
    return require_passed(rules.decide_notice_over(edition, cycle.notice_until, day))


def _not_before(day: date, earliest: date | None) -> date:
    if earliest is not None and day < earliest:
        raise DomainError("date-before-step", 409, params={"day": day, "earliest": earliest})
    return day


async def _require_objections_answered(session: AsyncSession, cycle: EvaluationCycle) -> None:
    if waiting := await unanswered(session, cycle.id):
        raise DomainError("objections-unanswered", 409, params={"count": waiting})


async def _require_up_to_date(session: AsyncSession, editions: Editions, cycle: EvaluationCycle) -> None:
    """2.3-1, 2.3-2: before anybody signs, what is marked anew or has lost its veto has its mark, and every score counts
    the reports as they were corrected last."""
    edition = await pinned_edition(session, editions, cycle.edition, cycle.rubric_id, cycle.year)
    counted = await completeness_of(session, cycle, edition)
    if counted.unmarked:
        raise DomainError("marks-outstanding", 409, params={"count": counted.unmarked})
    if counted.outdated:
        raise DomainError("scores-outdated", 409, params={"count": counted.outdated})


async def _require_all_decided(session: AsyncSession, cycle: EvaluationCycle) -> None:
    """2.3-1, 2.3-2: once approved, no result changes, so that a veto or an exemption still undecided would never be.
    The cycle's row, which is locked, decides which of two came first."""
    if waiting := await undecided(session, cycle.id, Veto):
        raise DomainError("vetoes-undecided", 409, params=_where(waiting))
    if waiting := await undecided(session, cycle.id, Exemption):
        raise DomainError("exemptions-undecided", 409, params=_where(waiting))


def _where(waiting: list[str]) -> dict[str, object]:
    return {"count": len(waiting), "evaluations": list(dict.fromkeys(waiting))[:NAMED_AT_MOST]}
