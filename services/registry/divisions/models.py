"""The tables of divisions and the papers they owe."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from shared.db import Aggregate, MoneyColumn
from shared.ids import uuid7


class Division(Aggregate, Base):
    """The page of a county, district or park; its names are the edition's, found by `code`."""

    __tablename__ = "division"
    __table_args__ = (
        UniqueConstraint("code", name="uq_division_code"),
        CheckConstraint(
            "num_nulls(group_document_no, group_established_on, group_chair_post) IN (0, 3)", name="group_whole"
        ),
    )

    code: Mapped[str]
    group_document_no: Mapped[str | None]
    group_established_on: Mapped[date | None]
    group_chair_post: Mapped[str | None]
    group_members: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    contacts: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list, server_default=text("'[]'"))


class DivisionPaper(Base):
    """A plan or policy file that a division owes or has handed in. `required` ones come from the edition, one of each
    kind; the row of the leading group is closed when the page names it."""

    __tablename__ = "division_paper"
    __table_args__ = (
        CheckConstraint("num_nulls(handed_in_on, handed_in_by, document_no) IN (0, 3)", name="handed_in_with_document"),
        CheckConstraint("due_on IS NOT NULL OR NOT required", name="required_by_a_day"),
        Index(
            "uq_division_paper_required",
            "division_id",
            "kind",
            unique=True,
            postgresql_where=text("required"),
        ),
        Index("ix_division_paper_division_id", "division_id", "id"),
        Index("ix_division_paper_due_on", "due_on", "id", postgresql_where=text("handed_in_on IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    division_id: Mapped[UUID] = mapped_column(ForeignKey("division.id"))
    kind: Mapped[str]
    title: Mapped[str]
    required: Mapped[bool]
    due_on: Mapped[date | None]
    requested_by: Mapped[str | None]
    """None for what the edition requires."""
    handed_in_on: Mapped[date | None]
    handed_in_by: Mapped[str | None]
    document_no: Mapped[str | None]


class DivisionBudgetYear(Base):
    """A year whose matching budget the division owes; one row decides between two that open it at once. The paper is
    settled by finance's approval, never handed in."""

    __tablename__ = "division_budget_year"

    division_id: Mapped[UUID] = mapped_column(ForeignKey("division.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    paper_id: Mapped[UUID]


known_matching_fund = Table(
    "known_matching_fund",
    Base.metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("no", Text, nullable=False),
    Column("division", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("document_no", Text),
    Column("budget", MoneyColumn, nullable=False),
    Column("spent", MoneyColumn, nullable=False),
    Column("approved_on", Date),
    Column("pending_amount", MoneyColumn),
    Index("ix_known_matching_fund_division_year", "division", "year"),
)
"""What finance tells of a division's matching funds of a year; yuan."""
