"""The tables of bans and of what has suspended or undone them."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.bans.rules import LIFTINGS, STATUSES
from services.registry.base import Base
from shared.db import Aggregate
from shared.ids import uuid7

_STATES = ", ".join(f"'{status}'" for status in STATUSES)
_KINDS = ", ".join(f"'{kind}'" for kind in LIFTINGS)

_BREAKS: Final = "status = 'confirmed' AND kind <> 'stay_ended'"


class Ban(Aggregate, Base):
    """One case's ban. Bans of one operator may overlap, when several of its centres are delisted; the one that ends
    last counts. A case imposes one ban, however often it is carried out.

    `status` is what the last confirmed order made of it; whether it bars on a day is asked of the orders' days.
    """

    __tablename__ = "ban"
    __table_args__ = (
        UniqueConstraint("case_id", name="uq_ban_case_id"),
        CheckConstraint(f"status IN ({_STATES})", name="status_known"),
        CheckConstraint("last_barred_day > published_on", name="period_forward"),
        CheckConstraint("first_open_day = last_barred_day + 1", name="open_the_day_after"),
        Index("ix_ban_centre_id", "centre_id", "last_barred_day"),
        Index("ix_ban_operator_code", "operator_code", "last_barred_day"),
    )

    case_id: Mapped[UUID]
    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    operator_code: Mapped[str | None]
    decision_no: Mapped[str]
    published_on: Mapped[date]
    last_barred_day: Mapped[date]
    first_open_day: Mapped[date]
    status: Mapped[str]


class BanLifting(Base):
    """An order on a ban: a stay, the end of one, or a decision in reconsideration or court that undoes it.

    Recorded by an officer of one bureau, confirmed by an approver of the other; dated, never rewritten. The ban does
    not bar from `effective_on` through `until_on`, or for good where that is empty.
    """

    __tablename__ = "ban_lifting"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_KINDS})", name="kind_known"),
        CheckConstraint("status IN ('recorded', 'confirmed', 'rejected')", name="status_known"),
        CheckConstraint("until_on >= effective_on", name="period_forward"),
        CheckConstraint("kind = 'stay' OR until_on IS NULL", name="only_stays_end"),
        CheckConstraint("decided_by <> recorded_by", name="four_eyes"),
        CheckConstraint("decided_bureau <> recorded_bureau", name="other_bureau"),
        CheckConstraint(
            "num_nulls(decided_by, decided_bureau, decided_on) = CASE status WHEN 'recorded' THEN 3 ELSE 0 END",
            name="decided_whole",
        ),
        CheckConstraint("status <> 'rejected' OR reason_code IS NOT NULL", name="rejected_with_reason"),
        ExcludeConstraint(
            ("ban_id", "="),
            (text("daterange(effective_on, until_on, '[]')"), "&&"),
            where=text(_BREAKS),
            using="gist",
            name="ex_ban_lifting_period",
        ),
        Index("ix_ban_lifting_ban_id", "ban_id", "id"),
        Index("uq_ban_lifting_one_open", "ban_id", unique=True, postgresql_where=text("status = 'recorded'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    ban_id: Mapped[UUID] = mapped_column(ForeignKey("ban.id"))
    kind: Mapped[str]
    status: Mapped[str]
    issuer: Mapped[str]
    """The court or authority that ordered it."""
    document_no: Mapped[str]
    effective_on: Mapped[date]
    until_on: Mapped[date | None]
    recorded_by: Mapped[str]
    recorded_bureau: Mapped[str]
    recorded_on: Mapped[date]
    decided_by: Mapped[str | None]
    decided_bureau: Mapped[str | None]
    decided_on: Mapped[date | None]
    reason_code: Mapped[str | None]
