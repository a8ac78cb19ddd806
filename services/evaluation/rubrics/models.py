"""Tables of rubric editions: the edition, each version of its values, and its rehearsals."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Numeric,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import UniqueConstraint

from services.evaluation.base import Base
from shared.db import Aggregate
from shared.operations.models import OperationRow, operation_checks

DRAFT, SUBMITTED, APPROVED, DISCARDED = STATUSES = ("draft", "submitted", "approved", "discarded")


class RubricEdition(Aggregate, Base):
    """A rubric made through the service, for evaluation years of one policy edition. Number 1 of a policy edition is
    the one in its file; an approved edition gets the next number, and from then on a trigger keeps the row as it is."""

    __tablename__ = "rubric_edition"
    __table_args__ = (
        UniqueConstraint("no", name="uq_rubric_edition_no"),
        UniqueConstraint("policy_edition", "number", name="uq_rubric_edition_policy_edition_number"),
        CheckConstraint("status IN ('draft', 'submitted', 'approved', 'discarded')", name="status_known"),
        CheckConstraint("number > 1", name="number_after_default"),
        CheckConstraint(
            "(status = 'approved') = (num_nulls(approved_on, approved_by, document_no, number) = 0)",
            name="approved_with_document",
        ),
        CheckConstraint(
            "status = 'draft' OR status = 'discarded' OR submitted_by IS NOT NULL", name="submitted_by_one"
        ),
        CheckConstraint("approved_by <> submitted_by AND NOT authors ? approved_by", name="four_eyes"),
        CheckConstraint("approved_on IS NULL OR date_part('year', approved_on) <= first_year", name="never_backdated"),
        Index("ix_rubric_edition_policy_edition", "policy_edition", "first_year"),
    )

    no: Mapped[str]
    policy_edition: Mapped[str]
    number: Mapped[int | None] = mapped_column(SmallInteger)
    status: Mapped[str] = mapped_column(default=DRAFT)
    title_zh: Mapped[str]
    title_en: Mapped[str]
    first_year: Mapped[int] = mapped_column(SmallInteger)
    copy_of: Mapped[UUID | None] = mapped_column(ForeignKey("rubric_edition.id"))
    """The edition that it was copied from; NULL for the one of the policy edition's file."""
    content: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    revision: Mapped[int]
    authors: Mapped[list[str]] = mapped_column(JSONB)
    """Accounts that wrote a version; none of them approves it."""
    drafted_on: Mapped[date]
    drafted_by: Mapped[str]
    submitted_on: Mapped[date | None]
    submitted_by: Mapped[str | None]
    approved_on: Mapped[date | None]
    approved_by: Mapped[str | None]
    document_no: Mapped[str | None]
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))


class RubricRevision(Base):
    """The values after one edit, never changed: who wrote what, and what a rehearsal was about."""

    __tablename__ = "rubric_revision"
    __table_args__ = (PrimaryKeyConstraint("rubric_id", "revision", name="pk_rubric_revision"),)

    rubric_id: Mapped[UUID] = mapped_column(ForeignKey("rubric_edition.id"))
    revision: Mapped[int]
    content: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    changed: Mapped[list[str]] = mapped_column(JSONB)
    edited_on: Mapped[date]
    edited_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class Rehearsal(OperationRow, Base):
    """A past year scored once more under one version of a draft: long work with progress, official nowhere."""

    __tablename__ = "rubric_rehearsal"
    __table_args__ = (
        *operation_checks("rehearse"),
        Index("uq_rubric_rehearsal_running", "rubric_id", unique=True, postgresql_where=text("status = 'running'")),
        Index("ix_rubric_rehearsal_rubric_id", "rubric_id", "id"),
    )

    rubric_id: Mapped[UUID] = mapped_column(ForeignKey("rubric_edition.id"))
    revision: Mapped[int]
    cycle_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation_cycle.id"))
    year: Mapped[int] = mapped_column(SmallInteger)


class RehearsedCentre(Base):
    """One centre in a rehearsal: both rubrics on the same facts. `recorded_*` is what the year's evaluation says."""

    __tablename__ = "rubric_rehearsal_line"
    __table_args__ = (
        PrimaryKeyConstraint("rehearsal_id", "evaluation_id", name="pk_rubric_rehearsal_line"),
        CheckConstraint("old_score BETWEEN 0 AND 100 AND new_score BETWEEN 0 AND 100", name="scores_within_total"),
    )

    rehearsal_id: Mapped[UUID] = mapped_column(ForeignKey("rubric_rehearsal.id"))
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    centre_id: Mapped[UUID]
    tier: Mapped[str]
    exempt: Mapped[bool]
    recorded_score: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    recorded_grade: Mapped[str | None]
    old_score: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    new_score: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    new_bonus: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    vetoes: Mapped[list[str]] = mapped_column(JSONB)
    old_grade: Mapped[str | None]
    new_grade: Mapped[str | None]
    old_points: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    new_points: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)


year_counted_by_form = Table(
    "year_counted_by_form", Base.metadata, Column("year", SmallInteger, primary_key=True, autoincrement=False)
)
"""Years that had begun, with a report or a cycle, when the registry's records came to count: whatever the policy
edition's own rubric says since, the form's numbers count in them."""
