"""Which stay a service record belongs to: it tells the enterprise, also after two records were merged."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("known_service_record", sa.Column("tenancy_id", sa.Uuid()))


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore a backup instead")
