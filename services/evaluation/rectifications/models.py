"""The tables of rectification orders and of what was done about them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.base import Base
from services.evaluation.rectifications.rules import STATUSES, STEPS
from shared.db import Aggregate
from shared.ids import uuid7


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


class Rectification(Aggregate, Base):
    """A failed centre's order to put things right. `due_on` is the term's last day once the order is served; before
    that, what it would be had it been served with the publication."""

    __tablename__ = "rectification"
    __table_args__ = (
        UniqueConstraint("no", name="uq_rectification_no"),
        UniqueConstraint("evaluation_id", name="uq_rectification_evaluation_id"),
        CheckConstraint(f"status IN ({_listed(STATUSES)})", name="status_known"),
        CheckConstraint("due_on > ordered_on", name="due_after_order"),
        CheckConstraint(
            "status IN ('ordered', 'superseded', 'annulled') OR submitted_by IS NOT NULL", name="submitted_by_somebody"
        ),
        CheckConstraint("(status = 'accepted') = (accepted_on IS NOT NULL)", name="accepted_with_date"),
        CheckConstraint("decided_by <> submitted_by", name="four_eyes"),
        CheckConstraint("status <> 'accepted' OR decided_by <> inspected_by", name="accepted_by_another"),
        CheckConstraint("inspected_by <> submitted_by", name="inspected_by_another"),
        CheckConstraint("(served_on IS NULL) = (service_method IS NULL)", name="served_somehow"),
        CheckConstraint("served_on >= ordered_on", name="served_after_order"),
        CheckConstraint("(status IN ('superseded', 'annulled')) = (closed_on IS NOT NULL)", name="closed_with_date"),
        CheckConstraint("(status = 'superseded') = (superseded_by IS NOT NULL)", name="superseded_by_a_case"),
        CheckConstraint("(status = 'superseded') = (superseded_from IS NOT NULL)", name="superseded_from_a_state"),
        Index("ix_rectification_centre_id", "centre_id"),
        Index("ix_rectification_due_on", "due_on", postgresql_where=text("status <> 'accepted'")),
    )

    no: Mapped[str]
    centre_id: Mapped[UUID]
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    edition: Mapped[str]
    status: Mapped[str] = mapped_column(default="ordered")
    ordered_on: Mapped[date]
    due_on: Mapped[date]
    document_no: Mapped[str | None]
    served_on: Mapped[date | None]
    served_by: Mapped[str | None]
    service_method: Mapped[str | None]
    extensions: Mapped[int] = mapped_column(SmallInteger, default=0, server_default=text("0"))
    """How many were granted."""
    extension_requested_on: Mapped[date | None]
    """Since when a request for more time waits for its answer."""
    submitted_on: Mapped[date | None]
    submitted_by: Mapped[str | None]
    inspected_on: Mapped[date | None]
    inspected_by: Mapped[str | None]
    accepted_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    overdue_told_for: Mapped[date | None]
    """The last day that the alarm was raised for; another term gets another one."""
    closed_on: Mapped[date | None]
    superseded_by: Mapped[UUID | None] = mapped_column(ForeignKey("delisting_case.id"))
    superseded_from: Mapped[str | None]


class RectificationItem(Base):
    """One thing to be put right: what was found, and what is asked for. Fixed once the order is served."""

    __tablename__ = "rectification_item"
    __table_args__ = (
        UniqueConstraint("rectification_id", "ordinal", name="uq_rectification_item_ordinal"),
        CheckConstraint("status IN ('open', 'remedied')", name="status_known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    rectification_id: Mapped[UUID] = mapped_column(ForeignKey("rectification.id"))
    ordinal: Mapped[int] = mapped_column(SmallInteger)
    indicator: Mapped[str | None]
    finding: Mapped[str]
    requirement: Mapped[str]
    status: Mapped[str] = mapped_column(default="open", server_default=text("'open'"))


class RectificationEvidence(Base):
    """A document that a centre gives for one item. Withdrawn, it stays readable."""

    __tablename__ = "rectification_evidence"
    __table_args__ = (
        CheckConstraint("status IN ('filed', 'withdrawn')", name="status_known"),
        CheckConstraint(
            "num_nulls(withdrawn_on, withdrawn_by) = CASE status WHEN 'withdrawn' THEN 0 ELSE 2 END",
            name="withdrawn_by_somebody",
        ),
        Index(
            "uq_rectification_evidence_filed",
            "item_id",
            "document_id",
            unique=True,
            postgresql_where=text("status = 'filed'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    item_id: Mapped[UUID] = mapped_column(ForeignKey("rectification_item.id"))
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"))
    note: Mapped[str]
    status: Mapped[str]
    filed_on: Mapped[date]
    filed_by: Mapped[str]
    withdrawn_on: Mapped[date | None]
    withdrawn_by: Mapped[str | None]


class RectificationInspection(Base):
    """A record made on site, never changed; the newest of a submission counts. `units` took part, persons have no names
    here; `findings` holds what was found of each item."""

    __tablename__ = "rectification_inspection"
    __table_args__ = (Index("ix_rectification_inspection_rectification_id", "rectification_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    rectification_id: Mapped[UUID] = mapped_column(ForeignKey("rectification.id"))
    record_no: Mapped[str]
    inspected_on: Mapped[date]
    inspected_by: Mapped[str]
    units: Mapped[list[str]] = mapped_column(ARRAY(Text))
    findings: Mapped[list[JsonValue]] = mapped_column(JSONB)
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class RectificationExtension(Base):
    """A request for more time, and its answer by another person."""

    __tablename__ = "rectification_extension"
    __table_args__ = (
        Index(
            "uq_rectification_extension_requested",
            "rectification_id",
            unique=True,
            postgresql_where=text("status = 'requested'"),
        ),
        Index("ix_rectification_extension_rectification_id", "rectification_id", "id"),
        CheckConstraint("status IN ('requested', 'granted', 'refused')", name="status_known"),
        CheckConstraint("decided_by <> requested_by", name="four_eyes"),
        CheckConstraint(
            "num_nulls(decided_on, decided_by) = CASE status WHEN 'requested' THEN 2 ELSE 0 END", name="decided_whole"
        ),
        CheckConstraint("(status = 'granted') = (due_on IS NOT NULL)", name="granted_until"),
        CheckConstraint("(status = 'refused') = (answer IS NOT NULL)", name="refused_with_reason"),
        CheckConstraint("requested_on <= due_before", name="requested_in_time"),
        CheckConstraint("due_on > due_before", name="granted_later"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    rectification_id: Mapped[UUID] = mapped_column(ForeignKey("rectification.id"))
    status: Mapped[str]
    reason_code: Mapped[str]
    statement: Mapped[str]
    requested_on: Mapped[date]
    requested_by: Mapped[str]
    due_before: Mapped[date]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    decided_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    answer: Mapped[str | None]
    due_on: Mapped[date | None]


class RectificationStep(Base):
    """What was handed in, found or decided; never changed."""

    __tablename__ = "rectification_step"
    __table_args__ = (
        CheckConstraint(f"step IN ({_listed(STEPS)})", name="step_known"),
        Index("ix_rectification_step_rectification_id_id", "rectification_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    rectification_id: Mapped[UUID] = mapped_column(ForeignKey("rectification.id"))
    step: Mapped[str]
    taken_on: Mapped[date]
    actor: Mapped[str]
    details: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
