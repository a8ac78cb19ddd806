"""The tables of assets and their checks. The constraints repeat the rules, so that none can be passed by."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.assets import states
from services.finance.base import Base
from services.finance.grants.models import Grant
from services.finance.spending.models import SpendingLine
from shared.db import Aggregate
from shared.ids import uuid7

CHECKED_ONCE: Final = "uq_asset_check_once"


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


_CONDITION_KNOWN: Final = f"condition IN ({_listed(states.CONDITIONS)})"


class GrantAsset(Aggregate, Base):
    """Equipment that one spending line of a grant paid for; `amount` in yuan. `checked_*`, `condition` and
    `found_quantity` are of the last check, `delisting_case_id` names the delisting that it was made for."""

    __tablename__ = "grant_asset"
    __table_args__ = (
        UniqueConstraint("no", name="uq_grant_asset_no"),
        CheckConstraint(f"status IN ({_listed(states.STATES)})", name="status_known"),
        CheckConstraint("amount > 0 AND quantity > 0", name="amount_positive"),
        CheckConstraint(
            "num_nulls(checked_year, checked_on, checked_by, condition, found_quantity) IN (0, 5)", name="check_whole"
        ),
        CheckConstraint(_CONDITION_KNOWN, name="condition_known"),
        CheckConstraint("found_quantity BETWEEN 0 AND quantity", name="found_no_more"),
        CheckConstraint("checked_by <> entered_by", name="checked_by_another"),
        CheckConstraint(
            "num_nulls(ended_on, ended_by, reason_code, document_no)"
            " = CASE status WHEN 'written_off' THEN 0 ELSE 4 END",
            name="end_whole",
        ),
        CheckConstraint("ended_by NOT IN (entered_by, checked_by)", name="ended_by_another"),
        Index("ix_grant_asset_grant_id", "grant_id"),
        Index("ix_grant_asset_centre_id", "centre_id"),
        Index("ix_grant_asset_spending_line_id", "spending_line_id"),
    )

    no: Mapped[str]
    grant_id: Mapped[UUID] = mapped_column(ForeignKey(Grant.id))
    centre_id: Mapped[UUID]
    edition: Mapped[str]
    spending_line_id: Mapped[UUID] = mapped_column(ForeignKey(SpendingLine.id))
    name: Mapped[str]
    quantity: Mapped[int]
    amount: Mapped[Decimal]
    location: Mapped[str]
    custodian_code: Mapped[str]
    """The organisation that keeps it, never a person."""
    acquired_on: Mapped[date]
    entered_by: Mapped[str]
    status: Mapped[str]
    checked_year: Mapped[int | None]
    checked_on: Mapped[date | None]
    checked_by: Mapped[str | None]
    condition: Mapped[str | None]
    found_quantity: Mapped[int | None]
    delisting_case_id: Mapped[UUID | None]
    ended_on: Mapped[date | None]
    ended_by: Mapped[str | None]
    reason_code: Mapped[str | None]
    document_no: Mapped[str | None]


class AssetCheck(Base):
    """One check of one asset: once a year, and once more for a delisting."""

    __tablename__ = "asset_check"
    __table_args__ = (
        UniqueConstraint(
            "asset_id", "year", "delisting_case_id", name=CHECKED_ONCE, postgresql_nulls_not_distinct=True
        ),
        CheckConstraint(_CONDITION_KNOWN, name="condition_known"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    asset_id: Mapped[UUID] = mapped_column(ForeignKey(GrantAsset.id))
    year: Mapped[int]
    delisting_case_id: Mapped[UUID | None]
    condition: Mapped[str]
    found_quantity: Mapped[int]
    checked_on: Mapped[date]
    checked_by: Mapped[str]
