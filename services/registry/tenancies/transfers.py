"""From one centre to another without a gap."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.centres.queries import hold_standing, write_scope as centre_write_scope
from services.registry.centres.rules import decide_listed_by, require_state
from services.registry.policy import edition_at, require_passed
from services.registry.steps import step_day
from services.registry.tenancies import rules
from services.registry.tenancies.events import record
from services.registry.tenancies.models import Tenancy
from services.registry.tenancies.queries import lock_for_change, suspended_on
from services.registry.tenancies.schemas import TransferTenancy
from services.registry.tenancies.usecases import flush_admission
from shared.auth.principal import Principal
from shared.errors import DomainError
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.ids import uuid7
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions

_DAY = timedelta(days=1)


async def transfer_tenancy(
    session: AsyncSession,
    editions: Editions,
    principal: Principal,
    tenancy_id: UUID,
    sent: TransferTenancy,
    *,
    if_match: str | None,
) -> Tenancy:
    """End the tenancy and open the next in one transaction (2.1-1); returns the new one.

    The day of the transfer is the first at the new centre; the old tenancy ends the day before, so that no day counts
    twice. The stay goes on: its age at entry was tested when it began, its longest stay is not counted anew, and a
    filing that is still owed stays due when it was. Both centres have to be the caller's (404).

    Raises 409 `centre-not-listed`, `centre-not-listed-yet`, `centre-suspended-that-day`, `longest-stay-exceeded`,
    `transfer-to-the-same-centre`.
    """
    centre = await hold_standing(session, centre_write_scope(principal), sent.centre_id)
    old = await lock_for_change(session, principal, tenancy_id)
    honour_match(if_match, old.version)
    require_state(old.status, rules.OPEN)
    if old.centre_id == centre.id:
        raise DomainError("transfer-to-the-same-centre", 409, clauses=["2.1-1"])
    day = step_day(principal, sent.transferred_on, after=old.admitted_on + _DAY)
    edition = edition_at(editions, day)
    decision = require_passed(
        combine(
            rules.decide_transfer(edition, centre.status, old.stay_since, day),
            decide_listed_by(edition, "tenancy.centre_listed", centre.listed_on, day),
            rules.decide_not_suspended(edition, await suspended_on(session, centre.id, day), day),
            rules.decide_stay(edition, old.stay_since, old.stay_until, day),
        )
    )
    new = _continuation(principal, edition, old, sent, decision)
    new.admitted_on = day
    owed_by = old.filing_due_on if old.filed_on is None else None
    new.filing_due_on = rules.filing_due_after_transfer(edition, day, owed_by)
    old.status, old.reason_code = "exited", rules.TRANSFERRED
    old.ended_on = day - _DAY
    old.evidence = list(sent.evidence)
    await session.flush()
    session.add(new)
    await flush_admission(session)
    old.transferred_to_id = new.id
    context = EventContext.of(principal, day)
    await record(session, rc.TenancyExited, old, context, decision, remark=sent.remark)
    await record(session, rc.TenancyAdmitted, new, context, decision)
    return new


def _continuation(
    principal: Principal, edition: Edition, old: Tenancy, sent: TransferTenancy, decision: Decision
) -> Tenancy:
    return Tenancy(
        id=uuid7(),
        version=0,
        enterprise_id=old.enterprise_id,
        project_id=old.project_id,
        centre_id=sent.centre_id,
        status="admitted",
        agreement_no=sent.agreement_no,
        edition=edition.id,
        decision=decision.to_json(),
        admitted_by=principal.account_id,
        stay_since=old.stay_since,
        stay_until=old.stay_until,
        transferred_from_id=old.id,
        migrated=old.migrated,
        evidence=[],
    )
