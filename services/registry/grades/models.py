"""What the registry knows of evaluation's results."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Date, Index, Integer, Numeric, Table, Text, Uuid

from services.registry.base import Base

known_grade: Final = Table(
    "known_grade",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("centre_id", Uuid, nullable=False),
    Column("year", Integer, nullable=False),
    Column("grade", Text, nullable=False),
    Column("score", Numeric(7, 2)),
    Column("document_no", Text, nullable=False),
    Column("published_on", Date, nullable=False),
    Index("ix_known_grade_centre_id_year", "centre_id", "year"),
)
"""A centre's published result of a year, by the id of its evaluation; the highest version counts, so that a result
corrected later replaces the one before. No foreign key: topics have no order between them."""

known_annulment: Final = Table(
    "known_annulment",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("evaluation_id", Uuid, nullable=False),
    Column("document_no", Text, nullable=False),
    Column("decided_on", Date, nullable=False),
    Index("ix_known_annulment_evaluation_id", "evaluation_id"),
)
"""Results that an authority has annulled: they stay on record and screen nothing any more."""
