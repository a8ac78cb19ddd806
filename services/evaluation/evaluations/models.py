"""Tables of evaluations: a centre's year, its score sheets, experts' marks, vetoes and exemptions."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.base import Base
from shared.db import Aggregate
from shared.ids import uuid7

_OPEN_EXEMPTION = "status IN ('proposed', 'approved', 'granted')"


class Evaluation(Aggregate, Base):
    """One centre in one year. Tier, places, area and operator are those of the year's last day; the newest score sheet
    explains `score`, and `decision` the grade."""

    __tablename__ = "evaluation"
    __table_args__ = (
        UniqueConstraint("no", name="uq_evaluation_no"),
        UniqueConstraint("centre_id", "year", name="uq_evaluation_centre_id_year"),
        CheckConstraint("status IN ('pending', 'scored', 'published')", name="status_known"),
        CheckConstraint("(status = 'pending') = (grade IS NULL)", name="graded_when_scored"),
        CheckConstraint("(status = 'published') = (published_on IS NOT NULL)", name="published_with_date"),
        CheckConstraint(
            "(published_on IS NULL) = (document_no IS NULL) AND (published_on IS NULL) = (consecutive_fails IS NULL)",
            name="published_with_document",
        ),
        CheckConstraint("score BETWEEN 0 AND 100", name="score_within_total"),
        CheckConstraint("NOT (exempt AND failing)", name="exempt_never_fails"),
        CheckConstraint("delisting_case_id IS NULL OR failing", name="only_fails_delist"),
        Index("ix_evaluation_cycle_id_id", "cycle_id", "id"),
        Index("ix_evaluation_unpublished", "cycle_id", "id", postgresql_where=text("status <> 'published'")),
        Index("ix_evaluation_year_id", "year", "id"),
    )

    no: Mapped[str]
    cycle_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation_cycle.id"))
    centre_id: Mapped[UUID]
    year: Mapped[int] = mapped_column(SmallInteger)
    edition: Mapped[str]
    operator_code: Mapped[str]
    tier: Mapped[str]
    owner_division: Mapped[str]
    site_division: Mapped[str]
    total_area_m2: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    listed_on: Mapped[date | None]
    delisted_on: Mapped[date | None]
    withdrawn_on: Mapped[date | None]
    status: Mapped[str] = mapped_column(default="pending")
    exempt: Mapped[bool] = mapped_column(default=False)
    score: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    sheet_id: Mapped[UUID | None]
    grade: Mapped[str | None]
    failing: Mapped[bool] = mapped_column(default=False)
    vetoed: Mapped[bool] = mapped_column(default=False)
    place: Mapped[int | None]
    graded_in_tier: Mapped[int | None]
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    scored_at: Mapped[datetime | None]
    scored_by_operation: Mapped[UUID | None]
    published_on: Mapped[date | None]
    published_by: Mapped[str | None]
    document_no: Mapped[str | None]
    consecutive_fails: Mapped[int | None] = mapped_column(SmallInteger)
    rectification_id: Mapped[UUID | None]
    delisting_case_id: Mapped[UUID | None]


class ScoreSheet(Base):
    """A computed score with its whole lineage, never changed; scoring again writes another one."""

    __tablename__ = "score_sheet"
    __table_args__ = (Index("ix_score_sheet_evaluation_id_id", "evaluation_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    edition: Mapped[str]
    rubric_id: Mapped[UUID | None] = mapped_column(ForeignKey("rubric_edition.id"))
    as_of: Mapped[date]
    computed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    computed_by: Mapped[str]
    score: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    exact: Mapped[str]
    bonus: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    dimensions: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    lines: Mapped[list[JsonValue]] = mapped_column(JSONB)
    lineage: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)


class ExpertScore(Base):
    """A mark for an expert indicator, never changed; the newest counts. No mark: there was nothing to check.

    `agreed_from` are the assignments whose marks it follows from, `spread` how far those lay apart; `marked_by` is then
    whoever marked last. Both are empty for a mark that was entered directly."""

    __tablename__ = "expert_score"
    __table_args__ = (
        CheckConstraint("mark BETWEEN 0 AND 100", name="mark_is_percentage"),
        Index("ix_expert_score_latest", "evaluation_id", "indicator", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    indicator: Mapped[str]
    mark: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    evidence: Mapped[str]
    marked_on: Mapped[date]
    marked_by: Mapped[str]
    round: Mapped[int] = mapped_column(SmallInteger, default=1, server_default=text("1"))
    spread: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    agreed_from: Mapped[list[JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class Veto(Base):
    """A fact that makes the year a fail once a second person has confirmed it."""

    __tablename__ = "veto"
    __table_args__ = (
        UniqueConstraint("evaluation_id", "code", name="uq_veto_evaluation_id_code"),
        CheckConstraint("status IN ('recorded', 'confirmed', 'dismissed')", name="status_known"),
        CheckConstraint("(status = 'recorded') = (decided_by IS NULL)", name="decided_by_somebody"),
        CheckConstraint("decided_by <> recorded_by", name="four_eyes"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    version: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    code: Mapped[str]
    status: Mapped[str] = mapped_column(default="recorded")
    document_no: Mapped[str]
    recorded_on: Mapped[date]
    recorded_by: Mapped[str]
    decided_on: Mapped[date | None]
    decided_by: Mapped[str | None]


class Exemption(Base):
    """A year without evaluation: proposed by an officer, approved by one bureau, countersigned by the other."""

    __tablename__ = "exemption"
    __table_args__ = (
        Index(
            "uq_exemption_open",
            "evaluation_id",
            unique=True,
            postgresql_where=text(_OPEN_EXEMPTION),
        ),
        CheckConstraint("status IN ('proposed', 'approved', 'granted', 'refused')", name="status_known"),
        CheckConstraint("status <> 'granted' OR num_nulls(approved_by, countersigned_by) = 0", name="both_bureaus"),
        CheckConstraint("approved_by <> proposed_by AND countersigned_by <> proposed_by", name="four_eyes"),
        CheckConstraint("countersigned_by <> approved_by", name="countersigned_by_another"),
        CheckConstraint("countersigned_bureau <> approved_bureau", name="countersigned_by_other_bureau"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    version: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    status: Mapped[str] = mapped_column(default="proposed")
    reason: Mapped[str]
    document_no: Mapped[str]
    minutes_no: Mapped[str | None]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    proposed_on: Mapped[date]
    proposed_by: Mapped[str]
    approved_on: Mapped[date | None]
    approved_by: Mapped[str | None]
    approved_bureau: Mapped[str | None]
    countersigned_on: Mapped[date | None]
    countersigned_by: Mapped[str | None]
    countersigned_bureau: Mapped[str | None]
    refused_by: Mapped[str | None]
