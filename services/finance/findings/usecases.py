"""Findings: opened as a suspicion, answered by the centre, confirmed or dropped by a second person (3.1-4)."""

from __future__ import annotations

import hashlib
import secrets
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.findings.models import Finding, FindingReply
from services.finance.findings.queries import find
from services.finance.findings.rules import decide_confirmation, decide_dismissal
from services.finance.findings.schemas import Confirmation, Dismissal, FindingReplyIn
from services.finance.findings.states import ANSWERED, CONFIRMED, DISMISSED, OPEN
from services.finance.grants import states
from services.finance.grants.cases import Step, day_of, open_case, record
from services.finance.grants.models import Grant
from services.finance.grants.rules import decide_four_eyes
from services.finance.journal.entries import Movement, post
from services.finance.spending.models import SpendingLine
from shared.errors import invalid_transition
from shared.events import outbox
from shared.events.contracts.finance import (
    FindingAnswered,
    FindingConfirmed,
    FindingDismissed,
    FindingOpened,
    FindingState,
    GrantSpendingRecorded,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition
from shared.policy.rules import decide_adverse_decision
from shared.refusals import require_passed

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
        status=OPEN,
        amount=line.amount,
        opened_on=day,
        opened_by=context.actor,
        decision=decision.to_json(),
    )
    session.add(finding)
    await _record(session, FindingOpened, finding, context, grant.edition, decision)
    return finding


async def answer_finding(session: AsyncSession, finding_id: UUID, sent: FindingReplyIn, *, step: Step) -> Finding:
    """The centre answers for the payment. Raises 404 and 409 `invalid-transition`."""
    finding = await _lock(session, finding_id, step, OPEN)
    grant = await session.get_one(Grant, finding.grant_id)
    day = day_of(step, sent.replied_on, not_before=finding.opened_on)
    salt = secrets.token_bytes(16)
    session.add(FindingReply(finding_id=finding.id, text=sent.statement, salt=salt))
    finding.status, finding.replied_on, finding.replied_by = ANSWERED, day, step.principal.account_id
    finding.reply_hash = hashlib.sha256(salt + sent.statement.encode()).hexdigest()
    await _record(session, FindingAnswered, finding, EventContext.of(step.principal, day), grant.edition)
    return finding


async def confirm_finding(session: AsyncSession, finding_id: UUID, sent: Confirmation, *, step: Step) -> Finding:
    """The money was diverted and is to be paid back; only such findings count against the centre.

    Raises 403 `four-eyes-required` to whoever opened or answered it, 409 `continuation-basis-missing`.
    """
    finding = await _lock(session, finding_id, step, ANSWERED)
    edition = step.editions.get((await session.get_one(Grant, finding.grant_id)).edition)
    day = day_of(step, sent.decided_on, not_before=finding.replied_on)
    basis = sent.continuation_basis or step.editions.continuation_basis(edition, day)
    adverse = require_passed(decide_adverse_decision(edition, day, basis))
    confirmed = decide_confirmation(edition, amount=finding.amount)
    decision = combine(_decide_another_person(edition, finding, step), adverse, confirmed)
    finding.status, finding.decided_on, finding.decided_by = CONFIRMED, day, step.principal.account_id
    finding.outcome = decision.to_json()
    await _record(session, FindingConfirmed, finding, EventContext.of(step.principal, day), edition.id, decision)
    return finding


async def dismiss_finding(session: AsyncSession, finding_id: UUID, sent: Dismissal, *, step: Step) -> Finding:
    """The reply shows that the money went to the grant's purpose: it counts as spent from here on.

    Takes centre and grant before the finding, as every step does. Raises as `confirm_finding`, and 409
    `finding-money-came-back` for money that was refunded meanwhile.
    """
    case = await open_case(session, step, states.PAID)
    finding = await _lock(session, finding_id, step, ANSWERED)
    grant, edition = case.grant, case.edition
    day = day_of(step, sent.decided_on, not_before=finding.replied_on)
    four_eyes = _decide_another_person(edition, finding, step)
    grant.ineligible -= finding.amount
    fits = require_passed(decide_dismissal(edition, amount=finding.amount, spendable=grant.spendable))
    grant.spent += finding.amount
    line = await session.get_one(SpendingLine, finding.spending_line_id)
    line.eligible = True
    decision = combine(four_eyes, fits)
    finding.status, finding.decided_on, finding.decided_by = DISMISSED, day, step.principal.account_id
    finding.reason_code, finding.outcome = sent.reason_code, decision.to_json()
    context = EventContext.of(step.principal, day)
    await record(session, GrantSpendingRecorded, grant, context, decision, keep=False)
    await post(session, Movement.SPENT, grant, finding.amount, context)
    await _record(session, FindingDismissed, finding, context, edition.id, decision)
    return finding


async def _lock(session: AsyncSession, finding_id: UUID, step: Step, *from_states: str) -> Finding:
    finding = await find(session, finding_id, principal=step.principal, lock=True)
    honour_match(step.if_match, finding.version)
    if finding.status not in from_states:
        raise invalid_transition(finding.status, from_states)
    return finding


def _decide_another_person(edition: Edition, finding: Finding, step: Step) -> Decision:
    """Four eyes (3.1-4). Raises 403 `four-eyes-required`."""
    handled_by = {"opened": finding.opened_by, "answered": finding.replied_by}
    return require_passed(decide_four_eyes(edition, step.principal.account_id, handled_by), 403)


async def _record(
    session: AsyncSession,
    event_type: EventType[FindingState],
    finding: Finding,
    context: EventContext,
    edition: str,
    decision: Decision | None = None,
) -> None:
    state = FindingState.model_validate(finding, from_attributes=True)
    rules = decision.rules if decision is not None else ()
    await outbox.append(session, event_type, finding, state, context=context, rules=rules, edition=edition)
