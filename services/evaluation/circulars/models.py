"""The tables of circulars and of their corrections."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, PrimaryKeyConstraint, SmallInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.base import Base
from shared.db import Aggregate
from shared.ids import uuid7


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
    """A failed centre named in a circular, under the names and with the order or the case of the day it was issued.
    Lines of circulars issued before these were kept have none."""

    __tablename__ = "circular_line"
    __table_args__ = (PrimaryKeyConstraint("circular_id", "evaluation_id", name="pk_circular_line"),)

    circular_id: Mapped[UUID] = mapped_column(ForeignKey("circular.id"))
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    centre_id: Mapped[UUID]
    centre_no: Mapped[str | None]
    centre_name: Mapped[str | None]
    operator_name: Mapped[str | None]
    order_no: Mapped[str | None]
    case_no: Mapped[str | None]


class CircularCorrection(Base):
    """A line that no longer holds because an authority annulled the result: added to the circular, with its own date;
    what was issued stays as it is."""

    __tablename__ = "circular_correction"
    __table_args__ = (
        UniqueConstraint("no", name="uq_circular_correction_no"),
        UniqueConstraint("circular_id", "evaluation_id", name="uq_circular_correction_line"),
        ForeignKeyConstraint(
            ["circular_id", "evaluation_id"],
            ["circular_line.circular_id", "circular_line.evaluation_id"],
            name="fk_circular_correction_line",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    no: Mapped[str]
    circular_id: Mapped[UUID]
    evaluation_id: Mapped[UUID]
    centre_id: Mapped[UUID]
    annulment_id: Mapped[UUID] = mapped_column(ForeignKey("result_annulment.id"))
    issuer: Mapped[str]
    document_no: Mapped[str]
    corrected_on: Mapped[date]
