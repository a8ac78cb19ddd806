"""The table of enterprises."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.names.models import Named, name_index, order_index
from shared.db import Aggregate

UNIQUE_CODE: Final = "uq_enterprise_code"


class Enterprise(Named, Aggregate, Base):
    """An enterprise, once. Persons behind it are opaque references."""

    __tablename__ = "enterprise"
    __table_args__ = (
        UniqueConstraint("code", name=UNIQUE_CODE),
        CheckConstraint("code ~ '^[0-9A-Z]{18}$'", name="code_form"),
        CheckConstraint("industry_code ~ '^[A-T][0-9]{4}$'", name="industry_code_form"),
        CheckConstraint("size_class IN ('large', 'medium', 'small', 'micro')", name="size_class_known"),
        CheckConstraint("merged_into_id <> id", name="merged_into_another"),
        CheckConstraint("(merged_into_id IS NULL) = (merged_on IS NULL)", name="merged_on_a_day"),
        Index("ix_enterprise_division", "division", "id"),
        Index("ix_enterprise_registered_by_org", "registered_by_org"),
        Index("ix_enterprise_legal_representative_ref", "legal_representative_ref"),
        Index("ix_enterprise_merged_into_id", "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
        Index("ix_enterprise_registered_on", "registered_on", "id"),
        order_index("enterprise"),
        name_index("enterprise"),
    )

    code: Mapped[str]
    industry_code: Mapped[str]
    division: Mapped[str]
    registered_on: Mapped[date]
    """The day on the business licence."""
    legal_representative_ref: Mapped[str | None]
    graduate_founder: Mapped[bool]
    registered_by: Mapped[str]
    registered_by_org: Mapped[str | None]
    """The operator that registered it, which may see it before the first tenancy."""
    registered_address: Mapped[str | None]
    address_in_city: Mapped[bool | None]
    """None until an address is known that says it, or an officer has looked."""
    contact_phone: Mapped[str | None]
    contact_email: Mapped[str | None]
    size_class: Mapped[str | None]
    """Of the latest year in the growth file, by the present industry; None where that year makes none."""
    size_year: Mapped[int | None]
    permits_outstanding: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default=text("'{}'"))
    """Permits that follow the licence and nobody has seen yet (2.2-1)."""
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("enterprise.id"))
    """The record that goes on in place of this one; never itself merged."""
    merged_on: Mapped[date | None]
    migrated: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """Taken over from the time before the policy."""
