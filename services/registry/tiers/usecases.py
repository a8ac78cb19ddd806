"""The steps of an application for a tier: applied for, reviewed, announced, approved or refused, or withdrawn."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.bans.queries import bans_against
from services.registry.bans.relations import related_bans
from services.registry.bans.rules import TIER, decide_application
from services.registry.centres.models import Centre
from services.registry.centres.queries import hold_standing, lock_for_change, write_scope
from services.registry.centres.rules import decide_listed_by, require_state
from services.registry.centres.usecases import centre_state
from services.registry.notices.usecases import open_notice, require_notice_over
from services.registry.policy import edition_at, require_known
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import CaseStep, require_four_eyes, step_day
from services.registry.tiers import rules
from services.registry.tiers.expiry import end_lapsed
from services.registry.tiers.models import ONE_PENDING, TierApplication
from services.registry.tiers.periods import change_tier
from services.registry.tiers.queries import KIND, facts_on
from services.registry.tiers.schemas import ApplyForTier, AskTier
from services.registry.tiers.state import application_state
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed


async def ask_tier(session: AsyncSession, editions: Editions, principal: Principal, asked: AskTier) -> Decision:
    """Whether an application today would pass, rule by rule; nothing is recorded. Raises 404, 422."""
    centre = await hold_standing(session, write_scope(principal), asked.centre_id)
    edition = edition_at(editions, principal.today)
    require_known("tier", [asked.tier], edition.tiers)
    return await _test(session, edition, centre, asked.tier, applied_on=principal.today, day=principal.today)


async def apply_for_tier(
    session: AsyncSession, editions: Editions, principal: Principal, sent: ApplyForTier
) -> TierApplication:
    """Apply for a tier of a listed centre; pins the edition.

    Raises 404 for somebody else's centre, 422 for an unknown tier, 409 `carrier-ban-in-force`, `policy-not-in-force`,
    `tier-application-pending`, or the first criterion that is not met.
    """
    centre = await hold_standing(session, write_scope(principal), sent.centre_id)
    day = effective_date(principal, sent.applied_on)
    edition = edition_at(editions, day)
    require_known("tier", [sent.tier], edition.tiers)
    tested = await _test(session, edition, centre, sent.tier, applied_on=day, day=principal.today)
    decision = require_passed(tested)
    application = TierApplication(
        id=uuid7(),
        version=0,
        centre_id=centre.id,
        operator_code=centre.operator_code,
        tier=sent.tier,
        status="applied",
        edition=edition.id,
        decision=decision.to_json(),
        applied_by=principal.account_id,
        applied_on=day,
        no=await next_case_no(session, "TA", day.year),
    )
    session.add(application)
    await _flush(session)
    await _record(session, rc.TierApplied, application, EventContext.of(principal, day), decision)
    return application


async def review_tier(
    session: AsyncSession, principal: Principal, application_id: UUID, step: CaseStep
) -> TierApplication:
    """Propose the tier to an approver."""
    application = await _lock(session, principal, application_id, step)
    require_state(application.status, rules.REVIEWABLE)
    day = step_day(principal, step.on, after=application.applied_on)
    application.status = "reviewed"
    application.reviewed_by, application.reviewed_on = principal.account_id, day
    await _record(session, rc.TierReviewed, application, EventContext.of(principal, day))
    return application


async def announce_tier(
    session: AsyncSession, editions: Editions, principal: Principal, application_id: UUID, step: CaseStep
) -> TierApplication:
    """Put the reviewed application on public notice."""
    application = await _lock(session, principal, application_id, step)
    require_state(application.status, rules.ANNOUNCEABLE)
    day = step_day(principal, step.on, after=application.reviewed_on)
    await open_notice(session, principal, editions.get(application.edition), KIND, application.id, day)
    application.status = "announced"
    application.announced_by, application.announced_on = principal.account_id, day
    await _record(session, rc.TierAnnounced, application, EventContext.of(principal, day))
    return application


async def approve_tier(
    session: AsyncSession, editions: Editions, principal: Principal, application_id: UUID, step: CaseStep
) -> TierApplication:
    """Approve the tier after its notice; bans and criteria are tested again, as of the day of the decision.

    Raises 403 `four-eyes-required` for whoever applied, reviewed or announced, 409 as at application, those of the
    notice, and `tier-change-too-early`.
    """
    application, centre = await _lock_with_centre(session, principal, application_id, step)
    require_state(application.status, rules.APPROVABLE)
    _require_others(principal, application)
    day = step_day(principal, step.on, after=application.announced_on)
    edition = editions.get(application.edition)
    tier, applied_on = application.tier, application.applied_on
    tested = await _test(session, edition, centre, tier, applied_on=applied_on, day=principal.today, as_of=day)
    over = await require_notice_over(session, edition, KIND, application.id, day)
    context = EventContext.of(principal, day)
    await end_lapsed(session, edition, [centre.id], day, context)
    document_no = step.document_no or ""
    begun = await change_tier(
        session,
        edition,
        centre,
        tier,
        day,
        basis="application",
        document_no=document_no,
        source_id=application.id,
    )
    decision = combine(require_passed(tested), over, begun)
    application.status, application.document_no, application.effective_on = "approved", document_no, day
    application.decided_by, application.decided_on = principal.account_id, day
    application.decision = decision.to_json()
    await _record(session, rc.TierApproved, application, context, decision)
    await record_change(session, centre, context, edition)
    return application


async def refuse_tier(
    session: AsyncSession, editions: Editions, principal: Principal, application_id: UUID, step: CaseStep
) -> TierApplication:
    """Refuse an application, with a reason of its edition (422). Raises 403 `four-eyes-required`."""
    application = await _lock(session, principal, application_id, step)
    require_state(application.status, rules.PENDING)
    _require_others(principal, application)
    words = editions.get(application.edition).tier_applications
    require_known("reason_code", [step.reason_code or ""], words.refusal_reasons)
    after = application.announced_on or application.reviewed_on or application.applied_on
    day = step_day(principal, step.on, after=after)
    application.status, application.reason_code = "refused", step.reason_code
    application.decided_by, application.decided_on = principal.account_id, day
    await _record(session, rc.TierRefused, application, EventContext.of(principal, day), remark=step.remark)
    return application


async def withdraw_tier(
    session: AsyncSession, editions: Editions, principal: Principal, application_id: UUID, step: CaseStep
) -> TierApplication:
    """The applicant, or an officer for it, takes the application back, with a reason of its edition (422)."""
    application = await _lock(session, principal, application_id, step)
    require_state(application.status, rules.PENDING)
    words = editions.get(application.edition).tier_applications
    require_known("reason_code", [step.reason_code or ""], words.withdrawal_reasons)
    after = application.announced_on or application.reviewed_on or application.applied_on
    day = step_day(principal, step.on, after=after)
    application.status, application.reason_code = "withdrawn", step.reason_code
    await _record(session, rc.TierWithdrawn, application, EventContext.of(principal, day), remark=step.remark)
    return application


async def record_change(session: AsyncSession, centre: Centre, context: EventContext, edition: Edition) -> None:
    """Tell everybody who keeps the centre that its tier changed."""
    state, rule = centre_state(centre), ("tiers.history",)
    await outbox.append(session, rc.CentreTierChanged, centre, state, context=context, rules=rule, edition=edition.id)


async def _test(
    session: AsyncSession,
    edition: Edition,
    centre: Centre,
    tier: str,
    *,
    applied_on: date,
    day: date,
    as_of: date | None = None,
) -> Decision:
    """Bans through `day`, validity on the day of the application, criteria as of the application or the decision."""
    bans = await bans_against(session, centre.operator_code, centre.id)
    related = await related_bans(session, centre.operator_code, day, centre.id)
    facts = await facts_on(session, edition, centre, as_of or applied_on)
    allowed = decide_application(edition, TIER, bans, applied_on, day, related)
    by_then = decide_listed_by(edition, "tiers.centre_listed", centre.listed_on, applied_on)
    return combine(allowed, rules.decide_tier(edition, tier, facts), by_then)


async def _lock(session: AsyncSession, principal: Principal, application_id: UUID, step: CaseStep) -> TierApplication:
    """The application locked, after its centre's standing: the order in which a delisting takes them."""
    await hold_standing(session, write_scope(principal), await _centre_of(session, application_id))
    return await _locked(session, application_id, step)


async def _lock_with_centre(
    session: AsyncSession, principal: Principal, application_id: UUID, step: CaseStep
) -> tuple[TierApplication, Centre]:
    centre = await lock_for_change(session, principal, await _centre_of(session, application_id))
    return await _locked(session, application_id, step), centre


async def _locked(session: AsyncSession, application_id: UUID, step: CaseStep) -> TierApplication:
    application = await session.get_one(TierApplication, application_id, with_for_update=True, populate_existing=True)
    honour_match(step.if_match, application.version)
    return application


async def _centre_of(session: AsyncSession, application_id: UUID) -> UUID:
    query = select(TierApplication.centre_id).where(TierApplication.id == application_id)
    centre_id: UUID | None = await session.scalar(query)
    if centre_id is None:
        raise not_found("tier-application")
    return centre_id


def _require_others(principal: Principal, application: TierApplication) -> None:
    require_four_eyes(principal, application.applied_by, application.reviewed_by, application.announced_by)


async def _flush(session: AsyncSession) -> None:
    """Write the application now: one for a tier is pending at a time."""
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == ONE_PENDING:
            raise DomainError("tier-application-pending", 409, clauses=["2.1-0"]) from error
        raise


async def _record(
    session: AsyncSession,
    event_type: EventType[rc.TierApplicationState],
    application: TierApplication,
    context: EventContext,
    decision: Decision | None = None,
    remark: str | None = None,
) -> None:
    remark_hash = await keep_remark(
        session, application.id, step=application.status, text=remark, written_by=context.actor
    )
    state = application_state(application, remark_hash=remark_hash)
    cited = decision.rules if decision else ("policy.four_eyes",)
    await outbox.append(
        session, event_type, application, state, context=context, rules=cited, edition=application.edition
    )
