"""Payments out of matching funds: recorded by one person, confirmed by another, taken back by linked lines (5.1-2)."""

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
from services.finance.matching_funds.schemas import ReversalIn, SpendingDecision, SpendingIn, SpendingRefusal
from services.finance.matching_funds.states import APPROVED, CONFIRMED, RECORDED, REFUSED, REVERSAL, SPENDING
from services.finance.matching_funds.usecases import Step, booking, day_of, fund_state, lock_for
from shared.clock import effective_date
from shared.db import constraint_of
from shared.errors import DomainError, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts.finance.matching_funds import (
    MatchingFundSpendingRecorded,
    MatchingFundSpendingRefused,
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

_FACTS = EventType[MatchingFundSpendingState]


async def record_spending(session: AsyncSession, sent: SpendingIn, *, step: Step) -> tuple[int, MatchingFundLine]:
    """Enter a payment that was made; the funds' version with the line. It holds its amount, and counts as spent once
    somebody else has confirmed it.

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
    four_eyes = _another_person(edition, step, approved=fund.approved_by)
    fits = combine(
        decide_purpose(edition, sent.purpose),
        decide_spending_day(edition, year=fund.year, spent_on=day, approved_on=fund.first_approved_on),
    )
    require_passed(fits)
    within = await commit_spending(session, edition, fund, sent.amount)
    fund.waiting += sent.amount
    line = MatchingFundLine(
        id=uuid7(),
        fund_id=fund.id,
        line=await _next_line(session, fund),
        kind=SPENDING,
        status=RECORDED,
        recipient=str(sent.centre_id or sent.enterprise_code),
        spent_on=day,
        recorded_by=step.principal.account_id,
        **sent.model_dump(exclude={"spent_on"}),
    )
    decision = combine(four_eyes, recipient, fits, within, decide_counted_once(edition, counted_before=False))
    line.decision = decision.to_json()
    await _tell(session, MatchingFundSpendingRecorded, fund, line, EventContext.of(step.principal, day), decision)
    await _add(session, edition, line)
    return fund.version, line


async def confirm_spending(
    session: AsyncSession, line_id: UUID, sent: SpendingDecision, *, step: Step
) -> tuple[int, MatchingFundLine]:
    """The payment counts from here on, with its journal entry of the day it was made; a reversal takes its payment
    back.

    Raises 404, 403 `four-eyes-required` to whoever recorded the line, or the payment that it takes back, 409
    `invalid-transition` for one that is decided.
    """
    fund, edition = await lock_for(session, step)
    line = await _waiting(session, fund, line_id)
    if line.kind == REVERSAL:
        return await _take_back(session, edition, fund, line, sent, step)
    decision = _another_person(edition, step, recorded=line.recorded_by)
    _decide(line, sent, step)
    fund.waiting -= line.amount
    fund.spent += line.amount
    line.decision = combine(Decision.from_json(line.decision), decision).to_json()
    context = EventContext.of(step.principal, line.spent_on)
    await _tell(session, MatchingFundSpent, fund, line, context, decision)
    entry = booking(Movement.MATCHING_SPENT, fund, line.amount, context)
    line.status, line.journal_entry_id = CONFIRMED, (await book(session, [entry]))[0]
    await session.flush()
    return fund.version, line


async def refuse_spending(
    session: AsyncSession, line_id: UUID, sent: SpendingRefusal, *, step: Step
) -> tuple[int, MatchingFundLine]:
    """The payment does not count: its amount can be spent again, its voucher named again. After a refused reversal the
    payment stands as it did. Raises as `confirm_spending`."""
    fund, edition = await lock_for(session, step)
    line = await _waiting(session, fund, line_id)
    decision = _another_person(edition, step, recorded=line.recorded_by)
    _decide(line, sent, step)
    line.status, line.refusal_reason = REFUSED, sent.reason_code
    if line.kind == SPENDING:
        await release_spending(session, fund, line.amount)
        fund.waiting -= line.amount
    context = EventContext.of(step.principal, line.decided_on)
    await _tell(session, MatchingFundSpendingRefused, fund, line, context, decision)
    await session.flush()
    return fund.version, line


async def reverse_spending(
    session: AsyncSession, line_id: UUID, sent: ReversalIn, *, step: Step
) -> tuple[int, MatchingFundLine]:
    """Enter that a confirmed payment is taken back whole, by a line that names it. It counts, and the amount can be
    spent again, once another person has confirmed it.

    Raises 404, 403 `four-eyes-required` to whoever recorded the payment, 409 `matching-fund-line-reversed`,
    `invalid-transition` for a payment that does not count.
    """
    fund, edition = await lock_for(session, step)
    paid = await _line(session, fund, line_id)
    if paid.kind != SPENDING or paid.reversed_on is not None or await _reversal_waits(session, paid):
        raise DomainError("matching-fund-line-reversed", 409, params={"line": paid.line}, clauses=["5.1-2"])
    decision = _another_person(edition, step, recorded=paid.recorded_by)
    if paid.status != CONFIRMED:
        raise invalid_transition(paid.status, [CONFIRMED])
    day = day_of(step.principal, sent.reversed_on, not_before=paid.spent_on)
    copied = ("fund_id", "amount", "purpose", "description", "centre_id", "enterprise_code", "recipient")
    line = MatchingFundLine(
        id=uuid7(),
        line=await _next_line(session, fund),
        kind=REVERSAL,
        status=RECORDED,
        voucher_no=sent.voucher_no,
        document_no=sent.document_no,
        spent_on=day,
        reverses_id=paid.id,
        reason_code=sent.reason_code,
        recorded_by=step.principal.account_id,
        decision=decision.to_json(),
        **{name: getattr(paid, name) for name in copied},
    )
    context = EventContext.of(step.principal, day)
    await _tell(session, MatchingFundSpendingRecorded, fund, line, context, decision)
    await _add(session, edition, line)
    return fund.version, line


async def _take_back(
    session: AsyncSession,
    edition: Edition,
    fund: MatchingFund,
    line: MatchingFundLine,
    sent: SpendingDecision,
    step: Step,
) -> tuple[int, MatchingFundLine]:
    """A second person, who did not record the payment either, confirms its reversal. The funds are locked."""
    assert line.reverses_id is not None, line.line
    paid = await _line(session, fund, line.reverses_id)
    decision = _another_person(edition, step, recorded=line.recorded_by, paid=paid.recorded_by)
    _decide(line, sent, step)
    await release_spending(session, fund, paid.amount)
    fund.spent -= paid.amount
    paid.reversed_on = line.spent_on
    line.decision = combine(Decision.from_json(line.decision), decision).to_json()
    context = EventContext.of(step.principal, line.spent_on)
    await _tell(session, MatchingFundSpendingReversed, fund, line, context, decision)
    entry = booking(Movement.MATCHING_REVERSED, fund, line.amount, context, paid.journal_entry_id)
    line.status, line.journal_entry_id = CONFIRMED, (await book(session, [entry]))[0]
    await session.flush()
    return fund.version, line


async def _reversal_waits(session: AsyncSession, paid: MatchingFundLine) -> bool:
    query = select(MatchingFundLine.id).where(
        MatchingFundLine.reverses_id == paid.id, MatchingFundLine.status == RECORDED
    )
    return await session.scalar(query) is not None


def _another_person(edition: Edition, step: Step, **handled_by: str | None) -> Decision:
    """Raises 403 `four-eyes-required`."""
    return require_passed(decide_another_person(edition, actor=step.principal.account_id, handled_by=handled_by), 403)


def _decide(line: MatchingFundLine, sent: SpendingDecision | SpendingRefusal, step: Step) -> None:
    line.decided_on = day_of(step.principal, sent.decided_on, not_before=line.spent_on)
    line.decided_by = step.principal.account_id


async def _line(session: AsyncSession, fund: MatchingFund, line_id: UUID) -> MatchingFundLine:
    """Of these funds, which are locked. Raises 404."""
    line = await session.get(MatchingFundLine, line_id, populate_existing=True)
    if line is None or line.fund_id != fund.id:
        raise not_found("matching-fund-line")
    return line


async def _waiting(session: AsyncSession, fund: MatchingFund, line_id: UUID) -> MatchingFundLine:
    """Raises 404, 409 `invalid-transition`."""
    line = await _line(session, fund, line_id)
    if line.status != RECORDED:
        raise invalid_transition(line.status, [RECORDED])
    return line


async def _tell(
    session: AsyncSession,
    event_type: _FACTS,
    fund: MatchingFund,
    line: MatchingFundLine,
    context: EventContext,
    decision: Decision,
) -> None:
    names = MatchingFundSpendingState.model_fields.keys()
    of_line = {name: getattr(line, name) for name in names if hasattr(MatchingFundLine, name) and name != "id"}
    state = fund_state(fund, await pending_revision(session, fund.id))
    data = MatchingFundSpendingState.model_validate({**of_line, **state, "line_id": line.id})
    await outbox.append(session, event_type, fund, data, context=context, rules=decision.rules, edition=fund.edition)


async def _add(session: AsyncSession, edition: Edition, line: MatchingFundLine) -> None:
    """The unique key decides, also between two that come at the same moment. Raises 409
    `matching-fund-voucher-counted`."""
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
