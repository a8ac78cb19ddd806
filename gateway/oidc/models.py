"""Identities that outside issuers vouch for, and which account each of them is here."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.base import Base
from shared.db import Aggregate


class OutsideIdentity(Aggregate, Base):
    """One subject of one issuer. It is one account for good: either its own, whose id is the row's, or a linked one.

    Nobody is ever both: a person who had acted under two accounts could approve what he himself submitted. So one that
    has been let in under its own id can not be linked any more, and a `person_ref` is let in once only.
    """

    __tablename__ = "outside_identity"
    __table_args__ = (
        UniqueConstraint("issuer", "subject", name="uq_outside_identity_issuer_subject"),
        CheckConstraint("length(issuer) BETWEEN 1 AND 500 AND length(subject) BETWEEN 1 AND 255", name="lengths"),
        CheckConstraint("num_nonnulls(admitted_at, linked_account_id) < 2", name="one_account"),
        CheckConstraint("num_nonnulls(admitted_at, unlinked_at) < 2", name="never_both"),
        CheckConstraint("num_nonnulls(linked_account_id, linked_by, linked_at) IN (0, 3)", name="link_is_whole"),
        CheckConstraint("num_nonnulls(confirmed_by, confirmed_at) IN (0, 2)", name="confirmation_is_whole"),
        CheckConstraint("confirmed_by IS NULL OR linked_by IS NOT NULL", name="confirmed_link"),
        CheckConstraint("confirmed_by <> linked_by", name="four_eyes"),
        CheckConstraint("confirmed_by <> linked_account_id::text", name="not_by_oneself"),
        Index("ix_outside_identity_created_at_id", "created_at", "id"),
        Index("ix_outside_identity_linked_account_id", "linked_account_id"),
        Index(
            "uq_outside_identity_person_ref",
            "person_ref",
            unique=True,
            postgresql_where=text("admitted_at IS NOT NULL AND person_ref IS NOT NULL"),
        ),
    )

    issuer: Mapped[str]
    issuer_name: Mapped[str]
    """What the configuration called it when the identity was entered."""
    subject: Mapped[str]
    admitted_at: Mapped[datetime | None]
    """When it was first let in under its own id."""
    person_ref: Mapped[str | None]
    linked_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"))
    linked_by: Mapped[str | None]
    linked_at: Mapped[datetime | None]
    confirmed_by: Mapped[str | None]
    """The second person without whom roles of power do not count."""
    confirmed_at: Mapped[datetime | None]
    unlinked_at: Mapped[datetime | None]
    """When a link was taken back: it has acted as somebody, and is never let in under its own id."""
    disabled_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    """When a good token of it was last seen, to the hour."""

    @property
    def account_id(self) -> UUID | None:
        """Under which id it acts; None for one that waits to be linked."""
        return self.linked_account_id or (self.id if self.admitted_at is not None else None)

    @property
    def status(self) -> Literal["waiting", "own", "linked", "disabled"]:
        """`disabled`, `linked`, `own` or `waiting`."""
        if self.disabled_at is not None:
            return "disabled"
        if self.linked_account_id is not None:
            return "linked"
        return "own" if self.admitted_at is not None else "waiting"
