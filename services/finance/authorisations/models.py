"""What an enterprise lets one bank be told (征信授权). It never changes: it ends by its last day or is withdrawn."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.finance.base import Base
from shared.db import Aggregate
from shared.livemode import HasMode


class DataAuthorisation(Aggregate, HasMode, Base):
    """One enterprise, one bank. `valid_from` and `valid_until` are inclusive; a withdrawal counts from its instant."""

    __tablename__ = "data_authorisation"
    __table_args__ = (
        UniqueConstraint("no", name="uq_data_authorisation_no"),
        CheckConstraint("valid_from <= valid_until", name="dates_forward"),
        CheckConstraint("granted_on <= valid_until", name="not_over_when_granted"),
        CheckConstraint("cardinality(fields) > 0", name="fields_some"),
        CheckConstraint(
            "num_nulls(withdrawn_on, withdrawn_at, withdrawn_by) IN (0, 3)",
            name="withdrawn_whole",
        ),
        Index("ix_data_authorisation_enterprise_id_bank", "enterprise_id", "bank"),
        Index("ix_data_authorisation_bank", "bank"),
    )

    no: Mapped[str]
    edition: Mapped[str]
    enterprise_id: Mapped[UUID]
    enterprise_code: Mapped[str]
    """As it was when granted."""
    bank: Mapped[str]
    purpose: Mapped[str]
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text))
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    document_no: Mapped[str | None]
    """Of the signed paper or electronic letter, where there is one."""
    granted_by: Mapped[str]
    granted_on: Mapped[date]
    withdrawn_by: Mapped[str | None]
    withdrawn_on: Mapped[date | None]
    withdrawn_at: Mapped[datetime | None]
