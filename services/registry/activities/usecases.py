"""The steps of an activity's organiser: planned, amended, held, cancelled, reported (4.5-1)."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.activities import rules
from services.registry.activities.evidence import keep_evidence, report_of
from services.registry.activities.models import Activity
from services.registry.activities.organisers import require_member, require_organiser
from services.registry.activities.queries import lock_for, write_scope
from services.registry.activities.schemas import (
    AmendActivity,
    DecideActivity,
    HoldActivity,
    PlanActivity,
    SubmitActivity,
)
from services.registry.activity_series.joining import join_year
from services.registry.centres.rules import require_state
from services.registry.changes import put, unchanged
from services.registry.days import city_day
from services.registry.policy import edition_at, require_known, require_passed
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import CaseStep, step_day
from shared.auth.principal import Principal
from shared.db import constraint_of
from shared.errors import DomainError
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match, require_match
from shared.http.validation import Fault, PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions

RECORD: Final = ("activities.record",)
_FIGURES: Final = ("heads", "spend", "photo_ids", "paper_ids")
_NULLABLE: Final = ("alliance", "series", "spend")


def activity_state(activity: Activity, *, remark_hash: str | None = None) -> rc.ActivityState:
    """The activity as its events carry it."""
    state = rc.ActivityState.model_validate(activity, from_attributes=True)
    return state.model_copy(update={"remark_hash": remark_hash})


async def plan_activity(
    session: AsyncSession, editions: Editions, principal: Principal, sent: PlanActivity
) -> Activity:
    """Enter an activity of one's own. Raises 404 for somebody else's centre, 403 for another organiser, 422 for words
    that the edition of its day does not have, 409 `activity-alliance-no-member`."""
    centre_division = await require_organiser(session, editions, principal, sent)
    activity = Activity(
        id=uuid7(),
        version=0,
        status=rules.PLANNED,
        recorded_by=principal.account_id,
        hands=[principal.account_id],
        photo_ids=[],
        paper_ids=[],
        **sent.model_dump(exclude={"division"}),
        division=centre_division or sent.division,
    )
    _settle(editions, activity)
    await require_member(session, activity, principal.today)
    await join_year(session, activity)
    activity.no = await next_case_no(session, "AC", principal.today.year)
    session.add(activity)
    await record(session, rc.ActivityPlanned, activity, EventContext.of(principal), cited=("activities.calendar",))
    return activity


async def amend_activity(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    activity_id: UUID,
    sent: AmendActivity,
    *,
    if_match: str | None,
) -> Activity:
    """Change what is not reported yet. Raises 409 `invalid-transition` for figures of what was not held, 422 for what
    was held and would lie in the future."""
    activity = await lock_for(session, write_scope(principal), activity_id)
    require_match(if_match, activity.version)
    require_state(activity.status, rules.AMENDABLE)
    changes, before = sent.model_dump(exclude_unset=True), (activity.series, activity.held_on.year)
    alliance = activity.alliance
    if not sent.model_fields_set.isdisjoint(_FIGURES):
        require_state(activity.status, rules.SUBMITTABLE)
    for name, value in changes.items():
        if value is None and name not in _NULLABLE:
            raise PayloadInvalid.at(name, "missing")
        put(activity, name, value)
    if unchanged(session, activity):
        return activity
    if not sent.model_fields_set.isdisjoint({"photo_ids", "paper_ids"}):
        await keep_evidence(session, activity, sent.photo_ids, sent.paper_ids)
    _settle(editions, activity)
    if activity.alliance != alliance:
        await require_member(session, activity, principal.today)
    if (activity.series, activity.held_on.year) != before:
        await join_year(session, activity)
    if activity.status != rules.PLANNED and activity.ended_on > principal.today:
        raise PayloadInvalid.at("ends_at", "in_the_future")
    _sign(activity, principal)
    await record(session, rc.ActivityAmended, activity, EventContext.of(principal))
    return activity


async def hold_activity(
    session: AsyncSession, principal: Principal, activity_id: UUID, sent: HoldActivity, *, if_match: str | None
) -> Activity:
    """It took place. Raises 409 `activity-still-running` before its last day."""
    activity = await lock_for(session, write_scope(principal), activity_id)
    honour_match(if_match, activity.version)
    require_state(activity.status, rules.HOLDABLE)
    if principal.today < activity.ended_on:
        raise DomainError("activity-still-running", 409, params={"ended_on": activity.ended_on}, clauses=["4.5-1"])
    activity.status, activity.heads, activity.spend = rules.HELD, sent.heads, sent.spend
    _sign(activity, principal)
    await record(session, rc.ActivityHeld, activity, EventContext.of(principal))
    return activity


async def cancel_activity(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    activity_id: UUID,
    sent: DecideActivity,
    *,
    if_match: str | None,
) -> Activity:
    """It does not take place, for a reason of the edition (422); calendars go on to show it as cancelled."""
    activity = await lock_for(session, write_scope(principal), activity_id)
    honour_match(if_match, activity.version)
    require_state(activity.status, rules.CANCELLABLE)
    known = edition_at(editions, principal.today).activities.cancellation_reasons
    require_known("reason_code", [sent.reason_code], known)
    day = step_day(principal, sent.decided_on, after=None)
    activity.status, activity.reason_code, activity.cancelled_on = rules.CANCELLED, sent.reason_code, day
    _sign(activity, principal)
    context = EventContext.of(principal, day)
    cited = ("activities.calendar",)
    await record(session, rc.ActivityCancelled, activity, context, cited=cited, remark=sent.remark)
    return activity


async def check_report(
    session: AsyncSession, editions: Editions, principal: Principal, activity_id: UUID, sent: SubmitActivity
) -> tuple[Activity, Decision]:
    """Whether the record could be reported as sent, rule by rule; the record stays as it is. Raises 404 for what the
    caller could not report."""
    activity = await lock_for(session, write_scope(principal), activity_id)
    step = CaseStep(on=sent.submitted_on)
    photos = activity.photo_ids if sent.photo_ids is None else sent.photo_ids
    papers = activity.paper_ids if sent.paper_ids is None else sent.paper_ids
    edition = edition_at(editions, activity.held_on)
    _require_late_reason(edition, sent)
    report = await report_of(session, principal, activity, sent, photos=photos, papers=papers, step=step)
    return activity, rules.decide_report(edition, report)


async def submit_activity(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    activity_id: UUID,
    sent: SubmitActivity,
    *,
    if_match: str | None,
) -> Activity:
    """Report it with its evidence; who verifies it is somebody else. Raises 409 with the first rule that is not met,
    and `activity-alliance-no-member`."""
    activity = await lock_for(session, write_scope(principal), activity_id)
    honour_match(if_match, activity.version)
    require_state(activity.status, rules.SUBMITTABLE)
    await require_member(session, activity, principal.today)
    edition = edition_at(editions, activity.held_on)
    _require_late_reason(edition, sent)
    await keep_evidence(session, activity, sent.photo_ids, sent.paper_ids)
    day = step_day(principal, sent.submitted_on, after=None)
    report = await report_of(
        session,
        principal,
        activity,
        sent,
        photos=activity.photo_ids,
        papers=activity.paper_ids,
        step=CaseStep(on=sent.submitted_on),
    )
    decision = require_passed(rules.decide_report(edition, report))
    activity.first_submitted_on = activity.first_submitted_on or day
    late = activity.first_submitted_on > rules.last_reporting_day(edition, activity.ended_on)
    activity.status, activity.edition, activity.decision = rules.SUBMITTED, edition.id, decision.to_json()
    activity.submitted_by, activity.submitted_on = principal.account_id, day
    activity.late_reason = sent.late_reason if late else None
    activity.reason_code = None
    _sign(activity, principal)
    await _flush(session)
    context = EventContext.of(principal, day)
    await record(session, rc.ActivitySubmitted, activity, context, cited=decision.rules)
    return activity


async def record(
    session: AsyncSession,
    event_type: EventType[rc.ActivityState],
    activity: Activity,
    context: EventContext,
    *,
    cited: tuple[str, ...] = RECORD,
    remark: str | None = None,
) -> None:
    """Tell everybody how the activity stands now."""
    remark_hash = await keep_remark(session, activity.id, step=activity.status, text=remark, written_by=context.actor)
    state = activity_state(activity, remark_hash=remark_hash)
    await outbox.append(session, event_type, activity, state, context=context, rules=cited, edition=activity.edition)


async def _flush(session: AsyncSession) -> None:
    """Write now: of two reports of one activity at the same moment, the constraint lets one through."""
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == "ex_activity_counted_once":
            raise DomainError("activity-recorded-meanwhile", 409, clauses=["4.5-1"]) from error
        raise


def _sign(activity: Activity, principal: Principal) -> None:
    """Whoever had a hand in the record does not verify it."""
    if principal.account_id not in activity.hands:
        activity.hands = [*activity.hands, principal.account_id]


def _require_late_reason(edition: Edition, sent: SubmitActivity) -> None:
    if sent.late_reason is not None:
        require_known("late_reason", [sent.late_reason], edition.activities.late_reasons)


def _settle(editions: Editions, activity: Activity) -> None:
    """Its days in the city, the words of the edition of its day, and who leads its series. Raises 422."""
    if activity.ends_at <= activity.starts_at:
        raise PayloadInvalid.at("ends_at", "not_after_the_start")
    activity.held_on, activity.ended_on = city_day(activity.starts_at), city_day(activity.ends_at)
    edition = edition_at(editions, activity.held_on)
    known, longest = edition.activities, edition.activities.longest_days.value
    if (activity.ended_on - activity.held_on).days >= longest:
        raise PayloadInvalid(Fault("ends_at", "activity_too_long", {"days": longest}))
    require_known("level", [activity.level], known.levels)
    require_known("organiser_role", [activity.organiser_role], known.roles)
    require_known("audiences", activity.audiences, known.audiences)
    if len(set(activity.audiences)) < len(activity.audiences):
        raise PayloadInvalid.at("audiences", "listed_twice")
    activity.lead = None
    if activity.series is not None:
        require_known("series", [activity.series], known.series)
        activity.lead = known.series[activity.series].lead.value
    if activity.alliance is not None:
        require_known("alliance", [activity.alliance], edition.alliances.kinds)
    elif activity.organiser_kind == rules.ALLIANCE:
        raise PayloadInvalid.at("alliance", "missing")
    activity.edition = edition.id
