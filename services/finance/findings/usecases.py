"""Opening findings."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.findings.models import Finding
from services.finance.grants.models import Grant
from services.finance.spending.models import SpendingLine
from shared.events import outbox
from shared.events.contracts.finance import FindingOpened, FindingState
from shared.events.outbox import EventContext
from shared.ids import next_case_no, uuid7
from shared.policy.decision import Decision

OFF_PURPOSE = "off_purpose_spending"


async def open_finding(
    session: AsyncSession, grant: Grant, line: SpendingLine, decision: Decision, context: EventContext
) -> Finding:
    """Put off-purpose spending on record as a suspicion (3.1-4); it stays open until somebody answers for it."""
    day = context.effective_on
    finding = Finding(
        id=uuid7(),
        version=0,
        no=await next_case_no(session, "FD", day.year),
        grant_id=grant.id,
        centre_id=grant.centre_id,
        fiscal_year=grant.fiscal_year,
        spending_line_id=line.id,
        kind=OFF_PURPOSE,
        status="open",
        amount=line.amount,
        opened_on=day,
        opened_by=context.actor,
        decision=decision.to_json(),
    )
    session.add(finding)
    state = FindingState.model_validate(finding, from_attributes=True)
    await outbox.append(
        session, FindingOpened, finding, state, context=context, rules=decision.rules, edition=grant.edition
    )
    return finding
