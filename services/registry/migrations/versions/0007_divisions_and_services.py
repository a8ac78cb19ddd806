"""Divisions, service records, agreements, partners, joint carriers and good practice."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _create_service_record()
    _create_partner()
    _create_cooperation_agreement()
    _create_joint_carrier()
    _create_division()
    _create_division_paper()
    _create_practice()
    _create_practice_publication()


def _aggregate() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def _create_service_record() -> None:
    op.create_table(
        "service_record",
        *_aggregate(),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("tenancy_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("provided_on", sa.Date(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("hours", sa.Numeric(precision=7, scale=1)),
        sa.Column("document_no", sa.Text()),
        sa.Column("amount", sa.Numeric(precision=18, scale=2)),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("corrects_id", sa.Uuid()),
        sa.Column("answered_by", sa.Text()),
        sa.Column("answered_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.CheckConstraint(
            "status <> 'contested' OR reason_code IS NOT NULL", name=op.f("ck_service_record_contested_with_reason")
        ),
        sa.CheckConstraint(
            "status IN ('recorded', 'confirmed', 'contested', 'corrected')", name=op.f("ck_service_record_status_known")
        ),
        sa.CheckConstraint(
            "status NOT IN ('confirmed', 'contested') OR num_nulls(answered_by, answered_on) = 0",
            name=op.f("ck_service_record_answered_by_somebody"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_service_record_amount_positive")),
        sa.CheckConstraint("answered_by <> recorded_by", name=op.f("ck_service_record_answered_by_another")),
        sa.CheckConstraint("answered_on >= provided_on", name=op.f("ck_service_record_answered_after_the_service")),
        sa.CheckConstraint("corrects_id <> id", name=op.f("ck_service_record_corrects_another")),
        sa.CheckConstraint("hours > 0", name=op.f("ck_service_record_hours_positive")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_service_record_quantity_positive")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_service_record_centre_id")),
        sa.ForeignKeyConstraint(["corrects_id"], ["service_record.id"], name=op.f("fk_service_record_corrects_id")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_service_record_enterprise_id")),
        sa.ForeignKeyConstraint(["tenancy_id"], ["tenancy.id"], name=op.f("fk_service_record_tenancy_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_record")),
        sa.UniqueConstraint("corrects_id", name="uq_service_record_corrects_id"),
        sa.UniqueConstraint("no", name="uq_service_record_no"),
    )
    op.create_index("ix_service_record_centre_id", "service_record", ["centre_id", "provided_on"])
    op.create_index("ix_service_record_enterprise_id", "service_record", ["enterprise_id", "provided_on"])
    op.create_index("ix_service_record_tenancy_id", "service_record", ["tenancy_id"])


def _create_partner() -> None:
    op.create_table(
        "partner",
        *_aggregate(),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("origin_province", sa.Text(), nullable=False),
        sa.Column("inland", sa.Boolean(), nullable=False),
        sa.Column("capital", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("registered_by_org", sa.Text()),
        sa.CheckConstraint("code ~ '^[0-9A-Z]{18}$'", name=op.f("ck_partner_code_form")),
        sa.CheckConstraint("origin_province ~ '^[1-9][0-9]0000$'", name=op.f("ck_partner_origin_province_form")),
        sa.CheckConstraint("capital >= 0", name=op.f("ck_partner_capital_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("code", name="uq_partner_code"),
        sa.UniqueConstraint("no", name="uq_partner_no"),
    )
    op.create_index("ix_partner_name", "partner", ["name", "id"])


def _create_cooperation_agreement() -> None:
    op.create_table(
        "cooperation_agreement",
        *_aggregate(),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        sa.Column("ended_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(ended_on IS NULL) = (reason_code IS NULL)", name=op.f("ck_cooperation_agreement_ended_with_reason")
        ),
        sa.CheckConstraint("ended_on >= valid_from", name=op.f("ck_cooperation_agreement_ended_after_beginning")),
        sa.CheckConstraint("valid_from >= signed_on", name=op.f("ck_cooperation_agreement_signed_first")),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f("ck_cooperation_agreement_period_forward")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_cooperation_agreement_centre_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_cooperation_agreement_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cooperation_agreement")),
        sa.UniqueConstraint("centre_id", "document_no", name="uq_cooperation_agreement_document_no"),
        sa.UniqueConstraint("id", "centre_id", "partner_id", name="uq_cooperation_agreement_parties"),
    )
    op.create_index("ix_cooperation_agreement_centre_id", "cooperation_agreement", ["centre_id", "id"])
    op.create_index("ix_cooperation_agreement_partner_id", "cooperation_agreement", ["partner_id", "id"])


def _create_joint_carrier() -> None:
    op.create_table(
        "joint_carrier",
        *_aggregate(),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=False),
        sa.Column("agreement_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place_province", sa.Text(), nullable=False),
        sa.Column("set_up_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("partner_capital", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.CheckConstraint("place_province ~ '^[1-9][0-9]0000$'", name=op.f("ck_joint_carrier_place_province_form")),
        sa.CheckConstraint(
            "(ended_on IS NULL) = (reason_code IS NULL)", name=op.f("ck_joint_carrier_ended_with_reason")
        ),
        sa.CheckConstraint("ended_on >= set_up_on", name=op.f("ck_joint_carrier_ended_after_beginning")),
        sa.CheckConstraint("partner_capital >= 0", name=op.f("ck_joint_carrier_partner_capital_not_negative")),
        sa.ForeignKeyConstraint(
            ["agreement_id", "centre_id", "partner_id"],
            ["cooperation_agreement.id", "cooperation_agreement.centre_id", "cooperation_agreement.partner_id"],
            name="fk_joint_carrier_agreement_id",
        ),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_joint_carrier_centre_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_joint_carrier_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_joint_carrier")),
        sa.UniqueConstraint("centre_id", "name", name="uq_joint_carrier_name"),
    )
    op.create_index("ix_joint_carrier_partner_id", "joint_carrier", ["partner_id", "id"])


def _create_division() -> None:
    op.create_table(
        "division",
        *_aggregate(),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("group_document_no", sa.Text()),
        sa.Column("group_established_on", sa.Date()),
        sa.Column("group_chair_post", sa.Text()),
        sa.Column("group_members", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("contacts", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.CheckConstraint(
            "num_nulls(group_document_no, group_established_on, group_chair_post) IN (0, 3)",
            name=op.f("ck_division_group_whole"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_division")),
        sa.UniqueConstraint("code", name="uq_division_code"),
    )


def _create_division_paper() -> None:
    op.create_table(
        "division_paper",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("requested_by", sa.Text()),
        sa.Column("handed_in_on", sa.Date()),
        sa.Column("handed_in_by", sa.Text()),
        sa.Column("document_no", sa.Text()),
        sa.CheckConstraint("due_on IS NOT NULL OR NOT required", name=op.f("ck_division_paper_required_by_a_day")),
        sa.CheckConstraint(
            "num_nulls(handed_in_on, handed_in_by, document_no) IN (0, 3)",
            name=op.f("ck_division_paper_handed_in_with_document"),
        ),
        sa.ForeignKeyConstraint(["division_id"], ["division.id"], name=op.f("fk_division_paper_division_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_division_paper")),
    )
    op.create_index("ix_division_paper_division_id", "division_paper", ["division_id", "id"])
    op.create_index(
        "ix_division_paper_due_on", "division_paper", ["due_on", "id"], postgresql_where=sa.text("handed_in_on IS NULL")
    )
    op.create_index(
        "uq_division_paper_required",
        "division_paper",
        ["division_id", "kind"],
        unique=True,
        postgresql_where=sa.text("required"),
    )


def _create_practice() -> None:
    op.create_table(
        "practice",
        *_aggregate(),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attachment_ids", postgresql.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("submitted_by", sa.Text()),
        sa.Column("submitted_on", sa.Date()),
        sa.Column("approved_by", sa.Text()),
        sa.Column("approved_on", sa.Date()),
        sa.Column("published_by", sa.Text()),
        sa.Column("published_on", sa.Date()),
        sa.Column("withdrawn_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.CheckConstraint(
            "(status = 'withdrawn') = (withdrawn_on IS NOT NULL) AND"
            " (status <> 'withdrawn' OR reason_code IS NOT NULL)",
            name=op.f("ck_practice_withdrawn_with_reason"),
        ),
        sa.CheckConstraint(
            "status = 'draft' OR num_nulls(submitted_by, submitted_on) = 0",
            name=op.f("ck_practice_submitted_by_somebody"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'approved', 'published', 'withdrawn')",
            name=op.f("ck_practice_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('approved', 'published', 'withdrawn') OR num_nulls(approved_by, approved_on) = 0",
            name=op.f("ck_practice_approved_by_somebody"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('published', 'withdrawn') OR num_nulls(published_by, published_on) = 0",
            name=op.f("ck_practice_published_by_somebody"),
        ),
        sa.CheckConstraint(
            "approved_by <> submitted_by AND approved_by <> drafted_by", name=op.f("ck_practice_four_eyes")
        ),
        sa.CheckConstraint(
            "approved_on >= submitted_on AND published_on >= approved_on AND withdrawn_on >= published_on",
            name=op.f("ck_practice_steps_in_order"),
        ),
        sa.CheckConstraint("length(body) BETWEEN 1 AND 50000", name=op.f("ck_practice_body_length")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_practice_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice")),
        sa.UniqueConstraint("no", name="uq_practice_no"),
    )
    op.create_index("ix_practice_centre_id", "practice", ["centre_id", "id"])
    op.create_index("ix_practice_status", "practice", ["status", "id"])


def _create_practice_publication() -> None:
    op.create_table(
        "practice_publication",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("practice_id", sa.Uuid(), nullable=False),
        sa.Column("medium", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("publicised_on", sa.Date(), nullable=False),
        sa.Column("link", sa.Text()),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("link ~ '^https?://'", name=op.f("ck_practice_publication_link_form")),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_practice_publication_practice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice_publication")),
    )
    op.create_index(
        "ix_practice_publication_practice_id", "practice_publication", ["practice_id", "publicised_on", "id"]
    )


def downgrade() -> None:
    op.drop_table("practice_publication")
    op.drop_table("practice")
    op.drop_table("division_paper")
    op.drop_table("division")
    op.drop_table("joint_carrier")
    op.drop_table("cooperation_agreement")
    op.drop_table("partner")
    op.drop_table("service_record")
