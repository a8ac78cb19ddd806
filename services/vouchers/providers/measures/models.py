"""The table of measures against providers."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.vouchers.base import Base
from shared.ids import uuid7

SUSPENSION: Final = "suspension"
REMOVAL: Final = "removal"

INTENDED: Final = "intended"
PROPOSED: Final = "proposed"
DECIDED: Final = "decided"
DROPPED: Final = "dropped"
LIFTING: Final = "lifting"
LIFTED: Final = "lifted"

HONOURED: Final = "honoured"
RELEASED: Final = "released"

_DECIDED_WHOLE = (
    "num_nulls(decided_by, decided_on, document_no, decision_served_on, reconsideration_until, litigation_until)"
)


class ProviderMeasure(Base):
    """A measure from its notice of intent to its end. `statement_until`, `reconsideration_until` and `litigation_until`
    are last days, as they were computed when the paper was served; `suspended_until` is the last day of a suspension
    that ends by itself. The two lists name the redemptions that were open when it was decided."""

    __tablename__ = "provider_measure"
    __table_args__ = (
        CheckConstraint("kind IN ('suspension', 'removal')", name="kind_known"),
        CheckConstraint(
            "status IN ('intended', 'proposed', 'decided', 'dropped', 'lifting', 'lifted')", name="status_known"
        ),
        CheckConstraint("holds IN ('honoured', 'released')", name="holds_known"),
        CheckConstraint("num_nulls(stated_by, stated_on, statement) IN (0, 3)", name="stated_whole"),
        CheckConstraint("num_nulls(proposed_by, proposed_on, holds) IN (0, 3)", name="proposed_whole"),
        CheckConstraint(
            f"status NOT IN ('decided', 'lifting', 'lifted') OR {_DECIDED_WHOLE} = 0", name="decided_whole"
        ),
        CheckConstraint("decided_by <> proposed_by AND decided_by <> opened_by", name="four_eyes"),
        CheckConstraint(
            "(status = 'dropped') = (num_nulls(dropped_by, dropped_on, drop_reason) = 0)", name="dropped_whole"
        ),
        CheckConstraint(
            "num_nulls(lift_proposed_by, lift_proposed_on, lift_ground) IN (0, 3)"
            " AND (status <> 'lifting' OR lift_proposed_by IS NOT NULL)",
            name="lifting_whole",
        ),
        CheckConstraint("(status = 'lifted') = (lifted_on IS NOT NULL)", name="lifted_whole"),
        CheckConstraint("lifted_by <> lift_proposed_by", name="lifted_by_another"),
        CheckConstraint(
            "statement_until > served_on AND decided_on >= proposed_on AND lifted_on >= decided_on",
            name="days_forward",
        ),
        CheckConstraint("suspended_until >= decided_on", name="suspended_for_some_days"),
        Index("uq_provider_measure_no", "no", unique=True),
        Index("ix_provider_measure_provider_id", "provider_id", "id"),
        Index(
            "uq_provider_measure_running",
            "provider_id",
            unique=True,
            postgresql_where="status IN ('intended', 'proposed')",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("provider.id"))
    no: Mapped[str]
    kind: Mapped[str]
    ground: Mapped[str]
    reasons: Mapped[str]
    review_id: Mapped[UUID | None]
    status: Mapped[str]
    edition: Mapped[str]
    opened_by: Mapped[str]
    opened_on: Mapped[date]
    served_on: Mapped[date]
    """The day on which the notice of intent was served."""
    statement_until: Mapped[date]
    statement: Mapped[str | None]
    stated_by: Mapped[str | None]
    stated_on: Mapped[date | None]
    holds: Mapped[str | None]
    suspended_until: Mapped[date | None]
    proposed_by: Mapped[str | None]
    proposed_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    document_no: Mapped[str | None]
    decision_served_on: Mapped[date | None]
    reconsideration_until: Mapped[date | None]
    litigation_until: Mapped[date | None]
    dropped_by: Mapped[str | None]
    dropped_on: Mapped[date | None]
    drop_reason: Mapped[str | None]
    lift_ground: Mapped[str | None]
    lift_document_no: Mapped[str | None]
    lift_proposed_by: Mapped[str | None]
    lift_proposed_on: Mapped[date | None]
    lifted_by: Mapped[str | None]
    lifted_on: Mapped[date | None]
    warnings: Mapped[list[JsonValue]] = mapped_column(JSONB, server_default=text("'[]'"))
    """What the terms were counted without, as the calendar says it."""
    released_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))
    honoured_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default=text("'{}'"))
