"""Routine records and yearly sheets of alliances."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _create_alliance_record()
    _create_alliance_assessment()


def _create_alliance_record() -> None:
    op.create_table(
        "alliance_record",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("alliance", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("participants", sa.Integer(), nullable=False),
        sa.Column("evidence", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("struck_by", sa.Text(), nullable=True),
        *_aggregate(),
        sa.CheckConstraint("status IN ('recorded', 'struck')", name=op.f("ck_alliance_record_status_known")),
        sa.CheckConstraint(
            "num_nulls(reason_code, struck_by) = CASE status WHEN 'struck' THEN 0 ELSE 2 END",
            name=op.f("ck_alliance_record_whole"),
        ),
        sa.CheckConstraint("participants >= 0", name=op.f("ck_alliance_record_participants_not_negative")),
        sa.CheckConstraint("held_on <= recorded_on", name=op.f("ck_alliance_record_held_before_recorded")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alliance_record")),
        sa.UniqueConstraint("no", name="uq_alliance_record_no"),
    )
    op.create_index("ix_alliance_record_alliance_held_on", "alliance_record", ["alliance", "held_on"])


def _create_alliance_assessment() -> None:
    op.create_table(
        "alliance_assessment",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("alliance", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("marks", postgresql.JSONB(), nullable=False),
        sa.Column("score", sa.Numeric(5, 1), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("decision", postgresql.JSONB(), nullable=False),
        sa.Column("record_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("hands", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("drafted_on", sa.Date(), nullable=False),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("published_by", sa.Text(), nullable=True),
        *_aggregate(),
        sa.CheckConstraint(
            "status IN ('drafted', 'returned', 'confirmed', 'published')",
            name=op.f("ck_alliance_assessment_status_known"),
        ),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name=op.f("ck_alliance_assessment_score_within_100")),
        sa.CheckConstraint("NOT (confirmed_by = ANY (hands))", name=op.f("ck_alliance_assessment_four_eyes")),
        sa.CheckConstraint(
            "num_nulls(confirmed_on, confirmed_by) = CASE WHEN status IN ('confirmed', 'published') THEN 0 ELSE 2 END",
            name=op.f("ck_alliance_assessment_confirmed_whole"),
        ),
        sa.CheckConstraint(
            "num_nulls(document_no, published_on, published_by) = CASE status WHEN 'published' THEN 0 ELSE 3 END",
            name=op.f("ck_alliance_assessment_published_whole"),
        ),
        sa.CheckConstraint(
            "published_on >= confirmed_on", name=op.f("ck_alliance_assessment_published_after_confirmation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alliance_assessment")),
        sa.UniqueConstraint("alliance", "year", name="uq_alliance_assessment_alliance_year"),
        sa.UniqueConstraint("document_no", name="uq_alliance_assessment_document_no"),
        sa.UniqueConstraint("no", name="uq_alliance_assessment_no"),
    )
    op.create_index("ix_alliance_assessment_status", "alliance_assessment", ["status"])


def _aggregate() -> "Sequence[sa.Column[object]]":
    return (
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore a backup instead")
