"""Payments out of matching funds, and taking them back by linked lines (5.1-2)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.journal.entries import Movement, book
from services.finance.matching_funds.commitments import commit_spending, release_spending
from services.finance.matching_funds.models import MatchingFund, MatchingFundLine
from services.finance.matching_funds.queries import find, pending_revision
from services.finance.matching_funds.recipients import Payer, decide_recipient
from services.finance.matching_funds.rules import (
    decide_another_person,
    decide_counted_once,
    decide_purpose,
    decide_spending_day,
)
from services.finance.matching_funds.schemas import ReversalIn, SpendingIn
from services.finance.matching_funds.states import APPROVED, REVERSAL, SPENDING
from services.finance.matching_funds.usecases import Step, booking, day_of, fund_state, lock_for
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts.finance.matching_funds import (
    MatchingFundSpendingReversed,
    MatchingFundSpendingState,
    MatchingFundSpent,
)
from shared.events.outbox import EventContext
from shared.events.types import EventType
from shared.ids import uuid7
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition
from shared.refusals import refusal, require_passed


async def record_spending(session: AsyncSession, sent: SpendingIn, *, step: Step) -> tuple[int, MatchingFundLine]:
    """Enter a payment that was made; the funds' version with the line.

    The centre is locked before the funds, as everywhere. Raises 404, 409 `matching-fund-ceiling-exceeded`,
    `matching-fund-centre-not-listed`, `matching-fund-recipient-merged`, `matching-fund-purpose-unknown`,
    `matching-fund-day-outside`, `matching-fund-voucher-counted`, `invalid-transition` without a budget, and 403
    `four-eyes-required` to whoever approved it.
    """
    seen = await find(session, step.fund_id, step.principal)
    edition = step.editions.get(seen.edition)
    day = effective_date(step.principal, sent.spent_on)
    recipient = await decide_recipient(session, Payer(edition, step.division, day), sent)
    fund, edition = await lock_for(session, step)
    if fund.status != APPROVED:
        raise invalid_transition(fund.status, [APPROVED])
    handled_by = {"approved": fund.approved_by}
    four_eyes = decide_another_person(edition, actor=step.principal.account_id, handled_by=handled_by)
    require_passed(four_eyes, 403)
    fits = combine(
        decide_purpose(edition, sent.purpose),
        decide_spending_day(edition, year=fund.year, spent_on=day, approved_on=fund.first_approved_on),
    )
    require_passed(fits)
    within = await commit_spending(session, edition, fund, sent.amount)
    fund.spent += sent.amount
    line = MatchingFundLine(
        id=uuid7(),
        fund_id=fund.id,
        line=await _next_line(session, fund),
        kind=SPENDING,
        recipient=str(sent.centre_id or sent.enterprise_code),
        spent_on=day,
        recorded_by=step.principal.account_id,
        **sent.model_dump(exclude={"spent_on"}),
    )
    decision = combine(four_eyes, recipient, fits, within, decide_counted_once(edition, counted_before=False))
    context = EventContext.of(step.principal, day)
    await _enter(session, edition, fund, line, decision, context)
    return fund.version, line


async def reverse_spending(
    session: AsyncSession, line_id: UUID, sent: ReversalIn, *, step: Step
) -> tuple[int, MatchingFundLine]:
    """Take a payment back whole, by a line that names it; the amount can be spent again.

    Raises 404, 403 `four-eyes-required` to whoever recorded it, 409 `matching-fund-line-reversed`.
    """
    fund, edition = await lock_for(session, step)
    paid = await session.get(MatchingFundLine, line_id)
    if paid is None or paid.fund_id != fund.id:
        raise not_found("matching-fund-line")
    if paid.kind != SPENDING or paid.reversed_on is not None:
        raise DomainError("matching-fund-line-reversed", 409, params={"line": paid.line}, clauses=["5.1-2"])
    handled_by = {"recorded": paid.recorded_by}
    decision = decide_another_person(edition, actor=step.principal.account_id, handled_by=handled_by)
    require_passed(decision, 403)
    day = day_of(step.principal, sent.reversed_on, not_before=paid.spent_on)
    await release_spending(session, fund, paid.amount)
    fund.spent -= paid.amount
    paid.reversed_on = day
    copied = ("fund_id", "amount", "purpose", "description", "centre_id", "enterprise_code", "recipient")
    line = MatchingFundLine(
        id=uuid7(),
        line=await _next_line(session, fund),
        kind=REVERSAL,
        voucher_no=sent.voucher_no,
        document_no=sent.document_no,
        spent_on=day,
        reverses_id=paid.id,
        reason_code=sent.reason_code,
        recorded_by=step.principal.account_id,
        **{name: getattr(paid, name) for name in copied},
    )
    context = EventContext.of(step.principal, day)
    await _enter(session, edition, fund, line, decision, context, reversed_entry=paid.journal_entry_id)
    return fund.version, line


async def _enter(
    session: AsyncSession,
    edition: Edition,
    fund: MatchingFund,
    line: MatchingFundLine,
    decision: Decision,
    context: EventContext,
    *,
    reversed_entry: UUID | None = None,
) -> None:
    """Event, journal entry, line, in this order: the entry names the event's version, the line names the entry."""
    spent = line.kind == SPENDING
    event_type: EventType[MatchingFundSpendingState] = MatchingFundSpent if spent else MatchingFundSpendingReversed
    names = MatchingFundSpendingState.model_fields.keys()
    of_line = {name: getattr(line, name) for name in names if hasattr(MatchingFundLine, name) and name != "id"}
    state = fund_state(fund, await pending_revision(session, fund.id))
    data = MatchingFundSpendingState.model_validate({**of_line, **state, "line_id": line.id})
    await outbox.append(session, event_type, fund, data, context=context, rules=decision.rules, edition=fund.edition)
    movement = Movement.MATCHING_SPENT if spent else Movement.MATCHING_REVERSED
    entry = booking(movement, fund, line.amount, context, reversed_entry)
    line.journal_entry_id = (await book(session, [entry]))[0]
    line.decision = decision.to_json()
    session.add(line)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_matching_fund_line_voucher":
            raise
        raise refusal(decide_counted_once(edition, counted_before=True)) from error


async def _next_line(session: AsyncSession, fund: MatchingFund) -> int:
    """The funds are locked, so no other line can take the number."""
    last = await session.scalar(select(func.max(MatchingFundLine.line)).where(MatchingFundLine.fund_id == fund.id))
    return (last or 0) + 1
