"""What waits for banks, the guarantor and borrowers about loans after their contract."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, and_, null, select, true
from sqlalchemy.orm import InstrumentedAttribute

from services.finance.guarantees import states
from services.finance.guarantees.models import Guarantee, GuaranteeClaim
from services.finance.loans import states as loan_states
from services.finance.loans.models import Loan
from services.finance.servicing.access import visible
from services.finance.servicing.models import LoanStanding
from services.finance.servicing.queries import overdue
from shared.auth import roles as r
from shared.livemode import of_mode
from shared.tasks import Asked, Statement, TaskSource, rows

Hand = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]

_GUARANTEE: Final = "/v1/loans/guarantees/{id}"
_CLAIM: Final = "/v1/loans/guarantees/claims/{id}"


def _by_others(asked: Asked, *hands: Hand) -> ColumnElement[bool]:
    """3.2-3: none of these steps was the caller's."""
    return and_(true(), *(hand.is_distinct_from(asked.principal.account_id) for hand in hands))


def _to_draft(asked: Asked) -> Statement:
    """Loans that the guarantor has to back before they are paid out."""
    given = select(Guarantee.loan_id).where(Guarantee.status != states.CANCELLED)
    return select(Loan.id, Loan.id, Loan.no, Loan.contracted_on, null()).where(
        of_mode(Loan, asked.principal),
        Loan.guarantor,
        Loan.status == loan_states.CONTRACTED,
        Loan.delisted_on.is_(None),
        Loan.id.not_in(given),
    )


def _to_issue(asked: Asked) -> Statement:
    return select(Guarantee.id, Guarantee.id, Guarantee.no, Guarantee.drafted_on, null()).where(
        of_mode(Guarantee, asked.principal),
        Guarantee.status == states.DRAFTED,
        _by_others(asked, Guarantee.drafted_by),
    )


def _claims(asked: Asked, status: str, *hands: Hand) -> Statement:
    claim = GuaranteeClaim
    return select(claim.id, claim.id, claim.no, claim.filed_on, null()).where(
        of_mode(claim, asked.principal), claim.status == status, _by_others(asked, *hands)
    )


def _to_accept(asked: Asked) -> Statement:
    return _claims(asked, states.FILED, GuaranteeClaim.filed_by)


def _to_approve(asked: Asked) -> Statement:
    return _claims(asked, states.ACCEPTED, GuaranteeClaim.filed_by, GuaranteeClaim.accepted_by)


def _to_pay(asked: Asked) -> Statement:
    return _claims(asked, states.APPROVED, GuaranteeClaim.filed_by, GuaranteeClaim.approved_by)


def _to_write_off(asked: Asked) -> Statement:
    return select(Guarantee.id, Guarantee.id, Guarantee.no, Guarantee.write_off_proposed_on, null()).where(
        of_mode(Guarantee, asked.principal),
        Guarantee.status == states.CALLED,
        Guarantee.write_off_proposed_by.is_not(None),
        _by_others(asked, Guarantee.write_off_proposed_by),
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
        "write_off_to_approve", (r.GUARANTOR,), _GUARANTEE, rows(_to_write_off), message="task-write-off-to-approve"
    ),
    TaskSource.of(
        "loan_overdue",
        (r.BANK, r.GUARANTOR),
        "/v1/loans/{id}/servicing",
        rows(_overdue),
        message="task-loan-overdue",
    ),
    TaskSource.of(
        "loan_instalment_overdue",
        (r.ENTERPRISE, r.FOUNDER),
        "/v1/loans/{id}/servicing",
        rows(_overdue),
        message="task-loan-instalment-overdue",
    ),
)
