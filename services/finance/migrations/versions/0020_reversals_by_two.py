"""Reversals by two people: of matching payments, and of recoveries of which the treasury has its part."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_REVERSED = (
    "reversed_by IS NULL OR (reversal_proposed_by IS NOT NULL AND reversed_by NOT IN (recorded_by,"
    " reversal_proposed_by) AND {returned})"
)


def upgrade() -> None:
    _drop("matching_fund_line", "uq_matching_fund_line_reverses_id")
    op.create_index(
        "uq_matching_fund_line_reverses_id",
        "matching_fund_line",
        ["reverses_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'refused'"),
    )
    _check("matching_fund_line", "waits_unreversed", "status = 'confirmed' OR reversed_on IS NULL")
    returned = "(returned_by IS NULL OR reversed_by <> returned_by)"
    _check("guarantee_recovery", "reversed_by_another", _REVERSED.format(returned=returned))


def downgrade() -> None:
    """Not possible once a reversal was refused or waits, or one of the treasury's was carried out."""
    _check("guarantee_recovery", "reversed_by_another", _REVERSED.format(returned="returned_by IS NULL"))
    _check(
        "matching_fund_line",
        "waits_unreversed",
        "status = 'confirmed' OR (kind = 'spending' AND reversed_on IS NULL)",
    )
    op.drop_index("uq_matching_fund_line_reverses_id", "matching_fund_line")
    op.create_unique_constraint("uq_matching_fund_line_reverses_id", "matching_fund_line", ["reverses_id"])


def _check(table: str, name: str, condition: str) -> None:
    _drop(table, f"ck_{table}_{name}")
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)


def _drop(table: str, constraint: str) -> None:
    op.execute(f"-- squawk-ignore ban-drop-constraint\nALTER TABLE {table} DROP CONSTRAINT {constraint}")
