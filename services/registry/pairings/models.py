"""The tables of pairs and of what they did together."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.pairings.rules import CURRENT, STATUSES
from shared.clock import utcnow
from shared.db import Aggregate
from shared.ids import uuid7

_CURRENT = ", ".join(f"'{status}'" for status in CURRENT)
_STATES = ", ".join(f"'{status}'" for status in STATUSES)


class Pairing(Aggregate, Base):
    """An inland firm, as a partner of the register, and a firm of the city. `ended_on` is the pair's last day."""

    __tablename__ = "pairing"
    __table_args__ = (
        UniqueConstraint("no", name="uq_pairing_no"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("num_nulls(answered_by, answered_on) IN (0, 2)", name="answered_whole"),
        CheckConstraint("answered_by <> proposed_by", name="answered_by_another"),
        CheckConstraint(
            "status NOT IN ('confirmed', 'active', 'completed', 'ended') OR answered_on IS NOT NULL",
            name="confirmed_by_the_enterprise",
        ),
        CheckConstraint(
            "(status IN ('active', 'completed', 'ended')) = (since IS NOT NULL) AND"
            " num_nulls(since, document_no) IN (0, 2)",
            name="started_by_document",
        ),
        CheckConstraint("since >= proposed_on AND since >= answered_on", name="started_after_both"),
        CheckConstraint("(status IN ('completed', 'ended')) = (ended_on IS NOT NULL)", name="ended_on_a_day"),
        CheckConstraint("ended_on >= since", name="ended_after_start"),
        CheckConstraint("status NOT IN ('ended', 'declined') OR reason_code IS NOT NULL", name="ended_with_reason"),
        Index(
            "uq_pairing_partner_id",
            "partner_id",
            unique=True,
            postgresql_where=text(f"status IN ({_CURRENT})"),
        ),
        Index(
            "uq_pairing_enterprise_id",
            "enterprise_id",
            unique=True,
            postgresql_where=text(f"status IN ({_CURRENT})"),
        ),
        Index("ix_pairing_status", "status", "id"),
        Index("ix_pairing_enterprise_id", "enterprise_id", "id"),
        Index("ix_pairing_partner_id", "partner_id", "id"),
    )

    no: Mapped[str]
    province_side: Mapped[str]
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"))
    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    industry: Mapped[str]
    status: Mapped[str]
    proposed_by: Mapped[str]
    proposed_on: Mapped[date]
    inland_document_no: Mapped[str]
    answered_by: Mapped[str | None]
    """The enterprise's account."""
    answered_on: Mapped[date | None]
    since: Mapped[date | None]
    document_no: Mapped[str | None]
    ended_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    edition: Mapped[str]


class PairingEntry(Base):
    """A visit or a result on a day; entries are added and never changed."""

    __tablename__ = "pairing_entry"
    __table_args__ = (
        CheckConstraint("heads >= 0", name="heads_not_negative"),
        CheckConstraint("amount > 0", name="amount_positive"),
        Index("ix_pairing_entry_pairing_id", "pairing_id", "held_on", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    pairing_id: Mapped[UUID] = mapped_column(ForeignKey("pairing.id"))
    kind: Mapped[str]
    held_on: Mapped[date]
    title: Mapped[str]
    heads: Mapped[int]
    amount: Mapped[Decimal | None]
    """Of an order, a project or an investment, in yuan."""
    document_no: Mapped[str | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime] = mapped_column(default=utcnow, server_default=func.now())
