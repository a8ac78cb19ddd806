"""Objections against preliminary results, and their answers."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.evaluations.queries import concerns, find_on_notice
from services.evaluation.evaluations.usecases import Held, hold_evaluation, rescore
from services.evaluation.experts.drawing import draw_round, expert_indicators, require_blind
from services.evaluation.objections.models import Objection, ObjectionStatement
from services.evaluation.objections.queries import find_objection
from services.evaluation.objections.rules import decide_objection_in_time
from services.evaluation.objections.schemas import NewObjection, ObjectionAnswer
from services.evaluation.refusals import require_known, require_passed, require_status
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, four_eyes_required
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Editions


async def object_to_result(
    session: AsyncSession, principal: Principal, editions: Editions, sent: NewObjection
) -> Objection:
    """Take an objection within the public notice, from whoever signs it; an anonymous one only as a lead, from the
    centre or from an officer (2.3-4). Raises 404 for what is on no notice."""
    await _require_may_object(session, principal, sent)
    held = await hold_evaluation(session, editions, sent.evaluation_id, ("announced",))
    assert held.cycle.announced_on is not None
    known = [indicator.id for indicator in held.edition.rubric.with_bonus]
    require_known("indicators", sent.indicators, known)
    day = effective_date(principal, sent.submitted_on)
    decision = require_passed(
        decide_objection_in_time(held.edition, held.cycle.announced_on, day, held.cycle.objections_until)
    )
    objection = Objection(
        id=uuid7(),
        no=await next_case_no(session, "OB", day.year),
        version=0,
        cycle_id=held.cycle.id,
        evaluation_id=held.evaluation.id,
        centre_id=held.evaluation.centre_id,
        status="submitted" if sent.signed else "lead",
        signed=sent.signed,
        reason=sent.reason,
        indicators=sent.indicators,
        document_no=sent.document_no,
        decision=decision.to_json(),
        submitted_on=day,
        submitted_by=principal.account_id,
    )
    session.add(objection)
    await session.flush()
    session.add(ObjectionStatement(objection_id=objection.id, statement=sent.statement))
    await tell_objection(session, ec.ObjectionTaken, objection, held, EventContext.of(principal, day), decision.rules)
    return objection


async def _require_may_object(session: AsyncSession, principal: Principal, sent: NewObjection) -> None:
    if await concerns(session, principal, sent.evaluation_id):
        return
    await find_on_notice(session, sent.evaluation_id)
    if not sent.signed:
        raise PayloadInvalid.at("document_no", "missing")


async def answer_objection(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    objection_id: UUID,
    sent: ObjectionAnswer,
    if_match: str | None,
) -> Objection:
    """Uphold or reject a signed objection; whoever handed it in does not answer it."""
    evaluation_id = (await find_objection(session, principal, objection_id)).evaluation_id
    held = await hold_evaluation(session, editions, evaluation_id, ("announced",))
    objection = await find_objection(session, principal, objection_id, lock=True)
    honour_match(if_match, objection.version)
    require_status(objection.status, ("submitted",))
    if objection.submitted_by == principal.account_id:
        raise four_eyes_required()
    day = effective_date(principal, sent.answered_on)
    if day < objection.submitted_on:
        raise DomainError("date-before-step", 409, params={"day": day, "earliest": objection.submitted_on})
    objection.status = sent.outcome
    objection.answered_on, objection.answered_by = day, principal.account_id
    objection.answer_document_no = sent.document_no
    objection.rescored = sent.rescore and sent.outcome == "upheld"
    if sent.outcome == "upheld":
        objection.sheet_before_id = held.evaluation.sheet_id
    applied = ("evaluation.public_notice",)
    if objection.rescored:
        await rescore(session, editions, held, principal)
        objection.sheet_after_id = held.evaluation.sheet_id
    await tell_objection(session, ec.ObjectionAnswered, objection, held, EventContext.of(principal, day), applied)
    return objection


async def order_re_mark(
    session: AsyncSession,
    principal: Principal,
    editions: Editions,
    objection_id: UUID,
    indicator: str,
    if_match: str | None,
) -> Objection:
    """Have other experts mark an indicator anew, blind again, because an objection was upheld (2.3-4)."""
    evaluation_id = (await find_objection(session, principal, objection_id)).evaluation_id
    held = await hold_evaluation(session, editions, evaluation_id, ("scored", "announced"))
    objection = await find_objection(session, principal, objection_id, lock=True)
    honour_match(if_match, objection.version)
    require_status(objection.status, ("upheld",))
    require_blind(held.cycle)
    require_known("indicator", [indicator], expert_indicators(held.edition))
    context = EventContext.of(principal)
    draw = await draw_round(session, held.cycle, held.edition, evaluation_id, indicator, objection.id, context)
    if draw.assigned == 0:
        raise DomainError("nobody-to-mark-anew", 409, params={"indicator": indicator})
    applied = ("evaluation.public_notice", "evaluation.expert_draw")
    await tell_objection(session, ec.ObjectionRemarkOrdered, objection, held, context, applied)
    return objection


async def tell_objection(
    session: AsyncSession,
    event_type: EventType[ec.ObjectionState],
    objection: Objection,
    held: Held,
    context: EventContext,
    applied: Sequence[str],
) -> None:
    """An objection in the state that it has just reached."""
    data = ec.ObjectionState(
        id=objection.id,
        no=objection.no,
        cycle_id=objection.cycle_id,
        evaluation_id=objection.evaluation_id,
        centre_id=objection.centre_id,
        status=objection.status,
        signed=objection.signed,
        reason=objection.reason,
        indicators=tuple(objection.indicators),
        document_no=objection.document_no,
        submitted_on=objection.submitted_on,
        answered_on=objection.answered_on,
        answer_document_no=objection.answer_document_no,
        rescored=bool(objection.rescored),
        sheet_before_id=objection.sheet_before_id,
        sheet_after_id=objection.sheet_after_id,
    )
    await outbox.append(session, event_type, objection, data, context=context, rules=applied, edition=held.edition.id)
