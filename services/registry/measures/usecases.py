"""Proposing, carrying out and dropping measures."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import acts_for_bureau
from services.registry.centres.models import Centre
from services.registry.centres.queries import lock_for_change
from services.registry.centres.usecases import record_step
from services.registry.measures import rules
from services.registry.measures.endings import end_open_applications, end_what_was_held
from services.registry.measures.models import CentreMeasure
from services.registry.measures.rules import Kind
from services.registry.policy import edition_at, edition_of_case, require_known
from services.registry.steps import CaseStep, require_four_eyes, step_day
from services.registry.tiers.expiry import end_lapsed
from shared.auth.principal import Principal
from shared.errors import DomainError, forbidden
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.ids import uuid7
from shared.policy.edition import Editions

_PROPOSED: Final = {
    "suspension": rc.CentreSuspensionProposed,
    "resumption": rc.CentreResumptionProposed,
    "withdrawal": rc.CentreWithdrawalRequested,
}
_CARRIED_OUT: Final = {
    "suspension": rc.CentreSuspended,
    "resumption": rc.CentreResumed,
    "withdrawal": rc.CentreWithdrawn,
}


async def propose_measure(
    session: AsyncSession, editions: Editions, principal: Principal, centre_id: UUID, kind: Kind, step: CaseStep
) -> Centre:
    """Propose a suspension or resumption as an officer, or ask for the withdrawal as the operator; the centre stays as
    it is until another person decides.

    Raises 404, 409 `invalid-transition`, `proposal-open`, `step-before-its-cause`, 422 for an unknown reason.
    """
    centre = await lock_for_change(session, principal, centre_id)
    honour_match(step.if_match, centre.version)
    rules.require_proposable(kind, centre.status, centre.proposal)
    day = step_day(principal, step.on, after=centre.suspended_on or centre.listed_on)
    reason = step.reason_code or ""
    require_known("reason_code", [reason], rules.reasons_for(edition_at(editions, day), kind))
    session.add(
        CentreMeasure(
            id=uuid7(),
            centre_id=centre.id,
            kind=kind.name,
            status="proposed",
            reason_code=reason,
            proposed_by=principal.account_id,
            proposed_on=day,
        )
    )
    centre.open_proposal = kind.name
    context = EventContext.of(principal, day)
    event_type = _PROPOSED[kind.name]
    await record_step(session, event_type, centre, context, remark=step.remark, cited=[kind.rule])
    return centre


async def carry_out_measure(
    session: AsyncSession, editions: Editions, principal: Principal, centre_id: UUID, kind: Kind, step: CaseStep
) -> Centre:
    """Decide what was proposed, by a document. With a withdrawal the centre's open applications and its municipal
    titles end, and its tenants have to move.

    Raises 404, 403 `four-eyes-required` for whoever proposed it, 409 `invalid-transition`, `proposal-missing`.
    """
    centre = await lock_for_change(session, principal, centre_id)
    honour_match(step.if_match, centre.version)
    rules.require_proposed(kind, centre.status, centre.proposal)
    measure = await _waiting(session, centre.id)
    require_four_eyes(principal, measure.proposed_by)
    day = step_day(principal, step.on, after=measure.proposed_on)
    context = EventContext.of(principal, day)
    if kind is rules.WITHDRAWAL:
        await end_lapsed(session, edition_at(editions, day), [centre.id], day, context)
    measure.status, measure.document_no = "carried_out", step.document_no
    measure.decided_by, measure.decided_on = principal.account_id, day
    centre.status, centre.open_proposal = kind.leads_to, None
    centre.suspended_on = day if kind is rules.SUSPENSION else None
    centre.reason_code = measure.reason_code
    if kind is rules.WITHDRAWAL:
        centre.withdrawn_on = day
        await end_open_applications(session, centre.id, context)
        edition = edition_of_case(editions, centre.edition, day)
        await end_what_was_held(session, edition, centre, measure.id, context)
    await record_step(session, _CARRIED_OUT[kind.name], centre, context, cited=[kind.rule, "policy.four_eyes"])
    return centre


async def drop_proposal(session: AsyncSession, principal: Principal, centre_id: UUID, step: CaseStep) -> Centre:
    """Do not follow the proposal that waits. An operator can only take back the withdrawal that it asked for.

    Raises 404, 403, 409 `proposal-missing`.
    """
    centre = await lock_for_change(session, principal, centre_id)
    honour_match(step.if_match, centre.version)
    if centre.proposal is None:
        raise DomainError("proposal-missing", 409, params={"measure": None, "proposal": None})
    if centre.proposal != rules.WITHDRAWAL.name and not acts_for_bureau(principal):
        raise forbidden()
    measure = await _waiting(session, centre.id)
    day = step_day(principal, step.on, after=measure.proposed_on)
    measure.status, measure.drop_code = "dropped", step.reason_code
    measure.decided_by, measure.decided_on = principal.account_id, day
    centre.open_proposal = None
    cited = [rules.KINDS[measure.kind].rule]
    context = EventContext.of(principal, day)
    await record_step(session, rc.CentreProposalDropped, centre, context, remark=step.remark, cited=cited)
    return centre


async def _waiting(session: AsyncSession, centre_id: UUID) -> CentreMeasure:
    waiting = select(CentreMeasure).where(CentreMeasure.centre_id == centre_id, CentreMeasure.status == "proposed")
    return (await session.scalars(waiting.with_for_update())).one()
