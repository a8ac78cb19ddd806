"""Signed objections that wait for an answer, for the tasks of each kind of case."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import InstrumentedAttribute

from services.vouchers.notices.models import NoticeObjection, PublicNotice
from shared.tasks import Asked, Statement


def unanswered_objections(
    asked: Asked,
    kind: str,
    case_id: InstrumentedAttribute[UUID],
    case_no: InstrumentedAttribute[str],
    *conditions: ColumnElement[bool],
) -> Statement:
    """Those to cases of the kind that fulfil the conditions, due before the day on which the case may be decided; the
    link is the case's."""
    objection, notice = NoticeObjection, PublicNotice
    return (
        select(objection.id, case_id, case_no, objection.received_on, notice.first_decision_day)
        .join(notice, notice.id == objection.notice_id)
        .join(case_id.class_, and_(notice.subject_kind == kind, notice.subject_id == case_id))
        .where(
            *conditions,
            objection.signed,
            objection.outcome.is_(None),
            objection.recorded_by != asked.principal.account_id,
        )
    )
