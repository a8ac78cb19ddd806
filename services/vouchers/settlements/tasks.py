"""What waits for people on settlements and recoveries."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, and_, exists, null, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from services.vouchers.access import provider_code_of
from services.vouchers.notices.models import PublicNotice
from services.vouchers.notices.tasks import unanswered_objections
from services.vouchers.providers.models import Provider
from services.vouchers.recoveries import states as recovering
from services.vouchers.recoveries.models import Recovery
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.rules import REDEEMED
from services.vouchers.settlements import states
from services.vouchers.settlements.announced import KIND
from services.vouchers.settlements.models import Settlement, SettlementLine, SettlementPayment
from shared.auth import roles as r
from shared.tasks import Asked, Statement, TaskSource, rows

_ISSUER: Final = (r.DIVISION_OFFICER, r.DIVISION_APPROVER)
_S: Final = "/v1/settlements/{id}"
_R: Final = "/v1/voucher-recoveries/{id}"

Hand = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]


def _mine(asked: Asked, status: str) -> ColumnElement[bool]:
    return and_(Settlement.issuer_division == asked.principal.division, Settlement.status == status)


def _by_others(asked: Asked, *hands: Hand) -> ColumnElement[bool]:
    return and_(true(), *(hand.is_distinct_from(asked.principal.account_id) for hand in hands))


def _to_check(asked: Asked) -> Statement:
    found = Settlement
    return select(found.id, found.id, found.no, found.drafted_on, null()).where(_mine(asked, states.DRAFT))


def _to_inspect(asked: Asked) -> Statement:
    """A batch with lines that the draw wants looked at, or without a draw."""
    found, line = Settlement, SettlementLine
    open_lines = exists().where(
        line.settlement_id == found.id,
        line.sampled,
        line.inspection.is_(None),
        line.status == states.INCLUDED,
    )
    return select(found.id, found.id, found.no, found.checked_on, null()).where(
        or_(_mine(asked, states.CHECKING), _mine(asked, states.NOTICED)),
        found.line_count > 0,
        or_(found.sample_size.is_(None), open_lines),
    )


def _to_announce(asked: Asked) -> Statement:
    found, line = Settlement, SettlementLine
    open_lines = exists().where(
        line.settlement_id == found.id,
        line.sampled,
        line.inspection.is_(None),
        line.status == states.INCLUDED,
    )
    return select(found.id, found.id, found.no, found.checked_on, null()).where(
        _mine(asked, states.CHECKING), found.line_count > 0, found.sample_size.is_not(None), ~open_lines
    )


def _to_answer(asked: Asked) -> Statement:
    return unanswered_objections(asked, KIND, Settlement.id, Settlement.no, _mine(asked, states.NOTICED))


def _to_approve(asked: Asked) -> Statement:
    """Once the notice is over."""
    found, notice = Settlement, PublicNotice
    over = exists().where(
        notice.subject_kind == KIND, notice.subject_id == found.id, notice.first_decision_day <= asked.today
    )
    hands = (found.drafted_by, found.checked_by, found.noticed_by)
    return select(found.id, found.id, found.no, found.noticed_on, null()).where(
        _mine(asked, states.NOTICED), over, _by_others(asked, *hands)
    )


def _to_pay(asked: Asked) -> Statement:
    found = Settlement
    return select(found.id, found.id, found.no, found.approved_on, null()).where(
        _mine(asked, states.APPROVED), _by_others(asked, found.checked_by, found.approved_by)
    )


def _to_read(asked: Asked) -> Statement:
    """Payments that the bank has not answered."""
    found, payment = Settlement, SettlementPayment
    waiting = exists().where(payment.settlement_id == found.id, payment.status == states.ISSUED)
    return select(found.id, found.id, found.no, found.filed_on, null()).where(_mine(asked, states.PAYING), waiting)


def _to_close(asked: Asked) -> Statement:
    found, payment = Settlement, SettlementPayment
    waiting = exists().where(payment.settlement_id == found.id, payment.status == states.ISSUED)
    return select(found.id, found.id, found.no, found.filed_on, null()).where(_mine(asked, states.PAYING), ~waiting)


def _suspected(asked: Asked) -> Statement:
    """Barred for suspected fraud, and neither reversed nor readmitted: somebody has to decide what follows."""
    line, use = SettlementLine, Redemption
    return (
        select(line.id, use.id, use.no, line.inspected_on, null())
        .join(use, use.id == line.redemption_id)
        .where(
            use.issuer_division == asked.principal.division,
            use.status == REDEEMED,
            line.status == states.BARRED,
            line.reason_code == states.FRAUD_SUSPECTED,
        )
    )


def _own_account(asked: Asked) -> Statement:
    """4.3-2: a provider's payments that its bank refused, while nothing was paid to it since."""
    payment, again = SettlementPayment, SettlementPayment.__table__.alias("again")
    later = exists().where(
        again.c.provider_id == payment.provider_id, again.c.id > payment.id, again.c.status == states.PAID
    )
    return (
        select(payment.id, payment.settlement_id, payment.reference, payment.settled_on, null())
        .join(Provider, Provider.id == payment.provider_id)
        .where(
            Provider.code == provider_code_of(asked.principal),
            payment.status.in_((states.REJECTED, states.RETURNED)),
            ~later,
        )
    )


def _on_me(asked: Asked) -> ColumnElement[bool]:
    return Recovery.provider_id.in_(select(Provider.id).where(Provider.code == provider_code_of(asked.principal)))


def _to_state(asked: Asked) -> Statement:
    found = Recovery
    return select(found.id, found.id, found.no, found.opened_on, found.statement_until).where(
        _on_me(asked), found.status == recovering.OPENED, found.stated_on.is_(None)
    )


def _to_decide(asked: Asked) -> Statement:
    """Heard, or after the term for it; by somebody who neither opened it nor entered the statement."""
    found = Recovery
    return select(found.id, found.id, found.no, found.opened_on, null()).where(
        found.issuer_division == asked.principal.division,
        found.status == recovering.OPENED,
        or_(found.stated_on.is_not(None), found.statement_until < asked.today),
        _by_others(asked, found.opened_by, found.stated_by),
    )


def _to_repay(asked: Asked) -> Statement:
    found = Recovery
    return select(found.id, found.id, found.no, found.decided_on, found.repay_until).where(
        _on_me(asked), found.status == recovering.DECIDED, found.offset_agreed_on.is_(None)
    )


def _overdue(asked: Asked) -> Statement:
    """Not paid back in time: kept back from the next payment, or to be pursued."""
    found = Recovery
    return select(found.id, found.id, found.no, found.decided_on, found.repay_until).where(
        found.issuer_division == asked.principal.division,
        found.status == recovering.DECIDED,
        found.repay_until < asked.today,
        found.write_off_by.is_(None),
    )


def _to_write_off(asked: Asked) -> Statement:
    found = Recovery
    return select(found.id, found.id, found.no, found.write_off_on, null()).where(
        found.issuer_division == asked.principal.division,
        found.status == recovering.DECIDED,
        found.write_off_by.is_not(None),
        _by_others(asked, found.write_off_by),
    )


_OFFICER: Final = (r.DIVISION_OFFICER,)
_APPROVER: Final = (r.DIVISION_APPROVER,)
_PROVIDER: Final = (r.PROVIDER,)

SOURCES: Final = tuple(
    TaskSource.of(kind, roles, link, rows(find), message=f"task-{kind.replace('_', '-')}")
    for kind, roles, link, find in (
        ("settlement_to_check", _OFFICER, _S, _to_check),
        ("settlement_to_inspect", _OFFICER, _S, _to_inspect),
        ("settlement_to_announce", _OFFICER, _S, _to_announce),
        ("settlement_objection_to_answer", _OFFICER, _S, _to_answer),
        ("settlement_to_approve", _APPROVER, _S, _to_approve),
        ("settlement_to_pay", _ISSUER, _S, _to_pay),
        ("settlement_results_to_read", _ISSUER, _S, _to_read),
        ("settlement_to_close", _ISSUER, _S, _to_close),
        ("redemption_fraud_suspected", _OFFICER, "/v1/redemptions/{id}", _suspected),
        ("settlement_payment_refused", _PROVIDER, _S, _own_account),
        ("recovery_statement", _PROVIDER, _R, _to_state),
        ("recovery_to_decide", _APPROVER, _R, _to_decide),
        ("recovery_to_repay", _PROVIDER, _R, _to_repay),
        ("recovery_overdue", _OFFICER, _R, _overdue),
        ("recovery_write_off_to_decide", _APPROVER, _R, _to_write_off),
    )
)
