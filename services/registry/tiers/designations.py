"""The State's designations (2.1-3): recorded by an officer, confirmed by a second person."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.queries import hold_standing, lock_for_change, write_scope
from services.registry.centres.rules import require_state
from services.registry.partners.models import Agreement, JointCarrier
from services.registry.policy import edition_at, require_known
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import CaseStep, require_four_eyes, step_day
from services.registry.tiers import rules
from services.registry.tiers.expiry import end_lapsed
from services.registry.tiers.models import ONE_RECORDED, Designation
from services.registry.tiers.periods import change_tier
from services.registry.tiers.queries import find_designation, unknown_ids
from services.registry.tiers.schemas import RecordDesignation
from services.registry.tiers.state import designation_state
from services.registry.tiers.usecases import record_change
from shared.auth.principal import Principal
from shared.clock import effective_date
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
from shared.policy.edition import Editions
from shared.refusals import require_passed


async def record_designation(
    session: AsyncSession, editions: Editions, principal: Principal, centre_id: UUID, sent: RecordDesignation
) -> Designation:
    """Record a designation of a listed centre.

    Raises 404, 422 for words, partners or joint carriers that are not there and for days to come, 409
    `centre-not-listed`, `tier-not-designated`, `designation-pending`.
    """
    centre = await hold_standing(session, write_scope(principal), centre_id)
    day = effective_date(principal, sent.recorded_on)
    edition = edition_at(editions, day)
    require_known("tier", [sent.tier], edition.tiers)
    if sent.designated_on > principal.today:
        raise PayloadInvalid.at("designated_on", "in_the_future")
    if centre.status != "listed":
        raise DomainError("centre-not-listed", 409, params={"status": centre.status}, clauses=["2.1-3"])
    await _check_relations(session, centre_id, sent)
    decision = require_passed(rules.decide_designation(edition, sent.tier, sent.designated_on, principal.today))
    designation = Designation(
        id=uuid7(),
        version=0,
        centre_id=centre.id,
        status="recorded",
        edition=edition.id,
        recorded_by=principal.account_id,
        recorded_on=day,
        **sent.model_dump(exclude={"recorded_on"}),
        no=await next_case_no(session, "DS", day.year),
    )
    session.add(designation)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == ONE_RECORDED:
            raise DomainError("designation-pending", 409, clauses=["2.1-3"]) from error
        raise
    await record_step(session, rc.DesignationRecorded, designation, EventContext.of(principal, day), decision)
    return designation


async def confirm_designation(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    centre_id: UUID,
    designation_id: UUID,
    step: CaseStep,
) -> Designation:
    """Confirm a designation: its tier holds from the day given, or today.

    Raises 403 `four-eyes-required`, 409 `centre-not-listed`, `designation-not-yet-in-effect`, `designation-over`,
    `tier-change-too-early`.
    """
    centre = await lock_for_change(session, principal, centre_id)
    designation = await _lock(session, centre_id, designation_id, step)
    require_four_eyes(principal, designation.recorded_by)
    day = effective_date(principal, step.on)
    edition = editions.get(designation.edition)
    decision = require_passed(
        rules.decide_designation(edition, designation.tier, designation.designated_on, day, designation.valid_until)
    )
    if centre.status != "listed":
        raise DomainError("centre-not-listed", 409, params={"status": centre.status}, clauses=["2.1-3"])
    context = EventContext.of(principal, day)
    await end_lapsed(session, edition, [centre.id], day, context)
    begun = await change_tier(
        session,
        edition,
        centre,
        designation.tier,
        day,
        basis="designation",
        document_no=designation.document_no,
        source_id=designation.id,
    )
    designation.status, designation.effective_on = "confirmed", day
    designation.decided_by, designation.decided_on = principal.account_id, principal.today
    await record_step(session, rc.DesignationConfirmed, designation, context, combine(decision, begun))
    await record_change(session, centre, context, edition)
    return designation


async def reject_designation(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    centre_id: UUID,
    designation_id: UUID,
    step: CaseStep,
) -> Designation:
    """Do not confirm a designation, with a reason of its edition (422). Raises 403 `four-eyes-required`."""
    await hold_standing(session, write_scope(principal), centre_id)
    designation = await _lock(session, centre_id, designation_id, step)
    require_four_eyes(principal, designation.recorded_by)
    words = editions.get(designation.edition).tier_applications
    require_known("reason_code", [step.reason_code or ""], words.rejection_reasons)
    day = step_day(principal, step.on, after=designation.recorded_on)
    designation.status, designation.reason_code = "rejected", step.reason_code
    designation.decided_by, designation.decided_on = principal.account_id, day
    context = EventContext.of(principal, day)
    await record_step(session, rc.DesignationRejected, designation, context, remark=step.remark)
    return designation


async def _lock(session: AsyncSession, centre_id: UUID, designation_id: UUID, step: CaseStep) -> Designation:
    designation = await lock_designation(session, centre_id, designation_id, step)
    require_state(designation.status, rules.CONFIRMABLE)
    return designation


async def lock_designation(session: AsyncSession, centre_id: UUID, designation_id: UUID, step: CaseStep) -> Designation:
    """One of the centre's designations, locked for a step. Raises 404, 412."""
    await find_designation(session, centre_id, designation_id)
    designation = await session.get_one(Designation, designation_id, with_for_update=True, populate_existing=True)
    honour_match(step.if_match, designation.version)
    return designation


async def _check_relations(session: AsyncSession, centre_id: UUID, sent: RecordDesignation) -> None:
    partners = select(Agreement.partner_id).where(Agreement.centre_id == centre_id)
    if await unknown_ids(session, partners, sent.partner_ids):
        raise PayloadInvalid.at("partner_ids", "not_the_centres")
    joint = select(JointCarrier.id).where(JointCarrier.centre_id == centre_id)
    if await unknown_ids(session, joint, sent.joint_carrier_ids):
        raise PayloadInvalid.at("joint_carrier_ids", "not_the_centres")


async def record_step(
    session: AsyncSession,
    event_type: EventType[rc.DesignationState],
    designation: Designation,
    context: EventContext,
    decision: Decision | None = None,
    remark: str | None = None,
    named: str | None = None,
) -> None:
    """A step's event, with the hash of its remark. `named` is the step where it is not the state it leads to."""
    remark_hash = await keep_remark(
        session, designation.id, step=named or designation.status, text=remark, written_by=context.actor
    )
    state = designation_state(designation, remark_hash=remark_hash)
    cited = decision.rules if decision else ("policy.four_eyes",)
    await outbox.append(
        session, event_type, designation, state, context=context, rules=cited, edition=designation.edition
    )
