"""A designation can end before its time."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_CHECKS = {
    "ending_whole": "num_nulls(ends_from, ending_document_no, ending_reason, ending_proposed_by, ending_proposed_on)"
    " IN (0, 5)",
    "ending_four_eyes": "ending_decided_by <> ending_proposed_by",
    "ending_decided": "(ending_decided_by IS NULL OR (status = 'ended' AND ended_on = ends_from - 1))",
}


def upgrade() -> None:
    for name in ("ends_from", "ending_proposed_on"):
        op.add_column("designation", sa.Column(name, sa.Date()))
    for name in ("ending_document_no", "ending_reason", "ending_proposed_by", "ending_decided_by"):
        op.add_column("designation", sa.Column(name, sa.Text()))
    # NOT VALID: the columns are new, every row there is meets the checks.
    for name, condition in _CHECKS.items():
        op.execute(f"ALTER TABLE designation ADD CONSTRAINT ck_designation_{name} CHECK ({condition}) NOT VALID")


def downgrade() -> None:
    raise NotImplementedError("ends recorded since would be lost: restore a backup instead")
