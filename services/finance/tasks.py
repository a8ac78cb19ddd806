"""What waits for people at the finance service: grants on their way to payment, repayments, findings,
divisions' funds."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, and_, false, func, null, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from services.finance.alliance_support.tasks import SOURCES as ALLIANCE_SUPPORT
from services.finance.angel_funds.tasks import SOURCES as ANGEL_FUNDS
from services.finance.appropriations.tasks import SOURCES as APPROPRIATIONS
from services.finance.financing_rewards.tasks import SOURCES as FINANCING_REWARDS
from services.finance.findings import states as finding_states
from services.finance.findings.models import Finding
from services.finance.grants import states
from services.finance.grants.announced import KIND as NOTICED
from services.finance.grants.models import Grant
from services.finance.grants.rules import bureaus_of
from services.finance.grants.year_tasks import SOURCES as GRANT_YEARS
from services.finance.guarantees.tasks import SOURCES as GUARANTEES
from services.finance.loans.tasks import SOURCES as LOANS
from services.finance.matching_funds import states as fund_states
from services.finance.matching_funds.models import MatchingFund, MatchingFundLine, MatchingFundRevision
from services.finance.notices.models import PublicNotice
from services.finance.projections import LISTED, known_centre
from services.finance.referrals.tasks import SOURCES as REFERRALS
from services.finance.repayments import states as repayment_states
from services.finance.repayments.models import Repayment
from services.finance.subsidies.tasks import SOURCES as SUBSIDIES
from shared.auth import roles as r
from shared.tasks import Asked, Statement, TaskSource, rows

OFFICERS: Final = (r.SCIENCE_OFFICER, r.INDUSTRY_OFFICER)
APPROVERS: Final = (r.SCIENCE_APPROVER, r.INDUSTRY_APPROVER)
TREASURY: Final = (r.TREASURY_OFFICER, r.TREASURY_APPROVER)

Since = InstrumentedAttribute[date] | InstrumentedAttribute[date | None]
Hand = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]


def _by_others(asked: Asked, *hands: Hand) -> ColumnElement[bool]:
    """3.1-4: none of these steps was the caller's."""
    return and_(true(), *(hand.is_distinct_from(asked.principal.account_id) for hand in hands))


def _own_bureaus(asked: Asked) -> set[str]:
    return {name for edition in asked.editions for name in bureaus_of(edition, asked.principal.roles)}


def _to_review(asked: Asked) -> Statement:
    return select(Grant.id, Grant.id, Grant.no, Grant.applied_on, null()).where(
        Grant.status == states.APPLIED, _by_others(asked, Grant.submitted_by)
    )


def _to_approve(asked: Asked) -> Statement:
    """Once its notice is over, where the edition requires one."""
    free = [edition.id for edition in asked.editions if not edition.grants.notice_required.value]
    announced = select(func.max(PublicNotice.first_decision_day)).where(
        PublicNotice.subject_kind == NOTICED, PublicNotice.subject_id == Grant.id
    )
    over = or_(Grant.edition.in_(free), announced.scalar_subquery() <= asked.today)
    return select(Grant.id, Grant.id, Grant.no, Grant.reviewed_on, null()).where(
        Grant.status == states.REVIEWED, over, _by_others(asked, Grant.submitted_by, Grant.reviewed_by)
    )


def _to_countersign(asked: Asked) -> Statement:
    """By an approver of the other bureau."""
    other = or_(false(), *(Grant.approved_bureau != name for name in _own_bureaus(asked)))
    hands = _by_others(asked, Grant.submitted_by, Grant.reviewed_by, Grant.approved_by)
    return select(Grant.id, Grant.id, Grant.no, Grant.approved_on, null()).where(
        Grant.status == states.APPROVED, hands, other
    )


def _to_pay(asked: Asked) -> Statement:
    hands = (Grant.submitted_by, Grant.reviewed_by, Grant.approved_by, Grant.countersigned_by)
    return select(Grant.id, Grant.id, Grant.no, Grant.countersigned_on, null()).where(
        Grant.status == states.COUNTERSIGNED, _by_others(asked, *hands)
    )


def _to_answer(asked: Asked) -> Statement | None:
    """3.1-4: by the centre's own operator."""
    org = asked.principal.org
    if org is None:
        return None
    own = select(known_centre.c.id).where(known_centre.c.operator_code == org)
    return select(Finding.id, Finding.id, Finding.no, Finding.opened_on, null()).where(
        Finding.status == finding_states.OPEN, Finding.centre_id.in_(own)
    )


def _to_decide(asked: Asked) -> Statement:
    return select(Finding.id, Finding.id, Finding.no, Finding.replied_on, null()).where(
        Finding.status == finding_states.ANSWERED, _by_others(asked, Finding.opened_by, Finding.replied_by)
    )


def _budgets(asked: Asked) -> Statement | None:
    """5.1-2: amounts that somebody else of the caller's division recorded."""
    division = asked.principal.division
    if division is None:
        return None
    fund, amount = MatchingFund, MatchingFundRevision
    return (
        select(fund.id, fund.id, fund.no, amount.recorded_on, null())
        .join(amount, amount.fund_id == fund.id)
        .where(
            fund.division == division,
            amount.status == fund_states.RECORDED,
            _by_others(asked, amount.recorded_by),
        )
    )


def _matching_payments(asked: Asked) -> Statement | None:
    """5.1-2: payments that somebody else of the caller's division recorded."""
    division = asked.principal.division
    if division is None:
        return None
    fund, line = MatchingFund, MatchingFundLine
    return (
        select(line.id, fund.id, fund.no, line.spent_on, null())
        .join(fund, fund.id == line.fund_id)
        .where(fund.division == division, line.status == fund_states.RECORDED, _by_others(asked, line.recorded_by))
    )


def _repayments(asked: Asked, status: str, since: Since, *hands: Hand) -> Statement:
    return select(Repayment.id, Repayment.id, Repayment.no, since, null()).where(
        Repayment.status == status, _by_others(asked, *hands)
    )


def _repayments_to_prepare(asked: Asked) -> Statement:
    return _repayments(asked, repayment_states.DUE, Repayment.opened_on)


def _repayments_to_approve(asked: Asked) -> Statement:
    return _repayments(asked, repayment_states.PREPARED, Repayment.prepared_on, Repayment.prepared_by)


def _repayments_to_countersign(asked: Asked) -> Statement:
    hands = (Repayment.prepared_by, Repayment.approved_by)
    return _repayments(asked, repayment_states.APPROVED, Repayment.approved_on, *hands)


def _repayments_to_pay(asked: Asked) -> Statement:
    """To listed centres only: no other is paid."""
    hands = (Repayment.prepared_by, Repayment.approved_by, Repayment.countersigned_by)
    listed = select(known_centre.c.id).where(
        known_centre.c.status == LISTED, known_centre.c.delisting_case_id.is_(None)
    )
    waiting = _repayments(asked, repayment_states.COUNTERSIGNED, Repayment.countersigned_on, *hands)
    return waiting.where(Repayment.centre_id.in_(listed))


_G: Final = "/v1/grants/{id}"
_R: Final = "/v1/grants/repayments/{id}"
_F: Final = "/v1/findings/{id}"

SOURCES: Final = (
    TaskSource.of(
        "grant_to_review",
        OFFICERS,
        _G,
        rows(_to_review),
        message="task-grant-to-review",
        steps=("POST /v1/grants/{grant_id}/review",),
    ),
    TaskSource.of(
        "grant_to_approve",
        APPROVERS,
        _G,
        rows(_to_approve),
        message="task-grant-to-approve",
        steps=("POST /v1/grants/{grant_id}/approve",),
    ),
    TaskSource.of(
        "grant_to_countersign",
        APPROVERS,
        _G,
        rows(_to_countersign),
        message="task-grant-to-countersign",
        steps=("POST /v1/grants/{grant_id}/countersign",),
    ),
    TaskSource.of(
        "grant_to_pay",
        TREASURY,
        _G,
        rows(_to_pay),
        message="task-grant-to-pay",
        steps=("POST /v1/grants/{grant_id}/disburse",),
    ),
    TaskSource.of(
        "repayment_to_prepare",
        (r.FINANCE_OFFICER, r.TREASURY_OFFICER),
        _R,
        rows(_repayments_to_prepare),
        message="task-repayment-to-prepare",
    ),
    TaskSource.of(
        "repayment_to_approve",
        (r.FINANCE_APPROVER, r.TREASURY_APPROVER),
        _R,
        rows(_repayments_to_approve),
        message="task-repayment-to-approve",
    ),
    TaskSource.of(
        "repayment_to_countersign",
        APPROVERS,
        _R,
        rows(_repayments_to_countersign),
        message="task-repayment-to-countersign",
    ),
    TaskSource.of("repayment_to_pay", TREASURY, _R, rows(_repayments_to_pay), message="task-repayment-to-pay"),
    TaskSource.of("finding_to_answer", (r.CENTRE_OPERATOR,), _F, rows(_to_answer), message="task-finding-to-answer"),
    TaskSource.of("finding_to_decide", APPROVERS, _F, rows(_to_decide), message="task-finding-to-decide"),
    TaskSource.of(
        "matching_funds_to_approve",
        (r.DIVISION_APPROVER,),
        "/v1/matching-funds/{id}",
        rows(_budgets),
        message="task-matching-funds-to-approve",
    ),
    TaskSource.of(
        "matching_payment_to_confirm",
        (r.DIVISION_APPROVER,),
        "/v1/matching-funds/{id}/spending?status=recorded",
        rows(_matching_payments),
        message="task-matching-payment-to-confirm",
    ),
    *GRANT_YEARS,
    *ANGEL_FUNDS,
    *FINANCING_REWARDS,
    *ALLIANCE_SUPPORT,
    *APPROPRIATIONS,
    *LOANS,
    *GUARANTEES,
    *SUBSIDIES,
    *REFERRALS,
)
