"""What waits for the bureaus and the treasury about interest subsidies."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, and_, false, null, select, true
from sqlalchemy.orm import InstrumentedAttribute

from services.finance.subsidies import states
from services.finance.subsidies.models import PrimeRate, SubsidyLine, SubsidyStatement
from services.finance.subsidies.usecases import POSTS
from shared.auth import roles as r
from shared.tasks import Asked, Statement, TaskSource, rows

Hand = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]

_STATEMENT: Final = "/v1/loans/subsidies/{id}"


def _by_others(asked: Asked, *hands: Hand) -> ColumnElement[bool]:
    """3.2-4: none of these steps was the caller's, whose credential is no test one."""
    live = true() if asked.principal.livemode else false()
    return and_(live, *(hand.is_distinct_from(asked.principal.account_id) for hand in hands))


def _to_approve(asked: Asked) -> Statement:
    statement = SubsidyStatement
    own = [department for department, (_, approver) in POSTS.items() if asked.principal.has(approver)]
    return select(statement.id, statement.id, statement.no, statement.prepared_on, null()).where(
        statement.status == states.PREPARED,
        statement.department.in_(own),
        _by_others(asked, statement.prepared_by),
    )


def _to_pay(asked: Asked) -> Statement:
    statement = SubsidyStatement
    return select(statement.id, statement.id, statement.no, statement.approved_on, null()).where(
        statement.status == states.APPROVED,
        statement.total > 0,
        _by_others(asked, statement.prepared_by, statement.approved_by),
    )


def _to_recover(asked: Asked) -> Statement:
    line, statement = SubsidyLine, SubsidyStatement
    return (
        select(line.id, line.id, line.loan_no, statement.approved_on, null())
        .join(statement, statement.id == line.statement_id)
        .where(
            line.amount < 0,
            line.status == states.APPROVED,
            _by_others(asked, statement.prepared_by, statement.approved_by),
        )
    )


def _to_confirm(asked: Asked) -> Statement:
    rate = PrimeRate
    return select(rate.id, rate.id, null(), rate.recorded_on, null()).where(
        rate.status == states.RECORDED, _by_others(asked, rate.recorded_by)
    )


_TREASURY: Final = (r.TREASURY_OFFICER, r.TREASURY_APPROVER)

SOURCES: Final = (
    TaskSource.of(
        "subsidy_to_approve",
        (r.FINANCE_APPROVER, r.HR_APPROVER),
        _STATEMENT,
        rows(_to_approve),
        message="task-subsidy-to-approve",
    ),
    TaskSource.of("subsidy_to_pay", _TREASURY, _STATEMENT, rows(_to_pay), message="task-subsidy-to-pay"),
    TaskSource.of(
        "subsidy_to_recover",
        _TREASURY,
        "/v1/loans/subsidies/lines",
        rows(_to_recover),
        message="task-subsidy-to-recover",
    ),
    TaskSource.of(
        "prime_rate_to_confirm",
        (r.FINANCE_APPROVER,),
        "/v1/loans/prime-rates",
        rows(_to_confirm),
        message="task-prime-rate-to-confirm",
    ),
)
