"""Delegations during leave."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ROLES = (
    *("division_approver", "division_officer", "education_approver", "education_officer"),
    *("finance_approver", "finance_officer", "hr_approver", "hr_officer", "industry_approver", "industry_officer"),
    *("office_approver", "office_officer", "science_approver", "science_officer"),
    *("treasury_approver", "treasury_officer"),
)


def upgrade() -> None:
    known = "ARRAY[" + ", ".join(f"'{role}'" for role in _ROLES) + "]::text[]"
    checks = {
        "status_known": "status IN ('proposed', 'accepted', 'declined', 'withdrawn')",
        "to_another": "grantor_id <> delegate_id",
        "days_in_order": "from_on <= to_on",
        "roles_some": "cardinality(roles) > 0",
        "roles_of_bureaus": f"roles <@ {known}",
        "acceptance_dated": "status <> 'accepted' OR accepted_at IS NOT NULL",
    }
    op.create_table(
        "delegation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("grantor_id", sa.Uuid(), nullable=False),
        sa.Column("delegate_id", sa.Uuid(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ended_by", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_delegation"),
        sa.ForeignKeyConstraint(["grantor_id"], ["account.id"], name="fk_delegation_grantor_id"),
        sa.ForeignKeyConstraint(["delegate_id"], ["account.id"], name="fk_delegation_delegate_id"),
        *(sa.CheckConstraint(condition, name=op.f(f"ck_delegation_{name}")) for name, condition in checks.items()),
    )
    accepted = sa.text("status = 'accepted'")
    op.create_index("ix_delegation_grantor_id", "delegation", ["grantor_id", "to_on"], postgresql_where=accepted)
    op.create_index("ix_delegation_delegate_id", "delegation", ["delegate_id", "to_on"], postgresql_where=accepted)
    op.create_index("ix_delegation_created_at_id", "delegation", ["created_at", "id"])


def downgrade() -> None:
    raise NotImplementedError("forward only: restore a backup instead")
