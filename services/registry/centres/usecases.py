"""The steps of a centre's case: registered, amended, submitted, reviewed, returned, listed or rejected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import acts_for_bureau, operator_code_of
from services.registry.bans.queries import bans_against, hold_operator
from services.registry.bans.rules import CENTRE, decide_application, decide_not_barred_from
from services.registry.centres import rules
from services.registry.centres.models import Centre
from services.registry.centres.queries import lock_for_change
from services.registry.centres.schemas import AmendCentre, RegisterCentre
from services.registry.policy import edition_at, edition_of_case, require_known, require_passed
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import CaseStep, require_four_eyes, step_day
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.errors import forbidden
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match, require_match
from shared.http.validation import PayloadInvalid
from shared.ids import next_case_no, uuid7
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions


def centre_state(centre: Centre, *, remark_hash: str | None = None) -> rc.CentreState:
    """The centre as its events carry it."""
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
    )


async def register_centre(
    session: AsyncSession, editions: Editions, principal: Principal, sent: RegisterCentre
) -> Centre:
    """Register a draft for the caller's own organisation, or as an officer for any.

    Raises 403 for another's organisation, 422 for words the edition does not have, 409 `carrier-ban-in-force` for a
    barred operator: a new name does not escape a ban (2.3-6).
    """
    if not acts_for_bureau(principal) and sent.operator_code != operator_code_of(principal):
        raise forbidden()
    edition = edition_at(editions, principal.today)
    _check_words(edition, sent.model_dump(exclude_none=True))
    await hold_operator(session, sent.operator_code)
    bans = await bans_against(session, sent.operator_code)
    decision = require_passed(decide_not_barred_from(edition, CENTRE, bans, principal.today, principal.today))
    centre = Centre(
        id=uuid7(),
        version=0,
        status="draft",
        enclave=rules.enclave_under(edition, sent.owner_division, sent.site_division),
        registered_by=principal.account_id,
        **sent.model_dump(exclude={"designation"}),
        designation=sent.designation.model_dump(mode="json") if sent.designation else None,
        no=await next_case_no(session, "CE", principal.today.year),
    )
    _check_areas(centre)
    session.add(centre)
    await _record(session, rc.CentreRegistered, centre, EventContext.of(principal), decision)
    return centre


async def amend_centre(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    centre_id: UUID,
    sent: AmendCentre,
    *,
    if_match: str | None,
) -> Centre:
    """Change the profile of a draft or a returned application. Raises 428/412, 422, 409 `invalid-transition`."""
    centre = await lock_for_change(session, principal, centre_id)
    require_match(if_match, centre.version)
    rules.require_state(centre.status, rules.EDITABLE)
    changes = sent.model_dump(mode="python", exclude_unset=True)
    _refuse_nulls(changes, optional=("designation", "industry_code"))
    edition = edition_of_case(editions, centre.edition, principal.today)
    _check_words(edition, changes)
    if sent.designation is not None:
        changes["designation"] = sent.designation.model_dump(mode="json")
    for name, value in changes.items():
        setattr(centre, name, value)
    centre.enclave = rules.enclave_under(edition, centre.owner_division, centre.site_division)
    _check_areas(centre)
    await _record(session, rc.CentreAmended, centre, EventContext.of(principal))
    return centre


async def submit_centre(
    session: AsyncSession, editions: Editions, principal: Principal, centre_id: UUID, step: CaseStep
) -> Centre:
    """Apply for the listing. The first submission pins the edition; a corrected one stays under it (6-1).

    Raises 409 `carrier-ban-in-force`, `policy-not-in-force` or what the profile lacks.
    """
    centre = await lock_for_change(session, principal, centre_id)
    honour_match(step.if_match, centre.version)
    rules.require_state(centre.status, rules.EDITABLE)
    day = effective_date(principal, step.on)
    applied_on = centre.applied_on or day
    edition = edition_of_case(editions, centre.edition, applied_on)
    decision = await _decide(session, edition, centre, applied_on=applied_on, today=principal.today)
    centre.status = "submitted"
    centre.edition, centre.applied_on = edition.id, applied_on
    centre.submitted_by = principal.account_id
    centre.reviewed_by = centre.reviewed_on = centre.reason_code = None
    centre.decision = decision.to_json()
    await _record(session, rc.CentreSubmitted, centre, EventContext.of(principal, day), decision)
    return centre


async def review_centre(session: AsyncSession, principal: Principal, centre_id: UUID, step: CaseStep) -> Centre:
    """Propose the listing to an approver."""
    centre = await lock_for_change(session, principal, centre_id)
    honour_match(step.if_match, centre.version)
    rules.require_state(centre.status, rules.REVIEWABLE)
    day = step_day(principal, step.on, after=centre.applied_on)
    centre.status = "reviewed"
    centre.reviewed_by, centre.reviewed_on = principal.account_id, day
    await _record(session, rc.CentreReviewed, centre, EventContext.of(principal, day))
    return centre


async def return_centre(session: AsyncSession, principal: Principal, centre_id: UUID, step: CaseStep) -> Centre:
    """Send an application back for correction, with a reason. It stays the same case, under the same edition."""
    centre = await lock_for_change(session, principal, centre_id)
    honour_match(step.if_match, centre.version)
    rules.require_state(centre.status, rules.PENDING)
    day = step_day(principal, step.on, after=centre.applied_on)
    centre.status = "returned"
    centre.reason_code = step.reason_code
    centre.reviewed_by = centre.reviewed_on = None
    await _record(session, rc.CentreReturned, centre, EventContext.of(principal, day), remark=step.remark)
    return centre


async def list_centre(
    session: AsyncSession, editions: Editions, principal: Principal, centre_id: UUID, step: CaseStep
) -> Centre:
    """List what an officer has reviewed; bans and profile are tested again.

    Raises 403 `four-eyes-required` for whoever submitted or reviewed, 409 as at submission.
    """
    centre = await lock_for_change(session, principal, centre_id)
    honour_match(step.if_match, centre.version)
    rules.require_state(centre.status, rules.LISTABLE)
    require_four_eyes(principal, centre.submitted_by, centre.reviewed_by)
    day = step_day(principal, step.on, after=centre.reviewed_on or centre.applied_on)
    edition = edition_of_case(editions, centre.edition, day)
    decision = await _decide(session, edition, centre, applied_on=centre.applied_on or day, today=principal.today)
    centre.status = "listed"
    centre.decided_by, centre.decided_on, centre.listed_on = principal.account_id, day, day
    centre.document_no = step.document_no
    centre.enclave = rules.enclave_under(edition, centre.owner_division, centre.site_division)
    centre.decision = decision.to_json()
    await _record(session, rc.CentreListed, centre, EventContext.of(principal, day), decision)
    return centre


async def reject_centre(session: AsyncSession, principal: Principal, centre_id: UUID, step: CaseStep) -> Centre:
    """Refuse the listing, with a reason. Raises 403 `four-eyes-required` for whoever submitted or reviewed."""
    centre = await lock_for_change(session, principal, centre_id)
    honour_match(step.if_match, centre.version)
    rules.require_state(centre.status, rules.PENDING)
    require_four_eyes(principal, centre.submitted_by, centre.reviewed_by)
    day = step_day(principal, step.on, after=centre.reviewed_on or centre.applied_on)
    centre.status = "rejected"
    centre.decided_by, centre.decided_on = principal.account_id, day
    centre.reason_code = step.reason_code
    await _record(session, rc.CentreRejected, centre, EventContext.of(principal, day), remark=step.remark)
    return centre


async def _decide(
    session: AsyncSession, edition: Edition, centre: Centre, *, applied_on: date, today: date
) -> Decision:
    """Bans, validity and profile under the case's edition. Raises 409 with the first that does not pass."""
    bans = await bans_against(session, centre.operator_code, centre.id)
    profile = rules.Profile(
        service_kinds=centre.service_kinds,
        tier=centre.tier,
        owner_division=centre.owner_division,
        site_division=centre.site_division,
        total_area_m2=centre.total_area_m2,
        incubation_area_m2=centre.incubation_area_m2,
        designated=centre.designation is not None,
    )
    return require_passed(
        combine(decide_application(edition, CENTRE, bans, applied_on, today), rules.decide_profile(edition, profile))
    )


async def _record(
    session: AsyncSession,
    event_type: EventType[rc.CentreState],
    centre: Centre,
    context: EventContext,
    decision: Decision | None = None,
    remark: str | None = None,
) -> None:
    remark_hash = await keep_remark(session, centre.id, step=centre.status, text=remark, written_by=context.actor)
    state = centre_state(centre, remark_hash=remark_hash)
    cited = decision.rules if decision else ("centre.transition",)
    await outbox.append(session, event_type, centre, state, context=context, rules=cited, edition=centre.edition)


def _check_words(edition: Edition, values: Mapping[str, object]) -> None:
    known = {
        "tier": edition.tiers,
        "owner_division": edition.divisions.units,
        "site_division": edition.divisions.units,
        "service_kinds": edition.centres.service_kinds,
    }
    for name, words in known.items():
        value = values.get(name)
        if isinstance(value, str):
            require_known(name, [value], words)
        elif isinstance(value, list):
            require_known(name, value, words)


def _check_areas(centre: Centre) -> None:
    if centre.incubation_area_m2 > centre.total_area_m2:
        raise PayloadInvalid.at("incubation_area_m2", "area_above_total")
    if len(set(centre.service_kinds)) < len(centre.service_kinds):
        raise PayloadInvalid.at("service_kinds", "listed_twice")


def _refuse_nulls(changes: Mapping[str, object], *, optional: Sequence[str]) -> None:
    for name, value in changes.items():
        if value is None and name not in optional:
            raise PayloadInvalid.at(name, "missing")
