"""What waits for people about vouchers: applications, batches, requests, and vouchers whose time runs out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from sqlalchemy import null, select

from services.vouchers.access import enterprise_code_of
from services.vouchers.applications.models import Application
from services.vouchers.batches.models import AWAITING, INTERRUPTED, Batch
from services.vouchers.delisting.queries import reinstatable
from services.vouchers.requests.models import REINSTATEMENT, VoucherRequest
from services.vouchers.steps import OPEN, REVIEWED, SUBMITTED
from services.vouchers.vouchers.models import Voucher
from services.vouchers.vouchers.queries import held_by
from services.vouchers.vouchers.rules import ACTIVE, AWAITING_APPROVAL, FROZEN
from shared.auth import roles as r
from shared.tasks import Asked, Statement, TaskSource, rows

WARNED_DAYS: Final = 30
"""So long before its last day a holder is reminded of a voucher with a balance."""


def _applications_to_review(asked: Asked) -> Statement | None:
    found, me = Application, asked.principal
    if me.division is None:
        return None
    return select(found.id, found.id, found.no, found.submitted_on, null()).where(
        found.status == SUBMITTED, found.issuer_division == me.division, found.submitted_by != me.account_id
    )


def _applications_to_approve(asked: Asked) -> Statement | None:
    found, me = Application, asked.principal
    if me.division is None:
        return None
    return select(found.id, found.id, found.no, found.reviewed_on, null()).where(
        found.status == REVIEWED,
        found.issuer_division == me.division,
        found.submitted_by != me.account_id,
        found.reviewed_by.is_distinct_from(me.account_id),
    )


def _single_issues(asked: Asked) -> Statement | None:
    found, me = Voucher, asked.principal
    if me.division is None:
        return None
    return select(found.id, found.id, found.no, found.issued_on, null()).where(
        found.status == FROZEN,
        found.frozen_reason == AWAITING_APPROVAL,
        found.issuer_division == me.division,
        found.issued_by != me.account_id,
    )


def _batches(asked: Asked, status: str) -> Statement | None:
    found, me = Batch, asked.principal
    if me.division is None:
        return None
    return select(found.id, found.id, found.no, found.submitted_on, null()).where(
        found.status == status, found.issuer_division == me.division, found.submitted_by != me.account_id
    )


def _requests_to_review(asked: Asked) -> Statement | None:
    found, me = VoucherRequest, asked.principal
    if me.division is None:
        return None
    return (
        select(found.id, found.id, found.no, found.submitted_on, Voucher.valid_until)
        .join(Voucher, Voucher.id == found.voucher_id)
        .where(found.status == SUBMITTED, found.issuer_division == me.division, found.submitted_by != me.account_id)
    )


def _requests_to_approve(asked: Asked) -> Statement | None:
    found, me = VoucherRequest, asked.principal
    if me.division is None:
        return None
    return (
        select(found.id, found.id, found.no, found.reviewed_on, Voucher.valid_until)
        .join(Voucher, Voucher.id == found.voucher_id)
        .where(
            found.status == REVIEWED,
            found.issuer_division == me.division,
            found.submitted_by != me.account_id,
            found.reviewed_by.is_distinct_from(me.account_id),
        )
    )


def _running_out(asked: Asked) -> Statement | None:
    """The caller's own vouchers with a balance, whose last day is near."""
    today: date = asked.today
    return select(Voucher.id, Voucher.id, Voucher.no, Voucher.issued_on, Voucher.valid_until).where(
        held_by(enterprise_code_of(asked.principal)),
        Voucher.status == ACTIVE,
        Voucher.balance > 0,
        Voucher.valid_until.between(today, today + timedelta(days=WARNED_DAYS)),
    )


def _to_reinstate(asked: Asked) -> Statement | None:
    """2.3-5: stopped by a delisting, and its holder has moved to another listed centre in time."""
    asked_for = select(VoucherRequest.voucher_id).where(
        VoucherRequest.kind == REINSTATEMENT, VoucherRequest.status.in_(OPEN)
    )
    return select(Voucher.id, Voucher.id, Voucher.no, Voucher.stopped_on, Voucher.valid_until).where(
        held_by(enterprise_code_of(asked.principal)), reinstatable(asked.principal), Voucher.id.not_in(asked_for)
    )


_A: Final = "/v1/voucher-applications/{id}"
_B: Final = "/v1/voucher-batches/{id}"
_R: Final = "/v1/voucher-requests/{id}"
_V: Final = "/v1/vouchers/{id}"
_OFFICER: Final = (r.DIVISION_OFFICER,)
_APPROVER: Final = (r.DIVISION_APPROVER,)
_HOLDER: Final = (r.ENTERPRISE,)

SOURCES: Final = (
    TaskSource.of(
        "voucher_application_to_review",
        _OFFICER,
        _A,
        rows(_applications_to_review),
        message="task-application-to-review",
    ),
    TaskSource.of(
        "voucher_application_to_approve",
        _APPROVER,
        _A,
        rows(_applications_to_approve),
        message="task-application-to-approve",
    ),
    TaskSource.of("voucher_to_approve", _APPROVER, _V, rows(_single_issues), message="task-voucher-to-approve"),
    TaskSource.of(
        "voucher_batch_to_approve",
        _APPROVER,
        _B,
        rows(lambda asked: _batches(asked, AWAITING)),
        message="task-batch-to-approve",
    ),
    TaskSource.of(
        "voucher_batch_interrupted",
        _APPROVER,
        _B,
        rows(lambda asked: _batches(asked, INTERRUPTED)),
        message="task-batch-interrupted",
    ),
    TaskSource.of(
        "voucher_request_to_review", _OFFICER, _R, rows(_requests_to_review), message="task-request-to-review"
    ),
    TaskSource.of(
        "voucher_request_to_approve", _APPROVER, _R, rows(_requests_to_approve), message="task-request-to-approve"
    ),
    TaskSource.of("voucher_running_out", _HOLDER, _V, rows(_running_out), message="task-voucher-running-out"),
    TaskSource.of("voucher_reinstatable", _HOLDER, _V, rows(_to_reinstate), message="task-voucher-reinstatable"),
)
