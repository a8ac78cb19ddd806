"""Tables of quarterly reports: the report, its submitted versions, its returns, its corrections, its reminders, and the
city's tables that are written in the background."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.evaluation.base import Base
from services.evaluation.reports.rules import CORRECTION_STATUSES, STATUSES
from shared.db import Aggregate
from shared.ids import uuid7
from shared.operations.models import CountedOperationRow, operation_checks

CITY_TABLE: Final = "city_table"
NATIONAL_TABLE: Final = "national_table"
_STATES = ", ".join(f"'{status}'" for status in STATUSES)
_CORRECTION_STATES = ", ".join(f"'{status}'" for status in CORRECTION_STATUSES)


class QuarterlyReport(Aggregate, Base):
    """A centre's data of one quarter. `form` is what is being edited; submitted versions are in `report_revision`."""

    __tablename__ = "quarterly_report"
    __table_args__ = (
        UniqueConstraint("no", name="uq_quarterly_report_no"),
        UniqueConstraint("centre_id", "year", "quarter", name="uq_quarterly_report_centre_id_year_quarter"),
        CheckConstraint("quarter BETWEEN 1 AND 4", name="quarter_of_year"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("(status = 'draft') = (revision = 0)", name="draft_until_submitted"),
        CheckConstraint(
            "(revision = 0) = (first_submitted_on IS NULL) AND (revision = 0) = (submitted_by IS NULL)",
            name="submitted_with_revision",
        ),
        CheckConstraint("late = COALESCE(first_submitted_on > due_on, false)", name="late_by_first_submission"),
        CheckConstraint("(status = 'accepted') = (accepted_on IS NOT NULL)", name="accepted_with_date"),
        CheckConstraint("(accepted_on IS NULL) = (accepted_by IS NULL)", name="accepted_by_somebody"),
        CheckConstraint("accepted_by <> submitted_by", name="four_eyes"),
        Index("ix_quarterly_report_year_centre_id", "year", "centre_id"),
    )

    no: Mapped[str]
    centre_id: Mapped[UUID]
    year: Mapped[int] = mapped_column(SmallInteger)
    quarter: Mapped[int] = mapped_column(SmallInteger)
    edition: Mapped[str]
    status: Mapped[str] = mapped_column(default="draft")
    due_on: Mapped[date]
    form_version: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    """The version of the edition's form that the values are of."""
    form: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    lines: Mapped[list[dict[str, JsonValue]] | None] = mapped_column(JSONB(none_as_null=True))
    """A line for each enterprise, by code; NULL where the version of the form has none."""
    explanations: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"), default=dict)
    """What the operator says to the warnings, by check."""
    revision: Mapped[int] = mapped_column(default=0)
    first_submitted_on: Mapped[date | None]
    submitted_on: Mapped[date | None]
    submitted_by: Mapped[str | None]
    late: Mapped[bool] = mapped_column(default=False)
    accepted_on: Mapped[date | None]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[str | None]


class ReportRevision(Base):
    """A submitted version, never changed: what scores and their lineage cite."""

    __tablename__ = "report_revision"
    __table_args__ = (
        UniqueConstraint("report_id", "revision", name="uq_report_revision_report_id_revision"),
        CheckConstraint("revision > 0", name="revision_positive"),
        CheckConstraint("filled BETWEEN 0 AND fields", name="filled_within_fields"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    report_id: Mapped[UUID] = mapped_column(ForeignKey("quarterly_report.id"))
    revision: Mapped[int]
    form_version: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    form: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    lines: Mapped[list[dict[str, JsonValue]] | None] = mapped_column(JSONB(none_as_null=True))
    explanations: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"), default=dict)
    filled: Mapped[int] = mapped_column(SmallInteger)
    fields: Mapped[int] = mapped_column(SmallInteger)
    submitted_on: Mapped[date]
    submitted_by: Mapped[str]
    decision: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    recorded: Mapped[dict[str, JsonValue] | None] = mapped_column(JSONB(none_as_null=True))
    """What the registers said that day of the fields that they prefill; null for versions from before it was kept."""
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class ReportReturn(Base):
    """A version sent back, with a reason for each field; corrected by the next version."""

    __tablename__ = "report_return"
    __table_args__ = (
        PrimaryKeyConstraint("report_id", "revision", name="pk_report_return"),
        CheckConstraint("correction_due_on >= returned_on", name="due_after_return"),
    )

    report_id: Mapped[UUID] = mapped_column(ForeignKey("quarterly_report.id"))
    revision: Mapped[int]
    returned_on: Mapped[date]
    correction_due_on: Mapped[date]
    returned_by: Mapped[str]
    reasons: Mapped[dict[str, str]] = mapped_column(JSONB)
    comments: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"), default=dict)
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class ReportCorrection(Base):
    """A change of an accepted report: asked for with a reason, decided by another person. `form` holds the fields to
    change."""

    __tablename__ = "report_correction"
    __table_args__ = (
        CheckConstraint(f"status IN ({_CORRECTION_STATES})", name="status_known"),
        CheckConstraint("(status = 'requested') = (decided_by IS NULL)", name="decided_by_somebody"),
        CheckConstraint("(decided_by IS NULL) = (decided_on IS NULL)", name="decided_with_date"),
        CheckConstraint("decided_by <> requested_by", name="four_eyes"),
        CheckConstraint("(status = 'approved') = (revision IS NOT NULL)", name="approved_with_revision"),
        Index(
            "uq_report_correction_requested", "report_id", unique=True, postgresql_where=text("status = 'requested'")
        ),
        Index("ix_report_correction_report_id", "report_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    report_id: Mapped[UUID] = mapped_column(ForeignKey("quarterly_report.id"))
    status: Mapped[str] = mapped_column(default="requested")
    of_revision: Mapped[int]
    """The accepted version that it starts from."""
    form: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
    lines: Mapped[list[dict[str, JsonValue]] | None] = mapped_column(JSONB(none_as_null=True))
    """All lines as they are to be; NULL where none is to change."""
    explanations: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"), default=dict)
    reason: Mapped[str]
    statement: Mapped[str]
    requested_on: Mapped[date]
    requested_by: Mapped[str]
    decided_on: Mapped[date | None]
    decided_by: Mapped[str | None]
    answer: Mapped[str | None]
    revision: Mapped[int | None]
    """The version that it became."""
    recorded_at: Mapped[datetime] = mapped_column(server_default=text("now()"))


class ReportReminder(Aggregate, Base):
    """A call for a report, made once before and once after its due day."""

    __tablename__ = "report_reminder"
    __table_args__ = (
        UniqueConstraint("centre_id", "year", "quarter", "state", name="uq_report_reminder_call"),
        CheckConstraint("state IN ('due_soon', 'overdue')", name="state_known"),
        CheckConstraint("quarter BETWEEN 1 AND 4", name="quarter_of_year"),
    )

    centre_id: Mapped[UUID]
    year: Mapped[int] = mapped_column(SmallInteger)
    quarter: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str]
    due_on: Mapped[date]
    called_on: Mapped[date]


class ReportTable(CountedOperationRow, Base):
    """A table of all centres that somebody asked for, as it takes longer than a request should; its file is stored
    under `key` for as long as tables are kept."""

    __tablename__ = "report_table"
    __table_args__ = (
        *operation_checks(CITY_TABLE, NATIONAL_TABLE),
        CheckConstraint("quarter BETWEEN 1 AND 4", name="quarter_of_year"),
        Index("ix_report_table_running", "id", postgresql_where=text("status = 'running'")),
    )

    year: Mapped[int] = mapped_column(SmallInteger)
    quarter: Mapped[int | None] = mapped_column(SmallInteger)

    @property
    def key(self) -> str:
        """Where the file is stored."""
        return f"tables/{self.id}"

    @property
    def name(self) -> str:
        """What the file is called."""
        if self.kind == NATIONAL_TABLE:
            return f"{self.year}年全市汇总表.xlsx"
        part = f"第{self.quarter}季度" if self.quarter else ""
        return f"{self.year}年{part}双创中心数据.xlsx"
