"""Alliances and their members, pairs of firms, and communities."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import append_only

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _alliances()
    _lead_bodies()
    _members()
    _talent()
    _pairings()
    _pairing_entries()
    _communities()
    _community_reports()


def downgrade() -> None:
    raise NotImplementedError("what was recorded since would be lost: restore a backup instead")


def _alliances() -> None:
    op.create_table(
        "alliance",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("proposed_body", sa.Text()),
        sa.Column("proposed_code", sa.Text()),
        sa.Column("proposed_from", sa.Date()),
        sa.Column("proposed_document_no", sa.Text()),
        sa.Column("proposed_by", sa.Text()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "num_nulls(proposed_body, proposed_from, proposed_by, proposed_document_no) IN (0, 4)",
            name=op.f("ck_alliance_proposed_whole"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alliance")),
        sa.UniqueConstraint("kind", name="uq_alliance_kind"),
    )


def _lead_bodies() -> None:
    op.create_table(
        "alliance_lead_body",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alliance_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("named_by", sa.Text(), nullable=False),
        sa.CheckConstraint("code ~ '^[0-9A-Z]{18}$'", name=op.f("ck_alliance_lead_body_code_form")),
        sa.CheckConstraint("named_by <> proposed_by", name=op.f("ck_alliance_lead_body_four_eyes")),
        sa.ForeignKeyConstraint(["alliance_id"], ["alliance.id"], name=op.f("fk_alliance_lead_body_alliance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alliance_lead_body")),
        sa.UniqueConstraint("alliance_id", "from_on", name="uq_alliance_lead_body_from_on"),
    )
    append_only(op, "alliance_lead_body")


def _members() -> None:
    op.create_table(
        "alliance_member",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("alliance", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("centre_id", sa.Uuid()),
        sa.Column("enterprise_id", sa.Uuid()),
        sa.Column("partner_id", sa.Uuid()),
        sa.Column(
            "party_id",
            sa.Uuid(),
            sa.Computed("COALESCE(centre_id, enterprise_id, partner_id)", persisted=True),
            nullable=False,
        ),
        sa.Column("province", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("initiative", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("consented_by", sa.Text()),
        sa.Column("consented_on", sa.Date()),
        sa.Column("consent_document_no", sa.Text()),
        sa.Column("accepted_by", sa.Text()),
        sa.Column("accepted_on", sa.Date()),
        sa.Column("joined_on", sa.Date()),
        sa.Column("left_on", sa.Date()),
        sa.Column("removal_proposed_by", sa.Text()),
        sa.Column("removal_proposed_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("document_no", sa.Text()),
        sa.Column("ended_by", sa.Text()),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("alliance"), "="),
            (sa.column("party_id"), "="),
            (sa.text("daterange(joined_on, left_on, '[]')"), "&&"),
            where=sa.text("joined_on IS NOT NULL"),
            using="gist",
            name="ex_alliance_member_once_at_a_time",
        ),
        sa.CheckConstraint(
            "(status IN ('active', 'left', 'removed', 'ended')) = (joined_on IS NOT NULL) AND (joined_on IS NULL"
            " OR num_nulls(consented_on, accepted_on) = 0)",
            name=op.f("ck_alliance_member_joined_by_both"),
        ),
        sa.CheckConstraint(
            "(status IN ('left', 'removed', 'ended')) = (left_on IS NOT NULL)",
            name=op.f("ck_alliance_member_left_on_a_day"),
        ),
        sa.CheckConstraint("initiative IN ('member', 'lead')", name=op.f("ck_alliance_member_initiative_known")),
        sa.CheckConstraint("province ~ '^[1-9][0-9]0000$'", name=op.f("ck_alliance_member_province_form")),
        sa.CheckConstraint(
            "status <> 'removed' OR (num_nulls(removal_proposed_by, ended_by, reason_code, document_no) = 0"
            " AND ended_by <> removal_proposed_by)",
            name=op.f("ck_alliance_member_removed_by_another"),
        ),
        sa.CheckConstraint(
            "status IN ('applied', 'invited', 'active', 'refused', 'declined', 'withdrawn', 'left', 'removed'"
            ", 'ended')",
            name=op.f("ck_alliance_member_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('refused', 'ended') OR reason_code IS NOT NULL",
            name=op.f("ck_alliance_member_ended_with_reason"),
        ),
        sa.CheckConstraint("accepted_by <> consented_by", name=op.f("ck_alliance_member_four_eyes")),
        sa.CheckConstraint(
            "joined_on >= consented_on AND joined_on >= accepted_on", name=op.f("ck_alliance_member_joined_after_both")
        ),
        sa.CheckConstraint("left_on >= joined_on", name=op.f("ck_alliance_member_left_after_joining")),
        sa.CheckConstraint(
            "num_nonnulls(centre_id, enterprise_id, partner_id) = 1", name=op.f("ck_alliance_member_one_party")
        ),
        sa.CheckConstraint(
            "num_nulls(accepted_by, accepted_on) IN (0, 2)", name=op.f("ck_alliance_member_accepted_whole")
        ),
        sa.CheckConstraint(
            "num_nulls(consented_by, consented_on) IN (0, 2)", name=op.f("ck_alliance_member_consented_whole")
        ),
        sa.CheckConstraint(
            "num_nulls(removal_proposed_by, removal_proposed_on) IN (0, 2)",
            name=op.f("ck_alliance_member_removal_whole"),
        ),
        sa.CheckConstraint(
            "partner_id IS NULL OR consented_on IS NULL OR consent_document_no IS NOT NULL",
            name=op.f("ck_alliance_member_partner_consents_on_paper"),
        ),
        sa.ForeignKeyConstraint(["alliance"], ["alliance.kind"], name=op.f("fk_alliance_member_alliance")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_alliance_member_centre_id")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_alliance_member_enterprise_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_alliance_member_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alliance_member")),
        sa.UniqueConstraint("no", name="uq_alliance_member_no"),
    )
    op.create_index("ix_alliance_member_alliance", "alliance_member", ["alliance", "status", "id"])
    op.create_index("ix_alliance_member_party_id", "alliance_member", ["party_id", "id"])
    op.create_index(
        "uq_alliance_member_open",
        "alliance_member",
        ["alliance", "party_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('applied', 'invited')"),
    )


def _talent() -> None:
    op.create_table(
        "talent_arrival",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("alliance", sa.Text(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid()),
        sa.Column("enterprise_id", sa.Uuid()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("industry", sa.Text()),
        sa.Column("province", sa.Text()),
        sa.Column("heads", sa.Integer(), nullable=False),
        sa.Column("arrived_on", sa.Date(), nullable=False),
        sa.Column("stays_until", sa.Date()),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("verified_by", sa.Text()),
        sa.Column("verified_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "status IN ('recorded', 'verified', 'rejected', 'struck')", name=op.f("ck_talent_arrival_status_known")
        ),
        sa.CheckConstraint(
            "status NOT IN ('rejected', 'struck') OR reason_code IS NOT NULL",
            name=op.f("ck_talent_arrival_ended_with_reason"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('verified', 'struck') OR verified_on IS NOT NULL",
            name=op.f("ck_talent_arrival_verified_by_somebody"),
        ),
        sa.CheckConstraint("heads BETWEEN 1 AND 10000", name=op.f("ck_talent_arrival_heads_some")),
        sa.CheckConstraint("num_nonnulls(centre_id, enterprise_id) = 1", name=op.f("ck_talent_arrival_one_host")),
        sa.CheckConstraint(
            "num_nulls(verified_by, verified_on) IN (0, 2)", name=op.f("ck_talent_arrival_verified_whole")
        ),
        sa.CheckConstraint("stays_until >= arrived_on", name=op.f("ck_talent_arrival_stays_after_arrival")),
        sa.CheckConstraint("verified_by <> recorded_by", name=op.f("ck_talent_arrival_verified_by_another")),
        sa.ForeignKeyConstraint(["alliance"], ["alliance.kind"], name=op.f("fk_talent_arrival_alliance")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_talent_arrival_centre_id")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_talent_arrival_enterprise_id")),
        sa.ForeignKeyConstraint(["member_id"], ["alliance_member.id"], name=op.f("fk_talent_arrival_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_talent_arrival")),
        sa.UniqueConstraint("no", name="uq_talent_arrival_no"),
    )
    op.create_index("ix_talent_arrival_alliance", "talent_arrival", ["alliance", "arrived_on", "id"])
    op.create_index("ix_talent_arrival_member_id", "talent_arrival", ["member_id", "id"])


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
