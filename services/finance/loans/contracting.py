"""The bank's part: it accepts what was approved, and reports the contract as signed (3.2-3 to 3.2-5)."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.loans import rules, states
from services.finance.loans.cases import Case, Step, decide_another_person, open_case, require_seat, tell
from services.finance.loans.commitments import enter, release
from services.finance.loans.models import Loan
from services.finance.loans.refusals import require_past
from services.finance.loans.schemas import ApprovalIn, ContractIn
from shared.db import constraint_of
from shared.errors import DomainError, not_found
from shared.events.contracts.finance.loans import LoanBankAccepted, LoanContracted
from shared.events.outbox import EventContext
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.refusals import require_passed


async def accept(session: AsyncSession, sent: ApprovalIn, *, step: Step) -> Loan:
    """The borrower's bank accepts, the whole amount or less; what it leaves is free again under the cap. `decided_on`
    is the day it did so, if that is past.

    Raises 422 `effective-date-in-future`, 403 `four-eyes-required`, 404 for another bank's, 409
    `loan-amount-above-earlier`, `loan-not-in-centre`,
    `loan-centre-not-listed`.
    """
    open_from = (states.CHECKED, states.GUARANTOR_ACCEPTED)
    case = await open_case(session, step, sent.decided_on, *open_from, seated=True, dated=True)
    loan = case.loan
    assert loan.approved is not None, f"{loan.no} is approved with an amount"
    amount = sent.amount or loan.approved
    decision = _decide(case, step, amount, loan.approved)
    lowered = loan.committed - amount
    loan.approved = amount
    if lowered > 0:
        await release(session, loan, lowered)
    loan.status, loan.accepted_by, loan.accepted_on = states.BANK_ACCEPTED, step.principal.account_id, case.day
    loan.bank_decision = decision.to_json()
    context = EventContext.of(step.principal, case.day)
    await tell(session, LoanBankAccepted, loan, context, decision.rules)
    await enter(session, loan, -max(lowered, ZERO), context)
    return loan


async def sign(session: AsyncSession, sent: ContractIn, *, step: Step) -> Loan:
    """The contract, once; it stays whatever becomes of the borrower's centre. `contracted_on` is the day it was signed,
    which may be before the bank reports it.

    Raises as `accept`, and 409 `loan-signed-too-early`, `loan-contract-days`, `loan-contract-used`.
    """
    case = await open_case(session, step, None, states.BANK_ACCEPTED, seated=True)
    loan = case.loan
    assert loan.approved is not None, f"{loan.no} is approved with an amount"
    assert loan.accepted_on is not None, f"{loan.no} was accepted"
    assert loan.checked_on is not None, f"{loan.no} was let pass"
    signed_on = sent.signed_on or case.day
    require_past(signed_on, step.principal)
    signing = rules.decide_signing(case.edition, loan.product, checked_on=loan.checked_on, signed_on=signed_on)
    days = rules.decide_contract(
        case.edition,
        loan.product,
        tenor_months=loan.tenor_months,
        accepted_on=loan.accepted_on,
        start_on=sent.start_on,
        maturity_on=sent.maturity_on,
    )
    decision = combine(_decide(case, step, sent.amount, loan.approved), require_passed(combine(signing, days)))
    lowered = loan.committed - sent.amount
    if lowered > 0:
        await release(session, loan, lowered)
    loan.contracted, loan.rate, loan.contract_no = sent.amount, sent.rate, sent.contract_no
    loan.start_on, loan.maturity_on, loan.schedule_kind = sent.start_on, sent.maturity_on, sent.schedule_kind
    loan.status, loan.contracted_by, loan.contracted_on = states.CONTRACTED, step.principal.account_id, signed_on
    loan.contract_decision = decision.to_json()
    await _flush(session, loan)
    context = EventContext.of(step.principal, signed_on)
    await tell(session, LoanContracted, loan, context, decision.rules)
    await enter(session, loan, -max(lowered, ZERO), context)
    return loan


def _decide(case: Case, step: Step, amount: Decimal, at_most: Decimal) -> Decision:
    """The bank's own loan, another person, a listed centre, no more than before. Raises as `accept`."""
    loan = case.loan
    if step.principal.bank != loan.bank:
        raise not_found("loan")
    found = [decide_another_person(case, step, "checked")]
    if (seat := require_seat(case)) is not None:
        found.append(seat)
    found.append(rules.decide_lowered(case.edition, loan.product, amount=amount, at_most=at_most))
    return require_passed(combine(*found))


async def _flush(session: AsyncSession, loan: Loan) -> None:
    params = {"contract_no": loan.contract_no, "bank": loan.bank}
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_loan_contract":
            raise
        raise DomainError("loan-contract-used", 409, params=params, clauses=["3.2-3"]) from error
