"""The steps of a tenancy: admitted, filed, graduated or exited."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.queries import hold_standing
from services.registry.centres.queries import write_scope as centre_write_scope
from services.registry.centres.rules import require_state
from services.registry.enterprises.models import Enterprise
from services.registry.policy import edition_at, require_known, require_passed
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import CaseStep, step_day
from services.registry.tenancies import rules
from services.registry.tenancies.models import NO_OVERLAP, Tenancy
from services.registry.tenancies.queries import carries_technology, lock_for_change, overlapping, relocated_since
from services.registry.tenancies.schemas import AdmitEnterprise, ExitTenancy, GraduateTenancy, Operating, amount_of
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import uuid7
from shared.policy.decision import Decision, combine
from shared.policy.edition import Editions


def tenancy_state(tenancy: Tenancy, *, remark_hash: str | None = None) -> rc.TenancyState:
    """The tenancy as its events carry it."""
    return rc.TenancyState(
        id=tenancy.id,
        enterprise_id=tenancy.enterprise_id,
        centre_id=tenancy.centre_id,
        status=tenancy.status,
        admitted_on=tenancy.admitted_on,
        agreement_no=tenancy.agreement_no,
        filed_on=tenancy.filed_on,
        ended_on=tenancy.ended_on,
        reason_code=tenancy.reason_code,
        graduation_criterion=tenancy.graduation_criterion,
        relocation_case_id=tenancy.relocation_case_id,
        filing_due_on=tenancy.filing_due_on,
        filed_late=tenancy.filed_late,
        remark_hash=remark_hash,
    )


async def admit_enterprise(
    session: AsyncSession, editions: Editions, principal: Principal, sent: AdmitEnterprise
) -> Tenancy:
    """Admit an enterprise into a listed centre (2.1-1).

    Raises 404 for somebody else's centre or an unknown enterprise, 409 `centre-not-listed`,
    `age-at-entry-not-admissible`, `tenancy-overlaps`.
    """
    centre = await hold_standing(session, centre_write_scope(principal), sent.centre_id)
    enterprise = await _enterprise(session, sent)
    day = effective_date(principal, sent.admitted_on)
    edition = edition_at(editions, day)
    since = await relocated_since(session, enterprise.id)
    present = await overlapping(session, enterprise.id, day)
    decision = require_passed(
        combine(
            rules.decide_admission(edition, centre.status, enterprise.registered_on, day, relocated_since=since),
            rules.decide_one_open(edition, present.admitted_on if present else None, day),
        )
    )
    tenancy = Tenancy(
        id=uuid7(),
        version=0,
        enterprise_id=enterprise.id,
        centre_id=centre.id,
        status="admitted",
        agreement_no=sent.agreement_no,
        edition=edition.id,
        decision=decision.to_json(),
        admitted_by=principal.account_id,
        admitted_on=day,
        filing_due_on=rules.filing_due(edition, day),
        evidence=[],
    )
    session.add(tenancy)
    await _flush_admission(session, tenancy)
    await _record(session, rc.TenancyAdmitted, tenancy, EventContext.of(principal, day), decision)
    return tenancy


async def file_tenancy(
    session: AsyncSession, editions: Editions, principal: Principal, tenancy_id: UUID, step: CaseStep
) -> Tenancy:
    """File the admission (2.3-2); a late filing is marked late."""
    tenancy = await lock_for_change(session, principal, tenancy_id)
    honour_match(step.if_match, tenancy.version)
    require_state(tenancy.status, rules.FILEABLE)
    day = step_day(principal, step.on, after=tenancy.admitted_on)
    decision = rules.decide_filing(editions.get(tenancy.edition), day, tenancy.filing_due_on)
    tenancy.status = "filed"
    tenancy.filed_on, tenancy.filed_late = day, day > tenancy.filing_due_on
    await _record(session, rc.TenancyFiled, tenancy, EventContext.of(principal, day), decision)
    return tenancy


async def graduate_tenancy(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    tenancy_id: UUID,
    sent: GraduateTenancy,
    *,
    if_match: str | None,
) -> Tenancy:
    """Graduate the enterprise by one criterion of the edition, with evidence. Raises 409 with what is not met."""
    tenancy = await lock_for_change(session, principal, tenancy_id)
    honour_match(if_match, tenancy.version)
    require_state(tenancy.status, rules.OPEN)
    day = step_day(principal, sent.graduated_on, after=tenancy.admitted_on)
    edition = editions.get(tenancy.edition)
    enterprise = await session.get_one(Enterprise, tenancy.enterprise_id)
    operating = sent.claim if isinstance(sent.claim, Operating) else None
    claim = rules.Graduate(
        criterion=sent.claim.criterion,
        graduated_on=day,
        registered_on=enterprise.registered_on,
        technology=await carries_technology(session, tenancy.centre_id, edition.graduation.technology_carriers.value),
        amount=amount_of(sent.claim),
        insured_jobs=operating.insured_jobs if operating else None,
        own_premises=operating.own_premises if operating else None,
    )
    decision = require_passed(rules.decide_graduation(edition, claim))
    tenancy.status, tenancy.ended_on = "graduated", day
    tenancy.graduation_criterion = claim.criterion
    tenancy.evidence = list(sent.evidence)
    tenancy.decision = decision.to_json()
    await _record(session, rc.TenancyGraduated, tenancy, EventContext.of(principal, day), decision)
    return tenancy


async def exit_tenancy(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    tenancy_id: UUID,
    sent: ExitTenancy,
    *,
    if_match: str | None,
) -> Tenancy:
    """End the tenancy without graduation; the reason is one of the edition's (422). Possible at a delisted centre too:
    that is how the enterprise moves."""
    tenancy = await lock_for_change(session, principal, tenancy_id)
    honour_match(if_match, tenancy.version)
    require_state(tenancy.status, rules.OPEN)
    require_known("reason_code", [sent.reason_code], editions.get(tenancy.edition).tenancy.exit_reasons)
    day = step_day(principal, sent.exited_on, after=tenancy.admitted_on)
    tenancy.status, tenancy.ended_on = "exited", day
    tenancy.reason_code = sent.reason_code
    tenancy.evidence = list(sent.evidence)
    context = EventContext.of(principal, day)
    await _record(session, rc.TenancyExited, tenancy, context, remark=sent.remark)
    return tenancy


async def _enterprise(session: AsyncSession, sent: AdmitEnterprise) -> Enterprise:
    """Whoever holds an enterprise's code or id may admit it: both come from its own papers."""
    wanted = Enterprise.id == sent.enterprise_id
    if sent.enterprise_code is not None:
        wanted = Enterprise.code == sent.enterprise_code
    enterprise = await session.scalar(select(Enterprise).where(wanted).with_for_update(read=True))
    if enterprise is None:
        raise not_found("enterprise")
    return enterprise


async def _flush_admission(session: AsyncSession, tenancy: Tenancy) -> None:
    """Write the admission now: of two admissions at the same moment the exclusion constraint lets one through."""
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) == NO_OVERLAP:
            raise DomainError("tenancy-overlaps", 409, clauses=["2.1-1"]) from error
        raise


async def _record(
    session: AsyncSession,
    event_type: EventType[rc.TenancyState],
    tenancy: Tenancy,
    context: EventContext,
    decision: Decision | None = None,
    remark: str | None = None,
) -> None:
    remark_hash = await keep_remark(session, tenancy.id, step=tenancy.status, text=remark, written_by=context.actor)
    cited = decision.rules if decision else ("tenancy.exit_reason",)
    state = tenancy_state(tenancy, remark_hash=remark_hash)
    await outbox.append(session, event_type, tenancy, state, context=context, rules=cited, edition=tenancy.edition)
