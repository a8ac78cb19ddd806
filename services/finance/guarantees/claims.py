"""A bank calls the guarantor (代偿): filed, accepted, approved by another person, paid (3.2-3).

Where the guarantee fund is public money, the guarantor checks the claim, the loan's department approves it and the
treasury pays it: it takes budget of the programme `guarantee_compensation` from the approval on.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.appropriations.commitments import (
    GUARANTEE_COMPENSATION,
    Claim as BudgetClaim,
    commit_budget,
    pay_budget,
)
from services.finance.grants.schemas import PapersIn
from services.finance.guarantees import states
from services.finance.guarantees.ending import end_claim
from services.finance.guarantees.hands import require_approver, require_payer, require_refuser
from services.finance.guarantees.liability import release_liability
from services.finance.guarantees.models import Guarantee, GuaranteeClaim
from services.finance.guarantees.queries import find_claim
from services.finance.guarantees.rules import (
    decide_another_person,
    decide_claim_amount,
    decide_claim_day,
    guaranteed_share,
)
from services.finance.guarantees.schemas import ClaimPaymentIn, ClaimRefusalIn, GuaranteeClaimIn
from services.finance.guarantees.telling import enter, tell, tell_claim
from services.finance.guarantees.usecases import Step, open_guarantee
from services.finance.journal.entries import Movement
from services.finance.loans import states as loan_states
from services.finance.loans.models import Loan
from services.finance.papers import require_papers
from services.finance.payments.references import require_unpaid_with
from services.finance.servicing import access, states as servicing_states
from services.finance.servicing.access import day_of_fact
from services.finance.servicing.scheduling import arrears_of
from services.finance.servicing.telling import tell as tell_loan
from shared.db import constraint_of
from shared.errors import DomainError, invalid_transition
from shared.events.contracts.finance.guarantees import (
    GuaranteeCalled,
    GuaranteeClaimAccepted,
    GuaranteeClaimApproved,
    GuaranteeClaimFiled,
    GuaranteeClaimPaid,
)
from shared.events.contracts.finance.loan_servicing import (
    LoanClaimed,
    LoanGuarantorPaid,
)
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.livemode import series
from shared.money import share_of
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition
from shared.refusals import require_passed


@dataclass(frozen=True, slots=True)
class Case:
    """A locked claim with its locked guarantee and loan."""

    claim: GuaranteeClaim
    guarantee: Guarantee
    loan: Loan
    edition: Edition


async def file(session: AsyncSession, sent: GuaranteeClaimIn, *, step: Step) -> GuaranteeClaim:
    """The bank claims the guarantor's share of the principal. The same report sent again answers with its claim.

    Raises 404, 409 `invalid-transition`, `guarantee-claim-exists`, `guarantee-claim-too-early`,
    `guarantee-claim-above-share`, `loan-reference-used`.
    """
    case = await open_guarantee(session, step, states.ISSUED, states.CALLED)
    guarantee, loan, edition = case.guarantee, case.loan, case.edition
    known = await _known(session, sent, guarantee)
    if known is not None:
        return known
    if loan.status not in servicing_states.CHANGEABLE or guarantee.status != states.ISSUED:
        raise invalid_transition(loan.status, servicing_states.CHANGEABLE)
    today = step.principal.today
    behind = await arrears_of(session, loan.id, today)
    amount = sent.amount or guaranteed_share(loan.outstanding, guarantee.share_percent)
    decision = require_passed(
        combine(
            decide_claim_day(edition, days=behind.days, as_of=today),
            decide_claim_amount(edition, amount=amount, outstanding=loan.outstanding, percent=guarantee.share_percent),
        )
    )
    claim = GuaranteeClaim(
        id=uuid7(),
        version=0,
        livemode=guarantee.livemode,
        no=await next_case_no(session, series("GC", livemode=guarantee.livemode), today.year),
        guarantee_id=guarantee.id,
        loan_id=loan.id,
        edition=guarantee.edition,
        bank=guarantee.bank,
        bank_reference=sent.bank_reference,
        status=states.FILED,
        as_of=today,
        days_in_arrears=behind.days,
        outstanding=loan.outstanding,
        claimed=amount,
        amount=amount,
        budget_amount=share_of(amount, guarantee.budget_percent),
        reason=sent.reason,
        filed_by=step.principal.account_id,
        filed_on=today,
        decisions=[],
    )
    session.add(claim)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_guarantee_claim_bank_reference":
            raise
        raise _used(sent.bank_reference) from error
    context = EventContext.of(step.principal)
    await tell_claim(session, GuaranteeClaimFiled, claim, context, decision)
    loan.status = loan_states.IN_CLAIM
    await tell_loan(session, LoanClaimed, loan, context, decision)
    return claim


async def accept(session: AsyncSession, *, step: Step) -> GuaranteeClaim:
    """An officer of the guarantor has checked it; it falls with what the borrower has paid meanwhile. Raises 403
    `four-eyes-required`, 409 `guarantee-claim-above-share` where no share is left."""
    case = await open_claim(session, step, states.FILED)
    claim = case.claim
    four_eyes = _another_person(case, step, filed=claim.filed_by)
    decision = combine(_as_owed(case), four_eyes)
    claim.status, claim.accepted_by, claim.accepted_on = (
        states.ACCEPTED,
        step.principal.account_id,
        step.principal.today,
    )
    await tell_claim(session, GuaranteeClaimAccepted, claim, EventContext.of(step.principal), decision)
    return claim


async def approve(session: AsyncSession, sent: PapersIn, *, step: Step) -> GuaranteeClaim:
    """A second person at the guarantor approves; where the public fund pays an approver of the loan's department does,
    and it is taken from the budget. It falls with what the borrower has paid meanwhile.

    Raises as `accept`, and 409 `appropriation-missing`, `appropriation-exhausted`, for public money
    as `require_papers`.
    """
    case = await open_claim(session, step, states.ACCEPTED)
    claim = case.claim
    require_approver(step.principal, case.edition, case.loan, public=claim.public)
    four_eyes = _another_person(case, step, filed=claim.filed_by, accepted=claim.accepted_by)
    decision = combine(_as_owed(case), four_eyes)
    if claim.public:
        papers = require_papers(case.edition, "guarantee_claim.approved", sent, clause="3.2-3")
        decision = combine(decision, papers)
    context = EventContext.of(step.principal)
    claim.status, claim.approved_by, claim.approved_on = (
        states.APPROVED,
        step.principal.account_id,
        context.effective_on,
    )
    if claim.budgeted:
        budget = await commit_budget(
            session,
            case.edition,
            programme=GUARANTEE_COMPENSATION,
            year=context.effective_on.year,
            amount=claim.budget_amount,
            case=BudgetClaim.before(claim),
            context=context,
        )
        decision = combine(decision, budget)
    await tell_claim(session, GuaranteeClaimApproved, claim, context, decision)
    return claim


async def pay(session: AsyncSession, sent: ClaimPaymentIn, *, step: Step) -> GuaranteeClaim:
    """The guarantor has paid the bank, or the treasury out of the public fund: the guarantor is liable for nothing
    more, and recovers from the borrower.

    Raises 403, 409 `invalid-transition`, `guarantee-claim-above-share`, `payment-reference-used`, 403
    `four-eyes-required`.
    """
    case = await open_claim(session, step, states.APPROVED)
    claim, guarantee, loan = case.claim, case.guarantee, case.loan
    assert claim.approved_on is not None, claim.no
    require_payer(step.principal, public=claim.public)
    day = day_of_fact(step.principal, sent.paid_on)
    if day < claim.approved_on:
        raise DomainError("step-before-earlier-step", 409, params={"sent": day, "not_before": claim.approved_on})
    handled_by = {"filed": claim.filed_by, "accepted": claim.accepted_by, "approved": claim.approved_by}
    four_eyes = _another_person(case, step, **handled_by)
    decision = combine(_still_owed(case), four_eyes)
    if claim.budgeted:
        await require_unpaid_with(session, sent.reference)
    context = EventContext.of(step.principal, day)
    released = guarantee.liability
    if released:
        await release_liability(session, guarantee, released)
    if claim.budgeted:
        budget = await pay_budget(
            session,
            case.edition,
            programme=GUARANTEE_COMPENSATION,
            year=claim.approved_on.year,
            amount=claim.budget_amount,
            case=BudgetClaim.before(claim),
            context=context,
        )
        decision = combine(decision, budget)
    guarantee.status = states.CALLED
    guarantee.paid, guarantee.budget_paid = claim.amount, claim.budget_amount
    await tell(session, GuaranteeCalled, guarantee, context, decision)
    await enter(session, guarantee, Movement.GUARANTEE_REDUCED, released, context)
    claim.journal_entry_id = await enter(session, guarantee, Movement.GUARANTEE_CLAIM_PAID, claim.amount, context)
    claim.status, claim.paid_by, claim.paid_on = states.PAID, step.principal.account_id, day
    claim.payment_reference = sent.reference
    await tell_claim(session, GuaranteeClaimPaid, claim, context, decision)
    loan.status = loan_states.IN_RECOVERY
    await tell_loan(session, LoanGuarantorPaid, loan, context, decision)
    return claim


async def refuse(session: AsyncSession, sent: ClaimRefusalIn, *, step: Step) -> GuaranteeClaim:
    """It is not paid; a budget that was held is free again. What a department approved only it takes back. Raises 403
    `four-eyes-required`."""
    case = await open_claim(session, step, *states.CLAIM_OPEN)
    claim, principal = case.claim, step.principal
    require_refuser(principal, case.edition, case.loan, claim)
    decision = _another_person(case, step, filed=claim.filed_by)
    ended = {"status": states.REFUSED, "reason": sent.reason_code}
    await end_claim(session, claim, case.loan, principal, **ended, decision=decision)
    return claim


async def withdraw(session: AsyncSession, *, step: Step) -> GuaranteeClaim:
    """The bank takes it back, before it is paid."""
    case = await open_claim(session, step, *states.CLAIM_OPEN)
    await end_claim(session, case.claim, case.loan, step.principal, status=states.WITHDRAWN)
    return case.claim


async def open_claim(session: AsyncSession, step: Step, *from_states: str) -> Case:
    """Lock loan, guarantee and claim, in this order. Raises 404, 412, 409 `invalid-transition`."""
    found = await find_claim(session, step.subject_id, step.principal)
    opened = await access.open_loan(session, access.Step(found.loan_id, step.principal, step.editions))
    query = select(GuaranteeClaim).where(GuaranteeClaim.id == step.subject_id).with_for_update()
    claim = (await session.scalars(query, execution_options={"populate_existing": True})).one()
    honour_match(step.if_match, claim.version)
    if claim.status not in from_states:
        raise invalid_transition(claim.status, from_states)
    assert opened.guarantee is not None, claim.no
    return Case(claim, opened.guarantee, opened.loan, opened.edition)


async def _known(session: AsyncSession, sent: GuaranteeClaimIn, guarantee: Guarantee) -> GuaranteeClaim | None:
    """The claim that the bank filed under this number. Raises 409 `loan-reference-used`, `guarantee-claim-exists`."""
    query = select(GuaranteeClaim).where(
        GuaranteeClaim.bank == guarantee.bank,
        GuaranteeClaim.bank_reference == sent.bank_reference,
        GuaranteeClaim.livemode.is_(guarantee.livemode),
    )
    known = await session.scalar(query)
    if known is not None:
        if known.guarantee_id != guarantee.id or (sent.amount is not None and sent.amount != known.claimed):
            raise _used(sent.bank_reference)
        return known
    live = await session.scalar(
        select(GuaranteeClaim.no).where(
            GuaranteeClaim.guarantee_id == guarantee.id,
            GuaranteeClaim.status.not_in((states.REFUSED, states.WITHDRAWN)),
        )
    )
    if live is not None:
        raise DomainError("guarantee-claim-exists", 409, params={"no": live}, clauses=["3.2-3"])
    return None


def _as_owed(case: Case) -> Decision:
    """The borrower may have paid since: the claim falls to the share of what is still owed. Raises 409
    `guarantee-claim-above-share` where no fen of a share is left."""
    claim, guarantee, before = case.claim, case.guarantee, case.claim.amount
    owed = guaranteed_share(case.loan.outstanding, guarantee.share_percent)
    if 0 < owed < before:
        claim.amount, claim.budget_amount = owed, share_of(owed, guarantee.budget_percent)
    return _still_owed(case, before)


def _still_owed(case: Case, before: Decimal | None = None) -> Decision:
    """Raises 409 `guarantee-claim-above-share`."""
    return require_passed(
        decide_claim_amount(
            case.edition,
            amount=case.claim.amount,
            outstanding=case.loan.outstanding,
            percent=case.guarantee.share_percent,
            before=before,
        )
    )


def _another_person(case: Case, step: Step, **handled_by: str | None) -> Decision:
    """Raises 403 `four-eyes-required`."""
    decision = decide_another_person(case.edition, actor=step.principal.account_id, handled_by=handled_by)
    return require_passed(decision, 403)


def _used(reference: str) -> DomainError:
    return DomainError("loan-reference-used", 409, params={"bank_reference": reference})
