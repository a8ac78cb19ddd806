"""What waits for people on support for alliances."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sqlalchemy import ColumnElement, Numeric, and_, func, null, select, true
from sqlalchemy.orm import InstrumentedAttribute

from services.finance.alliance_support import states
from services.finance.alliance_support.models import AllianceSupport as Support
from services.finance.alliance_support.usecases import KIND
from services.finance.notices.tasks import unanswered_objections
from shared.auth import roles as r
from shared.tasks import Asked, Statement, TaskSource, rows

REPORTERS: Final = (Support.reported_by, Support.refund_confirmed_by)
Hand = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]


def _by_others(asked: Asked, *hands: Hand) -> ColumnElement[bool]:
    """4.6-3: none of these steps was the caller's."""
    return and_(true(), *(hand.is_distinct_from(asked.principal.account_id) for hand in hands))


def _led(asked: Asked, rank: str) -> ColumnElement[bool]:
    """Of alliances that the caller's bureau leads, in whichever edition."""
    led = {
        alliance
        for edition in asked.editions
        for alliance, kind in edition.alliances.kinds.items()
        if asked.principal.has(f"{kind.lead_department.value}_{rank}")
    }
    return Support.alliance.in_(sorted(led))


def _to_review(asked: Asked) -> Statement:
    return select(Support.id, Support.id, Support.no, Support.applied_on, null()).where(
        Support.status == states.APPLIED, _led(asked, "officer"), _by_others(asked, Support.applied_by)
    )


def _to_answer(asked: Asked) -> Statement:
    """4.6-3: before the day on which the support may be approved."""
    of_bureau = Support.status == states.REVIEWED, _led(asked, "officer")
    return unanswered_objections(asked, KIND, Support.id, Support.no, *of_bureau)


def _to_approve(asked: Asked) -> Statement:
    hands = _by_others(asked, Support.applied_by, Support.reviewed_by)
    return select(Support.id, Support.id, Support.no, Support.reviewed_on, null()).where(
        Support.status == states.REVIEWED, _led(asked, "approver"), hands
    )


def _to_pay(asked: Asked) -> Statement:
    hands = _by_others(asked, Support.applied_by, Support.reviewed_by, Support.approved_by)
    return select(Support.id, Support.id, Support.no, Support.approved_on, null()).where(
        Support.status == states.APPROVED, hands
    )


def _to_report(asked: Asked) -> Statement:
    return select(Support.id, Support.id, Support.no, Support.paid_on, null()).where(
        Support.status == states.PAID, _led(asked, "officer")
    )


def _unspent() -> ColumnElement[Decimal]:
    """What the report leaves of the payment, and has not come back."""
    lines = func.jsonb_array_elements(Support.report_lines).table_valued("value", joins_implicitly=True)
    used = select(func.coalesce(func.sum(lines.c.value.op("->>")("amount").cast(Numeric)), 0)).scalar_subquery()
    return Support.paid - Support.refunded - used


def _refund(asked: Asked) -> Statement:
    return select(Support.id, Support.id, Support.no, Support.reported_on, null()).where(
        Support.status == states.REPORTED, _unspent() > 0, _by_others(asked, Support.reported_by)
    )


def _to_accept(asked: Asked) -> Statement:
    return select(Support.id, Support.id, Support.no, Support.reported_on, null()).where(
        Support.status == states.REPORTED, _unspent() == 0, _led(asked, "approver"), _by_others(asked, *REPORTERS)
    )


_LINK: Final = "/v1/alliance-support/{id}"
_OFFICERS: Final = (r.INDUSTRY_OFFICER, r.EDUCATION_OFFICER)
_APPROVERS: Final = (r.INDUSTRY_APPROVER, r.EDUCATION_APPROVER)
_TREASURY: Final = (r.TREASURY_OFFICER, r.TREASURY_APPROVER)

SOURCES: Final = (
    TaskSource.of("support_to_review", _OFFICERS, _LINK, rows(_to_review), message="task-support-to-review"),
    TaskSource.of(
        "support_objection_to_answer",
        _OFFICERS,
        f"{_LINK}/notice/objections",
        rows(_to_answer),
        message="task-support-objection-to-answer",
    ),
    TaskSource.of("support_to_approve", _APPROVERS, _LINK, rows(_to_approve), message="task-support-to-approve"),
    TaskSource.of("support_to_pay", _TREASURY, _LINK, rows(_to_pay), message="task-support-to-pay"),
    TaskSource.of("support_to_report", _OFFICERS, _LINK, rows(_to_report), message="task-support-to-report"),
    TaskSource.of(
        "support_refund_to_confirm", _TREASURY, _LINK, rows(_refund), message="task-support-refund-to-confirm"
    ),
    TaskSource.of(
        "support_report_to_accept", _APPROVERS, _LINK, rows(_to_accept), message="task-support-report-to-accept"
    ),
)
