"""Delegations during leave."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gateway.accounts.rules import array_of
from gateway.base import Base
from shared.auth.roles import BUREAU_ROLES
from shared.db import Aggregate

STATUSES = ("proposed", "accepted", "declined", "withdrawn")


class Delegation(Aggregate, Base):
    """Roles that the grantor leaves to the delegate on the business days from `from_on` to `to_on`, both included.

    It counts while it is `accepted`; after its last day it counts no more without anybody doing anything.
    """

    __tablename__ = "delegation"
    __table_args__ = (
        CheckConstraint(f"status IN ({', '.join(repr(status) for status in STATUSES)})", name="status_known"),
        CheckConstraint("grantor_id <> delegate_id", name="to_another"),
        CheckConstraint("from_on <= to_on", name="days_in_order"),
        CheckConstraint("cardinality(roles) > 0", name="roles_some"),
        CheckConstraint(f"roles <@ {array_of(BUREAU_ROLES)}", name="roles_of_bureaus"),
        CheckConstraint("status <> 'accepted' OR accepted_at IS NOT NULL", name="acceptance_dated"),
        Index("ix_delegation_grantor_id", "grantor_id", "to_on", postgresql_where=text("status = 'accepted'")),
        Index("ix_delegation_delegate_id", "delegate_id", "to_on", postgresql_where=text("status = 'accepted'")),
        Index("ix_delegation_created_at_id", "created_at", "id"),
    )

    grantor_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    delegate_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    from_on: Mapped[date]
    to_on: Mapped[date]
    status: Mapped[str]
    accepted_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str | None]
