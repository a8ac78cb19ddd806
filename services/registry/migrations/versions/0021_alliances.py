"""Alliances, their members and lead bodies, and the talent they brought."""

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
    op.create_index(
        "uq_talent_arrival_once",
        "talent_arrival",
        ["member_id", sa.text("coalesce(centre_id, enterprise_id)"), "kind", "arrived_on", "document_no"],
        unique=True,
        postgresql_where=sa.text("status IN ('recorded', 'verified')"),
    )
    op.create_index("ix_talent_arrival_alliance", "talent_arrival", ["alliance", "arrived_on", "id"])
    op.create_index("ix_talent_arrival_member_id", "talent_arrival", ["member_id", "id"])
