"""Orders of lists, and wrong tries at persons."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BY_NAME = sa.text('name COLLATE "C"')
_BY_DAY = (
    ("ix_enterprise_registered_on", "enterprise", "registered_on"),
    ("ix_project_started_on", "project", "started_on"),
    ("ix_tenancy_by_admission", "tenancy", "admitted_on"),
    ("ix_tenancy_by_filing_due", "tenancy", "filing_due_on"),
    ("ix_tenancy_by_stay", "tenancy", "stay_until"),
)


def upgrade() -> None:
    for table in ("centre", "partner"):
        op.execute(f"-- squawk-ignore require-concurrent-index-deletion\nDROP INDEX ix_{table}_name")
    for table in ("centre", "partner", "enterprise", "project"):
        op.create_index(f"ix_{table}_name", table, [_BY_NAME, "id"])
    for name, table, column in _BY_DAY:
        op.create_index(name, table, [column, "id"])
    op.add_column("person_link", sa.Column("recorded_on", sa.Date(), nullable=True))
    op.create_table(
        "person_wrong_tries",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.CheckConstraint("tries > 0", name=op.f("ck_person_wrong_tries_counted")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_person_wrong_tries")),
    )


def downgrade() -> None:
    op.drop_table("person_wrong_tries")
    op.drop_column("person_link", "recorded_on")
    for name, table, _ in _BY_DAY:
        op.drop_index(name, table_name=table)
    for table in ("centre", "partner", "enterprise", "project"):
        op.drop_index(f"ix_{table}_name", table_name=table)
    for table in ("centre", "partner"):
        op.create_index(f"ix_{table}_name", table, ["name", "id"])
