"""The bureau's word on a report: verified, sent back, rejected, and a verification taken back (4.5-1)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.activities import rules
from services.registry.activities.models import Activity
from services.registry.activities.queries import lock_for, read_scope
from services.registry.activities.schemas import DecideActivity
from services.registry.activities.usecases import record
from services.registry.activity_series.bodies import works_for
from services.registry.centres.rules import require_state
from services.registry.policy import edition_of_case, require_known
from services.registry.steps import CaseStep, require_four_eyes, step_day
from shared.auth.principal import Principal
from shared.errors import DomainError
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.policy.edition import Edition, Editions

VERIFICATION: Final = ("activities.verification", "activities.four_eyes")


async def verify_activity(
    session: AsyncSession, editions: Editions, principal: Principal, activity_id: UUID, step: CaseStep
) -> Activity:
    """It counts from now on, for the year of its first day. Raises 403 `four-eyes-required` for whoever had a hand in
    the record, 403 `activity-verifier-other` for a bureau that does not verify its level."""
    activity, _ = await _decidable(session, editions, principal, activity_id, step.if_match, rules.DECIDABLE)
    require_four_eyes(principal, *activity.hands)
    day = step_day(principal, step.on, after=activity.submitted_on)
    activity.status, activity.reason_code = rules.VERIFIED, None
    activity.verified_by, activity.verified_on = principal.account_id, day
    await record(session, rc.ActivityVerified, activity, EventContext.of(principal, day), cited=VERIFICATION)
    return activity


async def return_activity(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    activity_id: UUID,
    sent: DecideActivity,
    *,
    if_match: str | None,
) -> Activity:
    """Send it back to its organiser, with a reason of the edition (422)."""
    activity, edition = await _decidable(session, editions, principal, activity_id, if_match, rules.DECIDABLE)
    known = edition.activities.return_reasons
    return await _undo(session, principal, activity, sent, known, rules.RETURNED, rc.ActivityReturned)


async def reject_activity(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    activity_id: UUID,
    sent: DecideActivity,
    *,
    if_match: str | None,
) -> Activity:
    """It does not count, for a reason of the edition (422). Raises 403 `four-eyes-required` for whoever had a hand in
    the record."""
    activity, edition = await _decidable(session, editions, principal, activity_id, if_match, rules.DECIDABLE)
    require_four_eyes(principal, *activity.hands)
    known = edition.activities.rejection_reasons
    return await _undo(session, principal, activity, sent, known, rules.REJECTED, rc.ActivityRejected)


async def withdraw_verification(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    activity_id: UUID,
    sent: DecideActivity,
    *,
    if_match: str | None,
) -> Activity:
    """It counts no more, for a reason of the edition (422), and waits to be looked at anew: noted by one person, and
    carried out once another (403) of those who verify it gives the same reason."""
    activity, edition = await _decidable(session, editions, principal, activity_id, if_match, rules.WITHDRAWABLE)
    known = edition.activities.withdrawal_reasons
    require_known("reason_code", [sent.reason_code], known)
    day = step_day(principal, sent.decided_on, after=activity.verified_on)
    if activity.withdrawal_reason != sent.reason_code:
        activity.withdrawal_noted_by, activity.withdrawal_reason = principal.account_id, sent.reason_code
        context = EventContext.of(principal, day)
        await record(session, rc.ActivityWithdrawalNoted, activity, context, cited=VERIFICATION, remark=sent.remark)
        return activity
    require_four_eyes(principal, activity.withdrawal_noted_by)
    activity.withdrawal_noted_by = activity.withdrawal_reason = None
    activity.status, activity.reason_code = rules.SUBMITTED, sent.reason_code
    activity.verified_by = activity.verified_on = None
    context = EventContext.of(principal, day)
    withdrawn = rc.ActivityVerificationWithdrawn
    await record(session, withdrawn, activity, context, cited=VERIFICATION, remark=sent.remark)
    return activity


def verifiers_of(edition: Edition, activity: Activity) -> tuple[str, ...]:
    """The bodies that verify it: never the organiser, whoever owns the centre or leads the alliance that holds it,
    where somebody else may."""
    bodies = rules.verifying_bodies(edition, activity.level, activity.lead)
    return tuple(body for body in bodies if body != _own_body(edition, activity)) or bodies


def _own_body(edition: Edition, activity: Activity) -> str | None:
    if activity.organiser_kind == rules.ALLIANCE and activity.alliance is not None:
        return edition.alliances.kinds[activity.alliance].lead_department.value
    return activity.department or activity.division


async def _decidable(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    activity_id: UUID,
    if_match: str | None,
    states: tuple[str, ...],
) -> tuple[Activity, Edition]:
    activity = await lock_for(session, read_scope(principal), activity_id)
    honour_match(if_match, activity.version)
    edition = edition_of_case(editions, activity.edition, activity.held_on)
    bodies = verifiers_of(edition, activity)
    if not any(works_for(edition, body, principal) for body in bodies):
        params = {"level": activity.level, "bodies": ", ".join(bodies)}
        raise DomainError("activity-verifier-other", 403, params=params, clauses=["4.5-1"])
    require_state(activity.status, states)
    return activity, edition


async def _undo(
    session: AsyncSession,
    principal: Principal,
    activity: Activity,
    sent: DecideActivity,
    known: Collection[str],
    status: str,
    event_type: EventType[rc.ActivityState],
) -> Activity:
    require_known("reason_code", [sent.reason_code], known)
    day = step_day(principal, sent.decided_on, after=activity.submitted_on)
    activity.status, activity.reason_code = status, sent.reason_code
    activity.submitted_by = activity.submitted_on = None
    await record(session, event_type, activity, EventContext.of(principal, day), cited=VERIFICATION, remark=sent.remark)
    return activity
