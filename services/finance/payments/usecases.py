"""Paying a grant, taking money back, and closing the account (3.1-4)."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.commitments import GRANTS, Claim, pay_budget, return_budget
from services.finance.grants import states
from services.finance.grants.cases import (
    Step,
    centre_of,
    day_of,
    decide_step,
    open_case,
    papers_of,
    record,
    require_state,
)
from services.finance.grants.models import Grant
from services.finance.grants.schemas import MoneyDecision
from services.finance.journal.entries import Movement, post
from services.finance.payments.references import require_unpaid_with
from services.finance.payments.rules import decide_closed, decide_recovered, decide_returned, decide_standing
from services.finance.payments.schemas import MoneyBack, Payment
from services.finance.payments.standing import Standing, ask_standing
from services.finance.signed_commitments.ending import lapse_open
from services.finance.signed_commitments.models import SignedCommitment
from services.finance.signed_commitments.queries import promised
from shared.events.contracts.finance import GrantClosed, GrantDisbursed, GrantRecovered, GrantRefunded
from shared.events.outbox import EventContext
from shared.peers import PeerClient
from shared.policy.decision import combine
from shared.refusals import require_passed


async def standing_of_payee(session: AsyncSession, peers: PeerClient, *, step: Step) -> Standing:
    """How the centre of a payable grant stands, asked of the other services while nothing is locked.

    Raises 409 `invalid-transition` without asking, 503 `standing-unknown`.
    """
    centre_id = await centre_of(session, step.grant_id, step.principal)
    grant = (await session.scalars(select(Grant).where(Grant.id == step.grant_id))).one()
    await require_state(session, grant, step.editions.get(grant.edition), states.COUNTERSIGNED)
    return await ask_standing(peers, centre_id, correlation_id=step.principal.correlation_id)


async def disburse_grant(session: AsyncSession, sent: Payment, standing: Standing, *, step: Step) -> Grant:
    """Pay the approved amount, once. The order of checks and locks is told in `payments.standing`.

    Raises 409 `centre-not-in-good-standing`, `grant-centre-not-listed`, `payment-reference-used`, 403
    `four-eyes-required`.
    """
    case = await open_case(session, step, states.COUNTERSIGNED)
    grant, edition = case.grant, case.edition
    day = day_of(step, sent.paid_on, not_before=grant.countersigned_on)
    asked = require_passed(decide_standing(edition, evaluation=standing.evaluation, registry=standing.registry))
    papers = papers_of(edition, "disbursed", sent)
    decision = combine(asked, decide_step(case, step), papers.decision)
    if sent.reference is not None:
        await require_unpaid_with(session, sent.reference)
    assert grant.approved is not None, "a countersigned grant has an approved amount"
    grant.status, grant.paid, grant.paid_on = states.PAID, grant.approved, day
    grant.paid_by, grant.payment_reference = step.principal.account_id, sent.reference
    context = EventContext.of(step.principal, day)
    budget = await pay_budget(
        session,
        edition,
        programme=GRANTS,
        year=grant.fiscal_year,
        amount=grant.paid,
        case=Claim.before(grant),
        context=context,
    )
    await record(session, GrantDisbursed, grant, context, combine(decision, budget), papers=papers)
    await post(session, Movement.PAID, grant, grant.paid, context)
    return grant


async def refund_grant(session: AsyncSession, sent: MoneyBack, *, step: Step) -> Grant:
    """Record money that the centre gave back. Raises 409 `returned-above-outstanding`."""
    case = await open_case(session, step, states.PAID)
    grant = case.grant
    day = day_of(step, sent.received_on, not_before=grant.paid_on)
    papers = papers_of(case.edition, "refunded", sent)
    returned = decide_returned(case.edition, rule="grants.spending", amount=sent.amount, outstanding=grant.balance)
    decision = combine(require_passed(returned), papers.decision)
    grant.refunded += sent.amount
    context = EventContext.of(step.principal, day)
    await record(session, GrantRefunded, grant, context, decision, papers=papers)
    await _came_back(session, grant, sent.amount, context)
    await post(session, Movement.REFUNDED, grant, sent.amount, context)
    return grant


async def recover_grant(session: AsyncSession, sent: MoneyBack, *, step: Step) -> Grant:
    """Record money recovered after a delisting; what is promised to honoured contracts is not. Raises 409
    `returned-above-outstanding`, `recovered-above-unpromised`."""
    case = await open_case(session, step, states.IN_RECOVERY)
    grant = case.grant
    day = day_of(step, sent.received_on, not_before=grant.paid_on)
    outstanding = grant.recovery_due - grant.held_back
    papers = papers_of(case.edition, "recovered", sent)
    to_contracts = await promised(session, grant.id)
    returned = decide_recovered(case.edition, amount=sent.amount, outstanding=outstanding, promised=to_contracts)
    decision = combine(require_passed(returned), papers.decision)
    grant.recovered += sent.amount
    context = EventContext.of(step.principal, day)
    await record(session, GrantRecovered, grant, context, decision, papers=papers)
    payer = case.centre.operator_code
    await _came_back(session, grant, sent.amount, context)
    await post(session, Movement.RECOVERED, grant, sent.amount, context, counterparty=payer)
    return grant


async def _came_back(session: AsyncSession, grant: Grant, amount: Decimal, context: EventContext) -> None:
    """The budget line shows what came back of it."""
    await return_budget(
        session, programme=GRANTS, year=grant.fiscal_year, amount=amount, case=Claim.of(grant), context=context
    )


async def close_grant(session: AsyncSession, sent: MoneyDecision, *, step: Step) -> Grant:
    """Close a grant that is accounted for to the fen; what is open of signed commitments ends with it. Raises 409
    `grant-balance-not-zero`."""
    case = await open_case(session, step, states.PAID, states.IN_RECOVERY)
    grant = case.grant
    day = day_of(step, sent.decided_on, not_before=grant.paid_on)
    papers = papers_of(case.edition, "closed", sent)
    decision = combine(require_passed(decide_closed(case.edition, balance=grant.balance)), papers.decision)
    grant.status, grant.ended_on, grant.ended_by = states.CLOSED, day, step.principal.account_id
    context = EventContext.of(step.principal, day)
    await record(session, GrantClosed, grant, context, decision, papers=papers)
    mine = SignedCommitment.grant_id == grant.id
    await lapse_open(session, mine, reason_code="grant_closed", day=day, context=context)
    return grant
