"""The tables of communities and of their yearly reports."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.communities.rules import PROPOSALS, REPORT_STATUSES, STATUSES
from services.registry.names.models import Named, name_index, order_index
from shared.db import Aggregate


def _among(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


class Community(Named, Aggregate, Base):
    """A community from its proposal on. A suspended one has lost its base and needs another, or to be closed."""

    __tablename__ = "community"
    __table_args__ = (
        UniqueConstraint("no", name="uq_community_no"),
        CheckConstraint(f"status IN ({_among(STATUSES)})", name="status_known"),
        CheckConstraint("decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint(
            "status NOT IN ('open', 'suspended', 'closed') OR"
            " num_nulls(decided_by, opened_on, document_no, base_since) = 0",
            name="opened_by_decision",
        ),
        CheckConstraint("opened_on >= proposed_on", name="opened_after_proposal"),
        CheckConstraint("base_since >= opened_on", name="based_since_opening"),
        CheckConstraint("(status = 'suspended') = (suspended_on IS NOT NULL)", name="suspended_on_a_day"),
        CheckConstraint("(status = 'closed') = (closed_on IS NOT NULL)", name="closed_on_a_day"),
        CheckConstraint("closed_on >= opened_on", name="closed_after_opening"),
        CheckConstraint(
            "status NOT IN ('refused', 'closed', 'suspended') OR reason_code IS NOT NULL", name="ended_with_reason"
        ),
        CheckConstraint(f"open_proposal IN ({_among(PROPOSALS)})", name="open_proposal_known"),
        CheckConstraint(
            "num_nulls(open_proposal, change_reason, change_by, change_on) IN (0, 4) AND"
            " (open_proposal IS NOT DISTINCT FROM 'move') = (proposed_centre_id IS NOT NULL)",
            name="proposal_whole",
        ),
        CheckConstraint(
            "status IN ('open', 'suspended') OR open_proposal IS NULL", name="proposal_of_a_live_community"
        ),
        Index(
            "uq_community_base_centre_id",
            "base_centre_id",
            "sector",
            unique=True,
            postgresql_where=text("status IN ('proposed', 'open', 'suspended')"),
        ),
        Index("ix_community_division", "division", "id"),
        Index("ix_community_status", "status", "id"),
        order_index("community"),
        name_index("community"),
    )

    no: Mapped[str]
    base_centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    base_since: Mapped[date | None]
    sector: Mapped[str]
    division: Mapped[str]
    status: Mapped[str]
    proposed_by: Mapped[str]
    proposed_on: Mapped[date]
    decided_by: Mapped[str | None]
    opened_on: Mapped[date | None]
    document_no: Mapped[str | None]
    """Of the opening, or of the last move or the closing."""
    suspended_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    open_proposal: Mapped[str | None]
    proposed_centre_id: Mapped[UUID | None] = mapped_column(ForeignKey("centre.id"))
    change_reason: Mapped[str | None]
    change_by: Mapped[str | None]
    change_on: Mapped[date | None]
    edition: Mapped[str]


class CommunityReport(Aggregate, Base):
    """The self-report of a year. `centre_id` is the base whose operator wrote it; `elements` by the edition's words:
    `text`, `figure` as a decimal string, `evidence_ids`."""

    __tablename__ = "community_report"
    __table_args__ = (
        UniqueConstraint("no", name="uq_community_report_no"),
        UniqueConstraint("community_id", "year", name="uq_community_report_year"),
        CheckConstraint(f"status IN ({_among(REPORT_STATUSES)})", name="status_known"),
        CheckConstraint("resident_jobs >= 0", name="resident_jobs_not_negative"),
        CheckConstraint("due_on > make_date(year, 12, 31)", name="due_after_the_year"),
        CheckConstraint(
            "status NOT IN ('submitted', 'accepted', 'seen') OR num_nulls(submitted_by, submitted_on) = 0",
            name="submitted_by_somebody",
        ),
        CheckConstraint(
            "(status IN ('accepted', 'seen')) = (accepted_on IS NOT NULL) AND"
            " num_nulls(accepted_by, accepted_on) IN (0, 2)",
            name="accepted_by_somebody",
        ),
        CheckConstraint(
            "(status = 'seen') = (seen_on IS NOT NULL) AND num_nulls(seen_by, seen_on) IN (0, 2)",
            name="seen_by_somebody",
        ),
        CheckConstraint("accepted_by <> submitted_by AND accepted_by <> drafted_by", name="four_eyes"),
        CheckConstraint("accepted_on >= submitted_on AND seen_on >= accepted_on", name="steps_in_order"),
        CheckConstraint("status <> 'returned' OR reason_code IS NOT NULL", name="returned_with_reason"),
        Index("ix_community_report_status", "status", "id"),
    )

    no: Mapped[str]
    community_id: Mapped[UUID] = mapped_column(ForeignKey("community.id"))
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    status: Mapped[str]
    elements: Mapped[dict[str, dict[str, JsonValue]]] = mapped_column(JSONB, default=dict, server_default=text("'{}'"))
    resident_jobs: Mapped[int | None]
    due_on: Mapped[date]
    drafted_by: Mapped[str]
    first_submitted_on: Mapped[date | None]
    """What decides whether it was late."""
    submitted_by: Mapped[str | None]
    submitted_on: Mapped[date | None]
    accepted_by: Mapped[str | None]
    accepted_on: Mapped[date | None]
    seen_by: Mapped[str | None]
    seen_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    edition: Mapped[str]
