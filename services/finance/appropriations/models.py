"""Budget lines, every amount ever proposed for them, transfers, closings, and what each case has of a line; yuan."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.appropriations import states
from services.finance.base import Base
from shared.db import Aggregate, MoneyColumn
from shared.money import ZERO


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


_DECIDED = "num_nulls(decided_by, decided_on, decision) = CASE status WHEN 'proposed' THEN 3 ELSE 0 END"
_BY_ANOTHER = "decided_by <> proposed_by"
_REASON = "(status = 'refused') = (reason_code IS NOT NULL)"


class Appropriation(Aggregate, Base):
    """The budget line of one programme and year.

    `granted` is the amount approved by document; together with what was transferred, carried over and released at the
    end of the year it makes `budget`, which is the limit of the line's ceiling.
    """

    __tablename__ = "appropriation"
    __table_args__ = (
        UniqueConstraint("no", name="uq_appropriation_no"),
        UniqueConstraint("programme", "year", name="uq_appropriation_programme_year"),
        CheckConstraint(f"status IN ({_listed(states.STATES)})", name="status_known"),
        CheckConstraint("least(granted, carried_in, carried_out, lapsed) >= 0", name="amounts_not_negative"),
        CheckConstraint("granted + transferred + carried_in - carried_out - lapsed >= 0", name="budget_not_negative"),
        CheckConstraint(
            "num_nulls(document_no, approved_by, approved_on, first_approved_on)"
            " = CASE WHEN status IN ('approved', 'closed') THEN 0 ELSE 4 END",
            name="approved_whole",
        ),
        CheckConstraint(
            "status IN ('approved', 'closed') OR (granted = 0 AND transferred = 0 AND carried_in = 0)",
            name="money_approved",
        ),
        CheckConstraint(
            "(status = 'closed') = (closed_on IS NOT NULL) AND (status = 'closed' OR carried_out + lapsed = 0)",
            name="closed_whole",
        ),
    )

    no: Mapped[str]
    programme: Mapped[str]
    year: Mapped[int]
    edition: Mapped[str]
    status: Mapped[str]
    revision: Mapped[int] = mapped_column(SmallInteger)
    document_no: Mapped[str | None]
    granted: Mapped[Decimal] = mapped_column(default=ZERO)
    transferred: Mapped[Decimal] = mapped_column(default=ZERO)
    """In less out; negative where more went to other programmes."""
    carried_in: Mapped[Decimal] = mapped_column(default=ZERO)
    carried_out: Mapped[Decimal] = mapped_column(default=ZERO)
    lapsed: Mapped[Decimal] = mapped_column(default=ZERO)
    """Released at the end of the year."""
    approved_by: Mapped[str | None]
    approved_on: Mapped[date | None]
    first_approved_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    reason_code: Mapped[str | None]

    @property
    def budget(self) -> Decimal:
        """What may be committed, whatever is committed already."""
        return self.granted + self.transferred + self.carried_in - self.carried_out - self.lapsed


class AppropriationRevision(Base):
    """An amount proposed by document, and what a second person made of it. Nothing of it changes once decided."""

    __tablename__ = "appropriation_revision"
    __table_args__ = (
        CheckConstraint(f"status IN ({_listed(states.PROPOSAL_STATES)})", name="status_known"),
        CheckConstraint("amount >= 0", name="amount_not_negative"),
        CheckConstraint(_BY_ANOTHER, name="decider_is_another"),
        CheckConstraint(_DECIDED, name="decided_whole"),
        CheckConstraint(_REASON, name="refused_with_reason"),
        CheckConstraint("decided_on >= proposed_on", name="dates_forward"),
        Index(
            "uq_appropriation_revision_open", "appropriation_id", unique=True, postgresql_where="status = 'proposed'"
        ),
        Index(
            "uq_appropriation_revision_document",
            "appropriation_id",
            "document_no",
            unique=True,
            postgresql_where="status <> 'refused'",
        ),
    )

    appropriation_id: Mapped[UUID] = mapped_column(ForeignKey("appropriation.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    status: Mapped[str]
    document_no: Mapped[str]
    amount: Mapped[Decimal]
    proposed_by: Mapped[str]
    proposed_on: Mapped[date]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB)
    journal_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))


class AppropriationClosing(Base):
    """The end of a line's year as proposed and decided: what is carried into the next year, and what is released.

    `carry_over` is of what is free. `unpaid` says what becomes of commitments that are not paid; those of the cases in
    `release_cases` are released whatever it says. `carried_unpaid` and `lapsed` are known once it is approved.
    """

    __tablename__ = "appropriation_closing"
    __table_args__ = (
        CheckConstraint(f"status IN ({_listed(states.PROPOSAL_STATES)})", name="status_known"),
        CheckConstraint(f"unpaid IN ({_listed(states.UNPAID)})", name="unpaid_known"),
        CheckConstraint("carry_over >= 0", name="carry_over_not_negative"),
        CheckConstraint(_BY_ANOTHER, name="decider_is_another"),
        CheckConstraint(_DECIDED, name="decided_whole"),
        CheckConstraint(_REASON, name="refused_with_reason"),
        CheckConstraint("decided_on >= proposed_on", name="dates_forward"),
        CheckConstraint(
            "num_nulls(carried_unpaid, lapsed) = CASE status WHEN 'approved' THEN 0 ELSE 2 END", name="figures_whole"
        ),
        Index("uq_appropriation_closing_open", "appropriation_id", unique=True, postgresql_where="status = 'proposed'"),
    )

    appropriation_id: Mapped[UUID] = mapped_column(ForeignKey("appropriation.id"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    status: Mapped[str]
    document_no: Mapped[str]
    carry_over: Mapped[Decimal]
    unpaid: Mapped[str]
    release_cases: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    carried_unpaid: Mapped[Decimal | None]
    lapsed: Mapped[Decimal | None]
    proposed_by: Mapped[str]
    proposed_on: Mapped[date]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB)


class AppropriationTransfer(Aggregate, Base):
    """Money that goes from one programme of a year to another: proposed by one person, approved by a second."""

    __tablename__ = "appropriation_transfer"
    __table_args__ = (
        UniqueConstraint("no", name="uq_appropriation_transfer_no"),
        UniqueConstraint("journal_entry_id", name="uq_appropriation_transfer_journal_entry_id"),
        CheckConstraint(f"status IN ({_listed(states.PROPOSAL_STATES)})", name="status_known"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("from_programme <> to_programme", name="programmes_differ"),
        CheckConstraint(_BY_ANOTHER, name="decider_is_another"),
        CheckConstraint(_DECIDED, name="decided_whole"),
        CheckConstraint(_REASON, name="refused_with_reason"),
        CheckConstraint("(status = 'approved') = (journal_entry_id IS NOT NULL)", name="approved_is_booked"),
        CheckConstraint("decided_on >= proposed_on", name="dates_forward"),
        Index(
            "uq_appropriation_transfer_document",
            "year",
            "from_programme",
            "to_programme",
            "document_no",
            unique=True,
            postgresql_where="status <> 'refused'",
        ),
        Index("ix_appropriation_transfer_from_id", "from_id"),
        Index("ix_appropriation_transfer_to_id", "to_id"),
    )

    no: Mapped[str]
    year: Mapped[int]
    edition: Mapped[str]
    from_id: Mapped[UUID] = mapped_column(ForeignKey("appropriation.id"))
    from_programme: Mapped[str]
    to_id: Mapped[UUID] = mapped_column(ForeignKey("appropriation.id"))
    to_programme: Mapped[str]
    amount: Mapped[Decimal]
    document_no: Mapped[str]
    reason: Mapped[str]
    status: Mapped[str]
    proposed_by: Mapped[str]
    proposed_on: Mapped[date]
    decided_by: Mapped[str | None]
    decided_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    decision: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB)
    journal_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))


budget_commitment = Table(
    "budget_commitment",
    Base.metadata,
    Column("case_id", Uuid, nullable=False),
    Column("programme", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("line_year", Integer, nullable=False),
    Column("case_no", Text, nullable=False),
    Column("committed", MoneyColumn, nullable=False),
    Column("paid", MoneyColumn, nullable=False),
    Column("returned", MoneyColumn, nullable=False),
    Column("committed_at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("case_id", "programme", "year", "line_year"),
    CheckConstraint("returned >= 0 AND returned <= paid AND paid <= committed", name="paid_within_committed"),
    Index("ix_budget_commitment_programme_line_year", "programme", "line_year"),
    Index(
        "uq_budget_commitment_unpaid",
        "case_id",
        "programme",
        "year",
        unique=True,
        postgresql_where="paid < committed",
    ),
)
"""What a case has of a line: `year` is the case's, `line_year` that of the line, which becomes the next one where the
unpaid rest is carried over. `committed` holds what is paid; a case has an unpaid rest on one line at most. `returned`
is what came back of `paid`, and is not free again."""
