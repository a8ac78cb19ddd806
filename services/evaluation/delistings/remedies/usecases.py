"""Recording an order on a published delisting, and putting it into effect or not."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.delistings.bureaus import (
    day_not_before,
    decide_as_other_bureau,
    recording_bureau,
    require_past,
)
from services.evaluation.delistings.models import DelistingCase, DelistingParticipant
from services.evaluation.delistings.queries import find_case
from services.evaluation.delistings.records.queries import counted_years
from services.evaluation.delistings.remedies import rules
from services.evaluation.delistings.remedies.models import DelistingRemedy, RemedyParticipant
from services.evaluation.delistings.remedies.schemas import NewOrder, OrderApproval, OrderRejection
from services.evaluation.delistings.remedies.telling import EFFECT, RULES, approved_orders, tell_effect, tell_proposal
from services.evaluation.delistings.rules import COMPLETED, IN_FORCE, PARTICIPANTS, PUBLISHED, REVERSED
from services.evaluation.delistings.usecases import Caller
from services.evaluation.evaluations.models import Evaluation
from services.evaluation.projections import known_centre
from services.evaluation.rectifications.closing import reopen_orders, supersede_orders
from services.evaluation.rectifications.usecases import order_rectification
from services.evaluation.refusals import require_passed, require_status
from shared.clock import utcnow
from shared.errors import DomainError, not_found
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions


async def record_order(caller: Caller, case_id: UUID, kind: str, sent: NewOrder) -> DelistingRemedy:
    """Record an order; it takes effect once the other bureau approves it (2.3-5).

    Raises 404, 412, 409 `invalid-transition`, `remedy-pending`, `remedy-does-not-fit`, `remedy-too-early`.
    """
    case = await find_case(caller.session, caller.principal, case_id, lock=True)
    honour_match(caller.if_match, case.version)
    require_status(case.status, IN_FORCE)
    edition = caller.editions.get(case.edition)
    effective_on = sent.effective_on or caller.principal.today
    for day in (sent.ordered_on, effective_on):
        require_past(caller.principal, day)
    assert case.published_on is not None
    recorded_on = day_not_before(caller.principal, sent.recorded_on, case.published_on)
    await _require_none_pending(caller.session, case, kind)
    decision = require_passed(await _decide(caller.session, edition, case, kind, effective_on))
    remedy = await _insert(
        caller.session,
        case,
        kind=kind,
        ground=sent.ground,
        issuer=sent.issuer,
        document_no=sent.document_no,
        ordered_on=sent.ordered_on,
        effective_on=effective_on,
        decision=decision,
        recorded_by=caller.principal.account_id,
        recorded_bureau=recording_bureau(caller.principal, edition),
        recorded_on=recorded_on,
    )
    context = EventContext.of(caller.principal, recorded_on)
    await tell_proposal(caller.session, ec.DelistingRemedyProposed, case, remedy, context, decision.rules)
    return remedy


async def propose_reversal(
    session: AsyncSession,
    edition: Edition,
    case: DelistingCase,
    annulment: ec.AnnulmentState,
    decided: tuple[str, str],
    context: EventContext,
) -> None:
    """Put a reversal before an approver, because a year that the case counts was annulled; it changes nothing yet.

    `decided` is who approved the annulment, and for which bureau: the proposal is theirs. The case is locked.
    """
    pending = DelistingRemedy.status == rules.PROPOSED, DelistingRemedy.kind == rules.REVERSAL
    if await session.scalar(select(DelistingRemedy.id).where(DelistingRemedy.case_id == case.id, *pending)):
        return
    orders = await approved_orders(session, case.id)
    earliest = [order.effective_on for order in orders]
    if case.stayed_on is not None:
        earliest.append(case.stayed_on + timedelta(days=1))
    effective_on = max([context.effective_on, *earliest])
    remedy = await _insert(
        session,
        case,
        kind=rules.REVERSAL,
        ground=rules.ANNULLED_RESULT,
        annulment_id=annulment.id,
        issuer=annulment.issuer,
        document_no=annulment.document_no,
        ordered_on=annulment.ordered_on,
        effective_on=effective_on,
        decision=await _decide(session, edition, case, rules.REVERSAL, effective_on),
        recorded_by=decided[0],
        recorded_bureau=decided[1],
        recorded_on=context.effective_on,
    )
    applied = ("delisting.result_annulled", "delisting.remedy_order")
    await tell_proposal(session, ec.DelistingRemedyProposed, case, remedy, context, applied)


async def approve_order(caller: Caller, case_id: UUID, remedy_id: UUID, sent: OrderApproval) -> DelistingCase:
    """The other bureau approves: from the order's day on the delisting has no effect, or has it again, everywhere.

    Raises as `record_order`, and 403 `four-eyes-required`, 409 `countersignature-by-other-bureau`.
    """
    case, remedy, edition = await _open(caller, case_id, remedy_id)
    decision = await _decide(caller.session, edition, case, remedy.kind, remedy.effective_on)
    allowed = decide_as_other_bureau(remedy, caller.principal, edition, sent.decided_on)
    require_passed(decision)
    remedy.status, remedy.approved_at, remedy.decision = rules.ORDERED, utcnow(), decision.to_json()
    await _put_last(caller.session, remedy)
    context = EventContext.of(caller.principal, remedy.effective_on)
    remedy.correlation_id, remedy.simulated = context.correlation_id, context.simulated
    if remedy.kind != rules.LIFT:
        remedy.expected_title_ids = await _revoked_titles(caller.session, case)
    await _turn(caller.session, case, remedy)
    caller.session.add_all(RemedyParticipant(remedy_id=remedy.id, service=name) for name in PARTICIPANTS)
    await caller.session.flush()
    await tell_effect(caller.session, EFFECT[remedy.kind], case, remedy, context, (*RULES, *allowed))
    if remedy.kind == rules.LIFT:
        await supersede_orders(caller.session, case.centre_id, case.id, context)
    else:
        await reopen_orders(caller.session, caller.editions, case.id, context)
    if remedy.kind == rules.REVERSAL:
        await _rectify_instead(caller.session, caller.editions, case, context)
    return case


async def reject_order(caller: Caller, case_id: UUID, remedy_id: UUID, sent: OrderRejection) -> DelistingCase:
    """The other bureau does not approve an order; nothing changes."""
    case, remedy, edition = await _open(caller, case_id, remedy_id)
    allowed = decide_as_other_bureau(remedy, caller.principal, edition, sent.decided_on)
    remedy.status, remedy.reason_code = rules.REJECTED, sent.reason_code
    assert remedy.decided_on is not None
    context = EventContext.of(caller.principal, remedy.decided_on)
    await tell_proposal(caller.session, ec.DelistingRemedyRejected, case, remedy, context, allowed)
    return case


async def _open(caller: Caller, case_id: UUID, remedy_id: UUID) -> tuple[DelistingCase, DelistingRemedy, Edition]:
    case = await find_case(caller.session, caller.principal, case_id, lock=True)
    honour_match(caller.if_match, case.version)
    remedy = await caller.session.get(DelistingRemedy, remedy_id, populate_existing=True)
    if remedy is None or remedy.case_id != case.id:
        raise not_found("delisting-remedy")
    require_status(remedy.status, (rules.PROPOSED,))
    return case, remedy, caller.editions.get(case.edition)


async def _decide(
    session: AsyncSession, edition: Edition, case: DelistingCase, kind: str, effective_on: date
) -> Decision:
    assert case.published_on is not None
    orders = await approved_orders(session, case.id)
    return rules.decide_remedy(
        edition,
        kind,
        effective_on,
        status=case.status,
        published_on=case.published_on,
        stayed_on=case.stayed_on,
        last_effective_on=max((order.effective_on for order in orders), default=None),
    )


async def _require_none_pending(session: AsyncSession, case: DelistingCase, kind: str) -> None:
    pending = await session.scalar(
        select(DelistingRemedy.no).where(
            DelistingRemedy.case_id == case.id,
            DelistingRemedy.kind == kind,
            DelistingRemedy.status == rules.PROPOSED,
        )
    )
    if pending is not None:
        raise DomainError("remedy-pending", 409, params={"no": pending})


async def _insert(
    session: AsyncSession, case: DelistingCase, *, decision: Decision, **values: object
) -> DelistingRemedy:
    last = await _last_ordinal(session, case.id)
    recorded_on = values["recorded_on"]
    assert isinstance(recorded_on, date)
    remedy = DelistingRemedy(
        id=uuid7(),
        no=await next_case_no(session, "DR", recorded_on.year),
        case_id=case.id,
        ordinal=last + 1,
        status=rules.PROPOSED,
        decision=decision.to_json(),
        simulated=False,
        reminders=0,
        **values,
    )
    session.add(remedy)
    await session.flush()
    return remedy


async def _last_ordinal(session: AsyncSession, case_id: UUID) -> int:
    query = select(func.max(DelistingRemedy.ordinal)).where(DelistingRemedy.case_id == case_id)
    return await session.scalar(query) or 0


async def _put_last(session: AsyncSession, remedy: DelistingRemedy) -> None:
    """Orders are followed in the order in which they took effect, also where one recorded later was approved first."""
    later = select(DelistingRemedy.id).where(
        DelistingRemedy.case_id == remedy.case_id,
        DelistingRemedy.ordinal > remedy.ordinal,
        DelistingRemedy.status.in_(rules.APPROVED),
    )
    if await session.scalar(later.limit(1)) is not None:
        remedy.ordinal = await _last_ordinal(session, remedy.case_id) + 1


async def _revoked_titles(session: AsyncSession, case: DelistingCase) -> list[UUID]:
    """What the registry says it has revoked, or what was expected as long as it has not answered."""
    participant = DelistingParticipant
    details = await session.scalar(
        select(participant.details).where(
            participant.case_id == case.id, participant.service == "registry", participant.confirmed_at.is_not(None)
        )
    )
    told = (details or {}).get("revoked_qualification_ids")
    return [UUID(str(one)) for one in told] if isinstance(told, list) else list(case.expected_title_ids or ())


async def _turn(session: AsyncSession, case: DelistingCase, remedy: DelistingRemedy) -> None:
    """The case's own effect: with this commit standing, reports and payments follow the order."""
    if remedy.kind == rules.STAY:
        case.stayed_on = remedy.effective_on
    elif remedy.kind == rules.LIFT:
        case.stayed_on = None
    else:
        case.status, case.stayed_on, case.reversed_on = REVERSED, None, remedy.effective_on
    mark = case.id if case.status in (PUBLISHED, COMPLETED) and case.stayed_on is None else None
    await session.execute(
        update(known_centre)
        .where(
            known_centre.c.id == case.centre_id,
            func.coalesce(known_centre.c.delisting_case_id, case.id) == case.id,
        )
        .values(delisting_case_id=mark)
    )


async def _rectify_instead(
    session: AsyncSession, editions: Editions, case: DelistingCase, context: EventContext
) -> None:
    """2.3-4: the fail that the reversed delisting answered stands on its own now, if nobody has annulled it."""
    evaluation = await session.get_one(Evaluation, case.evaluation_id, with_for_update=True, populate_existing=True)
    years = await counted_years(session, [evaluation.centre_id])
    if evaluation.rectification_id is not None or years.get(evaluation.centre_id, {}).get(evaluation.year) != "failed":
        return
    order = await order_rectification(session, editions, evaluation, context.effective_on, context)
    evaluation.rectification_id = order.id
