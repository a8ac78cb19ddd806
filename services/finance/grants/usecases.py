"""From application to countersignature (3.1-4)."""

from __future__ import annotations

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.centres import Centre, await_centre, open_failed_year, read_centre
from services.finance.grants import states
from services.finance.grants.announced import require_grant_notice_over
from services.finance.grants.cases import (
    Step,
    day_of,
    decide_another_person,
    decide_step,
    open_case,
    papers_of,
    record,
)
from services.finance.grants.commitments import commit_grant, release_grant
from services.finance.grants.eligibility import decide_all, show_grade
from services.finance.grants.models import Grant, PlanLine
from services.finance.grants.queries import last_grade
from services.finance.grants.rules import (
    bureaus_of,
    decide_approved_amount,
    decide_grade,
    decide_not_held,
    decide_other_bureau,
)
from services.finance.grants.schemas import Approval, GrantApplication, MoneyDecision, Refusal, StepRequest
from services.finance.journal.entries import Movement, post
from services.finance.use_reports.queries import accounts_of
from services.finance.use_reports.rules import decide_reported
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import forbidden
from shared.events.contracts.finance import (
    GrantApplied,
    GrantApproved,
    GrantCountersigned,
    GrantHeld,
    GrantRefused,
    GrantReviewed,
)
from shared.events.outbox import EventContext
from shared.ids import next_case_no, uuid7
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.policy.rules import decide_adverse_decision, decide_in_force
from shared.refusals import require_passed


async def check_eligibility(
    session: AsyncSession, sent: GrantApplication, *, principal: Principal, editions: Editions
) -> Decision:
    """What an application would be answered today, without making one."""
    day = effective_date(principal, sent.applied_on)
    in_force = decide_in_force(editions.in_force_on(day), day, closest=editions.closest_to(day))
    await await_centre(session, sent.centre_id, principal)
    edition = editions.in_force_on(day)
    if edition is None:
        return in_force
    centre = await read_centre(session, sent.centre_id, lock=False)
    return combine(in_force, (await decide_all(session, editions, edition, centre, sent, day)).decision)


async def apply_for_grant(
    session: AsyncSession, sent: GrantApplication, *, principal: Principal, editions: Editions
) -> Grant:
    """Record an application that passes every rule; that of a centre with an unrectified fail is held at once.

    Raises 409 with the decision, 409 `reference-not-yet-known`, 404 for somebody else's centre.
    """
    day = effective_date(principal, sent.applied_on)
    in_force = decide_in_force(editions.in_force_on(day), day, closest=editions.closest_to(day))
    edition = editions.get(require_passed(in_force).edition)
    await await_centre(session, sent.centre_id, principal)
    centre = await read_centre(session, sent.centre_id, lock=True)
    decided = await decide_all(session, editions, edition, centre, sent, day)
    decision = require_passed(combine(in_force, decided.decision))
    grant = _new_grant(sent, centre, edition, day, principal)
    grant.call_id = decided.call_id
    show_grade(grant, edition, decided.grade)
    grant.no = await next_case_no(session, "GR", day.year)
    session.add(grant)
    await session.flush()
    session.add_all(
        PlanLine(grant_id=grant.id, line=number, **line.model_dump()) for number, line in enumerate(sent.plan, start=1)
    )
    context = EventContext.of(principal, day)
    await record(session, GrantApplied, grant, context, decision)
    await _hold_if_failed(session, grant, edition, context)
    return grant


async def review_grant(session: AsyncSession, sent: StepRequest, *, step: Step) -> Grant:
    """An officer proposes the grant, with the centre's last published grade before them (2.3-3). Raises 403
    `four-eyes-required` to whoever submitted it."""
    case = await open_case(session, step, states.APPLIED)
    day = day_of(step, sent.decided_on, not_before=case.grant.applied_on)
    grade = await last_grade(session, case.grant.centre_id)
    decision = combine(decide_step(case, step), decide_grade(case.edition, grade))
    show_grade(case.grant, case.edition, grade)
    case.grant.status, case.grant.reviewed_on = states.REVIEWED, day
    case.grant.reviewed_by = step.principal.account_id
    await record(session, GrantReviewed, case.grant, EventContext.of(step.principal, day), decision)
    return case.grant


async def approve_grant(session: AsyncSession, sent: Approval, *, step: Step) -> Grant:
    """One bureau approves; the centre-year ceiling and the budget line are committed in the same transaction. A public
    notice that hangs is waited for.

    Raises 403 `four-eyes-required`, 409 `grant-approved-above-requested`, `grant-ceiling-exceeded`,
    `grant-unreported`, `notice-running`, `objection-unanswered`, `objection-upheld`, and `notice-missing` where the
    edition requires one.
    """
    case = await open_case(session, step, states.REVIEWED)
    grant = case.grant
    day = day_of(step, sent.decided_on, not_before=grant.reviewed_on)
    bureaus = bureaus_of(case.edition, step.principal.roles)
    if not bureaus:
        raise forbidden()
    within = require_passed(decide_approved_amount(case.edition, grant.requested, sent.amount))
    papers = papers_of(case.edition, "approved", sent)
    notice = await require_grant_notice_over(session, case, day)
    accounts = await accounts_of(session, step.editions, case.centre)
    reported = require_passed(decide_reported(case.edition, day, accounts))
    decision = combine(decide_step(case, step), within, notice, reported, papers.decision)
    grant.status, grant.approved, grant.approved_on = states.APPROVED, sent.amount, day
    grant.approved_by, grant.approved_bureau = step.principal.account_id, bureaus[0]
    context = EventContext.of(step.principal, day)
    decision = combine(decision, await commit_grant(session, case.edition, grant, sent.amount, context))
    await record(session, GrantApproved, grant, context, decision, papers=papers)
    await post(session, Movement.COMMITTED, grant, sent.amount, context)
    return grant


async def countersign_grant(session: AsyncSession, sent: MoneyDecision, *, step: Step) -> Grant:
    """The other bureau signs too, by somebody who took none of the steps before.

    Raises 403 `four-eyes-required`, `grant-countersigned-by-same-bureau`.
    """
    case = await open_case(session, step, states.APPROVED)
    grant = case.grant
    day = day_of(step, sent.decided_on, not_before=grant.approved_on)
    approved_bureau = grant.approved_bureau or ""
    bureaus = bureaus_of(case.edition, step.principal.roles)
    papers = papers_of(case.edition, "countersigned", sent)
    decision = combine(decide_step(case, step), papers.decision)
    other = require_passed(decide_other_bureau(case.edition, approved_bureau, bureaus), 403)
    grant.status, grant.countersigned_on = states.COUNTERSIGNED, day
    grant.countersigned_by = step.principal.account_id
    grant.countersigned_bureau = next(bureau for bureau in bureaus if bureau != approved_bureau)
    context = EventContext.of(step.principal, day)
    await record(session, GrantCountersigned, grant, context, combine(decision, other), papers=papers)
    return grant


async def refuse_grant(session: AsyncSession, sent: Refusal, *, step: Step) -> Grant:
    """End an unpaid case against the applicant; what was committed for it is given back to the ceiling.

    Before approval an officer or approver refuses; after it only an approver who took none of the steps before. Raises
    409 `continuation-basis-missing` after the edition's last day.
    """
    case = await open_case(session, step, *states.UNPAID)
    grant = case.grant
    day = day_of(step, sent.decided_on, not_before=grant.approved_on or grant.reviewed_on or grant.applied_on)
    basis = sent.continuation_basis or step.editions.continuation_basis(case.edition, day)
    papers = papers_of(case.edition, "refused", sent)
    decision = combine(require_passed(decide_adverse_decision(case.edition, day, basis)), papers.decision)
    if grant.approved is not None:
        if not bureaus_of(case.edition, step.principal.roles):
            raise forbidden()
        decision = combine(decision, decide_another_person(case, step))
    grant.status, grant.held_from, grant.ended_on = states.REFUSED, None, day
    grant.ended_by, grant.reason_code = step.principal.account_id, sent.reason_code
    context = EventContext.of(step.principal, day)
    await record(session, GrantRefused, grant, context, decision, papers=papers)
    await release_grant(session, grant, context)
    return grant


def _new_grant(sent: GrantApplication, centre: Centre, edition: Edition, day: date, principal: Principal) -> Grant:
    tier, grants = edition.grants.tiers[centre.tier], edition.grants
    return Grant(
        id=uuid7(),
        version=0,
        centre_id=centre.id,
        operator_code=centre.operator_code,
        fiscal_year=sent.fiscal_year,
        edition=edition.id,
        tier=centre.tier,
        cap=tier.cap.value,
        purpose=tier.purpose.value,
        hold_on_failure=grants.held_until_rectified.value,
        cancel_on_delisting=grants.unpaid_on_delisting.value == "cancel",
        recover_on_delisting=grants.paid_on_delisting.value == "recover_unspent",
        evidence=sent.model_dump(mode="json", include={"assets", "partners"}),
        decisions=[],
        status=states.APPLIED,
        requested=sent.amount,
        applied_on=day,
        submitted_by=principal.account_id,
    )


async def _hold_if_failed(session: AsyncSession, grant: Grant, edition: Edition, context: EventContext) -> None:
    failed_year = await open_failed_year(session, grant.centre_id) if grant.hold_on_failure else None
    if failed_year is None:
        return
    grant.status, grant.held_from, grant.reason_code = states.HELD, states.APPLIED, states.EVALUATION_FAILED
    await record(session, GrantHeld, grant, context, decide_not_held(edition, failed_year))
