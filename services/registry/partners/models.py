"""The tables of partners, agreements and joint carriers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from services.registry.names.models import Named, name_index, order_index
from shared.db import Aggregate


class Partner(Named, Aggregate, Base):
    """A body that cooperates with centres: an incubator, a service agency, a venture-capital firm."""

    __tablename__ = "partner"
    __table_args__ = (
        UniqueConstraint("no", name="uq_partner_no"),
        UniqueConstraint("code", name="uq_partner_code"),
        CheckConstraint("code ~ '^[0-9A-Z]{18}$'", name="code_form"),
        CheckConstraint("origin_province ~ '^[1-9][0-9]0000$'", name="origin_province_form"),
        CheckConstraint("capital >= 0", name="capital_not_negative"),
        order_index("partner"),
        name_index("partner"),
    )

    no: Mapped[str]
    code: Mapped[str | None]
    """Unified social credit code, where the body has one."""
    kind: Mapped[str]
    origin_province: Mapped[str]
    """GB/T 2260, the province's six digits."""
    inland: Mapped[bool]
    """From outside the region: 引进来 (2.1-3)."""
    capital: Mapped[Decimal]
    """Registered capital in yuan."""
    registered_by: Mapped[str]
    registered_by_org: Mapped[str | None]


class Agreement(Aggregate, Base):
    """A cooperation agreement of a centre with a partner, in force from `valid_from` through `valid_until`, or through
    `ended_on` where it ended earlier."""

    __tablename__ = "cooperation_agreement"
    __table_args__ = (
        UniqueConstraint("centre_id", "document_no", name="uq_cooperation_agreement_document_no"),
        UniqueConstraint("id", "centre_id", "partner_id", name="uq_cooperation_agreement_parties"),
        CheckConstraint("valid_from >= signed_on", name="signed_first"),
        CheckConstraint("valid_until >= valid_from", name="period_forward"),
        CheckConstraint("ended_on >= valid_from", name="ended_after_beginning"),
        CheckConstraint("(ended_on IS NULL) = (reason_code IS NULL)", name="ended_with_reason"),
        Index("ix_cooperation_agreement_centre_id", "centre_id", "id"),
        Index("ix_cooperation_agreement_partner_id", "partner_id", "id"),
    )

    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"))
    document_no: Mapped[str]
    subject: Mapped[str]
    signed_on: Mapped[date]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    ended_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    recorded_by: Mapped[str]


class JointCarrier(Aggregate, Base):
    """A carrier that a centre and a partner set up together under an agreement; `ended_on` is its last day."""

    __tablename__ = "joint_carrier"
    __table_args__ = (
        ForeignKeyConstraint(
            ["agreement_id", "centre_id", "partner_id"],
            ["cooperation_agreement.id", "cooperation_agreement.centre_id", "cooperation_agreement.partner_id"],
            name="fk_joint_carrier_agreement_id",
        ),
        UniqueConstraint("centre_id", "name", name="uq_joint_carrier_name"),
        CheckConstraint("place_province ~ '^[1-9][0-9]0000$'", name="place_province_form"),
        CheckConstraint("partner_capital >= 0", name="partner_capital_not_negative"),
        CheckConstraint("ended_on >= set_up_on", name="ended_after_beginning"),
        CheckConstraint("(ended_on IS NULL) = (reason_code IS NULL)", name="ended_with_reason"),
        Index("ix_joint_carrier_partner_id", "partner_id", "id"),
    )

    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"))
    agreement_id: Mapped[UUID]
    name: Mapped[str]
    kind: Mapped[str]
    place_province: Mapped[str]
    """Where it stands: 引进来 in the region, 走出去 outside it."""
    set_up_on: Mapped[date]
    ended_on: Mapped[date | None]
    reason_code: Mapped[str | None]
    partner_capital: Mapped[Decimal]
    """What the partner put in, in yuan."""
    recorded_by: Mapped[str]
