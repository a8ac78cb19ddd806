"""What one person proposed or recorded and another one decides, and papers that are to go out or to come in."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, cast, false, null, or_, select
from sqlalchemy.types import Date

from services.registry.access import APPROVERS, OFFICERS
from services.registry.bans.models import Ban, BanLifting
from services.registry.divisions.models import Division, DivisionPaper
from services.registry.enterprises.identity.models import EnterpriseChange
from services.registry.imports.approvals import APPROVED_WITHIN
from services.registry.measures.models import CentreMeasure
from services.registry.operations.models import Operation
from services.registry.practices import rules as practice_rules
from services.registry.practices.models import Practice
from services.registry.practices.queries import DECIDERS
from services.registry.qualifications import rules as title_rules
from services.registry.qualifications.models import Qualification, TitleMeasure
from services.registry.tasks.cases import by_others
from services.registry.tiers import rules as tier_rules
from services.registry.tiers.models import Designation
from services.registry.upward_notices.models import UpwardNotice
from shared.auth.roles import DIVISION_OFFICER
from shared.tasks import Asked, Statement, TaskSource, rows


def _measures(asked: Asked) -> Statement:
    measure = CentreMeasure
    return select(measure.id, measure.centre_id, null(), measure.proposed_on, null()).where(
        measure.status == "proposed", by_others(asked, measure.proposed_by)
    )


def _title_measures(asked: Asked) -> Statement:
    measure = TitleMeasure
    return (
        select(measure.id, Qualification.id, Qualification.no, measure.proposed_on, null())
        .join(Qualification, Qualification.id == measure.qualification_id)
        .where(measure.status == "proposed", by_others(asked, measure.proposed_by))
    )


def _revocations(asked: Asked) -> Statement:
    title = Qualification
    return select(title.id, title.id, title.no, title.revocation_proposed_on, null()).where(
        title.status.in_(title_rules.IN_FORCE),
        title.revocation_proposed_by.is_not(None),
        title.revocation_decided_by.is_(None),
        by_others(asked, title.revocation_proposed_by),
    )


def _plaques(_asked: Asked) -> Statement:
    title = Qualification
    return select(title.id, title.id, title.no, null(), title.plaque_due_on).where(
        title.plaque_no.is_not(None), title.plaque_due_on.is_not(None), title.plaque_returned_on.is_(None)
    )


def _designations(asked: Asked) -> Statement:
    found = Designation
    return select(found.id, found.centre_id, found.no, found.designated_on, null()).where(
        found.status.in_(tier_rules.CONFIRMABLE), by_others(asked, found.recorded_by)
    )


def _designation_ends(asked: Asked) -> Statement:
    found = Designation
    return select(found.id, found.centre_id, found.no, found.ending_proposed_on, null()).where(
        found.status.in_(tier_rules.ENDABLE),
        found.ends_from.is_not(None),
        found.ending_decided_by.is_(None),
        by_others(asked, found.ending_proposed_by),
    )


def _other_bureau(asked: Asked) -> ColumnElement[bool]:
    """2.3-6: an order recorded by one bureau is confirmed by an approver of another."""
    own = {
        name
        for edition in asked.editions
        for name in edition.centres.approving_departments.value
        if asked.principal.has(f"{edition.departments[name].role_prefix}_approver")
    }
    return or_(false(), *(BanLifting.recorded_bureau != name for name in own))


def _liftings(asked: Asked) -> Statement:
    lifting = BanLifting
    return (
        select(lifting.id, Ban.id, Ban.decision_no, lifting.recorded_on, null())
        .join(Ban, Ban.id == lifting.ban_id)
        .where(lifting.status == "recorded", by_others(asked, lifting.recorded_by), _other_bureau(asked))
    )


def _upward(_asked: Asked) -> Statement:
    notice = UpwardNotice
    return select(notice.id, notice.id, null(), notice.due_from, null()).where(notice.status == "due")


def _imports(asked: Asked) -> Statement:
    """Files that were checked without a fault, by somebody else, and still wait."""
    done = Operation
    last = cast(done.effective_on + APPROVED_WITHIN, Date)
    return select(done.id, done.id, null(), done.effective_on, last).where(
        done.kind == "import",
        done.status == "done",
        done.result["awaiting_approval"].astext == "true",
        done.effective_on >= asked.today - APPROVED_WITHIN,
        by_others(asked, done.actor),
    )


def _identities(asked: Asked) -> Statement:
    change = EnterpriseChange
    return select(change.id, change.enterprise_id, null(), change.proposed_on, null()).where(
        change.status == "proposed", by_others(asked, change.proposed_by)
    )


def _practices(asked: Asked) -> Statement:
    practice = Practice
    return select(practice.id, practice.id, practice.no, practice.submitted_on, null()).where(
        practice.status.in_(practice_rules.APPROVABLE), by_others(asked, practice.drafted_by, practice.submitted_by)
    )


def _duties(asked: Asked) -> Statement | None:
    """5.1-1: papers that the caller's own county, district or park owes."""
    code, paper = asked.principal.division, DivisionPaper
    if code is None:
        return None
    soon = asked.today + _AHEAD
    return (
        select(paper.id, Division.id, paper.title, null(), paper.due_on)
        .join(Division, Division.id == paper.division_id)
        .where(Division.code == code, paper.handed_in_on.is_(None), paper.due_on <= soon)
    )


_AHEAD: Final = timedelta(days=90)
"""How long before its day a paper is shown to who owes it."""
_Q: Final = "/v1/qualifications/{id}"

SOURCES: Final = (
    TaskSource.of(
        "measure_to_decide", APPROVERS, "/v1/centres/{id}", rows(_measures), message="task-measure-to-decide"
    ),
    TaskSource.of(
        "title_measure_to_decide", APPROVERS, _Q, rows(_title_measures), message="task-title-measure-to-decide"
    ),
    TaskSource.of("revocation_to_decide", APPROVERS, _Q, rows(_revocations), message="task-revocation-to-decide"),
    TaskSource.of("plaque_to_return", OFFICERS, _Q, rows(_plaques), message="task-plaque-to-return"),
    TaskSource.of(
        "designation_to_confirm",
        APPROVERS,
        "/v1/centres/{id}/designations",
        rows(_designations),
        message="task-designation-to-confirm",
    ),
    TaskSource.of(
        "designation_end_to_confirm",
        APPROVERS,
        "/v1/centres/{id}/designations",
        rows(_designation_ends),
        message="task-designation-end-to-confirm",
    ),
    TaskSource.of(
        "ban_order_to_confirm",
        APPROVERS,
        "/v1/bans/{id}/liftings",
        rows(_liftings),
        message="task-ban-order-to-confirm",
    ),
    TaskSource.of(
        "upward_notice_due",
        OFFICERS,
        "/v1/qualifications/upward-notices/{id}",
        rows(_upward),
        message="task-upward-notice-due",
    ),
    TaskSource.of(
        "import_to_approve",
        APPROVERS,
        "/v1/operations/registry-{id}",
        rows(_imports),
        message="task-import-to-approve",
    ),
    TaskSource.of(
        "enterprise_change_to_decide",
        OFFICERS,
        "/v1/enterprises/{id}/changes",
        rows(_identities),
        message="task-enterprise-change-to-decide",
    ),
    TaskSource.of(
        "practice_to_approve", DECIDERS, "/v1/practices/{id}", rows(_practices), message="task-practice-to-approve"
    ),
    TaskSource.of(
        "division_paper_due",
        (DIVISION_OFFICER,),
        "/v1/divisions/{id}",
        rows(_duties),
        message="task-division-paper-due",
    ),
)
