"""Tables of what a second person decides about a running year: later last days, and going back one phase."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.base import Base
from shared.ids import uuid7

_DECIDED = "num_nulls(decided_on, decided_by) = CASE status WHEN 'proposed' THEN 2 ELSE 0 END"


class _Proposal:
    """Asked for by one person with a reason, decided by another."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    status: Mapped[str] = mapped_column(default="proposed")
    reason: Mapped[str]
    statement: Mapped[str]
    proposed_on: Mapped[date]
    proposed_by: Mapped[str]
    decided_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    cycle_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation_cycle.id"))


class CycleExtension(_Proposal, Base):
    """A later last day of one phase."""

    __tablename__ = "cycle_extension"
    __table_args__ = (
        CheckConstraint("status IN ('proposed', 'approved', 'refused')", name="status_known"),
        CheckConstraint("phase IN ('self_report', 'marking', 'notice')", name="phase_known"),
        CheckConstraint("due_on > due_before", name="later"),
        CheckConstraint(_DECIDED, name="decided_whole"),
        CheckConstraint("decided_by <> proposed_by", name="four_eyes"),
        Index(
            "uq_cycle_extension_proposed",
            "cycle_id",
            "phase",
            unique=True,
            postgresql_where=text("status = 'proposed'"),
        ),
    )

    phase: Mapped[str]
    due_before: Mapped[date]
    due_on: Mapped[date]


class CycleReopening(_Proposal, Base):
    """Going back one phase. `undone` keeps the steps that it took back: who had announced or signed, and when."""

    __tablename__ = "cycle_reopening"
    __table_args__ = (
        CheckConstraint("status IN ('proposed', 'approved', 'refused')", name="status_known"),
        CheckConstraint("from_status <> to_status", name="goes_back"),
        CheckConstraint(_DECIDED, name="decided_whole"),
        CheckConstraint("decided_by <> proposed_by", name="four_eyes"),
        Index("uq_cycle_reopening_proposed", "cycle_id", unique=True, postgresql_where=text("status = 'proposed'")),
    )

    from_status: Mapped[str]
    to_status: Mapped[str]
    undone: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
