"""A change of profile: applied for, reviewed or returned, approved or refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres import rules as centre_rules
from services.registry.centres.models import Centre
from services.registry.centres.namesakes import require_name_free
from services.registry.centres.profile import check_sizes, check_words, columns_of, refuse_nulls
from services.registry.centres.queries import lock_for_change
from services.registry.centres.rules import require_state
from services.registry.centres.usecases import agreement_of, record_step
from services.registry.changes import put
from services.registry.policy import edition_at, require_known
from services.registry.profile_changes import rules
from services.registry.profile_changes.models import ONE_OPEN, ProfileChange
from services.registry.profile_changes.queries import last_state_of, lock_for_step
from services.registry.profile_changes.schemas import ApplyForProfileChange, NewValues, ResubmitProfileChange
from services.registry.profile_changes.state import profile_change_state
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
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed

FIELDS: Final = frozenset(NewValues.model_fields)
_OPTIONAL: Final = ("industry_code", "cluster_tag")
_RULES: Final = ("centre.profile_change",)


async def apply_for_change(
    session: AsyncSession, editions: Editions, principal: Principal, centre_id: UUID, sent: ApplyForProfileChange
) -> ProfileChange:
    """Ask for other values, as the centre's operator or as an officer.

    Raises 404, 409 `profile-not-changeable`, `profile-change-open`, `centre-name-taken`, 422 for words the edition does
    not have, areas that do not fit, or values that the profile has already.
    """
    centre = await lock_for_change(session, principal, centre_id)
    day = step_day(principal, sent.applied_on, after=centre.listed_on)
    edition = edition_at(editions, day)
    change = ProfileChange(
        id=uuid7(),
        version=0,
        centre_id=centre.id,
        status="applied",
        changes=_asked(edition, centre, sent),
        reason_code=sent.reason_code,
        edition=edition.id,
        applied_by=principal.account_id,
        applied_on=day,
    )
    decision = _decide(edition, change, centre)
    await _require_name_free(session, change, centre)
    change.no = await next_case_no(session, "PC", day.year)
    session.add(change)
    await _flush_application(session)
    context = EventContext.of(principal, day)
    await _record(session, rc.ProfileChangeApplied, change, context, decision.rules, remark=sent.remark)
    return change


async def resubmit_change(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    centre_id: UUID,
    change_id: UUID,
    sent: ResubmitProfileChange,
    *,
    if_match: str | None,
) -> ProfileChange:
    """Hand a returned change in again, under the edition it was applied for under (6-1). Raises as at application."""
    change, centre = await lock_for_step(session, principal, centre_id, change_id)
    honour_match(if_match, change.version)
    require_state(change.status, rules.RESUBMITTABLE)
    day = step_day(principal, sent.resubmitted_on, after=change.returned_on)
    edition = editions.get(change.edition)
    change.changes, change.reason_code = _asked(edition, centre, sent), sent.reason_code
    decision = _decide(edition, change, centre)
    await _require_name_free(session, change, centre)
    change.status, change.return_code = "applied", None
    change.resubmitted_by, change.resubmitted_on = principal.account_id, day
    context = EventContext.of(principal, day)
    await _record(session, rc.ProfileChangeResubmitted, change, context, decision.rules, remark=sent.remark)
    return change


async def review_change(
    session: AsyncSession, principal: Principal, centre_id: UUID, change_id: UUID, step: CaseStep
) -> ProfileChange:
    """Propose the change to an approver. Raises 403 `four-eyes-required` for whoever applied or corrected it."""
    change, _ = await lock_for_step(session, principal, centre_id, change_id)
    honour_match(step.if_match, change.version)
    require_state(change.status, rules.REVIEWABLE)
    require_four_eyes(principal, change.applied_by, change.resubmitted_by)
    day = step_day(principal, step.on, after=change.resubmitted_on or change.applied_on)
    change.status = "reviewed"
    change.reviewed_by, change.reviewed_on = principal.account_id, day
    await _record(session, rc.ProfileChangeReviewed, change, EventContext.of(principal, day), _RULES)
    return change


async def return_change(
    session: AsyncSession, editions: Editions, principal: Principal, centre_id: UUID, change_id: UUID, step: CaseStep
) -> ProfileChange:
    """Send the change back for correction, with a reason (422 for one that the edition does not have)."""
    change, _ = await lock_for_step(session, principal, centre_id, change_id)
    honour_match(step.if_match, change.version)
    require_state(change.status, rules.RETURNABLE)
    known = editions.get(change.edition).centre_profile.return_reasons
    require_known("reason_code", [step.reason_code or ""], known)
    day = step_day(principal, step.on, after=change.reviewed_on or change.resubmitted_on or change.applied_on)
    change.status, change.return_code, change.returned_on = "returned", step.reason_code, day
    change.reviewed_by = change.reviewed_on = None
    context = EventContext.of(principal, day)
    await _record(session, rc.ProfileChangeReturned, change, context, _RULES, remark=step.remark)
    return change


async def approve_change(
    session: AsyncSession, editions: Editions, principal: Principal, centre_id: UUID, change_id: UUID, step: CaseStep
) -> ProfileChange:
    """Let the new values hold from the day of the decision; profile and standing are tested again, and a centre that
    becomes an enclave has its agreement.

    Raises 403 `four-eyes-required` for whoever applied, corrected or reviewed, 409 as at application,
    `step-before-its-cause` for a day before the centre's last change, `enclave-agreement-missing`,
    `enclave-agreement-not-running`.
    """
    change, centre = await lock_for_step(session, principal, centre_id, change_id)
    honour_match(step.if_match, change.version)
    require_state(change.status, rules.APPROVABLE)
    require_four_eyes(principal, change.applied_by, change.resubmitted_by, change.reviewed_by)
    after = rules.first_possible_day(change.reviewed_on, await last_state_of(session, centre.id, principal.today))
    day = step_day(principal, step.on, after=after)
    edition = editions.get(change.edition)
    decision = _decide(edition, change, centre)
    await _require_name_free(session, change, centre, settle=True)
    site = str(change.changes.get("site_division", centre.site_division))
    enclave = centre_rules.enclave_under(edition, centre.owner_division, site)
    moves, agreement = site != centre.site_division, agreement_of(centre)
    agreed = rules.decide_move(edition, enclave=enclave, moves=moves, agreement=agreement, day=day)
    decision = combine(decision, require_passed(agreed))
    change.earlier = {name: _values_of(centre)[name] for name in change.changes}
    change.decision = decision.to_json()
    change.status, change.effective_on, change.document_no = "approved", day, step.document_no
    change.decided_by, change.decided_on = principal.account_id, day
    for name, value in columns_of(_read(change.changes).model_dump(exclude_unset=True)).items():
        put(centre, name, value)
    if moves:
        centre.enclave = enclave
    context = EventContext.of(principal, day)
    await _record(session, rc.ProfileChangeApproved, change, context, decision.rules)
    await record_step(session, rc.CentreProfileChanged, centre, context, decision)
    return change


async def refuse_change(
    session: AsyncSession, editions: Editions, principal: Principal, centre_id: UUID, change_id: UUID, step: CaseStep
) -> ProfileChange:
    """Refuse the change, with a reason, also while it is returned. Raises 403 `four-eyes-required` for whoever applied,
    corrected or reviewed, 422 for a reason that the edition does not have."""
    change, _ = await lock_for_step(session, principal, centre_id, change_id)
    honour_match(step.if_match, change.version)
    require_state(change.status, rules.OPEN)
    require_four_eyes(principal, change.applied_by, change.resubmitted_by, change.reviewed_by)
    known = editions.get(change.edition).centre_profile.rejection_reasons
    require_known("reason_code", [step.reason_code or ""], known)
    after = rules.first_possible_day(change.applied_on, change.returned_on, change.resubmitted_on, change.reviewed_on)
    day = step_day(principal, step.on, after=after)
    change.status, change.refusal_code = "refused", step.reason_code
    change.decided_by, change.decided_on = principal.account_id, day
    context = EventContext.of(principal, day)
    await _record(session, rc.ProfileChangeRefused, change, context, _RULES, remark=step.remark)
    return change


def _asked(
    edition: Edition, centre: Centre, sent: ApplyForProfileChange | ResubmitProfileChange
) -> dict[str, JsonValue]:
    """What would be different, as JSON. Raises 422 for words the edition does not have, or where nothing would."""
    require_known("reason_code", [sent.reason_code], edition.centre_profile.profile_change_reasons)
    values = sent.model_dump(include=set(FIELDS), exclude_unset=True)
    if not values:
        raise PayloadInvalid.at("name", "no_new_value")
    refuse_nulls(values, optional=_OPTIONAL)
    check_words(edition, values)
    now, asked = _values_of(centre), _json(columns_of(values))
    different = {name: value for name, value in asked.items() if value != now[name]}
    if not different:
        raise PayloadInvalid.at(next(iter(values)), "same_as_now")
    return different


def _values_of(centre: Centre) -> dict[str, JsonValue]:
    """The profile as it stands, in the form in which a change keeps its values."""
    return _json(columns_of(_read(_json({name: getattr(centre, name) for name in FIELDS})).model_dump()))


def _read(values: Mapping[str, JsonValue]) -> NewValues:
    return NewValues.model_validate_json(json.dumps(values))


def _json(columns: Mapping[str, object]) -> dict[str, JsonValue]:
    """Areas as text; two places each, as both forms and columns have them."""
    told: dict[str, JsonValue] = json.loads(json.dumps(columns, default=str))
    return told


def _decide(edition: Edition, change: ProfileChange, centre: Centre) -> Decision:
    """The centre's standing and its profile as it would be. Raises 422 for areas that do not fit into each other, 409
    with the first rule that does not pass."""
    wanted = _read({**_values_of(centre), **change.changes})
    kinds, spaces = wanted.service_kinds or [], wanted.spaces or {}
    total = wanted.total_area_m2 or centre.total_area_m2
    incubation = wanted.incubation_area_m2 or centre.incubation_area_m2
    site = wanted.site_division or centre.site_division
    profile = centre_rules.Profile(
        service_kinds=kinds,
        tier=centre.tier,
        owner_division=centre.owner_division,
        site_division=site,
        total_area_m2=total,
        incubation_area_m2=incubation,
        ownership_type=centre.ownership_type,
        spaces=spaces,
    )
    decision = rules.decide_profile_change(
        edition,
        centre_status=centre.status,
        profile=profile,
        enclave=centre_rules.enclave_under(edition, centre.owner_division, site),
        moves=site != centre.site_division,
    )
    if centre.status in centre_rules.STANDING:
        check_sizes(kinds, total, incubation, spaces)
    change.decision = decision.to_json()
    return require_passed(decision)


async def _require_name_free(
    session: AsyncSession, change: ProfileChange, centre: Centre, *, settle: bool = False
) -> None:
    if (name := change.changes.get("name")) is not None:
        await require_name_free(session, str(name), centre.id, settle=settle)


async def _flush_application(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == ONE_OPEN:
            raise DomainError("profile-change-open", 409) from error
        raise


async def _record(
    session: AsyncSession,
    event_type: EventType[rc.ProfileChangeState],
    change: ProfileChange,
    context: EventContext,
    cited: tuple[str, ...],
    remark: str | None = None,
) -> None:
    digest = await keep_remark(session, change.id, step=change.status, text=remark, written_by=context.actor)
    state = profile_change_state(change, remark_hash=digest)
    await outbox.append(session, event_type, change, state, context=context, rules=cited, edition=change.edition)
