"""Accounts of people and systems that sign in here."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gateway.accounts.rules import ASSIGNABLE_ROLES, REQUIRED_SCOPE
from gateway.base import Base
from shared.db import Aggregate

USERNAME_PATTERN = "^[a-z0-9][a-z0-9._@-]{2,63}$"


def _array(values: object) -> str:
    assert isinstance(values, frozenset)
    return "ARRAY[" + ", ".join(f"'{value}'" for value in sorted(values)) + "]::text[]"


def _scope_checks() -> list[CheckConstraint]:
    return [
        CheckConstraint(f"NOT ('{role}' = ANY (roles)) OR num_nonnulls({', '.join(fields)}) > 0", name=f"{role}_scoped")
        for role, fields in REQUIRED_SCOPE.items()
    ]


class Account(Aggregate, Base):
    """Somebody who can sign in. User names are stored in lower case; access tokens name the generation they are of."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("username", name="uq_account_username"),
        CheckConstraint(f"username ~ '{USERNAME_PATTERN}'", name="username_form"),
        CheckConstraint("cardinality(roles) > 0", name="roles_some"),
        CheckConstraint(f"roles <@ {_array(ASSIGNABLE_ROLES)}", name="roles_known"),
        CheckConstraint("NOT ('admin' = ANY (roles)) OR cardinality(roles) = 1", name="admin_alone"),
        CheckConstraint("generation > 0", name="generation_positive"),
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
