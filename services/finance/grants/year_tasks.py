"""What waits in a grant's year: calls, objections, receipts, use reports, inventories, signed commitments."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    case,
    column,
    exists,
    extract,
    false,
    func,
    null,
    or_,
    select,
    values,
)

from services.finance.assets.models import GrantAsset
from services.finance.assets.states import KEPT
from services.finance.calls.models import GrantCall
from services.finance.calls.states import DRAFTED
from services.finance.grants import states
from services.finance.grants.announced import KIND, OFFICERS
from services.finance.grants.models import Grant
from services.finance.notices.models import PublicNotice
from services.finance.notices.tasks import unanswered_objections
from services.finance.projections import known_centre
from services.finance.signed_commitments import states as commitment_states
from services.finance.signed_commitments.models import SignedCommitment
from services.finance.use_reports.models import UseReport
from services.finance.use_reports.states import HANDED_IN, SUBMITTED
from shared.auth import roles as r
from shared.tasks import Asked, Statement, TaskSource, rows

APPROVERS: Final = (r.SCIENCE_APPROVER, r.INDUSTRY_APPROVER)
_YEARS_BACK: Final = 5
"""Reports that have been missing for longer are the officers' to look into."""


def _own(asked: Asked) -> ColumnElement[bool]:
    """Grants of the caller's own centres."""
    org = asked.principal.org
    if org is None:
        return false()
    return Grant.centre_id.in_(select(known_centre.c.id).where(known_centre.c.operator_code == org))


def _calls_to_publish(asked: Asked) -> Statement:
    call, me = GrantCall, asked.principal.account_id
    waiting = select(call.id, call.id, call.no, call.drafted_on, call.opens_on)
    return waiting.where(call.status == DRAFTED, call.drafted_by != me)


def _to_announce(asked: Asked) -> Statement:
    """3.1-4: reviewed, and not announced yet where the edition requires a notice."""
    grant, notice = Grant, PublicNotice
    required = [edition.id for edition in asked.editions if edition.grants.notice_required.value]
    announced = exists().where(notice.subject_kind == KIND, notice.subject_id == grant.id)
    waiting = select(grant.id, grant.id, grant.no, grant.reviewed_on, null())
    return waiting.where(grant.status == states.REVIEWED, grant.edition.in_(required), ~announced)


def _objections_to_answer(asked: Asked) -> Statement:
    """3.1-4: before the day on which the grant may be approved; the link is the grant's notice."""
    return unanswered_objections(asked, KIND, Grant.id, Grant.no, Grant.status == states.REVIEWED)


def _receipts_to_confirm(asked: Asked) -> Statement:
    waiting = select(Grant.id, Grant.id, Grant.no, Grant.paid_on, null())
    return waiting.where(Grant.status == states.PAID, Grant.receipt_on.is_(None), _own(asked))


def _reports_to_hand_in(asked: Asked) -> Statement:
    """3.1-4: the earliest year of a grant that is over and has no report, with its due day."""
    last = asked.today.year - 1
    years = values(column("year", Integer), name="years").data([(last - back,) for back in range(_YEARS_BACK)])
    handed_in = exists().where(
        UseReport.grant_id == Grant.id, UseReport.year == years.c.year, UseReport.status.in_(HANDED_IN)
    )
    parameters = {edition.id: edition.grants for edition in asked.editions}
    month = case({name: given.use_report_due_month.value for name, given in parameters.items()}, value=Grant.edition)
    day = case({name: given.use_report_due_day.value for name, given in parameters.items()}, value=Grant.edition)
    earliest = func.min(years.c.year)
    return (
        select(Grant.id, Grant.id, Grant.no, func.make_date(earliest, 12, 31), func.make_date(earliest + 1, month, day))
        .join(years, extract("year", Grant.paid_on) <= years.c.year)
        .where(
            _own(asked),
            or_(Grant.ended_on.is_(None), extract("year", Grant.ended_on) >= years.c.year),
            ~handed_in,
        )
        .group_by(Grant.id)
    )


def _reports_to_decide(asked: Asked) -> Statement:
    report = UseReport
    waiting = select(report.id, report.id, report.no, report.submitted_on, null())
    return waiting.where(report.status == SUBMITTED, report.submitted_by != asked.principal.account_id)


def _assets_to_check(asked: Asked) -> Statement:
    """3.1-2: once a year; 2.3-5: and once more after the centre's delisting, for which there is no later time."""
    asset, today = GrantAsset, asked.today
    yearly = and_(
        asset.acquired_on < date(today.year, 1, 1),
        or_(asset.checked_year.is_(None), asset.checked_year < today.year),
        known_centre.c.delisting_case_id.is_(None),
    )
    after_delisting = and_(
        known_centre.c.delisting_case_id.is_not(None),
        asset.delisting_case_id.is_distinct_from(known_centre.c.delisting_case_id),
    )
    return (
        select(asset.id, asset.id, asset.no, asset.checked_on, case((yearly, date(today.year, 12, 31)), else_=null()))
        .join(known_centre, known_centre.c.id == asset.centre_id)
        .where(asset.status == KEPT, asset.entered_by != asked.principal.account_id, or_(yearly, after_delisting))
    )


def _commitments_to_review(asked: Asked) -> Statement:
    commitment = SignedCommitment
    waiting = select(commitment.id, commitment.id, commitment.no, commitment.filed_on, null())
    mine = commitment.filed_by == asked.principal.account_id
    return waiting.where(commitment.status == commitment_states.FILED, ~mine, _still_recovering())


def _commitments_to_decide(asked: Asked) -> Statement:
    commitment, me = SignedCommitment, asked.principal.account_id
    waiting = select(commitment.id, commitment.id, commitment.no, commitment.reviewed_on, null())
    by_others = commitment.filed_by != me, commitment.reviewed_by != me
    return waiting.where(commitment.status == commitment_states.REVIEWED, *by_others, _still_recovering())


def _still_recovering() -> ColumnElement[bool]:
    """2.3-5: a reversal ends the recovery, and with it the question what may be paid out of it."""
    return exists().where(Grant.id == SignedCommitment.grant_id, Grant.status == states.IN_RECOVERY)


_G: Final = "/v1/grants"
_OPERATOR: Final = (r.CENTRE_OPERATOR,)

SOURCES: Final = (
    TaskSource.of(
        "grant_call_to_publish",
        APPROVERS,
        f"{_G}/calls/{{id}}",
        rows(_calls_to_publish),
        message="task-grant-call-to-publish",
    ),
    TaskSource.of(
        "grant_objection_to_answer",
        OFFICERS,
        f"{_G}/{{id}}/notice/objections",
        rows(_objections_to_answer),
        message="task-grant-objection-to-answer",
    ),
    TaskSource.of("grant_to_announce", OFFICERS, f"{_G}/{{id}}", rows(_to_announce), message="task-grant-to-announce"),
    TaskSource.of(
        "grant_receipt_to_confirm",
        _OPERATOR,
        f"{_G}/{{id}}",
        rows(_receipts_to_confirm),
        message="task-grant-receipt-to-confirm",
    ),
    TaskSource.of(
        "use_report_to_hand_in",
        _OPERATOR,
        f"{_G}/{{id}}",
        rows(_reports_to_hand_in),
        message="task-use-report-to-hand-in",
    ),
    TaskSource.of(
        "use_report_to_decide",
        OFFICERS,
        f"{_G}/use-reports/{{id}}",
        rows(_reports_to_decide),
        message="task-use-report-to-decide",
    ),
    TaskSource.of(
        "grant_asset_to_check",
        OFFICERS,
        f"{_G}/assets/{{id}}",
        rows(_assets_to_check),
        message="task-grant-asset-to-check",
    ),
    TaskSource.of(
        "signed_commitment_to_review",
        OFFICERS,
        f"{_G}/signed-commitments/{{id}}",
        rows(_commitments_to_review),
        message="task-signed-commitment-to-review",
    ),
    TaskSource.of(
        "signed_commitment_to_decide",
        APPROVERS,
        f"{_G}/signed-commitments/{{id}}",
        rows(_commitments_to_decide),
        message="task-signed-commitment-to-decide",
    ),
)
