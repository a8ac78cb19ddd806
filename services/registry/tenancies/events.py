"""A tenancy as its events carry it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.remarks.usecases import keep_remark
from services.registry.tenancies.models import Tenancy
from shared.events import outbox
from shared.events.contracts import registry as rc
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.policy.decision import Decision


def tenancy_state(tenancy: Tenancy, *, remark_hash: str | None = None) -> rc.TenancyState:
    """The state of a tenancy; a project without a code stands where its enterprise will."""
    return rc.TenancyState(
        id=tenancy.id,
        enterprise_id=tenancy.incubatee_id,
        project_id=tenancy.project_id,
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
        stay_since=tenancy.stay_since,
        stay_until=tenancy.stay_until,
        transferred_from_id=tenancy.transferred_from_id,
        transferred_to_id=tenancy.transferred_to_id,
        migrated=bool(tenancy.migrated),
        remark_hash=remark_hash,
    )


async def record(
    session: AsyncSession,
    event_type: EventType[rc.TenancyState],
    tenancy: Tenancy,
    context: EventContext,
    decision: Decision | None = None,
    remark: str | None = None,
    rules: Sequence[str] = ("tenancy.exit_reason",),
) -> None:
    """Append the event, citing the decision's rules, or those given where nothing was decided."""
    remark_hash = await keep_remark(session, tenancy.id, step=tenancy.status, text=remark, written_by=context.actor)
    cited = decision.rules if decision else rules
    state = tenancy_state(tenancy, remark_hash=remark_hash)
    await outbox.append(session, event_type, tenancy, state, context=context, rules=cited, edition=tenancy.edition)
