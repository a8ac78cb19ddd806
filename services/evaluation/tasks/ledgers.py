"""Figures of targets and sheets of alliances that wait for a second person."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, all_, false, literal, null, or_, select

from services.evaluation.alliance_assessments.models import AllianceAssessment
from services.evaluation.alliance_assessments.queries import led_by
from services.evaluation.targets.models import Target, TargetActual
from services.evaluation.targets.router import CONFIRMING
from services.evaluation.targets.rules import ENTERED, WITHDRAWN
from shared.auth import roles as r
from shared.tasks import Asked, Statement, TaskSource, rows

DRAFTERS: Final = (r.INDUSTRY_OFFICER, r.EDUCATION_OFFICER)
DECIDERS: Final = (r.INDUSTRY_APPROVER, r.EDUCATION_APPROVER)


def _figures(asked: Asked) -> Statement:
    """1.2-3: entered by somebody else, the ones that they took the place of included."""
    me, actual = asked.principal.account_id, TargetActual
    mine = select(actual.target_id, actual.quarter).where(actual.entered_by == me, actual.status == WITHDRAWN)
    taken = mine.subquery("mine")
    own = select(taken.c.target_id).where(taken.c.target_id == actual.target_id, taken.c.quarter == actual.quarter)
    return (
        select(actual.id, Target.id, Target.no, actual.entered_on, null())
        .join(Target, Target.id == actual.target_id)
        .where(actual.status == ENTERED, actual.entered_by != me, ~own.exists())
    )


def _led(asked: Asked, suffix: str) -> ColumnElement[bool]:
    """Sheets of the alliances that the caller's bureau leads under their own edition."""
    sheet = AllianceAssessment
    conditions = [
        sheet.alliance.in_(led_by(asked.principal, edition, suffix)) & (sheet.edition == edition.id)
        for edition in asked.editions
    ]
    return or_(false(), *conditions)


def _others_work(asked: Asked) -> ColumnElement[bool]:
    return literal(asked.principal.account_id) != all_(AllianceAssessment.hands)


def _sheets_to_confirm(asked: Asked) -> Statement:
    """4.6-2: drafted by others."""
    sheet = AllianceAssessment
    return select(sheet.id, sheet.id, sheet.no, sheet.drafted_on, null()).where(
        sheet.status == "drafted", _led(asked, "approver"), _others_work(asked)
    )


def _sheets_to_publish(asked: Asked) -> Statement:
    """4.6-2: confirmed, without a document yet."""
    sheet = AllianceAssessment
    return select(sheet.id, sheet.id, sheet.no, sheet.confirmed_on, null()).where(
        sheet.status == "confirmed", _led(asked, "approver"), _others_work(asked)
    )


def _sheets_to_correct(asked: Asked) -> Statement:
    """4.6-2: returned to the officers of the bureau that leads the alliance."""
    sheet = AllianceAssessment
    return select(sheet.id, sheet.id, sheet.no, sheet.drafted_on, null()).where(
        sheet.status == "returned", _led(asked, "officer")
    )


_SHEET: Final = "/v1/alliance-assessments/{id}"

SOURCES: Final = (
    TaskSource.of(
        "target_figure_to_confirm",
        CONFIRMING,
        "/v1/targets/{id}",
        rows(_figures),
        message="task-target-figure-to-confirm",
    ),
    TaskSource.of(
        "alliance_sheet_to_confirm",
        DECIDERS,
        _SHEET,
        rows(_sheets_to_confirm),
        message="task-alliance-sheet-to-confirm",
    ),
    TaskSource.of(
        "alliance_sheet_to_publish",
        DECIDERS,
        _SHEET,
        rows(_sheets_to_publish),
        message="task-alliance-sheet-to-publish",
    ),
    TaskSource.of(
        "alliance_sheet_returned",
        DRAFTERS,
        _SHEET,
        rows(_sheets_to_correct),
        message="task-alliance-sheet-returned",
    ),
)
