"""What waits for people on support for alliances."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, and_, null, select, true
from sqlalchemy.orm import InstrumentedAttribute

from services.finance.alliance_support import states
from services.finance.alliance_support.models import AllianceSupport as Support
from shared.auth import roles as r
from shared.tasks import Asked, Statement, TaskSource, rows

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


def _to_accept(asked: Asked) -> Statement:
    return select(Support.id, Support.id, Support.no, Support.reported_on, null()).where(
        Support.status == states.REPORTED, _led(asked, "approver"), _by_others(asked, Support.reported_by)
    )


_LINK: Final = "/v1/alliance-support/{id}"
_OFFICERS: Final = (r.INDUSTRY_OFFICER, r.EDUCATION_OFFICER)
_APPROVERS: Final = (r.INDUSTRY_APPROVER, r.EDUCATION_APPROVER)
_TREASURY: Final = (r.TREASURY_OFFICER, r.TREASURY_APPROVER)

SOURCES: Final = (
    TaskSource.of("support_to_review", _OFFICERS, _LINK, rows(_to_review), message="task-support-to-review"),
    TaskSource.of("support_to_approve", _APPROVERS, _LINK, rows(_to_approve), message="task-support-to-approve"),
    TaskSource.of("support_to_pay", _TREASURY, _LINK, rows(_to_pay), message="task-support-to-pay"),
    TaskSource.of("support_to_report", _OFFICERS, _LINK, rows(_to_report), message="task-support-to-report"),
    TaskSource.of(
        "support_report_to_accept", _APPROVERS, _LINK, rows(_to_accept), message="task-support-report-to-accept"
    ),
)
