"""Since when a centre's operator runs it, as the registry says, and when a centre left the list at its own request."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("known_centre", sa.Column("withdrawn_on", sa.Date()))
    op.add_column("evaluation", sa.Column("withdrawn_on", sa.Date()))
    op.add_column("known_centre_state", sa.Column("operator_since", sa.Date()))


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore a backup instead")
