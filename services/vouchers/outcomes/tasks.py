"""Which forms wait for an enterprise's answer, and which surveys to be closed (4.3-4)."""

from __future__ import annotations

from typing import Final

from sqlalchemy import null, select

from services.vouchers.outcomes.models import OutcomeForm, OutcomeSurvey
from services.vouchers.outcomes.queries import asked_of
from services.vouchers.outcomes.states import ASKED, OPEN
from shared.auth import roles as r
from shared.tasks import Asked, Statement, TaskSource, rows


def _to_answer(asked: Asked) -> Statement:
    return (
        select(OutcomeForm.id, OutcomeForm.id, OutcomeSurvey.no, OutcomeSurvey.opened_on, OutcomeSurvey.due_on)
        .join(OutcomeSurvey, OutcomeSurvey.id == OutcomeForm.survey_id)
        .where(OutcomeForm.status == ASKED, OutcomeSurvey.status == OPEN, asked_of(asked.principal))
    )


def _to_close(asked: Asked) -> Statement | None:
    """Past their term, or answered by all."""
    division = asked.principal.division
    if division is None:
        return None
    found = OutcomeSurvey
    return select(found.id, found.id, found.no, found.due_on, null()).where(
        found.status == OPEN,
        found.issuer_division == division,
        (found.due_on < asked.today) | (found.answered == found.asked),
    )


SOURCES: Final = (
    TaskSource.of(
        "outcome_to_answer",
        (r.ENTERPRISE,),
        "/v1/voucher-outcomes/forms/{id}",
        rows(_to_answer),
        message="task-outcome-to-answer",
    ),
    TaskSource.of(
        "outcome_survey_to_close",
        (r.DIVISION_OFFICER,),
        "/v1/voucher-outcomes/{id}",
        rows(_to_close),
        message="task-outcome-survey-to-close",
    ),
)
