"""The table of bans."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from shared.db import Aggregate


class Ban(Aggregate, Base):
    """One case's ban. Bans of one operator may overlap, when several of its centres are delisted; the one that ends
    last counts. A case imposes one ban, however often it is carried out."""

    __tablename__ = "ban"
    __table_args__ = (
        UniqueConstraint("case_id", name="uq_ban_case_id"),
        CheckConstraint("status IN ('in_force', 'lifted')", name="status_known"),
        CheckConstraint("last_barred_day > published_on", name="period_forward"),
        CheckConstraint("first_open_day = last_barred_day + 1", name="open_the_day_after"),
        Index("ix_ban_centre_id", "centre_id", "last_barred_day"),
        Index("ix_ban_operator_code", "operator_code", "last_barred_day"),
    )

    case_id: Mapped[UUID]
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    operator_code: Mapped[str | None]
    decision_no: Mapped[str]
    published_on: Mapped[date]
    last_barred_day: Mapped[date]
    first_open_day: Mapped[date]
    status: Mapped[str]
