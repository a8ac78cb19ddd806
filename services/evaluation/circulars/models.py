"""The tables of circulars."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, PrimaryKeyConstraint, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.base import Base
from shared.db import Aggregate


class Circular(Aggregate, Base):
    """The one circular of a year, issued when all its results are published."""

    __tablename__ = "circular"
    __table_args__ = (
        UniqueConstraint("year", name="uq_circular_year"),
        UniqueConstraint("cycle_id", name="uq_circular_cycle_id"),
    )

    cycle_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation_cycle.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    document_no: Mapped[str]
    issued_on: Mapped[date]


class CircularLine(Base):
    """A failed centre named in a circular."""

    __tablename__ = "circular_line"
    __table_args__ = (PrimaryKeyConstraint("circular_id", "evaluation_id", name="pk_circular_line"),)

    circular_id: Mapped[UUID] = mapped_column(ForeignKey("circular.id"))
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    centre_id: Mapped[UUID]
