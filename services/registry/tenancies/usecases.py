"""The steps of a tenancy: admitted, filed, graduated or exited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.alliances.memberships import end_with_enterprise
from services.registry.centres.models import Centre
from services.registry.centres.queries import hold_standing, write_scope as centre_write_scope
from services.registry.centres.rules import decide_listed_by, require_state
from services.registry.enterprises.models import Enterprise
from services.registry.policy import edition_at, require_known, require_passed
from services.registry.steps import CaseStep, step_day
from services.registry.tenancies import rules
from services.registry.tenancies.events import record
from services.registry.tenancies.incubatees import Incubatee, incubatee_of
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
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions


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
    present = await overlapping(session, who.stays, day)
    tenancy, decision = new_admission(
        edition_at(editions, day),
        principal,
        Circumstances(
            centre_id=centre.id,
            status=centre.status,
            listed_on=centre.listed_on,
            suspended=await suspended_on(session, centre.id, day),
            relocation=await last_relocation(session, who.stays),
            present_since=present.admitted_on if present else None,
        ),
        who,
        day,
        sent.agreement_no,
    )
    session.add(tenancy)
    await flush_admission(session)
    await record(session, rc.TenancyAdmitted, tenancy, EventContext.of(principal, day), decision)
    return tenancy


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What an admission is judged by beside the enterprise: the centre's standing on the day, the last stay that ended
    by a delisting, and the first day of a stay that the new one would overlap."""

    centre_id: UUID
    status: str
    listed_on: date | None
    suspended: bool
    relocation: rules.Relocation | None
    present_since: date | None


def new_admission(
    edition: Edition, principal: Principal, found: Circumstances, who: Incubatee, day: date, agreement_no: str
) -> tuple[Tenancy, Decision]:
    """2.1-1: the admission with what it rests on, for one enterprise and for a file of them; not yet written. Raises
    409 with what is not met."""
    relocation = found.relocation
    since = day
    if relocation is not None and rules.relocation_waives(edition, relocation, day):
        since = relocation.stay_since
    until = rules.stay_until(edition, who.industry_code, since)
    decision = require_passed(
        combine(
            rules.decide_admission(edition, found.status, who.registered_on, day, relocation=relocation),
            decide_listed_by(edition, "tenancy.centre_listed", found.listed_on, day),
            rules.decide_not_suspended(edition, found.suspended, day),
            rules.decide_one_open(edition, found.present_since, day),
            rules.decide_stay(edition, since, until, day),
        )
    )
    tenancy = Tenancy(
        id=uuid7(),
        version=0,
        enterprise_id=who.enterprise_id,
        project_id=who.project_id,
        centre_id=found.centre_id,
        status="admitted",
        agreement_no=agreement_no,
        edition=edition.id,
        decision=decision.to_json(),
        admitted_by=principal.account_id,
        admitted_on=day,
        filing_due_on=rules.filing_due(edition, day),
        stay_since=since,
        stay_until=until,
        evidence=[],
        migrated=False,
    )
    return tenancy, decision


async def file_tenancy(
    session: AsyncSession, editions: Editions, principal: Principal, tenancy_id: UUID, step: CaseStep
) -> Tenancy:
    """File the admission (2.3-2); a late filing is marked late."""
    tenancy = await lock_for_change(session, principal, tenancy_id)
    honour_match(step.if_match, tenancy.version)
    require_state(tenancy.status, rules.FILEABLE)
    day = step_day(principal, step.on, after=tenancy.admitted_on)
    decision = mark_filed(editions.get(tenancy.edition), tenancy, day)
    await record(session, rc.TenancyFiled, tenancy, EventContext.of(principal, day), decision)
    return tenancy


def mark_filed(edition: Edition, tenancy: Tenancy, day: date) -> Decision:
    """2.3-2: filed on the day, late or not; for one tenancy and for a file of them."""
    tenancy.status = "filed"
    tenancy.filed_on, tenancy.filed_late = day, day > tenancy.filing_due_on
    return rules.decide_filing(edition, day, tenancy.filing_due_on)


async def graduate_tenancy(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    tenancy_id: UUID,
    sent: GraduateTenancy,
    *,
    if_match: str | None,
) -> Tenancy:
    """Graduate an enterprise whose admission is filed (2.3-2; not asked of a stay from before the policy) by one
    criterion of the edition, with evidence; what it states has to agree with the enterprise's file. Raises 409
    `invalid-transition`, or with what is not met, or with what disagrees."""
    tenancy = await lock_for_change(session, principal, tenancy_id)
    honour_match(if_match, tenancy.version)
    require_state(tenancy.status, rules.OPEN)
    if tenancy.enterprise_id is None:
        raise DomainError("graduation-needs-registration", 409, clauses=["2.2-1"])
    if not tenancy.migrated:
        require_state(tenancy.status, rules.GRADUABLE)
    day = step_day(principal, sent.graduated_on, after=tenancy.filed_on or tenancy.admitted_on)
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
                edition,
                enterprise.registered_on,
                tenancy.stay_since,
                ageless=tenancy.project_id is not None or tenancy.migrated,
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
    that is how the enterprise moves. Raises 409 `exit-centre-not-delisted`, `exit-centre-not-withdrawn`,
    `exit-stay-not-exceeded` for a reason that is not so."""
    tenancy = await lock_for_change(session, principal, tenancy_id)
    honour_match(if_match, tenancy.version)
    require_state(tenancy.status, rules.OPEN)
    edition = editions.get(tenancy.edition)
    reasons = [word for word in edition.tenancy.exit_reasons if word != rules.TRANSFERRED]
    require_known("reason_code", [sent.reason_code], reasons)
    day = step_day(principal, sent.exited_on, after=tenancy.admitted_on)
    gone = select(Centre.delisted_on, Centre.withdrawn_on).where(Centre.id == tenancy.centre_id)
    delisted_on, withdrawn_on = (await session.execute(gone)).one()
    decision = require_passed(
        rules.decide_exit(
            edition,
            sent.reason_code,
            day,
            centre_delisted_on=delisted_on,
            centre_withdrawn_on=withdrawn_on,
            stay_until=tenancy.stay_until,
        )
    )
    tenancy.status, tenancy.ended_on = "exited", day
    tenancy.reason_code = sent.reason_code
    tenancy.evidence = list(sent.evidence)
    context = EventContext.of(principal, day)
    await record(session, rc.TenancyExited, tenancy, context, decision, remark=sent.remark)
    over = sent.reason_code in edition.alliances.enterprise_end_reasons.value
    if over and tenancy.enterprise_id is not None:
        await end_with_enterprise(session, tenancy.enterprise_id, day, context)
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
