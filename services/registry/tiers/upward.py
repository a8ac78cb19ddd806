"""A designation that ends before its time because somebody above said so (2.1-3): recorded by an officer with the
document, confirmed by a second person. The tier before holds again from the first day without it, also where that is
recorded late.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.models import Centre
from services.registry.centres.queries import hold_standing, lock_for_change, write_scope
from services.registry.centres.rules import require_state
from services.registry.policy import require_known
from services.registry.steps import CaseStep, require_four_eyes
from services.registry.tiers import rules
from services.registry.tiers.designations import lock_designation, record_step
from services.registry.tiers.expiry import BASIS, ENDING, end_lapsed, revert_tiers, tiers_before
from services.registry.tiers.models import Designation, TierPeriod
from services.registry.tiers.periods import change_tier, running_period
from services.registry.tiers.schemas import ProposeDesignationEnd
from services.registry.tiers.usecases import record_change
from shared.auth.principal import Principal
from shared.errors import DomainError
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.validation import PayloadInvalid
from shared.policy.decision import Decision
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed


async def propose_end(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    centre_id: UUID,
    designation_id: UUID,
    sent: ProposeDesignationEnd,
    *,
    if_match: str | None,
) -> Designation:
    """Record that a designation ends before its time. It runs on until that is confirmed.

    Raises 404, 409 `invalid-transition`, `designation-end-pending`, `designation-ends-too-early`,
    `designation-ends-by-itself`, 412, 422 for a word that the edition does not have and for a day to come.
    """
    await hold_standing(session, write_scope(principal), centre_id)
    designation = await lock_designation(session, centre_id, designation_id, CaseStep(if_match=if_match))
    _require_ending_possible(designation)
    if designation.ends_from is not None:
        raise DomainError("designation-end-pending", 409, clauses=["2.1-3"])
    if sent.ends_from > principal.today:
        raise PayloadInvalid.at("ends_from", "in_the_future")
    edition = editions.get(designation.edition)
    require_known("reason_code", [sent.reason_code], edition.tier_applications.end_reasons)
    designation.ends_from = sent.ends_from
    decision = _decided(edition, designation)
    designation.ending_document_no, designation.ending_reason = sent.document_no, sent.reason_code
    designation.ending_proposed_by, designation.ending_proposed_on = principal.account_id, principal.today
    await record_step(
        session,
        rc.DesignationEndProposed,
        designation,
        EventContext.of(principal),
        decision,
        remark=sent.remark,
        named="end_proposed",
    )
    return designation


async def confirm_end(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    centre_id: UUID,
    designation_id: UUID,
    step: CaseStep,
) -> Designation:
    """Confirm the end: the tier that the city approved before holds again from that day.

    Raises 403 `four-eyes-required`, 404, 409 `invalid-transition`, `designation-end-not-proposed`,
    `designation-end-overtaken` where the tier changed again between that day and now, 412.
    """
    centre = await lock_for_change(session, principal, centre_id)
    designation = await _proposed(session, principal, centre_id, designation_id, step)
    assert designation.ends_from is not None
    edition = editions.get(designation.edition)
    decision = _decided(edition, designation)
    context = EventContext.of(principal, designation.ends_from)
    await end_lapsed(session, edition, [centre.id], designation.ends_from, context)
    await _reopen(session, designation)
    designation.status, designation.reason_code = "ended", designation.ending_reason
    designation.ended_on = designation.ends_from - timedelta(days=1)
    designation.ending_decided_by = principal.account_id
    await session.flush()
    await revert_tiers(session, edition, [designation.id], lambda _: context)
    await _revert_reinstated(session, edition, centre, designation, context)
    await record_step(
        session, rc.DesignationEnded, designation, context, decision, remark=step.remark, named="end_confirmed"
    )
    return designation


async def decline_end(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    centre_id: UUID,
    designation_id: UUID,
    step: CaseStep,
) -> Designation:
    """Do not confirm the end, with a reason of the edition (422). Raises 403, 404, 409 as `confirm_end`, 412."""
    await hold_standing(session, write_scope(principal), centre_id)
    designation = await _proposed(session, principal, centre_id, designation_id, step)
    reason = step.reason_code or ""
    require_known("reason_code", [reason], editions.get(designation.edition).tier_applications.decline_reasons)
    for name in ENDING:
        setattr(designation, name, None)
    designation.reason_code = reason
    context = EventContext.of(principal)
    await record_step(
        session, rc.DesignationEndDeclined, designation, context, remark=step.remark, named="end_declined"
    )
    return designation


async def _proposed(
    session: AsyncSession, principal: Principal, centre_id: UUID, designation_id: UUID, step: CaseStep
) -> Designation:
    designation = await lock_designation(session, centre_id, designation_id, step)
    _require_ending_possible(designation)
    if designation.ends_from is None:
        raise DomainError("designation-end-not-proposed", 409, clauses=["2.1-3"])
    require_four_eyes(principal, designation.ending_proposed_by)
    return designation


def _require_ending_possible(designation: Designation) -> None:
    """In effect, or over by itself: a revocation of an earlier day may be recorded after that."""
    require_state(designation.status, rules.ENDABLE)
    if designation.ending_decided_by is not None:
        raise DomainError(
            "designation-end-confirmed", 409, params={"ended_on": designation.ended_on}, clauses=["2.1-3"]
        )


def _decided(edition: Edition, designation: Designation) -> Decision:
    assert designation.ends_from is not None
    assert designation.effective_on is not None
    return require_passed(
        rules.decide_end(edition, designation.effective_on, designation.valid_until, designation.ends_from)
    )


async def _revert_reinstated(
    session: AsyncSession, edition: Edition, centre: Centre, designation: Designation, context: EventContext
) -> None:
    """A centre that came back on the list after its delisting has the tier without a reference to the designation."""
    await session.refresh(centre)
    running = await running_period(session, centre.id)
    if running is None or running.source_id is not None or running.tier != designation.tier:
        return
    before = await tiers_before(session, edition, [centre.id])
    assert designation.ends_from is not None
    await change_tier(
        session,
        edition,
        centre,
        before.get(centre.id, rules.entry_tiers(edition)[0]),
        designation.ends_from,
        basis=BASIS,
        document_no=designation.ending_document_no or designation.document_no,
        source_id=designation.id,
    )
    await record_change(session, centre, context, edition)


async def _reopen(session: AsyncSession, designation: Designation) -> None:
    """Let the designation's period be the running one, where it ended by itself or with the centre after that day.

    Raises 409 `designation-end-overtaken` where other periods rest on its last day by now.
    """
    assert designation.ends_from is not None
    own = select(TierPeriod).where(TierPeriod.source_id == designation.id, TierPeriod.basis != BASIS)
    period: TierPeriod | None = await session.scalar(own.execution_options(populate_existing=True))
    if period is None or period.until_on is None or period.until_on < designation.ends_from:
        return
    again = delete(TierPeriod).where(
        TierPeriod.source_id == designation.id, TierPeriod.basis == BASIS, TierPeriod.until_on.is_(None)
    )
    if (await session.execute(again.returning(TierPeriod.id))).one_or_none() is None:
        raise DomainError(
            "designation-end-overtaken", 409, params={"until_on": period.until_on}, clauses=["2.1-0", "2.1-3"]
        )
    period.until_on = None
    await session.flush()
