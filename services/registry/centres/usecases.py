"""The steps of a centre's case: submitted, reviewed, announced, returned, listed or rejected."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.bans.queries import bans_against
from services.registry.bans.relations import related_bans
from services.registry.bans.rules import CENTRE, decide_application
from services.registry.centres import rules
from services.registry.centres.models import Centre
from services.registry.centres.namesakes import require_name_free
from services.registry.centres.queries import lock_for_change
from services.registry.centres.schemas import EnclaveAgreement
from services.registry.notices.usecases import open_notice, require_notice_over
from services.registry.policy import edition_of_case, require_known
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import CaseStep, require_four_eyes, step_day
from services.registry.tiers.periods import begin_at_listing
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed

CENTRES: Final = "centres"
"""The kind under which the notices of centres are kept."""


def centre_state(centre: Centre, *, remark_hash: str | None = None) -> rc.CentreState:
    """The centre as its events carry it."""
    agreement = agreement_of(centre)
    return rc.CentreState(
        id=centre.id,
        no=centre.no,
        name=centre.name,
        operator_code=centre.operator_code,
        operator_name=centre.operator_name,
        status=centre.status,
        service_kinds=tuple(centre.service_kinds),
        tier=centre.tier,
        owner_division=centre.owner_division,
        site_division=centre.site_division,
        enclave=centre.enclave,
        total_area_m2=centre.total_area_m2,
        incubation_area_m2=centre.incubation_area_m2,
        industry_code=centre.industry_code,
        listed_on=centre.listed_on,
        delisted_on=centre.delisted_on,
        document_no=centre.document_no,
        reason_code=centre.reason_code,
        remark_hash=remark_hash,
        operator_since=centre.operator_since,
        notice_until=centre.notice_until,
        suspended_on=centre.suspended_on,
        withdrawn_on=centre.withdrawn_on,
        proposal=centre.proposal,
        ownership_type=centre.ownership_type,
        spaces=areas_of(centre),
        online_services=tuple(centre.online_services),
        cluster_tag=centre.cluster_tag,
        enclave_agreement_no=agreement.document_no if agreement else None,
    )


async def submit_centre(
    session: AsyncSession, editions: Editions, principal: Principal, centre_id: UUID, step: CaseStep
) -> Centre:
    """Apply for the listing. The first submission pins the edition; a corrected one stays under it (6-1).

    Raises 409 `centre-name-taken`, `carrier-ban-in-force`, `policy-not-in-force` or what the profile lacks.
    """
    centre = await lock_for_change(session, principal, centre_id)
    honour_match(step.if_match, centre.version)
    rules.require_state(centre.status, rules.EDITABLE)
    day = effective_date(principal, step.on)
    applied_on = centre.applied_on or day
    edition = edition_of_case(editions, centre.edition, applied_on)
    decision = await _decide(session, edition, centre, applied_on=applied_on, today=principal.today)
    await require_name_free(session, centre.name, centre.id)
    centre.status = "submitted"
    centre.edition, centre.applied_on = edition.id, applied_on
    centre.submitted_by = principal.account_id
    _forget_review(centre)
    centre.reason_code = None
    centre.decision = decision.to_json()
    await record_step(session, rc.CentreSubmitted, centre, EventContext.of(principal, day), decision)
    return centre


async def review_centre(session: AsyncSession, principal: Principal, centre_id: UUID, step: CaseStep) -> Centre:
    """Propose the listing to an approver."""
    centre = await lock_for_change(session, principal, centre_id)
    honour_match(step.if_match, centre.version)
    rules.require_state(centre.status, rules.REVIEWABLE)
    day = step_day(principal, step.on, after=centre.applied_on)
    centre.status = "reviewed"
    centre.reviewed_by, centre.reviewed_on = principal.account_id, day
    await record_step(session, rc.CentreReviewed, centre, EventContext.of(principal, day))
    return centre


async def announce_centre(
    session: AsyncSession, editions: Editions, principal: Principal, centre_id: UUID, step: CaseStep
) -> Centre:
    """Put the proposed listing on public notice; it may be decided when the notice is over.

    Bans and profile are tested again. Raises 409 as at submission, `enclave-agreement-missing`,
    `enclave-agreement-not-running`.
    """
    centre = await lock_for_change(session, principal, centre_id)
    honour_match(step.if_match, centre.version)
    rules.require_state(centre.status, rules.ANNOUNCEABLE)
    day = step_day(principal, step.on, after=centre.reviewed_on)
    edition = edition_of_case(editions, centre.edition, day)
    decision = await _decide(session, edition, centre, applied_on=centre.applied_on or day, today=principal.today)
    await require_name_free(session, centre.name, centre.id)
    agreed = require_passed(rules.decide_enclave_agreement(edition, centre.enclave, agreement_of(centre), day))
    notice = await open_notice(session, principal, edition, CENTRES, centre.id, day)
    centre.status = "announced"
    centre.announced_by, centre.announced_on = principal.account_id, day
    centre.notice_until = notice.first_decision_day - timedelta(days=1)
    centre.decision = combine(decision, agreed).to_json()
    await record_step(session, rc.CentreAnnounced, centre, EventContext.of(principal, day), combine(decision, agreed))
    return centre


async def return_centre(
    session: AsyncSession, editions: Editions, principal: Principal, centre_id: UUID, step: CaseStep
) -> Centre:
    """Send an application back for correction, with a reason (422 for one that the edition does not have). It stays the
    same case, under the same edition."""
    centre = await lock_for_change(session, principal, centre_id)
    honour_match(step.if_match, centre.version)
    rules.require_state(centre.status, rules.PENDING)
    day = step_day(principal, step.on, after=centre.applied_on)
    known = edition_of_case(editions, centre.edition, day).centre_profile.return_reasons
    require_known("reason_code", [step.reason_code or ""], known)
    centre.status = "returned"
    centre.reason_code = step.reason_code
    _forget_review(centre)
    await record_step(session, rc.CentreReturned, centre, EventContext.of(principal, day), remark=step.remark)
    return centre


async def list_centre(
    session: AsyncSession, editions: Editions, principal: Principal, centre_id: UUID, step: CaseStep
) -> Centre:
    """List what an officer has reviewed and announced; bans and profile are tested again.

    Raises 403 `four-eyes-required` for whoever submitted, reviewed or announced, 409 as at the announcement,
    `notice-running`, `objection-unanswered`, `objection-upheld`.
    """
    centre = await lock_for_change(session, principal, centre_id)
    honour_match(step.if_match, centre.version)
    rules.require_state(centre.status, rules.LISTABLE)
    require_four_eyes(principal, centre.submitted_by, centre.reviewed_by, centre.announced_by)
    day = step_day(principal, step.on, after=centre.announced_on)
    edition = edition_of_case(editions, centre.edition, day)
    await require_name_free(session, centre.name, centre.id, settle=True)
    decision = combine(
        await _decide(session, edition, centre, applied_on=centre.applied_on or day, today=principal.today),
        require_passed(rules.decide_enclave_agreement(edition, centre.enclave, agreement_of(centre), day)),
        await require_notice_over(session, edition, CENTRES, centre.id, day),
    )
    centre.status = "listed"
    centre.decided_by, centre.decided_on, centre.listed_on = principal.account_id, day, day
    centre.document_no = step.document_no
    centre.enclave = rules.enclave_under(edition, centre.owner_division, centre.site_division)
    centre.decision = decision.to_json()
    await begin_at_listing(session, centre, day, step.document_no)
    await record_step(session, rc.CentreListed, centre, EventContext.of(principal, day), decision)
    return centre


async def reject_centre(
    session: AsyncSession, editions: Editions, principal: Principal, centre_id: UUID, step: CaseStep
) -> Centre:
    """Refuse the listing, with a reason, also while its notice runs. Raises 403 `four-eyes-required` for whoever
    submitted, reviewed or announced it, 422 for a reason that the edition does not have."""
    centre = await lock_for_change(session, principal, centre_id)
    honour_match(step.if_match, centre.version)
    rules.require_state(centre.status, rules.PENDING)
    require_four_eyes(principal, centre.submitted_by, centre.reviewed_by, centre.announced_by)
    day = step_day(principal, step.on, after=centre.announced_on or centre.reviewed_on or centre.applied_on)
    known = edition_of_case(editions, centre.edition, day).centre_profile.rejection_reasons
    require_known("reason_code", [step.reason_code or ""], known)
    centre.status = "rejected"
    centre.decided_by, centre.decided_on = principal.account_id, day
    centre.reason_code = step.reason_code
    await record_step(session, rc.CentreRejected, centre, EventContext.of(principal, day), remark=step.remark)
    return centre


def areas_of(centre: Centre) -> dict[str, Decimal]:
    """Square metres by kind of space."""
    return {kind: Decimal(str(area)) for kind, area in centre.spaces.items()}


def agreement_of(centre: Centre) -> rules.Agreement | None:
    """The enclave agreement on file."""
    if centre.enclave_agreement is None:
        return None
    filed = EnclaveAgreement.model_validate_json(json.dumps(centre.enclave_agreement))
    return rules.Agreement(filed.document_no, filed.signed_on, filed.valid_until)


def _forget_review(centre: Centre) -> None:
    centre.reviewed_by = centre.reviewed_on = None
    centre.announced_by = centre.announced_on = centre.notice_until = None


async def _decide(
    session: AsyncSession, edition: Edition, centre: Centre, *, applied_on: date, today: date
) -> Decision:
    """Bans, validity and profile under the case's edition. Raises 409 with the first that does not pass."""
    bans = await bans_against(session, centre.operator_code, centre.id)
    related = await related_bans(session, centre.operator_code, today, centre.id)
    profile = rules.Profile(
        service_kinds=centre.service_kinds,
        tier=centre.tier,
        owner_division=centre.owner_division,
        site_division=centre.site_division,
        total_area_m2=centre.total_area_m2,
        incubation_area_m2=centre.incubation_area_m2,
        ownership_type=centre.ownership_type,
        spaces=areas_of(centre),
    )
    allowed = decide_application(edition, CENTRE, bans, applied_on, today, related)
    return require_passed(combine(allowed, rules.decide_profile(edition, profile)))


async def record_step(
    session: AsyncSession,
    event_type: EventType[rc.CentreState],
    centre: Centre,
    context: EventContext,
    decision: Decision | None = None,
    remark: str | None = None,
    cited: Sequence[str] = ("centre.transition",),
) -> None:
    """Append a centre's event, with the salted hash of what was written beside it."""
    remark_hash = await keep_remark(session, centre.id, step=centre.status, text=remark, written_by=context.actor)
    state = centre_state(centre, remark_hash=remark_hash)
    rules_cited = decision.rules if decision else cited
    await outbox.append(session, event_type, centre, state, context=context, rules=rules_cited, edition=centre.edition)
