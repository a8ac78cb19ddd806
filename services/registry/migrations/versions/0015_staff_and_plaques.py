"""Staff are persons on record."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_KNOWN = "UPDATE centre_staff SET person_id = person.id FROM person WHERE person.ref = centre_staff.person_ref"
_UNKNOWN = "UPDATE centre_staff SET before_persons = true WHERE person_id IS NULL"
"""Entries that name nobody on record stay, and may end; the reference goes on to be full-time at one centre only."""


def upgrade() -> None:
    op.add_column("centre_staff", sa.Column("person_id", sa.Uuid()))
    op.add_column(
        "centre_staff", sa.Column("before_persons", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.execute(_KNOWN)
    op.execute(_UNKNOWN)
    # NOT VALID: every row there is meets both by the two statements above.
    op.execute(
        "ALTER TABLE centre_staff ADD CONSTRAINT fk_centre_staff_person_id"
        " FOREIGN KEY (person_id) REFERENCES person (id) NOT VALID"
    )
    op.execute(
        "ALTER TABLE centre_staff ADD CONSTRAINT ck_centre_staff_somebody_on_record"
        " CHECK (person_id IS NOT NULL OR before_persons) NOT VALID"
    )
    # A person has one reference, and of one reference no two full-time entries overlap: nothing there is in its way.
    op.execute(
        "ALTER TABLE centre_staff ADD CONSTRAINT ex_centre_staff_full_time_person"
        " EXCLUDE USING gist (person_id WITH =, daterange(from_on, until_on, '[]') WITH &&) WHERE (full_time)"
    )
    op.create_index("ix_centre_staff_person_id", "centre_staff", ["person_id"])


def downgrade() -> None:
    raise NotImplementedError("who is on the staff would be anybody again: restore a backup instead")
