"""Surveys of an issuer's year, a form for each enterprise that used its vouchers, and every answer ever given."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from services.vouchers.outcomes import states
from shared.db import Aggregate


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


_STATUSES: Final = _listed(states.STATUSES)
_FORM_STATUSES: Final = _listed(states.FORM_STATUSES)


class OutcomeSurvey(Aggregate, Base):
    """One issuer and year of captures. Answers can be changed while it is open; figures are shown once it is closed."""

    __tablename__ = "outcome_survey"
    __table_args__ = (
        UniqueConstraint("no", name="uq_outcome_survey_no"),
        UniqueConstraint("issuer_division", "year", name="uq_outcome_survey_issuer_year"),
        CheckConstraint(f"status IN ({_STATUSES})", name="status_known"),
        CheckConstraint("due_on > opened_on", name="due_after_opening"),
        CheckConstraint("(status = 'closed') = (num_nulls(closed_by, closed_on) = 0)", name="closed_by_somebody"),
        CheckConstraint("closed_on >= opened_on", name="dates_forward"),
        CheckConstraint("asked >= 0 AND answered >= 0 AND answered <= asked", name="respondents_within_asked"),
        CheckConstraint("least_respondents > 0", name="least_positive"),
    )

    no: Mapped[str]
    issuer_division: Mapped[str]
    year: Mapped[int]
    edition: Mapped[str]
    status: Mapped[str]
    least_respondents: Mapped[int]
    """Of the edition it was opened under: figures of fewer are not shown."""
    asked: Mapped[int]
    answered: Mapped[int]
    due_on: Mapped[date]
    opened_by: Mapped[str]
    opened_on: Mapped[date]
    closed_by: Mapped[str | None]
    closed_on: Mapped[date | None]


class OutcomeForm(Aggregate, Base):
    """What one enterprise is asked: it had `captured` yuan over `uses` of the issuer's vouchers in the year."""

    __tablename__ = "outcome_form"
    __table_args__ = (
        UniqueConstraint("survey_id", "enterprise_id", name="uq_outcome_form_enterprise"),
        CheckConstraint(f"status IN ({_FORM_STATUSES})", name="status_known"),
        CheckConstraint("revision >= 0 AND (status = 'answered') = (revision > 0)", name="answered_once_at_least"),
        CheckConstraint("uses > 0 AND captured >= 0", name="use_positive"),
        Index("ix_outcome_form_enterprise_id", "enterprise_id", "id"),
        Index("ix_outcome_form_survey_id", "survey_id", "id"),
    )

    survey_id: Mapped[UUID] = mapped_column(ForeignKey("outcome_survey.id"))
    issuer_division: Mapped[str]
    year: Mapped[int]
    enterprise_id: Mapped[UUID]
    status: Mapped[str]
    revision: Mapped[int]
    """Of the answer that counts; 0 before the first."""
    uses: Mapped[int]
    captured: Mapped[Decimal]


class OutcomeAnswer(Base):
    """One version of an answer; none is ever changed. `income` is what the services brought in, in yuan."""

    __tablename__ = "outcome_answer"
    __table_args__ = (
        CheckConstraint(
            "jobs_created >= 0 AND ip_applied >= 0 AND ip_granted >= 0 AND income >= 0", name="counts_not_negative"
        ),
        CheckConstraint("satisfaction BETWEEN 1 AND 5", name="satisfaction_known"),
        CheckConstraint("revision > 0", name="revision_positive"),
    )

    form_id: Mapped[UUID] = mapped_column(ForeignKey("outcome_form.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    jobs_created: Mapped[int]
    ip_applied: Mapped[int]
    ip_granted: Mapped[int]
    income: Mapped[Decimal]
    satisfaction: Mapped[int] = mapped_column(SmallInteger)
    comment: Mapped[str | None]
    answered_by: Mapped[str]
    answered_on: Mapped[date]
