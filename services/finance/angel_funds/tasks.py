"""What waits for people on angel funds."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, and_, null, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from services.finance.angel_funds import states
from services.finance.angel_funds.models import AngelFund, AngelFundOrder, AngelInvestment
from services.finance.projections import LISTED, known_centre
from shared.auth import roles as r
from shared.tasks import Asked, Statement, TaskSource, rows

Hand = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]


def _by_others(asked: Asked, *hands: Hand) -> ColumnElement[bool]:
    """3.2-2: none of these steps was the caller's."""
    return and_(true(), *(hand.is_distinct_from(asked.principal.account_id) for hand in hands))


def _to_approve(asked: Asked) -> Statement:
    return select(AngelFund.id, AngelFund.id, AngelFund.no, AngelFund.registered_on, null()).where(
        AngelFund.status == states.REGISTERED, _by_others(asked, AngelFund.registered_by)
    )


def _orders(asked: Asked, status: str) -> Statement:
    """By others; of a tranche also by nobody who handled the investment."""
    order, held = AngelFundOrder, AngelInvestment
    hands = and_(
        _by_others(asked, order.prepared_by, order.approved_by),
        or_(
            order.kind != states.TRANCHE,
            _by_others(asked, held.proposed_by, held.voted_by, held.approved_by),
        ),
    )
    return (
        select(order.id, AngelFund.id, AngelFund.no, order.effective_on, null())
        .join(AngelFund, AngelFund.id == order.fund_id)
        .outerjoin(held, held.id == order.investment_id)
        .where(order.status == status, hands)
    )


def _to_confirm(asked: Asked) -> Statement:
    return _orders(asked, states.PREPARED)


def _to_pay(asked: Asked) -> Statement:
    """Into funds of listed centres only, whose share is within its limit."""
    listed = select(known_centre.c.id).where(
        known_centre.c.status == LISTED, known_centre.c.delisting_case_id.is_(None)
    )
    waiting = _orders(asked, states.APPROVED)
    return waiting.where(AngelFund.breached_on.is_(None), AngelFund.centre_id.in_(listed))


def _to_receive(asked: Asked) -> Statement:
    """Municipal money that left a fund and is not known to have arrived."""
    order = AngelFundOrder
    return (
        select(order.id, AngelFund.id, AngelFund.no, order.effective_on, null())
        .join(AngelFund, AngelFund.id == order.fund_id)
        .where(order.due > 0, order.received_on.is_(None), _by_others(asked, order.prepared_by, order.done_by))
    )


def _to_cure(_: Asked) -> Statement:
    return select(AngelFund.id, AngelFund.id, AngelFund.no, AngelFund.breached_on, null()).where(
        AngelFund.breached_on.is_not(None)
    )


def _to_end(_: Asked) -> Statement:
    """Wound up with nothing held any more, and no last distribution prepared."""
    order = AngelFundOrder
    prepared = select(order.id).where(
        order.fund_id == AngelFund.id, order.kind == states.LIQUIDATION, order.status == states.PREPARED
    )
    return select(AngelFund.id, AngelFund.id, AngelFund.no, AngelFund.wound_up_on, null()).where(
        AngelFund.status == states.LIQUIDATING, AngelFund.invested == 0, ~prepared.exists()
    )


def _investments(asked: Asked, status: str, *hands: Hand) -> Statement:
    held = AngelInvestment
    return select(held.id, held.id, held.no, held.proposed_on, null()).where(
        held.status == status, _by_others(asked, *hands)
    )


def _to_vote(asked: Asked) -> Statement:
    return _investments(asked, states.PROPOSED, AngelInvestment.proposed_by)


def _voted(asked: Asked) -> Statement:
    return _investments(asked, states.VOTED, AngelInvestment.proposed_by, AngelInvestment.voted_by)


_FUND: Final = "/v1/angel-funds/{id}"
_INVESTMENT: Final = "/v1/angel-funds/investments/{id}"
_OFFICER: Final = (r.FINANCE_OFFICER,)
_APPROVER: Final = (r.FINANCE_APPROVER,)
_TREASURY: Final = (r.TREASURY_OFFICER, r.TREASURY_APPROVER)
_CONFIRMERS: Final = (r.FINANCE_APPROVER, r.TREASURY_APPROVER)


SOURCES: Final = (
    TaskSource.of("angel_fund_to_approve", _APPROVER, _FUND, rows(_to_approve), message="task-angel-fund-to-approve"),
    TaskSource.of(
        "angel_fund_order_to_confirm",
        _CONFIRMERS,
        _FUND,
        rows(_to_confirm),
        message="task-angel-fund-order-to-confirm",
    ),
    TaskSource.of(
        "angel_fund_payment_to_make", _TREASURY, _FUND, rows(_to_pay), message="task-angel-fund-payment-to-make"
    ),
    TaskSource.of(
        "angel_fund_money_to_receive",
        _TREASURY,
        _FUND,
        rows(_to_receive),
        message="task-angel-fund-money-to-receive",
    ),
    TaskSource.of(
        "angel_fund_breach_to_cure", _OFFICER, _FUND, rows(_to_cure), message="task-angel-fund-breach-to-cure"
    ),
    TaskSource.of("angel_fund_to_end", _OFFICER, _FUND, rows(_to_end), message="task-angel-fund-to-end"),
    TaskSource.of(
        "angel_investment_to_vote", _OFFICER, _INVESTMENT, rows(_to_vote), message="task-angel-investment-to-vote"
    ),
    TaskSource.of(
        "angel_investment_to_approve",
        _APPROVER,
        _INVESTMENT,
        rows(_voted),
        message="task-angel-investment-to-approve",
    ),
)
