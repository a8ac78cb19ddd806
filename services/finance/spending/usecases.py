"""Recording what a centre spends a grant on; what was spent on something else opens a finding (3.1-4)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.findings.usecases import open_finding
from services.finance.grants import states
from services.finance.grants.cases import Case, Step, open_case, record
from services.finance.grants.models import PlanLine
from services.finance.journal.entries import Movement, post
from services.finance.projections import known_claim
from services.finance.spending.models import SpendingLine
from services.finance.spending.rules import (
    decide_counted_once,
    decide_eligible,
    decide_made_spending,
    decide_plan_line,
    decide_planned_spending,
    decide_unassigned,
)
from services.finance.spending.schemas import SpendingDocuments, SpendingIn
from services.finance.use_reports.queries import accepted_since
from shared.db import constraint_of
from shared.document_claims import claimed_elsewhere, decide_claims
from shared.errors import DomainError, invalid_transition, not_found
from shared.events import outbox
from shared.events.contracts.finance import ClaimMade, ClaimState, GrantSpendingRecorded
from shared.events.outbox import EventContext
from shared.ids import uuid7
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition
from shared.refusals import refusal, require_passed

PLANNED = "planned"
MADE = "made"


async def record_spending(session: AsyncSession, sent: SpendingIn, *, step: Step) -> tuple[int, SpendingLine]:
    """Record a planned payment if it is on purpose, or one that was made, whatever it was for.

    Returns the grant's version with the line. Raises 409 `spending-off-purpose` (planned), `spending-above-plan-line`
    (planned), `spending-above-balance`, `invoice-already-counted`, `plan-line-unknown`.
    """
    case = await open_case(session, step, states.PAID)
    if sent.plan_line is not None and await session.get(PlanLine, (case.grant.id, sent.plan_line)) is None:
        raise DomainError("plan-line-unknown", 409, params={"line": sent.plan_line})
    line = await add_line(session, case, step, purpose=sent.purpose, description=sent.description, amount=sent.amount)
    line.plan_line = sent.plan_line
    documents = sent.documents()
    if documents is None:
        await _record_planned(session, case, line, step)
    else:
        await _record_made(session, case, line, documents, step)
    return case.grant.version, line


async def add_line(
    session: AsyncSession, case: Case, step: Step, *, purpose: str, description: str, amount: Decimal
) -> SpendingLine:
    """A new line of the locked grant, planned until its documents are charged."""
    line = SpendingLine(
        id=uuid7(),
        grant_id=case.grant.id,
        line=await _next_line(session, case.grant.id),
        status=PLANNED,
        purpose=purpose,
        description=description,
        amount=amount,
        eligible=True,
        recorded_by=step.principal.account_id,
    )
    session.add(line)
    return line


async def make_planned_spending(
    session: AsyncSession, line_id: UUID, sent: SpendingDocuments, *, step: Step
) -> tuple[int, SpendingLine]:
    """The planned payment was made: its documents turn it into spending. Raises as `record_spending`."""
    case = await open_case(session, step, states.PAID)
    line = await session.get(SpendingLine, line_id)
    if line is None or line.grant_id != case.grant.id:
        raise not_found("spending-line")
    if line.status != PLANNED:
        raise invalid_transition(line.status, [PLANNED])
    await _record_made(session, case, line, sent, step)
    return case.grant.version, line


async def _record_planned(session: AsyncSession, case: Case, line: SpendingLine, step: Step) -> None:
    decision = decide_planned_spending(
        case.edition,
        earmarked=case.grant.purpose,
        purpose=line.purpose,
        amount=line.amount,
        spendable=case.grant.spendable,
    )
    decision = combine(require_passed(decision), require_passed(await _decide_plan(session, case, line)))
    context = EventContext.of(step.principal)
    await record(session, GrantSpendingRecorded, case.grant, context, decision, keep=False)


async def _record_made(
    session: AsyncSession, case: Case, line: SpendingLine, documents: SpendingDocuments, step: Step
) -> None:
    grant, edition = case.grant, case.edition
    decision = combine(await charge_line(session, case, line, documents, step), await _decide_plan(session, case, line))
    context = EventContext.of(step.principal)
    if line.eligible:
        grant.spent += line.amount
    else:
        grant.ineligible += line.amount
    await record(session, GrantSpendingRecorded, grant, context, decision, keep=False)
    await announce_claim(session, line, context, edition)
    if line.eligible:
        await post(session, Movement.SPENT, grant, line.amount, context)
    else:
        off_purpose = decide_eligible(edition, earmarked=grant.purpose, purpose=line.purpose)
        await open_finding(session, grant, line, off_purpose, context)


async def charge_line(
    session: AsyncSession, case: Case, line: SpendingLine, documents: SpendingDocuments, step: Step
) -> Decision:
    """Turn a line into a payment that was made, with its documents; the grant's sums and entries are the caller's.

    Raises 409 `document-claims-exceeded`, `spending-above-balance`, `invoice-already-counted`,
    `spending-year-reported`.
    """
    grant, edition = case.grant, case.edition
    spent_on = _spending_day(step, documents.spent_on, grant.paid_on)
    await _require_open_year(session, grant.id, spent_on)
    within_invoice = await _charge_invoice(session, edition, line, documents)
    line.spent_on = spent_on
    within = require_passed(decide_made_spending(edition, amount=line.amount, spendable=grant.spendable))
    on_purpose = decide_eligible(edition, earmarked=grant.purpose, purpose=line.purpose)
    line.status, line.eligible = MADE, on_purpose.passed
    line.voucher_no, line.invoice_key = documents.voucher_no, documents.invoice.key
    once = await _flush_counted_once(session, case)
    return combine(within, on_purpose, once, within_invoice)


async def _decide_plan(session: AsyncSession, case: Case, line: SpendingLine) -> Decision:
    """How the line fits the plan's line it names."""
    if line.plan_line is None:
        return decide_unassigned(case.edition)
    planned = await session.get_one(PlanLine, (case.grant.id, line.plan_line))
    other = select(func.coalesce(func.sum(SpendingLine.amount), ZERO)).where(
        SpendingLine.grant_id == line.grant_id, SpendingLine.plan_line == line.plan_line, SpendingLine.id != line.id
    )
    used = (await session.execute(other)).scalar_one()
    made = line.status == MADE
    return decide_plan_line(case.edition, line=planned.line, amount=line.amount, left=planned.amount - used, made=made)


async def _charge_invoice(
    session: AsyncSession, edition: Edition, line: SpendingLine, documents: SpendingDocuments
) -> Decision:
    """Together with what vouchers claim on the invoice the payment is within its amount, as far as known here now: what
    may cross it on the way is told in `shared.document_claims`. Raises 409 `document-claims-exceeded`."""
    stated, key = documents.invoice.amount, documents.invoice.key
    elsewhere = await claimed_elsewhere(session, known_claim, key)
    decision = require_passed(decide_claims(edition, amount=line.amount, stated=stated, elsewhere=elsewhere))
    line.invoice_amount = stated or elsewhere.document_amount or line.amount
    return decision


async def announce_claim(session: AsyncSession, line: SpendingLine, context: EventContext, edition: Edition) -> None:
    """A line is charged once, when it is made, and never taken back: the claim's only event."""
    assert line.invoice_key is not None, "a payment made has its invoice"
    assert line.invoice_amount is not None, "charged just before"
    claim = ClaimState(
        id=line.id,
        grant_id=line.grant_id,
        document_key=line.invoice_key,
        amount=line.amount,
        document_amount=line.invoice_amount,
    )
    rows, rules = [(line.id, 1, claim)], ("documents.counted_once",)
    await outbox.append_many(session, ClaimMade, rows, context=context, rules=rules, edition=edition.id)


async def _flush_counted_once(session: AsyncSession, case: Case) -> Decision:
    """Write the line; the unique key decides, also between two that come at the same moment."""
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_spending_line_invoice_key":
            raise
        raise refusal(decide_counted_once(case.edition, counted_before=True)) from error
    return decide_counted_once(case.edition, counted_before=False)


def _spending_day(step: Step, sent: date | None, paid_on: date | None) -> date:
    """The day the centre paid, between the grant's payment and today: a fact of the voucher, so anybody states it."""
    day = sent or step.principal.today
    if day > step.principal.today:
        params = {"sent": day, "today": step.principal.today}
        raise DomainError("effective-date-in-future", 422, params=params)
    if sent is not None and paid_on is not None and sent < paid_on:
        raise DomainError("spending-before-payment", 409, params={"sent": sent, "paid_on": paid_on})
    return day


async def _require_open_year(session: AsyncSession, grant_id: UUID, spent_on: date) -> None:
    """3.1-4: an accepted report stays true. Raises 409 `spending-year-reported`."""
    report = await accepted_since(session, grant_id, spent_on.year)
    if report is not None:
        params = {"spent_on": spent_on, "report": report.no, "year": report.year}
        raise DomainError("spending-year-reported", 409, params=params)


async def _next_line(session: AsyncSession, grant_id: UUID) -> int:
    """The grant is locked, so no other line can take the number."""
    last = await session.scalar(select(func.max(SpendingLine.line)).where(SpendingLine.grant_id == grant_id))
    return (last or 0) + 1
