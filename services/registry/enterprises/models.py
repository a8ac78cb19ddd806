"""The table of enterprises."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

from services.registry.base import Base
from shared.db import Aggregate

UNIQUE_CODE: Final = "uq_enterprise_code"


class Enterprise(Aggregate, Base):
    """An enterprise, once. Persons behind it are opaque references."""

    __tablename__ = "enterprise"
    __table_args__ = (
        UniqueConstraint("code", name=UNIQUE_CODE),
        CheckConstraint("code ~ '^[0-9A-Z]{18}$'", name="code_form"),
        CheckConstraint("industry_code ~ '^[A-T][0-9]{4}$'", name="industry_code_form"),
        Index("ix_enterprise_division", "division", "id"),
        Index("ix_enterprise_registered_by_org", "registered_by_org"),
        Index("ix_enterprise_legal_representative_ref", "legal_representative_ref"),
    )

    code: Mapped[str]
    name: Mapped[str]
    industry_code: Mapped[str]
    division: Mapped[str]
    registered_on: Mapped[date]
    """The day on the business licence."""
    legal_representative_ref: Mapped[str | None]
    graduate_founder: Mapped[bool]
    registered_by: Mapped[str]
    registered_by_org: Mapped[str | None]
    """The operator that registered it, which may see it before the first tenancy."""
