"""What waits for providers, holders and issuers on the way from an order to its payment."""

from __future__ import annotations

from typing import Final

from sqlalchemy import null, or_, select

from services.vouchers.access import division_of, enterprise_code_of, provider_code_of
from services.vouchers.redemptions.models import Redemption
from services.vouchers.redemptions.queries import bought_by, issued_by, sold_by
from services.vouchers.redemptions.reversals.models import ASKED, PROPOSED, Reversal
from services.vouchers.redemptions.rules import DELIVERED, DISPUTED, HELD, ORDERED
from shared.auth import roles as r
from shared.tasks import Asked, Statement, TaskSource, rows

_R = Redemption


def _to_accept(asked: Asked) -> Statement:
    found = select(_R.id, _R.id, _R.no, _R.ordered_on, _R.expires_on)
    own = sold_by(provider_code_of(asked.principal))
    return found.where(_R.status == ORDERED, own, _R.expires_on >= asked.today)


def _to_deliver(asked: Asked) -> Statement:
    found = select(_R.id, _R.id, _R.no, _R.held_on, _R.expires_on)
    own = sold_by(provider_code_of(asked.principal))
    return found.where(_R.status == HELD, own, or_(_R.expires_on.is_(None), _R.expires_on >= asked.today))


def _to_answer(asked: Asked) -> Statement:
    found = select(_R.id, _R.id, _R.no, _R.delivered_on, null())
    return found.where(_R.status == DISPUTED, sold_by(provider_code_of(asked.principal)))


def _to_confirm(asked: Asked) -> Statement:
    found = select(_R.id, _R.id, _R.no, _R.delivered_on, _R.confirm_by)
    return found.where(_R.status == DELIVERED, bought_by(enterprise_code_of(asked.principal)))


def _to_decide(asked: Asked) -> Statement:
    """4.3-1: disputed, or not confirmed by its last day."""
    found = select(_R.id, _R.id, _R.no, _R.delivered_on, _R.confirm_by)
    silent = (_R.status == DELIVERED) & (_R.confirm_by < asked.today)
    return found.where(or_(_R.status == DISPUTED, silent), issued_by(division_of(asked.principal)))


def _to_propose(asked: Asked) -> Statement:
    found = select(Reversal.id, Reversal.redemption_id, Reversal.no, Reversal.asked_on, null())
    return found.where(Reversal.status == ASKED, Reversal.issuer_division == asked.principal.division)


def _to_approve(asked: Asked) -> Statement:
    """4.3-4: proposed by somebody else."""
    found = select(Reversal.id, Reversal.redemption_id, Reversal.no, Reversal.proposed_on, null())
    return found.where(
        Reversal.status == PROPOSED,
        Reversal.issuer_division == asked.principal.division,
        Reversal.proposed_by != asked.principal.account_id,
    )


_P: Final = "/v1/redemptions/{id}"

SOURCES: Final = (
    TaskSource.of("order_to_accept", (r.PROVIDER,), _P, rows(_to_accept), message="task-order-to-accept"),
    TaskSource.of("hold_to_deliver", (r.PROVIDER,), _P, rows(_to_deliver), message="task-hold-to-deliver"),
    TaskSource.of("dispute_to_answer", (r.PROVIDER,), _P, rows(_to_answer), message="task-dispute-to-answer"),
    TaskSource.of("delivery_to_confirm", (r.ENTERPRISE,), _P, rows(_to_confirm), message="task-delivery-to-confirm"),
    TaskSource.of("delivery_to_decide", (r.DIVISION_OFFICER,), _P, rows(_to_decide), message="task-delivery-to-decide"),
    TaskSource.of(
        "reversal_to_propose",
        (r.DIVISION_OFFICER,),
        f"{_P}/reversals",
        rows(_to_propose),
        message="task-reversal-to-propose",
    ),
    TaskSource.of(
        "reversal_to_approve",
        (r.DIVISION_APPROVER,),
        f"{_P}/reversals",
        rows(_to_approve),
        message="task-reversal-to-approve",
    ),
)
