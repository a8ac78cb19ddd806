"""What waits for banks, the guarantor and borrowers about loans after their contract."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, and_, null, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from services.finance.guarantees import states
from services.finance.guarantees.above_limits import guarantees_above_limits
from services.finance.guarantees.hands import APPROVERS
from services.finance.guarantees.models import Guarantee, GuaranteeClaim, GuaranteeRecovery
from services.finance.loans import states as loan_states
from services.finance.loans.above_cap import debts_above_cap
from services.finance.loans.facts import seated_in_listed
from services.finance.loans.models import Loan
from services.finance.servicing.access import TREASURY, visible
from services.finance.servicing.models import LoanStanding
from services.finance.servicing.queries import overdue
from shared.auth import roles as r
from shared.livemode import of_mode
from shared.tasks import Asked, Statement, TaskSource, rows

Hand = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]

_GUARANTEE: Final = "/v1/loans/guarantees/{id}"
_CLAIM: Final = "/v1/loans/guarantees/claims/{id}"
_APPROVERS: Final = tuple(APPROVERS.values())


def _by_others(asked: Asked, *hands: Hand) -> ColumnElement[bool]:
    """3.2-3: none of these steps was the caller's."""
    return and_(true(), *(hand.is_distinct_from(asked.principal.account_id) for hand in hands))


def _to_draft(asked: Asked) -> Statement:
    """Loans that the guarantor has to back before they are paid out; one whose centre left the list once its borrower
    sits in a listed one again."""
    free = [
        and_(Loan.edition == edition.id, Loan.product.not_in(edition.lending.in_centre_products.value))
        for edition in asked.editions
    ]
    backable = or_(Loan.delisted_on.is_(None), *free, seated_in_listed(asked.today))
    given = select(Guarantee.loan_id).where(Guarantee.status != states.CANCELLED)
    return select(Loan.id, Loan.id, Loan.no, Loan.contracted_on, null()).where(
        of_mode(Loan, asked.principal),
        Loan.guarantor,
        Loan.status == loan_states.CONTRACTED,
        backable,
        Loan.id.not_in(given),
    )


def _to_issue(asked: Asked) -> Statement:
    return select(Guarantee.id, Guarantee.id, Guarantee.no, Guarantee.drafted_on, null()).where(
        of_mode(Guarantee, asked.principal),
        Guarantee.status == states.DRAFTED,
        _by_others(asked, Guarantee.drafted_by),
    )


def _claims(asked: Asked, status: str, *more: ColumnElement[bool]) -> Statement:
    claim = GuaranteeClaim
    return (
        select(claim.id, claim.id, claim.no, claim.filed_on, null())
        .join(Loan, Loan.id == claim.loan_id)
        .where(of_mode(claim, asked.principal), claim.status == status, *more)
    )


def _departments(asked: Asked) -> ColumnElement[bool]:
    """Loans of the departments that the caller approves for."""
    return Loan.department.in_([name for name, approver in APPROVERS.items() if asked.principal.has(approver)])


def _to_accept(asked: Asked) -> Statement:
    return _claims(asked, states.FILED, _by_others(asked, GuaranteeClaim.filed_by))


def _to_approve(asked: Asked) -> Statement:
    """What the company pays."""
    return _claims(asked, states.ACCEPTED, GuaranteeClaim.budget_amount == 0, _not_checked(asked))


def _public_to_approve(asked: Asked) -> Statement:
    """What the public fund pays."""
    return _claims(asked, states.ACCEPTED, GuaranteeClaim.budget_amount > 0, _departments(asked), _not_checked(asked))


def _not_checked(asked: Asked) -> ColumnElement[bool]:
    return _by_others(asked, GuaranteeClaim.filed_by, GuaranteeClaim.accepted_by)


def _to_pay(asked: Asked) -> Statement:
    return _claims(asked, states.APPROVED, GuaranteeClaim.budget_amount == 0, _not_approved(asked))


def _public_to_pay(asked: Asked) -> Statement:
    return _claims(asked, states.APPROVED, GuaranteeClaim.budget_amount > 0, _not_approved(asked))


def _not_approved(asked: Asked) -> ColumnElement[bool]:
    return and_(_not_checked(asked), _by_others(asked, GuaranteeClaim.approved_by))


def _write_offs(asked: Asked, *more: ColumnElement[bool]) -> Statement:
    return (
        select(Guarantee.id, Guarantee.id, Guarantee.no, Guarantee.write_off_proposed_on, null())
        .join(Loan, Loan.id == Guarantee.loan_id)
        .where(
            of_mode(Guarantee, asked.principal),
            Guarantee.status == states.CALLED,
            Guarantee.write_off_proposed_by.is_not(None),
            _by_others(asked, Guarantee.write_off_proposed_by),
            *more,
        )
    )


def _to_write_off(asked: Asked) -> Statement:
    return _write_offs(asked, Guarantee.budget_paid == 0)


def _public_to_write_off(asked: Asked) -> Statement:
    return _write_offs(asked, Guarantee.budget_paid > 0, _departments(asked))


def _to_confirm(asked: Asked) -> Statement:
    """Recovered money of the public fund that the treasury has not confirmed."""
    recovery = GuaranteeRecovery
    return (
        select(recovery.id, Guarantee.id, Guarantee.no, recovery.received_on, null())
        .join(Guarantee, Guarantee.id == recovery.guarantee_id)
        .where(
            of_mode(Guarantee, asked.principal),
            recovery.budget_share > 0,
            recovery.returned_on.is_(None),
            recovery.reversed_on.is_(None),
            _by_others(asked, recovery.recorded_by),
        )
    )


def _to_reverse(asked: Asked) -> Statement:
    """Recoveries that somebody else found to be wrong: the guarantor's, or the treasury's once it has its part."""
    recovery = GuaranteeRecovery
    of_treasury, own = recovery.returned_on.is_not(None), asked.principal.has(r.GUARANTOR)
    return (
        select(recovery.id, Guarantee.id, Guarantee.no, recovery.reversal_proposed_on, null())
        .join(Guarantee, Guarantee.id == recovery.guarantee_id)
        .where(
            of_mode(Guarantee, asked.principal),
            recovery.reversal_proposed_by.is_not(None),
            recovery.reversed_on.is_(None),
            ~of_treasury if own else of_treasury,
            _by_others(asked, recovery.recorded_by, recovery.reversal_proposed_by, recovery.returned_by),
        )
    )


def _overdue(asked: Asked) -> Statement:
    """Due on the day of the oldest instalment that was not met."""
    return (
        select(Loan.id, Loan.id, Loan.no, LoanStanding.open_since, LoanStanding.open_since)
        .join(LoanStanding, LoanStanding.loan_id == Loan.id)
        .where(visible(asked.principal), overdue(asked.today))
    )


SOURCES: Final = (
    TaskSource.of(
        "guarantee_to_draft", (r.GUARANTOR,), "/v1/loans/{id}", rows(_to_draft), message="task-guarantee-to-draft"
    ),
    TaskSource.of("guarantee_to_issue", (r.GUARANTOR,), _GUARANTEE, rows(_to_issue), message="task-guarantee-to-issue"),
    TaskSource.of("claim_to_accept", (r.GUARANTOR,), _CLAIM, rows(_to_accept), message="task-claim-to-accept"),
    TaskSource.of("claim_to_approve", (r.GUARANTOR,), _CLAIM, rows(_to_approve), message="task-claim-to-approve"),
    TaskSource.of("claim_to_pay", (r.GUARANTOR,), _CLAIM, rows(_to_pay), message="task-claim-to-pay"),
    TaskSource.of(
        "public_claim_to_approve", _APPROVERS, _CLAIM, rows(_public_to_approve), message="task-claim-to-approve"
    ),
    TaskSource.of("public_claim_to_pay", TREASURY, _CLAIM, rows(_public_to_pay), message="task-claim-to-pay"),
    TaskSource.of(
        "guarantee_return_to_confirm",
        TREASURY,
        f"{_GUARANTEE}/recoveries",
        rows(_to_confirm),
        message="task-guarantee-return-to-confirm",
    ),
    TaskSource.of(
        "write_off_to_approve", (r.GUARANTOR,), _GUARANTEE, rows(_to_write_off), message="task-write-off-to-approve"
    ),
    TaskSource.of(
        "public_write_off_to_approve",
        _APPROVERS,
        _GUARANTEE,
        rows(_public_to_write_off),
        message="task-write-off-to-approve",
    ),
    TaskSource.of(
        "loan_overdue",
        (r.BANK, r.GUARANTOR),
        "/v1/loans/{id}/servicing",
        rows(_overdue),
        message="task-loan-overdue",
    ),
    TaskSource.of(
        "recovery_to_reverse",
        (r.GUARANTOR, r.TREASURY_APPROVER),
        f"{_GUARANTEE}/recoveries",
        rows(_to_reverse),
        message="task-recovery-to-reverse",
    ),
    TaskSource.of(
        "guarantee_above_limit",
        (r.GUARANTOR,),
        f"{_GUARANTEE}/limits",
        guarantees_above_limits,
        message="task-guarantee-above-limit",
    ),
    TaskSource.of(
        "loan_above_cap",
        (r.HR_OFFICER, r.FINANCE_OFFICER),
        "/v1/loans/{id}/servicing",
        rows(debts_above_cap),
        message="task-loan-above-cap",
    ),
    TaskSource.of(
        "loan_instalment_overdue",
        (r.ENTERPRISE, r.FOUNDER),
        "/v1/loans/{id}/servicing",
        rows(_overdue),
        message="task-loan-instalment-overdue",
    ),
)
