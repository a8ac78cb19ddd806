"""A change of operator: applied for, reviewed, approved or refused."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.bans.queries import bans_against
from services.registry.centres.models import Centre
from services.registry.centres.queries import lock_for_change, require_writable
from services.registry.centres.rules import require_state
from services.registry.centres.usecases import record_step
from services.registry.operators import rules
from services.registry.operators.models import ONE_OPEN, OperatorChange
from services.registry.operators.queries import hold_operators, lock_for_step, operator_spans
from services.registry.operators.schemas import ApplyForChange
from services.registry.operators.state import change_state
from services.registry.policy import edition_at, require_known
from services.registry.qualifications.holders import BATCH, follow_operators
from services.registry.qualifications.models import Qualification
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import CaseStep, require_four_eyes, step_day
from shared.auth.principal import Principal
from shared.db import constraint_of
from shared.errors import DomainError
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed


async def apply_for_change(
    session: AsyncSession, editions: Editions, principal: Principal, centre_id: UUID, sent: ApplyForChange
) -> OperatorChange:
    """Ask for another operator, as the present one or as an officer.

    Raises 404, 409 `takeover-barred`, `centre-not-on-the-list`, `operator-change-open`, 422 for the same operator or
    words the edition does not have.
    """
    await hold_operators(session, [sent.to_code, await require_writable(session, principal, centre_id)])
    centre = await lock_for_change(session, principal, centre_id)
    if sent.to_code == centre.operator_code:
        raise PayloadInvalid.at("to_code", "same_operator")
    day = step_day(principal, sent.applied_on, after=centre.operator_since or centre.listed_on)
    edition = edition_at(editions, day)
    _check_words(edition, sent)
    change = OperatorChange(
        id=uuid7(),
        version=0,
        centre_id=centre.id,
        status="applied",
        from_code=centre.operator_code,
        from_name=centre.operator_name,
        from_since=centre.operator_since,
        **sent.model_dump(exclude={"remark", "applied_on"}),
        edition=edition.id,
        applied_by=principal.account_id,
        applied_on=day,
    )
    decision = await _decide(session, edition, change, centre, principal)
    change.no = await next_case_no(session, "OC", day.year)
    session.add(change)
    await _flush_application(session)
    context = EventContext.of(principal, day)
    await _record(session, rc.OperatorChangeApplied, change, context, decision.rules, remark=sent.remark)
    return change


async def review_change(
    session: AsyncSession, principal: Principal, centre_id: UUID, change_id: UUID, step: CaseStep
) -> OperatorChange:
    """Propose the change to an approver. Raises 403 `four-eyes-required` for whoever applied."""
    change, _ = await lock_for_step(session, principal, centre_id, change_id)
    honour_match(step.if_match, change.version)
    require_state(change.status, rules.REVIEWABLE)
    require_four_eyes(principal, change.applied_by)
    day = step_day(principal, step.on, after=change.applied_on)
    change.status = "reviewed"
    change.reviewed_by, change.reviewed_on = principal.account_id, day
    context = EventContext.of(principal, day)
    await _record(session, rc.OperatorChangeReviewed, change, context, ("centre.operator_change",))
    return change


async def approve_change(
    session: AsyncSession, editions: Editions, principal: Principal, centre_id: UUID, change_id: UUID, step: CaseStep
) -> OperatorChange:
    """Let the new operator take over on the day of the decision; bans and the centre's standing are tested again.

    Raises 403 `four-eyes-required` for whoever applied or reviewed, 409 as at application.
    """
    change, centre = await lock_for_step(session, principal, centre_id, change_id)
    honour_match(step.if_match, change.version)
    require_state(change.status, rules.APPROVABLE)
    require_four_eyes(principal, change.applied_by, change.reviewed_by)
    day = step_day(principal, step.on, after=change.reviewed_on)
    if centre.operator_since is not None and day <= centre.operator_since:
        raise DomainError("step-before-its-cause", 409, params={"day": day, "after": centre.operator_since})
    decision = await _decide(session, editions.get(change.edition), change, centre, principal)
    change.status, change.takes_over_on, change.document_no = "approved", day, step.document_no
    change.decided_by, change.decided_on = principal.account_id, day
    centre.operator_code, centre.operator_name, centre.operator_since = change.to_code, change.to_name, day
    centre.ownership_type = change.ownership_type
    context = EventContext.of(principal, day)
    await _record(session, rc.OperatorChangeApproved, change, context, decision.rules)
    await record_step(session, rc.CentreOperatorChanged, centre, context, decision)
    await _hand_over_titles(session, principal, centre.id)
    return change


async def _hand_over_titles(session: AsyncSession, principal: Principal, centre_id: UUID) -> None:
    """The centre's titles and open applications, however many: its row is locked, so none is added meanwhile."""
    await session.flush()
    context_on = partial(EventContext.of, principal)
    while len(await follow_operators(session, context_on, Qualification.centre_id == centre_id)) == BATCH:
        pass


async def refuse_change(
    session: AsyncSession, principal: Principal, centre_id: UUID, change_id: UUID, step: CaseStep
) -> OperatorChange:
    """Refuse the change, with a reason. Raises 403 `four-eyes-required` for whoever applied or reviewed."""
    change, _ = await lock_for_step(session, principal, centre_id, change_id)
    honour_match(step.if_match, change.version)
    require_state(change.status, rules.OPEN)
    require_four_eyes(principal, change.applied_by, change.reviewed_by)
    day = step_day(principal, step.on, after=change.reviewed_on or change.applied_on)
    change.status, change.refusal_code = "refused", step.reason_code
    change.decided_by, change.decided_on = principal.account_id, day
    context = EventContext.of(principal, day)
    cited = ("centre.operator_change",)
    await _record(session, rc.OperatorChangeRefused, change, context, cited, remark=step.remark)
    return change


async def _decide(
    session: AsyncSession, edition: Edition, change: OperatorChange, centre: Centre, principal: Principal
) -> Decision:
    spans = await operator_spans(session, centre.id)
    decision = rules.decide_takeover(
        edition,
        to_code=change.to_code,
        bans=await bans_against(session, change.to_code),
        applied_on=change.applied_on,
        today=principal.today,
        centre_status=centre.status,
        earlier_operators={span.operator_code for span in spans},
    )
    change.decision = decision.to_json()
    return require_passed(decision)


def _check_words(edition: Edition, sent: ApplyForChange) -> None:
    words = edition.centre_profile
    require_known("reason_code", [sent.reason_code], words.operator_change_reasons)
    if sent.ownership_type is not None:
        require_known("ownership_type", [sent.ownership_type], words.ownership_types)


async def _flush_application(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == ONE_OPEN:
            raise DomainError("operator-change-open", 409) from error
        raise


async def _record(
    session: AsyncSession,
    event_type: EventType[rc.OperatorChangeState],
    change: OperatorChange,
    context: EventContext,
    cited: tuple[str, ...],
    remark: str | None = None,
) -> None:
    digest = await keep_remark(session, change.id, step=change.status, text=remark, written_by=context.actor)
    state = change_state(change, remark_hash=digest)
    await outbox.append(session, event_type, change, state, context=context, rules=cited, edition=change.edition)
