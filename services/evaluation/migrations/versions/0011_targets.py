"""The ledger of targets with its figures, and what its computed figures need to know of centres and titles."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import append_only

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("known_centre_state", sa.Column("incubation_area_m2", sa.Numeric(12, 2)))
    op.add_column("known_qualification", sa.Column("expires_on", sa.Date()))
    _create_target()
    _create_target_actual()
    append_only(op, "target_actual", role_may_update=("status", "confirmed_on", "confirmed_by"))


def _create_target() -> None:
    op.create_table(
        "target",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("value", sa.Numeric(21, 6), nullable=False),
        sa.Column("tolerance_percent", sa.Numeric(21, 6), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("measure IN ('stock', 'flow')", name=op.f("ck_target_measure_known")),
        sa.CheckConstraint("source IN ('entered', 'computed')", name=op.f("ck_target_source_known")),
        sa.CheckConstraint("value >= 0 AND tolerance_percent >= 0", name=op.f("ck_target_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target")),
        sa.UniqueConstraint("item", "year", name="uq_target_item_year"),
        sa.UniqueConstraint("no", name="uq_target_no"),
    )
    op.create_index("ix_target_year", "target", ["year"])


def _create_target_actual() -> None:
    op.create_table(
        "target_actual",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("quarter", sa.SmallInteger(), nullable=False),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("value", sa.Numeric(21, 6), nullable=False),
        sa.Column("by_division", postgresql.JSONB(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("quarter BETWEEN 1 AND 4", name=op.f("ck_target_actual_quarter_of_year")),
        sa.CheckConstraint("value >= 0", name=op.f("ck_target_actual_not_negative")),
        sa.CheckConstraint(
            "status IN ('entered', 'confirmed', 'superseded', 'withdrawn')", name=op.f("ck_target_actual_status_known")
        ),
        sa.CheckConstraint(
            "(corrects_id IS NULL) = (reason_code IS NULL)", name=op.f("ck_target_actual_correction_with_reason")
        ),
        sa.CheckConstraint(
            "(confirmed_on IS NULL) = (confirmed_by IS NULL)", name=op.f("ck_target_actual_confirmed_by_somebody")
        ),
        sa.CheckConstraint(
            "status <> 'confirmed' OR confirmed_by IS NOT NULL", name=op.f("ck_target_actual_confirmed_with_name")
        ),
        sa.CheckConstraint("confirmed_by <> entered_by", name=op.f("ck_target_actual_four_eyes")),
        sa.CheckConstraint("confirmed_on >= entered_on", name=op.f("ck_target_actual_confirmed_after_entry")),
        sa.ForeignKeyConstraint(["target_id"], ["target.id"], name=op.f("fk_target_actual_target_id_target")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["target_actual.id"], name=op.f("fk_target_actual_corrects_id_target_actual")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target_actual")),
    )
    op.create_index("ix_target_actual_target_id_id", "target_actual", ["target_id", "id"])
    op.create_index(
        "uq_target_actual_confirmed",
        "target_actual",
        ["target_id", "quarter"],
        unique=True,
        postgresql_where=sa.text("status = 'confirmed'"),
    )
    op.create_index(
        "uq_target_actual_entered",
        "target_actual",
        ["target_id", "quarter"],
        unique=True,
        postgresql_where=sa.text("status = 'entered'"),
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore a backup instead")
