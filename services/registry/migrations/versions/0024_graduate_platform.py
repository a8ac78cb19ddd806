"""The graduate platform: trial, conversion, channel."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _create_platform_service()


def downgrade() -> None:
    raise NotImplementedError("what was recorded since would be lost: restore a backup instead")


def _aggregate() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def _create_platform_service() -> None:
    op.create_table(
        "platform_service",
        *_aggregate(),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid()),
        sa.Column("enterprise_id", sa.Uuid()),
        sa.Column("centre_id", sa.Uuid()),
        sa.Column("partner_id", sa.Uuid()),
        sa.Column("provider_code", sa.Text()),
        sa.Column("provider_name", sa.Text()),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date()),
        sa.Column("document_no", sa.Text()),
        sa.Column("amount", sa.Numeric(18, 2)),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("decision", postgresql.JSONB(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("corrects_id", sa.Uuid()),
        sa.Column("answered_by", sa.Text()),
        sa.Column("answered_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.CheckConstraint("amount > 0", name=op.f("ck_platform_service_amount_positive")),
        sa.CheckConstraint("answered_on >= started_on", name=op.f("ck_platform_service_answered_after_it_began")),
        sa.CheckConstraint("answered_by <> recorded_by", name=op.f("ck_platform_service_answered_by_another")),
        sa.CheckConstraint(
            "status NOT IN ('confirmed', 'contested') OR num_nulls(answered_by, answered_on) = 0",
            name=op.f("ck_platform_service_answered_by_somebody"),
        ),
        sa.CheckConstraint("stage = 'trial' OR line_id <> id", name=op.f("ck_platform_service_begins_with_a_trial")),
        sa.CheckConstraint(
            "status <> 'contested' OR reason_code IS NOT NULL",
            name=op.f("ck_platform_service_contested_with_reason"),
        ),
        sa.CheckConstraint("corrects_id <> id", name=op.f("ck_platform_service_corrects_another")),
        sa.CheckConstraint(
            "num_nonnulls(centre_id, partner_id, provider_code) > 0",
            name=op.f("ck_platform_service_given_by_somebody"),
        ),
        sa.CheckConstraint("num_nonnulls(project_id, enterprise_id) = 1", name=op.f("ck_platform_service_one_subject")),
        sa.CheckConstraint("ended_on >= started_on", name=op.f("ck_platform_service_period_forward")),
        sa.CheckConstraint(
            "(provider_code IS NULL) = (provider_name IS NULL)",
            name=op.f("ck_platform_service_provider_named"),
        ),
        sa.CheckConstraint("stage IN ('trial', 'conversion', 'channel')", name=op.f("ck_platform_service_stage_known")),
        sa.CheckConstraint(
            "status IN ('recorded', 'confirmed', 'contested', 'corrected')",
            name=op.f("ck_platform_service_status_known"),
        ),
        sa.ForeignKeyConstraint(["line_id"], ["platform_service.id"], name=op.f("fk_platform_service_line_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_platform_service_project_id")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_platform_service_enterprise_id")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_platform_service_centre_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_platform_service_partner_id")),
        sa.ForeignKeyConstraint(["corrects_id"], ["platform_service.id"], name=op.f("fk_platform_service_corrects_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_service")),
        sa.UniqueConstraint("no", name="uq_platform_service_no"),
        sa.UniqueConstraint("corrects_id", name="uq_platform_service_corrects_id"),
    )
    op.create_index("ix_platform_service_centre_id", "platform_service", ["centre_id", "id"])
    op.create_index("ix_platform_service_enterprise_id", "platform_service", ["enterprise_id", "id"])
    op.create_index("ix_platform_service_line_id", "platform_service", ["line_id", "id"])
    op.create_index("ix_platform_service_partner_id", "platform_service", ["partner_id"])
    op.create_index("ix_platform_service_project_id", "platform_service", ["project_id", "id"])
    op.create_index(
        "ix_platform_service_started_on",
        "platform_service",
        ["started_on", "id"],
        postgresql_where=sa.text("status = 'confirmed'"),
    )
