"""Identity facts: proposed by whoever hosts the enterprise, confirmed by itself or by an officer; and merging."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.access import OFFICERS, operator_code_of
from services.registry.centres.rules import require_state
from services.registry.enterprises.identity.models import EnterpriseChange
from services.registry.enterprises.identity.schemas import (
    IdentityFacts,
    MergeEnterprise,
    ProposeChange,
    RefuseChange,
)
from services.registry.enterprises.models import Enterprise
from services.registry.enterprises.queries import find, lock_for_change, read_scope
from services.registry.enterprises.rules import OFFICER_FIELDS
from services.registry.enterprises.usecases import apply_changes, enterprise_state, follow_size, speaks_for
from services.registry.persons.holding import require_none_erased
from services.registry.policy import edition_at
from services.registry.projects.models import Project
from services.registry.projects.usecases import project_state
from services.registry.remarks.usecases import keep_remark
from services.registry.steps import require_four_eyes
from services.registry.tenancies.models import Tenancy
from services.registry.tenancies.stays import reassign_stays
from shared.auth.principal import Principal
from shared.errors import DomainError, forbidden, not_found
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.validation import PayloadInvalid
from shared.ids import uuid7
from shared.policy.edition import Editions

PROPOSED: Final = ("proposed",)
IDENTITY_RULES: Final = ("enterprise.identity",)
MERGE_RULES: Final = ("enterprise.merged",)
REASON_MERGED: Final = "merged"


async def propose_change(
    session: AsyncSession, principal: Principal, enterprise_id: UUID, sent: ProposeChange
) -> EnterpriseChange:
    """What its operator says has changed; nothing changes yet.

    Raises 409 `change-already-proposed` while another waits, `person-erased`, 422 for an empty change.
    """
    enterprise = await lock_for_change(session, principal, enterprise_id, below="/changes")
    changes = sent.changes.model_dump(mode="json", exclude_unset=True)
    if not changes:
        raise PayloadInvalid.at("changes", "missing")
    await require_none_erased(session, sent.changes.legal_representative_ref)
    waiting = select(EnterpriseChange.id).where(
        EnterpriseChange.enterprise_id == enterprise.id, EnterpriseChange.status == "proposed"
    )
    if (open_one := await session.scalar(waiting)) is not None:
        raise DomainError("change-already-proposed", 409, params={"id": open_one}, clauses=["2.2-1"])
    change = EnterpriseChange(
        id=uuid7(),
        enterprise_id=enterprise.id,
        changes=changes,
        evidence=list(sent.evidence),
        status="proposed",
        proposed_by=principal.account_id,
        proposed_by_org=operator_code_of(principal),
        proposed_on=principal.today,
    )
    session.add(change)
    await session.flush()
    await _tell(session, rc.EnterpriseChangeProposed, enterprise, change, principal, sent.remark)
    return change


async def confirm_change(
    session: AsyncSession, editions: Editions, principal: Principal, enterprise_id: UUID, change_id: UUID
) -> EnterpriseChange:
    """The change is so: it is written now. Raises 403 for whoever proposed it, and for anybody but an officer where it
    touches what is read from the licence."""
    enterprise = await lock_for_change(session, principal, enterprise_id, below=f"/changes/{change_id}/confirm")
    change = await _decidable(session, principal, enterprise, change_id)
    facts = IdentityFacts.model_validate(change.changes).model_dump(exclude_unset=True)
    if OFFICER_FIELDS & facts.keys() and not principal.has(*OFFICERS):
        raise forbidden()
    change.status, change.decided_by, change.decided_on = "confirmed", principal.account_id, principal.today
    await apply_changes(session, editions, principal, enterprise, facts)
    return change


async def refuse_change(
    session: AsyncSession, principal: Principal, enterprise_id: UUID, change_id: UUID, sent: RefuseChange
) -> EnterpriseChange:
    """The change is not so."""
    enterprise = await lock_for_change(session, principal, enterprise_id, below=f"/changes/{change_id}/refuse")
    change = await _decidable(session, principal, enterprise, change_id)
    change.status, change.decided_by, change.decided_on = "refused", principal.account_id, principal.today
    change.reason_code = sent.reason_code
    await _tell(session, rc.EnterpriseChangeRefused, enterprise, change, principal, sent.remark)
    return change


async def merge_enterprise(
    session: AsyncSession, editions: Editions, principal: Principal, enterprise_id: UUID, sent: MergeEnterprise
) -> Enterprise:
    """Two records of one enterprise: the other goes on, this one points to it and keeps its own papers (2.2-1).

    Tenancies move; growth file, flags, permits and persons stay where they were entered and are read together. Raises
    409 `tenancies-overlap-after-merge`, `merge-into-itself`.
    """
    if sent.into_id == enterprise_id:
        raise DomainError("merge-into-itself", 409, clauses=["2.2-1"])
    for known in (enterprise_id, sent.into_id):
        await find(session, read_scope(principal), known)
    order = select(Enterprise).where(Enterprise.id.in_([enterprise_id, sent.into_id])).order_by(Enterprise.id)
    locked = order.with_for_update().execution_options(populate_existing=True)
    records = {row.id: row for row in await session.scalars(locked)}
    old, survivor = records[enterprise_id], records[sent.into_id]
    for row in (old, survivor):
        if row.merged_into_id is not None:
            raise DomainError("enterprise-merged-meanwhile", 409, params={"id": row.merged_into_id}, clauses=["2.2-1"])
    context = EventContext.of(principal)
    await reassign_stays(session, Tenancy.enterprise_id == old.id, survivor.id, context)
    await _redirect(session, old, survivor, principal)
    survivor.permits_outstanding = sorted({*survivor.permits_outstanding, *old.permits_outstanding})
    await session.flush()
    await follow_size(session, edition_at(editions, principal.today), survivor, context)
    await keep_remark(session, old.id, step="merged", text=sent.remark, written_by=principal.account_id)
    absorbed = rc.EnterpriseAbsorbedData(
        id=survivor.id,
        code=survivor.code,
        absorbed_id=old.id,
        absorbed_code=old.code,
        document_no=sent.document_no,
    )
    await outbox.append(session, rc.EnterpriseAbsorbed, survivor, absorbed, context=context, rules=MERGE_RULES)
    return survivor


async def _redirect(session: AsyncSession, old: Enterprise, survivor: Enterprise, principal: Principal) -> None:
    """The record, those merged into it before and the projects behind it point to the one that goes on; what was still
    proposed about it is moot."""
    context = EventContext.of(principal)
    earlier = select(Enterprise).where(Enterprise.merged_into_id == old.id).order_by(Enterprise.id).with_for_update()
    for row in [old, *(await session.scalars(earlier)).all()]:
        row.merged_into_id, row.merged_on = survivor.id, row.merged_on or principal.today
        merged = enterprise_state(row)
        await outbox.append(session, rc.EnterpriseMerged, row, merged, context=context, rules=MERGE_RULES)
    behind = select(Project).where(Project.enterprise_id == old.id).order_by(Project.id).with_for_update()
    for project in await session.scalars(behind):
        project.enterprise_id = survivor.id
        state = project_state(project)
        await outbox.append(session, rc.ProjectAmended, project, state, context=context, rules=MERGE_RULES)
    moot = update(EnterpriseChange).where(
        EnterpriseChange.enterprise_id == old.id, EnterpriseChange.status == "proposed"
    )
    decided = {"decided_by": principal.account_id, "decided_on": principal.today, "reason_code": REASON_MERGED}
    await session.execute(moot.values(status="refused", **decided))


async def _decidable(
    session: AsyncSession, principal: Principal, enterprise: Enterprise, change_id: UUID
) -> EnterpriseChange:
    query = select(EnterpriseChange).where(
        EnterpriseChange.id == change_id, EnterpriseChange.enterprise_id == enterprise.id
    )
    change: EnterpriseChange | None = await session.scalar(query.with_for_update())
    if change is None:
        raise not_found("enterprise-change")
    if not principal.has(*OFFICERS) and not await speaks_for(session, principal, enterprise.id):
        raise forbidden()
    require_four_eyes(principal, change.proposed_by)
    require_state(change.status, PROPOSED)
    return change


async def _tell(
    session: AsyncSession,
    event_type: EventType[rc.EnterpriseChangeState],
    enterprise: Enterprise,
    change: EnterpriseChange,
    principal: Principal,
    remark: str | None,
) -> None:
    await keep_remark(session, change.id, step=change.status, text=remark, written_by=principal.account_id)
    state = rc.EnterpriseChangeState(
        id=enterprise.id,
        code=enterprise.code,
        change_id=change.id,
        status=change.status,
        fields=tuple(sorted(change.changes)),
        reason_code=change.reason_code,
    )
    context = EventContext.of(principal)
    await outbox.append(session, event_type, enterprise, state, context=context, rules=IDENTITY_RULES)
