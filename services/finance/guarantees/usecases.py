"""The guarantor promises its share of a loan: drawn up by one person, put in force by another (3.2-3)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.finance.guarantees import states
from services.finance.guarantees.hands import require_approver
from services.finance.guarantees.liability import commit_liability, release_liability
from services.finance.guarantees.models import Guarantee
from services.finance.guarantees.queries import find
from services.finance.guarantees.rules import (
    decide_another_person,
    decide_centre_listed,
    decide_counter_guarantee,
    decide_counter_kinds,
    decide_share,
    decide_write_off,
    guarantee_fee,
    guaranteed_share,
)
from services.finance.guarantees.schemas import (
    GuaranteeCancelIn,
    GuaranteeFeeIn,
    GuaranteeIn,
    GuaranteeIssueIn,
    WriteOffIn,
)
from services.finance.guarantees.telling import enter, tell
from services.finance.journal.entries import Movement
from services.finance.loans import states as loan_states
from services.finance.loans.facts import Seat, seat_of
from services.finance.loans.models import Loan
from services.finance.servicing import access
from services.finance.servicing.access import day_of_fact
from shared.auth.principal import Principal
from shared.db import constraint_of
from shared.errors import DomainError, invalid_transition
from shared.events.contracts.finance.guarantees import (
    GuaranteeCancelled,
    GuaranteeDrafted,
    GuaranteeFeePaid,
    GuaranteeIssued,
    GuaranteeWriteOffProposed,
    GuaranteeWrittenOff,
)
from shared.events.outbox import EventContext
from shared.http.etag import honour_match
from shared.ids import next_case_no, uuid7
from shared.livemode import series
from shared.money import ZERO
from shared.policy.decision import Decision, combine
from shared.policy.edition import Edition, Editions
from shared.refusals import require_passed


@dataclass(frozen=True, slots=True)
class Step:
    """Who takes a step, on which guarantee or claim, knowing which version, under which editions."""

    subject_id: UUID
    principal: Principal
    editions: Editions
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A locked guarantee with its locked loan, under the loan's edition."""

    guarantee: Guarantee
    loan: Loan
    edition: Edition


async def draft(session: AsyncSession, sent: GuaranteeIn, *, principal: Principal, editions: Editions) -> Guarantee:
    """An officer of the guarantor draws it up; the limits hold it from here on.

    Raises 404, 409 `invalid-transition`, `guarantee-exists`, `guarantee-product-not-guaranteed`,
    `guarantee-centre-delisted`, `guarantee-counter-guarantee-missing`, `guarantee-counter-guarantee-unknown`,
    `guarantee-borrower-limit-exceeded`, `guarantee-related-limit-exceeded`, `guarantee-total-limit-exceeded`.
    """
    step = access.Step(sent.loan_id, principal, editions)
    seat = await _seat(session, sent.loan_id, principal)
    case = await access.open_loan(session, step, loan_states.CONTRACTED)
    loan, edition = case.loan, case.edition
    if case.guarantee is not None:
        raise DomainError("guarantee-exists", 409, params={"no": case.guarantee.no}, clauses=["3.2-3"])
    terms = edition.guarantees.products.get(loan.product)
    if terms is None:
        raise DomainError("guarantee-product-not-guaranteed", 409, params={"product": loan.product}, clauses=["3.2-3"])
    assert loan.contracted is not None, loan.no
    guaranteed = guaranteed_share(loan.contracted, terms.share_percent.value)
    kinds = [each.kind for each in sent.counter_guarantees]
    decision = require_passed(
        combine(
            _centre_listed(edition, loan, seat),
            decide_share(edition, loan.product, loan.contracted, guaranteed),
            decide_counter_guarantee(edition, loan.product, amount=loan.contracted, given=len(kinds)),
            decide_counter_kinds(edition, kinds),
        )
    )
    guarantee = _drawn_up(loan, edition, sent, guaranteed, principal)
    within = await commit_liability(session, edition, guarantee, guaranteed, principal.today)
    guarantee.no = await next_case_no(session, series("GT", livemode=guarantee.livemode), principal.today.year)
    session.add(guarantee)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint_of(error) != "uq_guarantee_loan_id":
            raise
        raise DomainError("guarantee-exists", 409, params={"no": "-"}, clauses=["3.2-3"]) from error
    await tell(session, GuaranteeDrafted, guarantee, EventContext.of(principal), combine(decision, within))
    return guarantee


def _drawn_up(loan: Loan, edition: Edition, sent: GuaranteeIn, guaranteed: Decimal, principal: Principal) -> Guarantee:
    """By the edition's terms; it has no number yet."""
    assert loan.contracted is not None, loan.no
    assert loan.start_on is not None, loan.no
    assert loan.maturity_on is not None, loan.no
    terms = edition.guarantees.products[loan.product]
    return Guarantee(
        id=uuid7(),
        version=0,
        livemode=loan.livemode,
        no="",
        loan_id=loan.id,
        product=loan.product,
        edition=loan.edition,
        borrower=loan.borrower,
        bank=loan.bank,
        status=states.DRAFTED,
        amount=loan.contracted,
        share_percent=terms.share_percent.value,
        guaranteed=guaranteed,
        liability=ZERO,
        budget_percent=terms.budget_percent.value,
        counter_guarantees=[each.model_dump(mode="json") for each in sent.counter_guarantees],
        fee_percent=terms.fee_percent_a_year.value,
        fee_from=loan.start_on,
        fee_to=loan.maturity_on,
        fee=guarantee_fee(
            guaranteed,
            terms.fee_percent_a_year.value,
            loan.start_on,
            loan.maturity_on,
            edition.guarantees.fee_days_a_year.value,
        ),
        drafted_by=principal.account_id,
        drafted_on=principal.today,
        paid=ZERO,
        budget_paid=ZERO,
        recovered=ZERO,
        budget_returned=ZERO,
        written_off=ZERO,
        decisions=[],
    )


async def issue(session: AsyncSession, sent: GuaranteeIssueIn, *, step: Step) -> Guarantee:
    """A second person at the guarantor puts it in force. Raises 403 `four-eyes-required`, 409
    `guarantee-centre-delisted`, `invalid-transition` for a loan that is not just contracted."""
    found = await find(session, step.subject_id, step.principal)
    seat = await _seat(session, found.loan_id, step.principal)
    case = await open_guarantee(session, step, states.DRAFTED)
    if case.loan.status != loan_states.CONTRACTED:
        raise invalid_transition(case.loan.status, [loan_states.CONTRACTED])
    guarantee, edition = case.guarantee, case.edition
    decision = combine(
        _another_person(edition, step, drafted=guarantee.drafted_by),
        require_passed(_centre_listed(edition, case.loan, seat)),
    )
    guarantee.status, guarantee.contract_no = states.ISSUED, sent.contract_no
    guarantee.issued_by, guarantee.issued_on = step.principal.account_id, step.principal.today
    context = EventContext.of(step.principal)
    await tell(session, GuaranteeIssued, guarantee, context, decision)
    await enter(session, guarantee, Movement.GUARANTEE_ISSUED, guarantee.liability, context)
    return guarantee


async def cancel(session: AsyncSession, sent: GuaranteeCancelIn, *, step: Step) -> Guarantee:
    """It is not given after all; one in force is cancelled by a third person.

    Raises 403 `four-eyes-required`, 409 `guarantee-loan-drawn` once something was drawn under it.
    """
    case = await open_guarantee(session, step, *states.HELD)
    guarantee, decision = case.guarantee, None
    held, issued = guarantee.liability, guarantee.status == states.ISSUED
    if issued:
        handled_by = {"drafted": guarantee.drafted_by, "issued": guarantee.issued_by}
        decision = _another_person(case.edition, step, **handled_by)
    if issued and case.loan.disbursed:
        raise DomainError("guarantee-loan-drawn", 409, params={"no": guarantee.no}, clauses=["3.2-3"])
    await release_liability(session, guarantee, held)
    context = EventContext.of(step.principal)
    guarantee.status, guarantee.reason_code = states.CANCELLED, sent.reason_code
    guarantee.cancelled_by, guarantee.cancelled_on = context.actor, context.effective_on
    await tell(session, GuaranteeCancelled, guarantee, context, decision)
    if issued:
        await enter(session, guarantee, Movement.GUARANTEE_REDUCED, held, context)
    return guarantee


async def record_fee(session: AsyncSession, sent: GuaranteeFeeIn, *, step: Step) -> Guarantee:
    """The borrower has paid the fee, whole and once. Raises 409 `guarantee-fee-paid`, `guarantee-no-fee`."""
    case = await open_guarantee(session, step, states.ISSUED, states.CALLED, states.RELEASED)
    guarantee = case.guarantee
    if not guarantee.fee:
        raise DomainError("guarantee-no-fee", 409, params={"no": guarantee.no}, clauses=["3.2-3"])
    if guarantee.fee_paid_on is not None:
        raise DomainError("guarantee-fee-paid", 409, params={"no": guarantee.no}, clauses=["3.2-3"])
    day = day_of_fact(step.principal, sent.paid_on)
    guarantee.fee_paid_on, guarantee.fee_reference = day, sent.reference
    context = EventContext.of(step.principal, day)
    await tell(session, GuaranteeFeePaid, guarantee, context)
    await enter(session, guarantee, Movement.GUARANTEE_FEE_PAID, guarantee.fee, context)
    return guarantee


async def propose_write_off(session: AsyncSession, sent: WriteOffIn, *, step: Step) -> Guarantee:
    """One person proposes; the last proposal counts. Raises 409 `guarantee-nothing-to-write-off`."""
    case = await open_guarantee(session, step, states.CALLED)
    guarantee = case.guarantee
    decision = require_passed(decide_write_off(case.edition, receivable=guarantee.receivable))
    guarantee.write_off_reason, guarantee.write_off_document_no = sent.reason, sent.document_no
    guarantee.write_off_proposed_by = step.principal.account_id
    guarantee.write_off_proposed_on = step.principal.today
    await tell(session, GuaranteeWriteOffProposed, guarantee, EventContext.of(step.principal), decision)
    return guarantee


async def approve_write_off(session: AsyncSession, *, step: Step) -> Guarantee:
    """A second person writes off what was not recovered, an approver of the loan's department where the public fund
    bore it; the borrower still owes it, and it holds its cap.

    Raises 403, 409 `guarantee-write-off-not-proposed`, `guarantee-nothing-to-write-off`, 403 `four-eyes-required`.
    """
    case = await open_guarantee(session, step, states.CALLED)
    guarantee, edition = case.guarantee, case.edition
    require_approver(step.principal, edition, case.loan, public=guarantee.budget_paid > 0)
    if guarantee.write_off_proposed_by is None:
        raise DomainError("guarantee-write-off-not-proposed", 409, params={"no": guarantee.no}, clauses=["3.2-3"])
    decision = combine(
        require_passed(decide_write_off(edition, receivable=guarantee.receivable)),
        _another_person(edition, step, proposed=guarantee.write_off_proposed_by),
    )
    amount = guarantee.receivable
    guarantee.status, guarantee.written_off = states.WRITTEN_OFF, amount
    guarantee.write_off_approved_by = step.principal.account_id
    guarantee.write_off_approved_on = step.principal.today
    context = EventContext.of(step.principal)
    await tell(session, GuaranteeWrittenOff, guarantee, context, decision)
    await enter(session, guarantee, Movement.GUARANTEE_WRITTEN_OFF, amount, context)
    return guarantee


async def open_guarantee(session: AsyncSession, step: Step, *from_states: str) -> Case:
    """Lock the loan, then its guarantee. Raises 404, 412, 409 `invalid-transition`."""
    found = await find(session, step.subject_id, step.principal)
    case = await access.open_loan(session, access.Step(found.loan_id, step.principal, step.editions))
    query = select(Guarantee).where(Guarantee.id == step.subject_id).with_for_update()
    guarantee = (await session.scalars(query, execution_options={"populate_existing": True})).one()
    honour_match(step.if_match, guarantee.version)
    if guarantee.status not in from_states:
        raise invalid_transition(guarantee.status, from_states)
    return Case(guarantee, case.loan, case.edition)


async def _seat(session: AsyncSession, loan_id: UUID, principal: Principal) -> Seat | None:
    """Where the borrower sits today; the centre is locked, before the loan. Raises 404."""
    return await seat_of(session, await access.find_loan(session, loan_id, principal), principal.today, lock=True)


def _centre_listed(edition: Edition, loan: Loan, seat: Seat | None) -> Decision:
    """By the centre where the borrower sits now, by the loan's mark where it sits in none, and by neither for a loan
    that needs no centre."""
    delisted = loan.delisted_on is not None if seat is None else not seat.listed
    needed = loan.product in edition.lending.in_centre_products.value
    return decide_centre_listed(edition, delisted=needed and delisted)


def _another_person(edition: Edition, step: Step, **handled_by: str | None) -> Decision:
    """Raises 403 `four-eyes-required`."""
    decision = decide_another_person(edition, actor=step.principal.account_id, handled_by=handled_by)
    return require_passed(decision, 403)
