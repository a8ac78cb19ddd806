"""Accounts of people and systems that sign in here."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.accounts.rules import ASSIGNABLE_ROLES, REQUIRED_SCOPE, array_of
from gateway.base import Base
from shared.auth.roles import OVERSIGHT_ROLES
from shared.db import Aggregate

USERNAME_PATTERN = "^[a-z0-9][a-z0-9._@-]{2,63}$"


def _scope_checks() -> list[CheckConstraint]:
    return [
        CheckConstraint(f"NOT ('{role}' = ANY (roles)) OR num_nonnulls({', '.join(fields)}) > 0", name=f"{role}_scoped")
        for role, fields in REQUIRED_SCOPE.items()
    ]


def _alone_checks() -> list[CheckConstraint]:
    return [
        CheckConstraint(f"NOT ('{role}' = ANY (roles)) OR cardinality(roles) = 1", name=f"{role}_alone")
        for role in sorted(OVERSIGHT_ROLES)
    ]


class Account(Aggregate, Base):
    """Somebody who can sign in. User names are stored in lower case; access tokens name the generation they are of.

    One whose rights wait for their confirmation has no roles yet."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("username", name="uq_account_username"),
        CheckConstraint(f"username ~ '{USERNAME_PATTERN}'", name="username_form"),
        CheckConstraint(f"roles <@ {array_of(ASSIGNABLE_ROLES)}", name="roles_known"),
        CheckConstraint("generation > 0", name="generation_positive"),
        *_alone_checks(),
        *_scope_checks(),
        Index("ix_account_created_at_id", "created_at", "id"),
    )

    username: Mapped[str]
    password_hash: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    org: Mapped[str | None]
    division: Mapped[str | None]
    provider: Mapped[str | None]
    bank: Mapped[str | None]
    person_ref: Mapped[str | None]
    generation: Mapped[int] = mapped_column(default=1, server_default="1")
    disabled_at: Mapped[datetime | None]
    password_changed_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]
    must_change_password: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """The password was chosen by an administrator, and opens nothing but the way to another one."""


class AccountRequest(Base):
    """What one person asked for and a second one decides: rights that carry power, another second factor, or the way
    back for who has forgotten his password."""

    __tablename__ = "account_request"
    __table_args__ = (
        CheckConstraint("kind IN ('rights', 'second_factor_reset', 'password_reset')", name="kind_known"),
        CheckConstraint("outcome IN ('confirmed', 'refused', 'superseded')", name="outcome_known"),
        CheckConstraint("num_nonnulls(outcome, decided_by, decided_at) IN (0, 3)", name="decision_is_whole"),
        CheckConstraint("outcome <> 'confirmed' OR decided_by <> requested_by", name="confirmed_by_another"),
        CheckConstraint("outcome <> 'confirmed' OR decided_by <> account_id::text", name="not_by_oneself"),
        CheckConstraint("num_nonnulls(roles, scope) = CASE kind WHEN 'rights' THEN 2 ELSE 0 END", name="rights_named"),
        Index("uq_account_request_open", "account_id", "kind", unique=True, postgresql_where=text("outcome IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str]
    roles: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    scope: Mapped[dict[str, str | None] | None] = mapped_column(JSONB(none_as_null=True))
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
