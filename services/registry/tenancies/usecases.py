"""The steps of a tenancy: admitted, filed, graduated or exited."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.queries import hold_standing, write_scope as centre_write_scope
from services.registry.centres.rules import decide_listed_by, require_state
from services.registry.enterprises.models import Enterprise
from services.registry.policy import edition_at, require_known, require_passed
from services.registry.steps import CaseStep, step_day
from services.registry.tenancies import rules
from services.registry.tenancies.events import record
from services.registry.tenancies.incubatees import incubatee_of
from services.registry.tenancies.models import NO_OVERLAP, NO_PROJECT_OVERLAP, Tenancy
from services.registry.tenancies.proof_rules import decide_proof
from services.registry.tenancies.proofs import proof_of
from services.registry.tenancies.queries import (
    carries_technology,
    last_relocation,
    lock_for_change,
    overlapping,
    suspended_on,
)
from services.registry.tenancies.schemas import (
    AdmitEnterprise,
    ExitTenancy,
    GraduateTenancy,
    Operating,
    amount_of,
    stated_in,
)
from shared.auth.principal import Principal
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.ids import uuid7
from shared.policy.decision import combine
from shared.policy.edition import Editions


async def admit_enterprise(
    session: AsyncSession, editions: Editions, principal: Principal, sent: AdmitEnterprise
) -> Tenancy:
    """Admit an enterprise, or a project without a code, into a listed centre (2.1-1); on the licence alone, permits
    may follow (2.2-1).

    Raises 404 for somebody else's centre or an unknown enterprise, 409 `centre-not-listed`, `centre-not-listed-yet`,
    `centre-suspended-that-day`, `age-at-entry-not-admissible`, `tenancy-overlaps`.
    """
    centre = await hold_standing(session, centre_write_scope(principal), sent.centre_id)
    who = await incubatee_of(session, principal, sent)
    day = effective_date(principal, sent.admitted_on)
    edition = edition_at(editions, day)
    relocation = await last_relocation(session, who.stays)
    present = await overlapping(session, who.stays, day)
    since = day
    if relocation is not None and rules.relocation_waives(edition, relocation, day):
        since = relocation.stay_since
    until = rules.stay_until(edition, who.industry_code, since)
    decision = require_passed(
        combine(
            rules.decide_admission(edition, centre.status, who.registered_on, day, relocation=relocation),
            decide_listed_by(edition, "tenancy.centre_listed", centre.listed_on, day),
            rules.decide_not_suspended(edition, await suspended_on(session, centre.id, day), day),
            rules.decide_one_open(edition, present.admitted_on if present else None, day),
            rules.decide_stay(edition, since, until, day),
        )
    )
    tenancy = Tenancy(
        id=uuid7(),
        version=0,
        enterprise_id=who.enterprise_id,
        project_id=who.project_id,
        centre_id=centre.id,
        status="admitted",
        agreement_no=sent.agreement_no,
        edition=edition.id,
        decision=decision.to_json(),
        admitted_by=principal.account_id,
        admitted_on=day,
        filing_due_on=rules.filing_due(edition, day),
        stay_since=since,
        stay_until=until,
        evidence=[],
    )
    session.add(tenancy)
    await flush_admission(session)
    await record(session, rc.TenancyAdmitted, tenancy, EventContext.of(principal, day), decision)
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
    await record(session, rc.TenancyFiled, tenancy, EventContext.of(principal, day), decision)
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
    """Graduate the enterprise by one criterion of the edition, with evidence; what it states has to agree with the
    enterprise's file. Raises 409 with what is not met, or with what disagrees."""
    tenancy = await lock_for_change(session, principal, tenancy_id)
    honour_match(if_match, tenancy.version)
    require_state(tenancy.status, rules.OPEN)
    if tenancy.enterprise_id is None:
        raise DomainError("graduation-needs-registration", 409, clauses=["2.2-1"])
    day = step_day(principal, sent.graduated_on, after=tenancy.admitted_on)
    edition = editions.get(tenancy.edition)
    enterprise = await session.get_one(Enterprise, tenancy.enterprise_id)
    operating = sent.claim if isinstance(sent.claim, Operating) else None
    carriers = edition.graduation.technology_carriers.value
    claim = rules.Graduate(
        criterion=sent.claim.criterion,
        graduated_on=day,
        registered_on=enterprise.registered_on,
        technology=await carries_technology(session, tenancy.centre_id, carriers, day),
        amount=amount_of(sent.claim),
        insured_jobs=operating.insured_jobs if operating else None,
        own_premises=operating.own_premises if operating else None,
        stated=stated_in(sent.claim),
    )
    decision = require_passed(
        combine(
            rules.decide_graduation(edition, claim),
            decide_proof(edition, await proof_of(session, enterprise.id, sent.claim, day), day),
            rules.decide_entry_age(
                edition, enterprise.registered_on, tenancy.stay_since, tenancy.project_id is not None
            ),
            rules.decide_stay(edition, tenancy.stay_since, tenancy.stay_until, day),
        )
    )
    tenancy.status, tenancy.ended_on = "graduated", day
    tenancy.graduation_criterion = claim.criterion
    tenancy.claim = sent.claim.model_dump(mode="json")
    tenancy.evidence = list(sent.evidence)
    tenancy.decision = decision.to_json()
    await record(session, rc.TenancyGraduated, tenancy, EventContext.of(principal, day), decision)
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
    reasons = editions.get(tenancy.edition).tenancy.exit_reasons
    require_known("reason_code", [sent.reason_code], [word for word in reasons if word != rules.TRANSFERRED])
    day = step_day(principal, sent.exited_on, after=tenancy.admitted_on)
    tenancy.status, tenancy.ended_on = "exited", day
    tenancy.reason_code = sent.reason_code
    tenancy.evidence = list(sent.evidence)
    context = EventContext.of(principal, day)
    await record(session, rc.TenancyExited, tenancy, context, remark=sent.remark)
    return tenancy


async def flush_admission(session: AsyncSession) -> None:
    """Write the admission now: of two admissions at the same moment the exclusion constraint lets one through. Raises
    409 `tenancy-overlaps`."""
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) in (NO_OVERLAP, NO_PROJECT_OVERLAP):
            raise DomainError("tenancy-overlaps", 409, clauses=["2.1-1"]) from error
        raise
