"""The steps of a delisting case before its publication, and the record of its service afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.access import OFFICERS, bureaus_of
from services.evaluation.delistings import rules
from services.evaluation.delistings.models import DelistingCase, DelistingStep
from services.evaluation.delistings.opening import state_of
from services.evaluation.delistings.queries import find_case, taken_so_far
from services.evaluation.delistings.schemas import (
    CaseDecision,
    Countersignature,
    Hearing,
    HearingRequest,
    LegalReview,
    NoticeOfIntent,
    ServiceRecord,
    Statement,
)
from services.evaluation.refusals import require_known, require_passed
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import DomainError, forbidden, four_eyes_required, invalid_transition
from shared.events import outbox
from shared.events.contracts import evaluation as ec
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions


@dataclass(slots=True)
class Opened:
    """A case locked for its next step, with its edition, what was taken so far, and the step's day."""

    case: DelistingCase
    edition: Edition
    taken: rules.Taken
    day: date


@dataclass(frozen=True, slots=True)
class Caller:
    """Who takes the step, under which version of the case, and the editions to read it by."""

    session: AsyncSession
    principal: Principal
    editions: Editions
    if_match: str | None


async def serve_notice(caller: Caller, case_id: UUID, sent: NoticeOfIntent) -> DelistingCase:
    """Record that the notice of intent (拟摘牌告知书) was served; the terms for statement and hearing begin (2.3-5)."""
    at = await _open(caller, case_id, rules.NOTICE, sent.served_on)
    require_known("method", [sent.method], at.edition.procedure.service_methods)
    statement, hearing = rules.terms_of_notice(at.edition, at.day)
    at.case.statement_due_on, at.case.hearing_request_due_on = statement.day, hearing.day
    at.case.notice_served_on, at.case.notice_served_by = at.day, caller.principal.account_id
    details: dict[str, JsonValue] = {
        "method": sent.method,
        "recipient_role": sent.recipient_role,
        "document_no": sent.document_no,
    }
    return await _take(caller, at, rules.NOTICE, "served", details, None)


async def record_statement(caller: Caller, case_id: UUID, sent: Statement) -> DelistingCase:
    """Record the statement and defence (陈述申辩), or, for officers only, that its term passed without one."""
    if sent.waived and not caller.principal.has(*OFFICERS):
        raise forbidden()
    at = await _open(caller, case_id, rules.STATEMENT, sent.received_on)
    assert at.taken.statement_due_on is not None
    decision = rules.decide_statement(at.edition, at.taken.statement_due_on, at.day, waived=sent.waived)
    require_passed(decision)
    outcome = "waived" if sent.waived else "received"
    return await _take(caller, at, rules.STATEMENT, outcome, {"document_no": sent.document_no}, decision)


async def request_hearing(caller: Caller, case_id: UUID, sent: HearingRequest) -> DelistingCase:
    """The operator asks for a hearing; from then on the case cannot go on without one."""
    case = await find_case(caller.session, caller.principal, case_id, lock=True)
    honour_match(caller.if_match, case.version)
    if case.hearing_requested:
        raise DomainError("hearing-already-requested", 409, params={"day": await _hearing_asked_on(caller, case)})
    at = await _at(caller, case, sent.requested_on)
    allowed = (rules.NOTICE, rules.STATEMENT)
    if case.status not in allowed or case.hearing_request_due_on is None:
        raise invalid_transition(case.status, allowed)
    decision = rules.decide_hearing_request(at.edition, case.hearing_request_due_on, at.day)
    require_passed(decision)
    case.hearing_requested = True
    details: dict[str, JsonValue] = {"document_no": sent.document_no}
    return await _take(caller, at, rules.HEARING_REQUEST, "requested", details, decision, status=case.status)


async def _hearing_asked_on(caller: Caller, case: DelistingCase) -> date | None:
    query = select(DelistingStep.taken_on).where(
        DelistingStep.case_id == case.id, DelistingStep.step == rules.HEARING_REQUEST
    )
    return await caller.session.scalar(query)


async def record_hearing(caller: Caller, case_id: UUID, sent: Hearing) -> DelistingCase:
    """Record that the hearing was held, or that the request was withdrawn."""
    at = await _open(caller, case_id, rules.HEARING, sent.held_on)
    if not at.taken.hearing_requested:
        raise DomainError("hearing-not-requested", 409)
    return await _take(caller, at, rules.HEARING, sent.outcome, {"minutes_no": sent.minutes_no}, None)


async def record_legal_review(caller: Caller, case_id: UUID, sent: LegalReview) -> DelistingCase:
    """Record the legal review (法制审核); one that finds the case insufficient is repeated."""
    at = await _open(caller, case_id, rules.LEGAL_REVIEW, sent.reviewed_on)
    decision = require_passed(rules.decide_no_hearing(at.edition, at.taken, at.day))
    details: dict[str, JsonValue] = {"document_no": sent.document_no}
    if sent.outcome == "insufficient":
        return await _take(caller, at, rules.LEGAL_REVIEW, sent.outcome, details, decision, status=at.case.status)
    at.case.reviewed_by = caller.principal.account_id
    return await _take(caller, at, rules.LEGAL_REVIEW, sent.outcome, details, decision)


async def decide_case(caller: Caller, case_id: UUID, sent: CaseDecision) -> DelistingCase:
    """One bureau's decision, by an approver who took no earlier step; it takes effect by publication only."""
    at = await _open(caller, case_id, rules.DECISION, sent.decided_on)
    await _refuse_earlier_hands(caller, at.case)
    bureaus = bureaus_of(caller.principal, at.edition)
    if not bureaus:
        raise forbidden()
    case = at.case
    case.decision_no, case.decided_on = sent.document_no, at.day
    case.decided_by, case.decided_bureau = caller.principal.account_id, bureaus[0]
    decision = require_passed(rules.decide_no_hearing(at.edition, at.taken, at.day))
    details: dict[str, JsonValue] = {"document_no": sent.document_no, "bureau": bureaus[0]}
    return await _take(caller, at, rules.DECISION, "decided", details, decision)


async def countersign_case(caller: Caller, case_id: UUID, sent: Countersignature) -> DelistingCase:
    """The other bureau's countersignature (会签), by yet another person; the procedure is then complete."""
    at = await _open(caller, case_id, rules.COUNTERSIGNATURE, sent.countersigned_on)
    await _refuse_earlier_hands(caller, at.case)
    bureaus = bureaus_of(caller.principal, at.edition)
    bureau, decision = rules.decide_countersignature(at.edition, at.case.decided_bureau, bureaus)
    require_passed(decision)
    at.case.countersigned_by, at.case.countersigned_bureau = caller.principal.account_id, bureau
    return await _take(caller, at, rules.COUNTERSIGNATURE, "countersigned", {"bureau": bureau}, decision)


async def record_service(caller: Caller, case_id: UUID, sent: ServiceRecord) -> DelistingCase:
    """Record the service (送达) of the published decision; the terms for remedies begin."""
    case = await find_case(caller.session, caller.principal, case_id, lock=True)
    honour_match(caller.if_match, case.version)
    if case.status not in rules.IN_FORCE or case.served_on is not None:
        raise invalid_transition(case.status, rules.IN_FORCE)
    at = await _at(caller, case, sent.served_on)
    require_known("method", [sent.method], at.edition.procedure.service_methods)
    reconsideration, litigation = rules.remedies(at.edition, at.day)
    case.served_on = at.day
    case.reconsideration_until, case.litigation_until = reconsideration.day, litigation.day
    details: dict[str, JsonValue] = {"method": sent.method, "recipient_role": sent.recipient_role}
    return await _take(caller, at, rules.SERVICE, "served", details, None, status=case.status)


async def _refuse_earlier_hands(caller: Caller, case: DelistingCase) -> None:
    """Whoever took any step of the case, one that was repeated or came to nothing included, neither decides nor
    countersigns."""
    own = select(DelistingStep.id).where(
        DelistingStep.case_id == case.id, DelistingStep.actor == caller.principal.account_id
    )
    if await caller.session.scalar(own.limit(1)) is not None:
        raise four_eyes_required()


async def _open(caller: Caller, case_id: UUID, step: str, sent: date | None) -> Opened:
    """Lock the case for a step of the procedure. Raises 404, 412, or 409 where the step is not the next one."""
    case = await find_case(caller.session, caller.principal, case_id, lock=True)
    honour_match(caller.if_match, case.version)
    at = await _at(caller, case, sent)
    steps = at.edition.procedure.steps.value
    allowed = rules.states_before(at.edition, step) if step in steps else ()
    if case.status not in allowed or step in at.taken.steps:
        raise invalid_transition(case.status, allowed)
    return at


async def _at(caller: Caller, case: DelistingCase, sent: date | None) -> Opened:
    day = effective_date(caller.principal, sent)
    if day < case.last_step_on:
        raise DomainError("date-before-step", 409, params={"day": day, "earliest": case.last_step_on})
    edition = caller.editions.get(case.edition)
    return Opened(case, edition, await taken_so_far(caller.session, case), day)


_RULES = {
    rules.STATEMENT: ("delisting.statement_term",),
    rules.HEARING_REQUEST: ("delisting.hearing_term",),
    rules.HEARING: ("delisting.hearing_term",),
    rules.LEGAL_REVIEW: ("delisting.hearing_term",),
    rules.COUNTERSIGNATURE: ("policy.countersigned",),
    rules.SERVICE: ("delisting.remedies",),
}


async def _take(
    caller: Caller,
    at: Opened,
    step: str,
    outcome: str,
    details: dict[str, JsonValue],
    decision: Decision | None,
    *,
    status: str | None = None,
) -> DelistingCase:
    """Record the step and tell the world; the case's state becomes the step, unless another one is named."""
    case, context = at.case, EventContext.of(caller.principal, at.day)
    case.status = status or step
    case.last_step_on = at.day
    applied = ("delisting.prior_procedure", *_RULES.get(step, ()))
    event_id = await outbox.append(
        caller.session,
        ec.DelistingAdvanced,
        case,
        state_of(case),
        context=context,
        rules=applied,
        edition=case.edition,
    )
    caller.session.add(
        DelistingStep(
            case_id=case.id,
            step=step,
            outcome=outcome,
            taken_on=at.day,
            actor=caller.principal.account_id,
            details=details,
            decision=None if decision is None else decision.to_json(),
            event_id=event_id,
        )
    )
    await caller.session.flush()
    return case
