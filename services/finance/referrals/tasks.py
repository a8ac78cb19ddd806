"""What waits for people about banks: changes to approve, referrals to answer, offers to take, days that differ."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, and_, null, select
from sqlalchemy.orm import InstrumentedAttribute

from services.finance.bank_products.facts import records_of
from services.finance.bank_products.models import BankProduct, BankProductTerms
from services.finance.banks.models import Bank, BankRevision
from services.finance.banks.states import RECORDED
from services.finance.reconciliation import states as day_states
from services.finance.reconciliation.models import ReconciliationDay
from services.finance.referrals import states
from services.finance.referrals.access import of_bank
from services.finance.referrals.models import Referral
from shared.auth import roles as r
from shared.livemode import of_mode
from shared.tasks import Asked, Statement, TaskSource, rows


def _not_own(asked: Asked, hand: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    return hand != asked.principal.account_id


def _banks(asked: Asked) -> Statement:
    return (
        select(Bank.id, Bank.id, Bank.code, BankRevision.recorded_on, null())
        .join(BankRevision, BankRevision.bank_id == Bank.id)
        .where(BankRevision.status == RECORDED, _not_own(asked, BankRevision.recorded_by))
    )


def _products(asked: Asked) -> Statement:
    """Due on the day from which they are to count: later they cannot be approved any more."""
    return (
        select(
            BankProduct.id, BankProduct.id, BankProduct.code, BankProductTerms.recorded_on, BankProductTerms.valid_from
        )
        .join(BankProductTerms, BankProductTerms.product_id == BankProduct.id)
        .where(BankProductTerms.status == RECORDED, _not_own(asked, BankProductTerms.recorded_by))
    )


def _of_bank(asked: Asked, *which: ColumnElement[bool]) -> list[ColumnElement[bool]] | None:
    if not asked.principal.bank:
        return None
    return [of_mode(Referral, asked.principal), of_bank(asked.principal), *which]


def _to_answer(asked: Asked) -> Statement | None:
    """Those that can still be answered."""
    in_time = Referral.expires_on >= asked.today
    which = _of_bank(asked, Referral.status == states.SENT, in_time)
    columns = (Referral.id, Referral.id, Referral.no, Referral.sent_on, Referral.answer_due_on)
    return None if which is None else select(*columns).where(*which)


def _to_offer(asked: Asked) -> Statement | None:
    which = _of_bank(asked, Referral.status == states.ACCEPTED, Referral.expires_on >= asked.today)
    columns = (Referral.id, Referral.id, Referral.no, Referral.accepted_on, Referral.expires_on)
    return None if which is None else select(*columns).where(*which)


def _to_disburse(asked: Asked) -> Statement | None:
    which = _of_bank(asked, Referral.status == states.AGREED)
    columns = (Referral.id, Referral.id, Referral.no, Referral.agreed_on, null())
    return None if which is None else select(*columns).where(*which)


def _of_enterprise(asked: Asked, *which: ColumnElement[bool]) -> ColumnElement[bool] | None:
    org = asked.principal.org
    if org is None:
        return None
    return and_(of_mode(Referral, asked.principal), Referral.enterprise_id.in_(records_of(org)), *which)


def _to_confirm(asked: Asked) -> Statement | None:
    which = _of_enterprise(asked, Referral.status == states.PREPARED)
    columns = (Referral.id, Referral.id, Referral.no, Referral.prepared_on, null())
    return None if which is None else select(*columns).where(which)


def _offers(asked: Asked) -> Statement | None:
    which = _of_enterprise(asked, Referral.status == states.OFFERED, Referral.offer_until >= asked.today)
    columns = (Referral.id, Referral.id, Referral.no, Referral.offered_on, Referral.offer_until)
    return None if which is None else select(*columns).where(which)


def _unanswered(asked: Asked) -> Statement:
    """3.2-1: the bank is late; somebody should call it before the referral is over."""
    return select(Referral.id, Referral.id, Referral.no, Referral.sent_on, Referral.expires_on).where(
        of_mode(Referral, asked.principal), Referral.status == states.SENT, Referral.answer_due_on < asked.today
    )


def _differing(asked: Asked) -> Statement | None:
    """For the finance bureau every bank's, for a bank its own."""
    day, principal = ReconciliationDay, asked.principal
    waiting = select(day.id, day.id, day.no, day.filed_on, null()).where(
        of_mode(day, principal), day.status == day_states.DIFFERING
    )
    if principal.has(r.FINANCE_OFFICER):
        return waiting
    return waiting.where(day.bank == principal.bank) if principal.bank else None


_R: Final = "/v1/referrals/{id}"

SOURCES: Final = (
    TaskSource.of("bank_to_approve", (r.FINANCE_APPROVER,), "/v1/banks/{id}", rows(_banks), message="task-bank"),
    TaskSource.of(
        "bank_product_to_approve",
        (r.FINANCE_APPROVER,),
        "/v1/bank-products/{id}",
        rows(_products),
        message="task-bank-product",
    ),
    TaskSource.of("referral_to_answer", (r.BANK,), _R, rows(_to_answer), message="task-referral-to-answer"),
    TaskSource.of("referral_to_offer", (r.BANK,), _R, rows(_to_offer), message="task-referral-to-offer"),
    TaskSource.of("referral_to_disburse", (r.BANK,), _R, rows(_to_disburse), message="task-referral-to-disburse"),
    TaskSource.of("referral_to_confirm", (r.ENTERPRISE,), _R, rows(_to_confirm), message="task-referral-to-confirm"),
    TaskSource.of("bank_offer_to_answer", (r.ENTERPRISE,), _R, rows(_offers), message="task-bank-offer"),
    TaskSource.of(
        "referral_unanswered", (r.FINANCE_OFFICER,), _R, rows(_unanswered), message="task-referral-unanswered"
    ),
    TaskSource.of(
        "reconciliation_differs",
        (r.FINANCE_OFFICER, r.BANK),
        "/v1/banks/reconciliations/{id}",
        rows(_differing),
        message="task-reconciliation-differs",
    ),
)
