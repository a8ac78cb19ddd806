"""What changes a preliminary result: experts' marks, vetoes, exemptions, and scoring again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import bureaus_of
from services.evaluation.cycles.models import EvaluationCycle
from services.evaluation.cycles.publication import hold_cycle
from services.evaluation.delistings.opening import PRELIMINARY, follow_result
from services.evaluation.delistings.rules import decide_countersignature
from services.evaluation.evaluations.gather import frame_of
from services.evaluation.evaluations.models import Evaluation, Exemption, ExpertScore, Veto
from services.evaluation.evaluations.rules import CORRECTABLE, MARKABLE, decide_exemption
from services.evaluation.evaluations.schemas import ExemptionDecision, ExpertMark, NewExemption, NewVeto, VetoDecision
from services.evaluation.evaluations.scoring import grade_tiers, score_evaluations
from services.evaluation.evaluations.telling import tell_exemption, tell_mark, tell_veto
from services.evaluation.objections.queries import upheld
from services.evaluation.refusals import require_known, require_passed, require_status
from services.evaluation.rubrics.pinning import pinned_edition
from services.evaluation.rubrics.rules import NO_REPORT
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, forbidden, four_eyes_required, not_found
from shared.events.outbox import EventContext
from shared.policy.edition import Edition, Editions


@dataclass(frozen=True, slots=True)
class Held:
    """An evaluation locked for a change, behind its cycle, which cannot change its state meanwhile, and in which nobody
    else scores once there are scores: places in a tier depend on all of them."""

    cycle: EvaluationCycle
    evaluation: Evaluation
    edition: Edition


async def hold_evaluation(
    session: AsyncSession, editions: Editions, evaluation_id: UUID, allowed: tuple[str, ...]
) -> Held:
    """Lock an unpublished evaluation whose cycle is in one of the allowed states. Raises 404 or 409."""
    query = select(Evaluation.cycle_id, Evaluation.status).where(Evaluation.id == evaluation_id)
    known = (await session.execute(query)).one_or_none()
    if known is None:
        raise not_found("evaluation")
    cycle = await hold_cycle(session, known.cycle_id, exclusive=known.status != "pending")
    require_status(cycle.status, allowed)
    locked = select(Evaluation).where(Evaluation.id == evaluation_id).with_for_update()
    evaluation = (await session.scalars(locked.execution_options(populate_existing=True))).one()
    edition = await pinned_edition(session, editions, cycle.edition, cycle.rubric_id, cycle.year)
    return Held(cycle, evaluation, edition)


async def enter_mark(
    session: AsyncSession, principal: Principal, editions: Editions, evaluation_id: UUID, sent: ExpertMark
) -> ExpertScore:
    """Enter an expert's mark directly, in a year that asks for one alone; a later one replaces it, both are kept.
    During the public notice a mark is corrected only after an upheld objection."""
    allowed = CORRECTABLE if await upheld(session, evaluation_id) else MARKABLE
    held = await hold_evaluation(session, editions, evaluation_id, allowed)
    if held.cycle.marks > 1:
        raise DomainError("marks-by-assignment", 409, params={"marks": held.cycle.marks})
    known = [found.id for found in held.edition.rubric.with_bonus if found.kind == "expert"]
    require_known("indicator", [sent.indicator], known)
    mark = ExpertScore(
        evaluation_id=evaluation_id,
        indicator=sent.indicator,
        mark=sent.mark,
        evidence=sent.evidence,
        marked_on=principal.today,
        marked_by=principal.account_id,
    )
    session.add(mark)
    await session.flush()
    await tell_mark(session, held.evaluation, mark, EventContext.of(principal))
    await rescore(session, editions, held, principal)
    return mark


async def record_veto(
    session: AsyncSession, principal: Principal, editions: Editions, evaluation_id: UUID, sent: NewVeto
) -> Veto:
    """Record falsification or diversion; it changes nothing until a second person confirms it."""
    held = await hold_evaluation(session, editions, evaluation_id, CORRECTABLE)
    require_known("code", [sent.code], [code for code in held.edition.rubric.vetoes if code != NO_REPORT])
    query = select(Veto.id).where(Veto.evaluation_id == evaluation_id, Veto.code == sent.code)
    if await session.scalar(query) is not None:
        raise DomainError("veto-exists", 409, params={"code": sent.code})
    veto = Veto(
        evaluation_id=evaluation_id,
        code=sent.code,
        status="recorded",
        document_no=sent.document_no,
        recorded_on=effective_date(principal, sent.recorded_on),
        recorded_by=principal.account_id,
    )
    session.add(veto)
    await session.flush()
    await tell_veto(session, held.evaluation, veto, EventContext.of(principal, veto.recorded_on))
    return veto


async def decide_veto(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    evaluation_id: UUID,
    veto_id: UUID,
    sent: VetoDecision,
) -> Veto:
    """A second person confirms or dismisses; confirmed, the year is a fail whatever the score (2.3-2)."""
    held = await hold_evaluation(session, editions, evaluation_id, CORRECTABLE)
    query = select(Veto).where(Veto.id == veto_id, Veto.evaluation_id == evaluation_id).with_for_update()
    veto = await session.scalar(query)
    if veto is None:
        raise not_found("veto")
    require_status(veto.status, ("recorded",))
    if veto.recorded_by == principal.account_id:
        raise four_eyes_required()
    veto.status = sent.outcome
    day = effective_date(principal, sent.decided_on)
    veto.decided_on, veto.decided_by = day, principal.account_id
    await tell_veto(session, held.evaluation, veto, EventContext.of(principal, day))
    await session.flush()
    await rescore(session, editions, held, principal)
    return veto


async def propose_exemption(
    session: AsyncSession, principal: Principal, editions: Editions, evaluation_id: UUID, sent: NewExemption
) -> Exemption:
    """Propose that a centre is not evaluated in the year; both bureaus must agree (2.3-1)."""
    held = await hold_evaluation(session, editions, evaluation_id, CORRECTABLE)
    evaluation = held.evaluation
    failed = await _failed_before(session, evaluation)
    decision = require_passed(decide_exemption(held.edition, sent.reason, failed, sent.minutes_no))
    open_one = select(Exemption.id).where(Exemption.evaluation_id == evaluation.id, Exemption.status != "refused")
    if await session.scalar(open_one) is not None:
        raise DomainError("exemption-exists", 409)
    exemption = Exemption(
        evaluation_id=evaluation.id,
        status="proposed",
        reason=sent.reason,
        document_no=sent.document_no,
        minutes_no=sent.minutes_no,
        decision=decision.to_json(),
        proposed_on=effective_date(principal, sent.proposed_on),
        proposed_by=principal.account_id,
    )
    session.add(exemption)
    await session.flush()
    await tell_exemption(session, evaluation, exemption, EventContext.of(principal, exemption.proposed_on))
    return exemption


async def _failed_before(session: AsyncSession, evaluation: Evaluation) -> bool:
    """Whether the centre failed the year before, preliminarily or finally: an exemption would break its run."""
    earlier = select(Evaluation.id).where(
        Evaluation.centre_id == evaluation.centre_id, Evaluation.year == evaluation.year - 1, Evaluation.failing
    )
    return await session.scalar(earlier) is not None


async def _require_still_allowed(session: AsyncSession, held: Held, exemption: Exemption) -> None:
    """The year before may have been scored since the proposal; then the office's minutes are needed after all."""
    failed = await _failed_before(session, held.evaluation)
    require_passed(decide_exemption(held.edition, exemption.reason, failed, exemption.minutes_no))


async def approve_exemption(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    evaluation_id: UUID,
    exemption_id: UUID,
    sent: ExemptionDecision,
) -> Exemption:
    """One bureau approves or refuses."""
    held, exemption, day = await _for_decision(session, principal, editions, evaluation_id, exemption_id, sent)
    require_status(exemption.status, ("proposed",))
    bureaus = bureaus_of(principal, held.edition)
    if not bureaus:
        raise forbidden()
    if sent.outcome == "refused":
        return await _refuse(session, held, exemption, EventContext.of(principal, day))
    await _require_still_allowed(session, held, exemption)
    exemption.status = "approved"
    exemption.approved_on, exemption.approved_by, exemption.approved_bureau = day, principal.account_id, bureaus[0]
    await tell_exemption(session, held.evaluation, exemption, EventContext.of(principal, day))
    return exemption


async def countersign_exemption(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    evaluation_id: UUID,
    exemption_id: UUID,
    sent: ExemptionDecision,
) -> Exemption:
    """The other bureau countersigns or refuses; countersigned, the centre is exempt and its preliminary grade gone."""
    held, exemption, day = await _for_decision(session, principal, editions, evaluation_id, exemption_id, sent)
    require_status(exemption.status, ("approved",))
    if exemption.approved_by == principal.account_id:
        raise four_eyes_required()
    bureaus = bureaus_of(principal, held.edition)
    bureau, decision = decide_countersignature(held.edition, exemption.approved_bureau, bureaus)
    require_passed(decision)
    if sent.outcome == "refused":
        return await _refuse(session, held, exemption, EventContext.of(principal, day))
    await _require_still_allowed(session, held, exemption)
    exemption.status, exemption.countersigned_on = "granted", day
    exemption.countersigned_by, exemption.countersigned_bureau = principal.account_id, bureau
    held.evaluation.exempt, held.evaluation.failing = True, False
    applied = ("evaluation.exemption", *decision.rules)
    await tell_exemption(session, held.evaluation, exemption, EventContext.of(principal, day), applied)
    await session.flush()
    await rescore(session, editions, held, principal)
    return exemption


async def _refuse(session: AsyncSession, held: Held, exemption: Exemption, context: EventContext) -> Exemption:
    exemption.status, exemption.refused_by = "refused", context.actor
    await tell_exemption(session, held.evaluation, exemption, context)
    return exemption


async def _for_decision(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    evaluation_id: UUID,
    exemption_id: UUID,
    sent: ExemptionDecision,
) -> tuple[Held, Exemption, date]:
    held = await hold_evaluation(session, editions, evaluation_id, CORRECTABLE)
    query = select(Exemption).where(Exemption.id == exemption_id, Exemption.evaluation_id == evaluation_id)
    exemption = await session.scalar(query.with_for_update())
    if exemption is None:
        raise not_found("exemption")
    if exemption.proposed_by == principal.account_id:
        raise four_eyes_required()
    return held, exemption, effective_date(principal, sent.decided_on)


async def rescore(session: AsyncSession, editions: Editions, held: Held, principal: Principal) -> None:
    """Compute a score again where there is one, with its tier's best share and, once results are preliminary, its
    delisting case. The old sheet is kept."""
    if held.evaluation.status == "pending":
        return
    frame = frame_of(held.edition, held.cycle.year, principal.today, held.cycle.rubric_id)
    context = EventContext.of(principal)
    await score_evaluations(
        session, frame, [held.evaluation], context, operation_id=held.evaluation.scored_by_operation
    )
    await grade_tiers(session, held.cycle.id, held.edition, held.cycle.year, context)
    await session.refresh(held.evaluation)
    if held.cycle.status in PRELIMINARY:
        await follow_result(session, editions, held.evaluation, context)
