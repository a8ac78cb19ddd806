"""What waits for people about loans, each where it is their turn."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, and_, false, null, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from services.finance.loans import states
from services.finance.loans.models import Loan
from shared.auth import roles as r
from shared.livemode import of_mode
from shared.tasks import Asked, Statement, TaskSource, rows

Hand = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]

_LOAN: Final = "/v1/loans/{id}"


def _by_others(asked: Asked, *hands: Hand) -> ColumnElement[bool]:
    """3.2-3: none of these steps was the caller's."""
    return and_(true(), *(hand.is_distinct_from(asked.principal.account_id) for hand in hands))


def _own_departments(asked: Asked, post: str) -> ColumnElement[bool]:
    own = {
        name
        for edition in asked.editions
        for name, department in edition.departments.items()
        if asked.principal.has(f"{department.role_prefix}_{post}")
    }
    return or_(false(), Loan.department.in_(sorted(own)))


def _waiting(asked: Asked, *conditions: ColumnElement[bool]) -> Statement:
    return select(Loan.id, Loan.id, Loan.no, Loan.submitted_on, null()).where(
        of_mode(Loan, asked.principal), *conditions
    )


def _to_review(asked: Asked) -> Statement:
    own = _own_departments(asked, "officer")
    hands = _by_others(asked, Loan.created_by, Loan.submitted_by)
    return _waiting(asked, Loan.status == states.SUBMITTED, Loan.guarantor.is_(False), own, hands)


def _to_approve(asked: Asked) -> Statement:
    own = _own_departments(asked, "approver")
    hands = _by_others(asked, Loan.created_by, Loan.submitted_by, Loan.hire_window_by, Loan.reviewed_by)
    return _waiting(asked, Loan.status == states.REVIEWED, own, hands)


def _to_guarantee(asked: Asked) -> Statement:
    hands = _by_others(asked, Loan.created_by, Loan.submitted_by)
    return _waiting(asked, Loan.status == states.SUBMITTED, Loan.guarantor.is_(True), hands)


def _to_accept(asked: Asked) -> Statement | None:
    bank = asked.principal.bank
    if bank is None:
        return None
    let_pass = Loan.status.in_((states.CHECKED, states.GUARANTOR_ACCEPTED))
    return _waiting(asked, let_pass, Loan.bank == bank)


def _to_sign(asked: Asked) -> Statement | None:
    bank = asked.principal.bank
    if bank is None:
        return None
    return _waiting(asked, Loan.status == states.BANK_ACCEPTED, Loan.bank == bank)


SOURCES: Final = (
    TaskSource.of(
        "loan_to_review", (r.HR_OFFICER, r.FINANCE_OFFICER), _LOAN, rows(_to_review), message="task-loan-to-review"
    ),
    TaskSource.of(
        "loan_to_approve", (r.HR_APPROVER, r.FINANCE_APPROVER), _LOAN, rows(_to_approve), message="task-loan-to-approve"
    ),
    TaskSource.of("loan_to_guarantee", (r.GUARANTOR,), _LOAN, rows(_to_guarantee), message="task-loan-to-guarantee"),
    TaskSource.of("loan_to_accept", (r.BANK,), _LOAN, rows(_to_accept), message="task-loan-to-accept"),
    TaskSource.of("loan_to_sign", (r.BANK,), _LOAN, rows(_to_sign), message="task-loan-to-sign"),
)
