"""The table of self-checks."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from shared.db import Aggregate

ONE_A_YEAR: Final = "uq_centre_self_check_year"


class CentreSelfCheck(Aggregate, Base):
    """What a centre says of its standard kit in a year; `answers` by item of the edition: met, and what shows it."""

    __tablename__ = "centre_self_check"
    __table_args__ = (
        UniqueConstraint("centre_id", "year", name=ONE_A_YEAR),
        CheckConstraint("year BETWEEN 2000 AND 2100", name="year_plausible"),
        CheckConstraint("year <= extract(year FROM checked_on)", name="year_begun"),
        CheckConstraint("answers <> '{}'::jsonb", name="answers_some"),
    )

    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    year: Mapped[int]
    edition: Mapped[str]
    answers: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    passed: Mapped[bool]
    checked_by: Mapped[str]
    checked_on: Mapped[date]
