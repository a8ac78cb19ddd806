"""Surveys of what came of vouchers; what an enterprise answered stays with the service."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import EventData, EventType, Topic

OUTCOME_SURVEY = Topic("vouchers.outcome_survey", "Surveys of what came of vouchers (用券成效调查)")
OUTCOME_FORM = Topic("vouchers.outcome_form", "Forms of these surveys (用券成效问卷)")


class OutcomeSurveyState(EventData):
    """A survey of the enterprises that used an issuer's vouchers in a year."""

    id: UUID
    no: str
    issuer_division: str
    year: int
    status: str
    asked: int
    answered: int
    due_on: date
    opened_on: date
    closed_on: date | None


OutcomeSurveyOpened = EventType(
    OUTCOME_SURVEY, "vouchers.outcome_survey.opened.v1", OutcomeSurveyState, summary="Enterprises are asked."
)
OutcomeSurveyExtended = EventType(
    OUTCOME_SURVEY, "vouchers.outcome_survey.extended.v1", OutcomeSurveyState, summary="More enterprises are asked."
)
OutcomeSurveyClosed = EventType(
    OUTCOME_SURVEY, "vouchers.outcome_survey.closed.v1", OutcomeSurveyState, summary="No more answers are taken."
)


class OutcomeFormState(EventData):
    """One enterprise's form; `captured` is what vouchers paid in the year, in yuan, and `revision` counts answers."""

    id: UUID
    survey_id: UUID
    issuer_division: str
    year: int
    enterprise_id: UUID
    status: str
    revision: int
    uses: int
    captured: Decimal


OutcomeAsked = EventType(OUTCOME_FORM, "vouchers.outcome_form.asked.v1", OutcomeFormState, summary="It is asked.")
OutcomeAnswered = EventType(OUTCOME_FORM, "vouchers.outcome_form.answered.v1", OutcomeFormState, summary="Answered.")
