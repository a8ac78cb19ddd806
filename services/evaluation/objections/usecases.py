"""Objections against preliminary results, and their answers."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.evaluations.queries import find_concerned
from services.evaluation.evaluations.usecases import hold_evaluation, rescore
from services.evaluation.objections.models import Objection, ObjectionStatement
from services.evaluation.objections.queries import find_objection
from services.evaluation.objections.rules import decide_objection_in_time
from services.evaluation.objections.schemas import NewObjection, ObjectionAnswer
from services.evaluation.refusals import require_known, require_passed, require_status
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, four_eyes_required
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.policy.edition import Editions


async def object_to_result(
    session: AsyncSession, principal: Principal, editions: Editions, sent: NewObjection
) -> Objection:
    """Take an objection within the public notice; an anonymous one only as a lead (2.3-4)."""
    await find_concerned(session, principal, sent.evaluation_id)
    held = await hold_evaluation(session, editions, sent.evaluation_id, ("announced",))
    assert held.cycle.announced_on is not None
    known = [indicator.id for indicator in held.edition.rubric.indicators]
    require_known("indicators", sent.indicators, known)
    day = effective_date(principal, sent.submitted_on)
    decision = require_passed(decide_objection_in_time(held.edition, held.cycle.announced_on, day))
    objection = Objection(
        id=uuid7(),
        no=await next_case_no(session, "OB", day.year),
        version=1,
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
    return objection


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
    objection.version += 1
    if sent.rescore and sent.outcome == "upheld":
        objection.rescored = True
        await rescore(session, editions, held, principal)
    return objection
