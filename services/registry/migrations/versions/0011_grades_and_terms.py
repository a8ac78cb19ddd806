"""Grades of centres, and what ends by its term."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_PENDING = "status IN ('applied', 'reviewed', 'announced')"

_SPARED = """
UPDATE qualification SET beside_another = true
FROM (
    SELECT id, row_number() OVER (PARTITION BY centre_id, kind, level ORDER BY applied_on, id) AS place
    FROM qualification WHERE status IN ('applied', 'reviewed', 'announced')
) AS open
WHERE open.id = qualification.id AND open.place > 1
"""
"""Of several open applications for one title the first is the one that the index knows; the others finish beside it."""

_ON_FILE = """
UPDATE centre SET designation = NULL
FROM designation
WHERE designation.centre_id = centre.id AND designation.document_no = centre.designation->>'document_no'
"""
"""A designation has one place, its own table; what stands nowhere else stays."""


def upgrade() -> None:
    _create_known_grade()
    _tell_applicant_from_holder()
    _allow_one_open_application()
    _end_designations()
    op.execute(_ON_FILE)


def _create_known_grade() -> None:
    op.create_table(
        "known_grade",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("score", sa.Numeric(7, 2)),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_grade")),
    )
    op.create_index("ix_known_grade_centre_id_year", "known_grade", ["centre_id", "year"])
    op.create_table(
        "known_annulment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_annulment")),
    )
    op.create_index("ix_known_annulment_evaluation_id", "known_annulment", ["evaluation_id"])


def _tell_applicant_from_holder() -> None:
    op.add_column("qualification", sa.Column("applicant_code", sa.Text()))
    op.execute("UPDATE qualification SET applicant_code = operator_code")
    op.create_index("ix_qualification_applicant_code", "qualification", ["applicant_code", "id"])


def _allow_one_open_application() -> None:
    op.add_column(
        "qualification", sa.Column("beside_another", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.execute(_SPARED)
    op.create_index(
        "uq_qualification_one_pending",
        "qualification",
        ["centre_id", "kind", "level"],
        unique=True,
        postgresql_where=sa.text(f"{_PENDING} AND NOT beside_another"),
    )


def _end_designations() -> None:
    op.add_column("designation", sa.Column("ended_on", sa.Date()))
    op.execute(
        "-- squawk-ignore ban-drop-constraint\nALTER TABLE designation DROP CONSTRAINT ck_designation_status_known"
    )
    op.create_check_constraint(
        op.f("ck_designation_status_known"), "designation", "status IN ('recorded', 'confirmed', 'rejected', 'ended')"
    )
    op.create_check_constraint(
        op.f("ck_designation_ended_on_a_day"), "designation", "(status = 'ended') = (ended_on IS NOT NULL)"
    )
    op.create_index(
        "ix_designation_valid_until",
        "designation",
        ["valid_until"],
        postgresql_where=sa.text("status = 'confirmed' AND valid_until IS NOT NULL"),
    )
    op.execute(
        "-- squawk-ignore ban-drop-constraint\nALTER TABLE tier_period DROP CONSTRAINT ck_tier_period_basis_known"
    )
    op.create_check_constraint(
        op.f("ck_tier_period_basis_known"),
        "tier_period",
        "basis IN ('listing', 'application', 'designation', 'designation_end')",
    )


def downgrade() -> None:
    raise NotImplementedError("titles and tiers have changed hands on these tables: restore a backup instead")
