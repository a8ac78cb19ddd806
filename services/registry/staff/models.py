"""The tables of staff and certificates."""

from __future__ import annotations

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, column, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.base import Base
from shared.db import Aggregate
from shared.ids import uuid7

NO_OVERLAP: Final = "ex_centre_staff_person_period"
ONE_FULL_TIME: Final = "ex_centre_staff_full_time"
ONE_FULL_TIME_PERSON: Final = "ex_centre_staff_full_time_person"
ONE_NUMBER: Final = "uq_staff_certificate_number"

_PERIOD: Final = "daterange(from_on, until_on, '[]')"


class CentreStaff(Aggregate, Base):
    """Somebody's work at a centre; `until_on` is the last day. Nobody has two at one centre at a time, nor a full-time
    one at two centres.

    `person_id` is missing only in entries `before_persons`, whose reference was anybody's invention."""

    __tablename__ = "centre_staff"
    __table_args__ = (
        CheckConstraint("until_on >= from_on", name="period_forward"),
        ExcludeConstraint(
            (column("centre_id"), "="),
            (column("person_ref"), "="),
            (text(_PERIOD), "&&"),
            name=NO_OVERLAP,
            using="gist",
        ),
        ExcludeConstraint(
            (column("person_ref"), "="),
            (text(_PERIOD), "&&"),
            name=ONE_FULL_TIME,
            using="gist",
            where=text("full_time"),
        ),
        ExcludeConstraint(
            (column("person_id"), "="),
            (text(_PERIOD), "&&"),
            name=ONE_FULL_TIME_PERSON,
            using="gist",
            where=text("full_time"),
        ),
        CheckConstraint("person_id IS NOT NULL OR before_persons", name="somebody_on_record"),
        Index("ix_centre_staff_centre_id", "centre_id", "id"),
        Index("ix_centre_staff_person_id", "person_id"),
    )

    centre_id: Mapped[UUID] = mapped_column(ForeignKey("centre.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    person_ref: Mapped[str]
    role: Mapped[str]
    full_time: Mapped[bool]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    recorded_by: Mapped[str]
    before_persons: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class StaffCertificate(Base):
    """A certificate that somebody on the staff holds; without `valid_until` it does not expire."""

    __tablename__ = "staff_certificate"
    __table_args__ = (
        UniqueConstraint("staff_id", "name", "number", name=ONE_NUMBER),
        CheckConstraint("valid_until >= issued_on", name="validity_forward"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    staff_id: Mapped[UUID] = mapped_column(ForeignKey("centre_staff.id"))
    name: Mapped[str]
    number: Mapped[str]
    issued_on: Mapped[date]
    valid_until: Mapped[date | None]
