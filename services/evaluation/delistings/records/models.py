"""Tables of annulled results and of successions between centres."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.base import Base
from shared.db import Aggregate

_DECIDED = "num_nulls(decided_by, decided_bureau, decided_on) = CASE status WHEN 'proposed' THEN 3 ELSE 0 END"


class ResultAnnulment(Aggregate, Base):
    """A published result that an authority has annulled; the year then counts as not failed. The result stays."""

    __tablename__ = "result_annulment"
    __table_args__ = (
        UniqueConstraint("no", name="uq_result_annulment_no"),
        Index("uq_result_annulment_open", "evaluation_id", unique=True, postgresql_where=text("status <> 'rejected'")),
        Index("ix_result_annulment_centre_id", "centre_id"),
        CheckConstraint("status IN ('proposed', 'approved', 'rejected')", name="status_known"),
        CheckConstraint("ground IN ('court', 'reconsideration', 'own_motion')", name="ground_known"),
        CheckConstraint("decided_by <> recorded_by", name="four_eyes"),
        CheckConstraint("decided_bureau <> recorded_bureau", name="decided_by_other_bureau"),
        CheckConstraint(_DECIDED, name="decided_whole"),
        CheckConstraint("status <> 'rejected' OR reason_code IS NOT NULL", name="rejected_with_reason"),
    )

    no: Mapped[str]
    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluation.id"))
    centre_id: Mapped[UUID]
    year: Mapped[int] = mapped_column(SmallInteger)
    edition: Mapped[str]
    status: Mapped[str]
    ground: Mapped[str]
    issuer: Mapped[str]
    document_no: Mapped[str]
    ordered_on: Mapped[date]
    recorded_by: Mapped[str]
    recorded_bureau: Mapped[str]
    recorded_on: Mapped[date]
    decided_by: Mapped[str | None]
    decided_bureau: Mapped[str | None]
    decided_on: Mapped[date | None]
    reason_code: Mapped[str | None]


class CentreSuccession(Aggregate, Base):
    """A succession that was declared: the centre goes on where its predecessor left off, under whatever name or code.

    One re-registered by the same operator needs no declaration.
    """

    __tablename__ = "centre_succession"
    __table_args__ = (
        UniqueConstraint("no", name="uq_centre_succession_no"),
        Index("uq_centre_succession_open", "centre_id", unique=True, postgresql_where=text("status <> 'rejected'")),
        Index("ix_centre_succession_predecessor_id", "predecessor_id"),
        CheckConstraint("status IN ('proposed', 'approved', 'rejected')", name="status_known"),
        CheckConstraint("centre_id <> predecessor_id", name="two_centres"),
        CheckConstraint("decided_by <> recorded_by", name="four_eyes"),
        CheckConstraint("decided_bureau <> recorded_bureau", name="decided_by_other_bureau"),
        CheckConstraint(_DECIDED, name="decided_whole"),
        CheckConstraint("status <> 'rejected' OR reason_code IS NOT NULL", name="rejected_with_reason"),
    )

    no: Mapped[str]
    centre_id: Mapped[UUID]
    predecessor_id: Mapped[UUID]
    edition: Mapped[str]
    status: Mapped[str]
    document_no: Mapped[str]
    recorded_by: Mapped[str]
    recorded_bureau: Mapped[str]
    recorded_on: Mapped[date]
    decided_by: Mapped[str | None]
    decided_bureau: Mapped[str | None]
    decided_on: Mapped[date | None]
    reason_code: Mapped[str | None]
