"""Accounts and failed sign-ins."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import create_kernel

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ROLES = (
    *("admin", "auditor", "bank", "bureau", "centre_operator", "division_approver", "division_officer"),
    *("education_approver", "education_officer", "enterprise", "expert", "finance_approver", "finance_officer"),
    *("founder", "guarantor", "hr_approver", "hr_officer", "industry_approver", "industry_officer", "mentor"),
    *("office_approver", "office_officer", "provider", "science_approver", "science_officer"),
    *("treasury_approver", "treasury_officer"),
)
_SCOPED = {
    "centre_operator": "org",
    "enterprise": "org",
    "division_officer": "division",
    "division_approver": "division",
    "provider": "provider, org",
    "founder": "person_ref",
    "bank": "bank",
}


def upgrade() -> None:
    create_kernel(op)
    _create_account()
    op.create_table(
        "sign_in_failure",
        sa.Column("username_digest", sa.LargeBinary(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("username_digest", "address", name="pk_sign_in_failure"),
        sa.CheckConstraint("failures > 0", name=op.f("ck_sign_in_failure_failures_positive")),
    )
    op.create_index("ix_sign_in_failure_last_failed_at", "sign_in_failure", ["last_failed_at"])


def _create_account() -> None:
    alone = "NOT ('admin' = ANY (roles)) OR cardinality(roles) = 1"
    known = "ARRAY[" + ", ".join(f"'{role}'" for role in _ROLES) + "]::text[]"
    scoped = [
        sa.CheckConstraint(
            f"NOT ('{role}' = ANY (roles)) OR num_nonnulls({fields}) > 0", name=op.f(f"ck_account_{role}_scoped")
        )
        for role, fields in _SCOPED.items()
    ]
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("org", sa.Text()),
        sa.Column("division", sa.Text()),
        sa.Column("provider", sa.Text()),
        sa.Column("bank", sa.Text()),
        sa.Column("person_ref", sa.Text()),
        sa.Column("generation", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_in_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("username", name="uq_account_username"),
        sa.CheckConstraint("username ~ '^[a-z0-9][a-z0-9._@-]{2,63}$'", name=op.f("ck_account_username_form")),
        sa.CheckConstraint("cardinality(roles) > 0", name=op.f("ck_account_roles_some")),
        sa.CheckConstraint(f"roles <@ {known}", name=op.f("ck_account_roles_known")),
        sa.CheckConstraint(alone, name=op.f("ck_account_admin_alone")),
        sa.CheckConstraint("generation > 0", name=op.f("ck_account_generation_positive")),
        *scoped,
    )
    op.create_index("ix_account_created_at_id", "account", ["created_at", "id"])


def downgrade() -> None:
    raise NotImplementedError("the first migration is the beginning: restore a backup instead")
