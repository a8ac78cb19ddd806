"""The tables of carriers, their links to centres, and enterprises' stays at them."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from shared.db import Aggregate

LINKED_ONCE: Final = "ex_carrier_link_period"
STAYS_ONCE: Final = "ex_carrier_stay_period"


class Carrier(Aggregate, Base):
    """A maker space, incubator or other carrier of the chain; `centre_id` where it is itself a centre here."""

    __tablename__ = "carrier"
    __table_args__ = (
        UniqueConstraint("no", name="uq_carrier_no"),
        UniqueConstraint("centre_id", "kind", name="uq_carrier_centre_id"),
        CheckConstraint("operator_code ~ '^[0-9A-Z]{18}$'", name="operator_code_form"),
        Index("uq_carrier_name", "kind", "name", "division", unique=True),
    )

    no: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    operator_code: Mapped[str | None]
    division: Mapped[str]
    centre_id: Mapped[UUID | None] = mapped_column(ForeignKey("centre.id"))
    registered_by: Mapped[str]


class CarrierLink(Aggregate, Base):
    """A centre and a carrier that hand enterprises on to each other; both days are included."""

    __tablename__ = "carrier_link"
    __table_args__ = (
        CheckConstraint("ended_on >= linked_on", name="period_forward"),
        CheckConstraint("(ended_on IS NULL) = (reason_code IS NULL)", name="ended_with_reason"),
        ExcludeConstraint(
            ("centre_id", "="),
            ("carrier_id", "="),
            (text("daterange(linked_on, ended_on, '[]')"), "&&"),
            using="gist",
            name=LINKED_ONCE,
        ),
        Index("ix_carrier_link_carrier_id", "carrier_id", "id"),
    )

    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    carrier_id: Mapped[UUID] = mapped_column(ForeignKey("carrier.id"))
    linked_on: Mapped[date]
    ended_on: Mapped[date | None]
    agreement_no: Mapped[str | None]
    reason_code: Mapped[str | None]
    recorded_by: Mapped[str]


class CarrierStay(Aggregate, Base):
    """An enterprise's stay at a carrier that is no centre here; stays at centres are tenancies."""

    __tablename__ = "carrier_stay"
    __table_args__ = (
        CheckConstraint("ended_on >= began_on", name="period_forward"),
        ExcludeConstraint(
            ("enterprise_id", "="),
            ("carrier_id", "="),
            (text("daterange(began_on, ended_on, '[]')"), "&&"),
            using="gist",
            name=STAYS_ONCE,
        ),
        Index("ix_carrier_stay_carrier_id", "carrier_id", "id"),
    )

    enterprise_id: Mapped[UUID] = mapped_column(ForeignKey("enterprise.id"))
    carrier_id: Mapped[UUID] = mapped_column(ForeignKey("carrier.id"))
    began_on: Mapped[date]
    ended_on: Mapped[date | None]
    evidence: Mapped[str]
    recorded_by: Mapped[str]
