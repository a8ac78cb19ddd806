"""Pairs of firms, and communities."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import append_only

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _pairings()
    _pairing_entries()
    _communities()
    _community_reports()


def downgrade() -> None:
    raise NotImplementedError("what was recorded since would be lost: restore a backup instead")


def _pairings() -> None:
    op.create_table(
        "pairing",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("province_side", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("industry", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        sa.Column("inland_document_no", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text()),
        sa.Column("answered_on", sa.Date()),
        sa.Column("since", sa.Date()),
        sa.Column("document_no", sa.Text()),
        sa.Column("ended_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status IN ('active', 'completed', 'ended')) = (since IS NOT NULL)"
            " AND num_nulls(since, document_no) IN (0, 2)",
            name=op.f("ck_pairing_started_by_document"),
        ),
        sa.CheckConstraint(
            "(status IN ('completed', 'ended')) = (ended_on IS NOT NULL)", name=op.f("ck_pairing_ended_on_a_day")
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'confirmed', 'active', 'completed', 'ended', 'declined', 'withdrawn')",
            name=op.f("ck_pairing_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('confirmed', 'active', 'completed', 'ended') OR answered_on IS NOT NULL",
            name=op.f("ck_pairing_confirmed_by_the_enterprise"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('ended', 'declined') OR reason_code IS NOT NULL", name=op.f("ck_pairing_ended_with_reason")
        ),
        sa.CheckConstraint("answered_by <> proposed_by", name=op.f("ck_pairing_answered_by_another")),
        sa.CheckConstraint("ended_on >= since", name=op.f("ck_pairing_ended_after_start")),
        sa.CheckConstraint("num_nulls(answered_by, answered_on) IN (0, 2)", name=op.f("ck_pairing_answered_whole")),
        sa.CheckConstraint("since >= proposed_on AND since >= answered_on", name=op.f("ck_pairing_started_after_both")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_pairing_enterprise_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_pairing_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing")),
        sa.UniqueConstraint("no", name="uq_pairing_no"),
    )
    op.create_index("ix_pairing_enterprise_id", "pairing", ["enterprise_id", "id"])
    op.create_index("ix_pairing_partner_id", "pairing", ["partner_id", "id"])
    op.create_index("ix_pairing_status", "pairing", ["status", "id"])
    op.create_index(
        "uq_pairing_enterprise_id",
        "pairing",
        ["enterprise_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('proposed', 'confirmed', 'active')"),
    )
    op.create_index(
        "uq_pairing_partner_id",
        "pairing",
        ["partner_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('proposed', 'confirmed', 'active')"),
    )


def _pairing_entries() -> None:
    op.create_table(
        "pairing_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pairing_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("heads", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=18, scale=2)),
        sa.Column("document_no", sa.Text()),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_pairing_entry_amount_positive")),
        sa.CheckConstraint("heads >= 0", name=op.f("ck_pairing_entry_heads_not_negative")),
        sa.ForeignKeyConstraint(["pairing_id"], ["pairing.id"], name=op.f("fk_pairing_entry_pairing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing_entry")),
    )
    op.create_index("ix_pairing_entry_pairing_id", "pairing_entry", ["pairing_id", "held_on", "id"])
    append_only(op, "pairing_entry")


def _communities() -> None:
    op.create_table(
        "community",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("base_centre_id", sa.Uuid(), nullable=False),
        sa.Column("base_since", sa.Date()),
        sa.Column("sector", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("opened_on", sa.Date()),
        sa.Column("document_no", sa.Text()),
        sa.Column("suspended_on", sa.Date()),
        sa.Column("closed_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("open_proposal", sa.Text()),
        sa.Column("proposed_centre_id", sa.Uuid()),
        sa.Column("change_reason", sa.Text()),
        sa.Column("change_by", sa.Text()),
        sa.Column("change_on", sa.Date()),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("name_initials", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("name_terms", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(status = 'closed') = (closed_on IS NOT NULL)", name=op.f("ck_community_closed_on_a_day")),
        sa.CheckConstraint(
            "(status = 'suspended') = (suspended_on IS NOT NULL)", name=op.f("ck_community_suspended_on_a_day")
        ),
        sa.CheckConstraint(
            "num_nulls(open_proposal, change_reason, change_by, change_on) IN (0, 4)"
            " AND (open_proposal IS NOT DISTINCT FROM 'move') = (proposed_centre_id IS NOT NULL)",
            name=op.f("ck_community_proposal_whole"),
        ),
        sa.CheckConstraint("open_proposal IN ('move', 'closing')", name=op.f("ck_community_open_proposal_known")),
        sa.CheckConstraint(
            "status IN ('open', 'suspended') OR open_proposal IS NULL",
            name=op.f("ck_community_proposal_of_a_live_community"),
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'open', 'suspended', 'refused', 'closed')", name=op.f("ck_community_status_known")
        ),
        sa.CheckConstraint(
            "status NOT IN ('open', 'suspended', 'closed')"
            " OR num_nulls(decided_by, opened_on, document_no, base_since) = 0",
            name=op.f("ck_community_opened_by_decision"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('refused', 'closed', 'suspended') OR reason_code IS NOT NULL",
            name=op.f("ck_community_ended_with_reason"),
        ),
        sa.CheckConstraint("base_since >= opened_on", name=op.f("ck_community_based_since_opening")),
        sa.CheckConstraint("closed_on >= opened_on", name=op.f("ck_community_closed_after_opening")),
        sa.CheckConstraint("decided_by <> proposed_by", name=op.f("ck_community_four_eyes")),
        sa.CheckConstraint("opened_on >= proposed_on", name=op.f("ck_community_opened_after_proposal")),
        sa.ForeignKeyConstraint(["base_centre_id"], ["centre.id"], name=op.f("fk_community_base_centre_id")),
        sa.ForeignKeyConstraint(["proposed_centre_id"], ["centre.id"], name=op.f("fk_community_proposed_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community")),
        sa.UniqueConstraint("no", name="uq_community_no"),
    )
    op.create_index("ix_community_division", "community", ["division", "id"])
    op.create_index("ix_community_name", "community", [sa.text('name COLLATE "C"'), "id"])
    op.create_index(
        "ix_community_name_terms",
        "community",
        ["name_terms"],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index("ix_community_status", "community", ["status", "id"])
    op.create_index(
        "uq_community_base_centre_id",
        "community",
        ["base_centre_id", "sector"],
        unique=True,
        postgresql_where=sa.text("status IN ('proposed', 'open', 'suspended')"),
    )


def _community_reports() -> None:
    op.create_table(
        "community_report",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("elements", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("resident_jobs", sa.Integer()),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("first_submitted_on", sa.Date()),
        sa.Column("submitted_by", sa.Text()),
        sa.Column("submitted_on", sa.Date()),
        sa.Column("accepted_by", sa.Text()),
        sa.Column("accepted_on", sa.Date()),
        sa.Column("seen_by", sa.Text()),
        sa.Column("seen_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'seen') = (seen_on IS NOT NULL) AND num_nulls(seen_by, seen_on) IN (0, 2)",
            name=op.f("ck_community_report_seen_by_somebody"),
        ),
        sa.CheckConstraint(
            "(status IN ('accepted', 'seen')) = (accepted_on IS NOT NULL)"
            " AND num_nulls(accepted_by, accepted_on) IN (0, 2)",
            name=op.f("ck_community_report_accepted_by_somebody"),
        ),
        sa.CheckConstraint(
            "status <> 'returned' OR reason_code IS NOT NULL", name=op.f("ck_community_report_returned_with_reason")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'returned', 'accepted', 'seen')",
            name=op.f("ck_community_report_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('submitted', 'accepted', 'seen') OR num_nulls(submitted_by, submitted_on) = 0",
            name=op.f("ck_community_report_submitted_by_somebody"),
        ),
        sa.CheckConstraint(
            "accepted_by <> submitted_by AND accepted_by <> drafted_by", name=op.f("ck_community_report_four_eyes")
        ),
        sa.CheckConstraint(
            "accepted_on >= submitted_on AND seen_on >= accepted_on", name=op.f("ck_community_report_steps_in_order")
        ),
        sa.CheckConstraint("due_on > make_date(year, 12, 31)", name=op.f("ck_community_report_due_after_the_year")),
        sa.CheckConstraint("resident_jobs >= 0", name=op.f("ck_community_report_resident_jobs_not_negative")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_community_report_centre_id")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_community_report_community_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community_report")),
        sa.UniqueConstraint("community_id", "year", name="uq_community_report_year"),
        sa.UniqueConstraint("no", name="uq_community_report_no"),
    )
    op.create_index("ix_community_report_status", "community_report", ["status", "id"])
