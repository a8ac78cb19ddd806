"""Tables of experts: the pool, what keeps them away, draws, and who marks what."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.base import Base
from shared.db import Aggregate
from shared.ids import uuid7

_LIVE = "status IN ('assigned', 'marked')"


class Expert(Aggregate, Base):
    """Somebody who may mark, known by the account alone; in the pool once an officer has appointed them."""

    __tablename__ = "expert"
    __table_args__ = (
        CheckConstraint("status IN ('applied', 'appointed', 'ended')", name="status_known"),
        CheckConstraint("(status = 'applied') = (decided_by IS NULL)", name="decided_by_somebody"),
        CheckConstraint("(decided_by IS NULL) = (decided_on IS NULL)", name="decided_whole"),
        CheckConstraint("status <> 'appointed' OR decided_by <> account_id", name="appointed_by_another"),
        CheckConstraint("(status = 'ended') = (reason_code IS NOT NULL)", name="ended_with_reason"),
        Index("uq_expert_account", "account_id", unique=True, postgresql_where=text("status <> 'ended'")),
    )

    account_id: Mapped[str]
    org: Mapped[str | None]
    status: Mapped[str] = mapped_column(default="applied")
    applied_on: Mapped[date]
    decided_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    reason_code: Mapped[str | None]


class ExpertConflict(Base):
    """A declared conflict of interest, with one centre or with whatever an organisation runs."""

    __tablename__ = "expert_conflict"
    __table_args__ = (
        CheckConstraint("num_nonnulls(centre_id, org) = 1", name="one_subject"),
        CheckConstraint("num_nulls(ended_on, ended_by, reason_code) IN (0, 3)", name="ended_whole"),
        CheckConstraint("ended_by <> declared_by", name="four_eyes"),
        Index("ix_expert_conflict_expert_id", "expert_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    expert_id: Mapped[UUID] = mapped_column(ForeignKey("expert.id"))
    kind: Mapped[str]
    centre_id: Mapped[UUID | None]
    org: Mapped[str | None]
    declared_on: Mapped[date]
    declared_by: Mapped[str]
    ended_on: Mapped[date | None]
    ended_by: Mapped[str | None]
    reason_code: Mapped[str | None]


class ExpertDraw(Base):
    """A draw, never changed: its seed repeats it. `unfilled` names the evaluations that nobody free of conflict was
    left for."""

    __tablename__ = "expert_draw"
    __table_args__ = (
        CheckConstraint("kind IN ('draw', 'third', 'replacement', 're_mark', 'by_hand')", name="kind_known"),
        CheckConstraint("assigned BETWEEN 0 AND wanted", name="assigned_within_wanted"),
        Index("ix_expert_draw_cycle_id", "cycle_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    cycle_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation_cycle.id"))
    kind: Mapped[str]
    seed: Mapped[str]
    wanted: Mapped[int]
    assigned: Mapped[int]
    unfilled: Mapped[list[JsonValue]] = mapped_column(JSONB)
    drawn_on: Mapped[date]
    drawn_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class ExpertAssignment(Aggregate, Base):
    """One expert marks one indicator of one centre's year. `round` 2 and later follow upheld objections; slot 3 is the
    third expert. Nobody marks the same indicator of a centre's year twice."""

    __tablename__ = "expert_assignment"
    __table_args__ = (
        CheckConstraint("status IN ('assigned', 'marked', 'recused', 'released')", name="status_known"),
        CheckConstraint("round >= 1 AND slot BETWEEN 1 AND 3", name="places_known"),
        CheckConstraint("mark BETWEEN 0 AND 100", name="mark_is_percentage"),
        CheckConstraint("(status = 'marked') = (marked_on IS NOT NULL)", name="marked_with_date"),
        CheckConstraint("status = 'marked' OR num_nonnulls(mark, evidence) = 0", name="mark_when_marked"),
        CheckConstraint("status <> 'marked' OR evidence IS NOT NULL", name="marked_with_evidence"),
        CheckConstraint("(status IN ('recused', 'released')) = (reason_code IS NOT NULL)", name="ended_with_reason"),
        CheckConstraint("num_nulls(ended_on, ended_by, reason_code) IN (0, 3)", name="ended_whole"),
        CheckConstraint("(round > 1) = (objection_id IS NOT NULL)", name="later_round_after_objection"),
        Index(
            "uq_expert_assignment_place",
            "evaluation_id",
            "indicator",
            "round",
            "slot",
            unique=True,
            postgresql_where=text(_LIVE),
        ),
        Index("uq_expert_assignment_expert", "evaluation_id", "indicator", "expert_id", unique=True),
        Index("ix_expert_assignment_expert_id", "expert_id", "status"),
        Index("ix_expert_assignment_account_id", "account_id", "status"),
        Index("ix_expert_assignment_cycle_id", "cycle_id", "id"),
    )

    cycle_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation_cycle.id"))
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    indicator: Mapped[str]
    round: Mapped[int] = mapped_column(SmallInteger)
    slot: Mapped[int] = mapped_column(SmallInteger)
    expert_id: Mapped[UUID] = mapped_column(ForeignKey("expert.id"))
    account_id: Mapped[str]
    draw_id: Mapped[UUID] = mapped_column(ForeignKey("expert_draw.id"))
    objection_id: Mapped[UUID | None] = mapped_column(ForeignKey("objection.id"))
    status: Mapped[str] = mapped_column(default="assigned")
    due_on: Mapped[date]
    assigned_on: Mapped[date]
    mark: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    evidence: Mapped[str | None]
    marked_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    ended_by: Mapped[str | None]
    reason_code: Mapped[str | None]
