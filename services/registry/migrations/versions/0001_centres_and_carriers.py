"""Centres, municipal titles, bans, enterprises, tenancies and remarks."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import create_kernel

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    create_kernel(op)
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    _create_case_remark()
    _create_centre()
    _create_ban()
    _create_qualification()
    _create_enterprise()
    _create_tenancy()


def _aggregate() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def _create_case_remark() -> None:
    op.create_table(
        "case_remark",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("text IS NULL OR length(text) BETWEEN 1 AND 2000", name=op.f("ck_case_remark_text_length")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_remark")),
    )
    op.create_index("ix_case_remark_subject_id", "case_remark", ["subject_id", "id"])


def _create_centre() -> None:
    op.create_table(
        "centre",
        *_aggregate(),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("operator_code", sa.Text(), nullable=False),
        sa.Column("operator_name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("service_kinds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("designation", postgresql.JSONB(none_as_null=True, astext_type=sa.Text())),
        sa.Column("owner_division", sa.Text(), nullable=False),
        sa.Column("site_division", sa.Text(), nullable=False),
        sa.Column("enclave", sa.Boolean(), nullable=False),
        sa.Column("total_area_m2", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("incubation_area_m2", sa.Numeric(precision=10, scale=2), nullable=False),
        sa.Column("industry_code", sa.Text()),
        sa.Column("edition", sa.Text()),
        sa.Column("decision", postgresql.JSONB(none_as_null=True, astext_type=sa.Text())),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("submitted_by", sa.Text()),
        sa.Column("applied_on", sa.Date()),
        sa.Column("reviewed_by", sa.Text()),
        sa.Column("reviewed_on", sa.Date()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_on", sa.Date()),
        sa.Column("document_no", sa.Text()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("listed_on", sa.Date()),
        sa.Column("delisted_on", sa.Date()),
        sa.Column("delisting_case_id", sa.Uuid()),
        sa.Column("refused_case_id", sa.Uuid()),
        sa.CheckConstraint(
            "(status = 'delisted') = (delisting_case_id IS NOT NULL) AND"
            " (status = 'delisted') = (delisted_on IS NOT NULL)",
            name=op.f("ck_centre_delisted_by_case"),
        ),
        sa.CheckConstraint(
            "status <> 'listed' OR num_nulls(listed_on, document_no, reviewed_by, decided_by) = 0",
            name=op.f("ck_centre_listed_by_decision"),
        ),
        sa.CheckConstraint(
            "status = 'draft' OR status = 'delisted' OR edition IS NOT NULL", name=op.f("ck_centre_edition_pinned")
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'reviewed', 'returned', 'listed', 'rejected', 'delisted')",
            name=op.f("ck_centre_status_known"),
        ),
        sa.CheckConstraint("cardinality(service_kinds) > 0", name=op.f("ck_centre_service_kinds_some")),
        sa.CheckConstraint(
            "decided_by <> reviewed_by AND decided_by <> submitted_by", name=op.f("ck_centre_four_eyes")
        ),
        sa.CheckConstraint("incubation_area_m2 <= total_area_m2", name=op.f("ck_centre_incubation_area_within_total")),
        sa.CheckConstraint(
            "status NOT IN ('returned', 'rejected') OR reason_code IS NOT NULL",
            name=op.f("ck_centre_ended_with_reason"),
        ),
        sa.CheckConstraint("listed_on >= applied_on", name=op.f("ck_centre_listed_after_application")),
        sa.CheckConstraint("total_area_m2 > 0 AND incubation_area_m2 > 0", name=op.f("ck_centre_areas_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_centre")),
        sa.UniqueConstraint("no", name="uq_centre_no"),
    )
    op.create_index("ix_centre_name", "centre", ["name", "id"])
    op.create_index("ix_centre_operator_code", "centre", ["operator_code", "id"])
    op.create_index("ix_centre_owner_division", "centre", ["owner_division", "id"])
    op.create_index(
        "ix_centre_refused_case_id",
        "centre",
        ["refused_case_id"],
        postgresql_where=sa.text("refused_case_id IS NOT NULL"),
    )
    op.create_index("ix_centre_site_division", "centre", ["site_division", "id"])
    op.create_index("ix_centre_status", "centre", ["status", "id"])


def _create_ban() -> None:
    op.create_table(
        "ban",
        *_aggregate(),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("operator_code", sa.Text()),
        sa.Column("decision_no", sa.Text(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.Column("last_barred_day", sa.Date(), nullable=False),
        sa.Column("first_open_day", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.CheckConstraint("status IN ('in_force', 'lifted')", name=op.f("ck_ban_status_known")),
        sa.CheckConstraint("first_open_day = last_barred_day + 1", name=op.f("ck_ban_open_the_day_after")),
        sa.CheckConstraint("last_barred_day > published_on", name=op.f("ck_ban_period_forward")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_ban_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ban")),
        sa.UniqueConstraint("case_id", name="uq_ban_case_id"),
    )
    op.create_index("ix_ban_centre_id", "ban", ["centre_id", "last_barred_day"])
    op.create_index("ix_ban_operator_code", "ban", ["operator_code", "last_barred_day"])


def _create_qualification() -> None:
    op.create_table(
        "qualification",
        *_aggregate(),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("operator_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("applied_by", sa.Text(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("reviewed_by", sa.Text()),
        sa.Column("reviewed_on", sa.Date()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_on", sa.Date()),
        sa.Column("document_no", sa.Text()),
        sa.Column("granted_on", sa.Date()),
        sa.Column("revoked_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("revocation_proposed_by", sa.Text()),
        sa.Column("revocation_proposed_on", sa.Date()),
        sa.Column("revocation_decided_by", sa.Text()),
        sa.Column("revocation_document_no", sa.Text()),
        sa.Column("case_id", sa.Uuid()),
        sa.CheckConstraint(
            "(status = 'revoked') = (revoked_on IS NOT NULL)", name=op.f("ck_qualification_revoked_on_a_day")
        ),
        sa.CheckConstraint(
            "status IN ('applied', 'reviewed', 'active', 'suspended', 'refused', 'revoked')",
            name=op.f("ck_qualification_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('active', 'suspended') OR num_nulls(granted_on, document_no, reviewed_by, decided_by) = 0",
            name=op.f("ck_qualification_granted_by_decision"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('refused', 'revoked') OR reason_code IS NOT NULL",
            name=op.f("ck_qualification_ended_with_reason"),
        ),
        sa.CheckConstraint(
            "decided_by <> reviewed_by AND decided_by <> applied_by", name=op.f("ck_qualification_four_eyes")
        ),
        sa.CheckConstraint(
            "revocation_decided_by <> revocation_proposed_by", name=op.f("ck_qualification_revocation_four_eyes")
        ),
        sa.CheckConstraint("granted_on >= applied_on", name=op.f("ck_qualification_granted_after_application")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_qualification_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_qualification")),
        sa.UniqueConstraint("no", name="uq_qualification_no"),
    )
    op.create_index(
        "ix_qualification_case_id", "qualification", ["case_id"], postgresql_where=sa.text("case_id IS NOT NULL")
    )
    op.create_index("ix_qualification_centre_id", "qualification", ["centre_id", "id"])
    op.create_index("ix_qualification_operator_code", "qualification", ["operator_code", "id"])
    op.create_index(
        "uq_qualification_one_active",
        "qualification",
        ["centre_id", "kind", "level"],
        unique=True,
        postgresql_where=sa.text("status IN ('active', 'suspended')"),
    )


def _create_enterprise() -> None:
    op.create_table(
        "enterprise",
        *_aggregate(),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("industry_code", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("legal_representative_ref", sa.Text()),
        sa.Column("graduate_founder", sa.Boolean(), nullable=False),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("registered_by_org", sa.Text()),
        sa.CheckConstraint("code ~ '^[0-9A-Z]{18}$'", name=op.f("ck_enterprise_code_form")),
        sa.CheckConstraint("industry_code ~ '^[A-T][0-9]{4}$'", name=op.f("ck_enterprise_industry_code_form")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise")),
        sa.UniqueConstraint("code", name="uq_enterprise_code"),
    )
    op.create_index("ix_enterprise_division", "enterprise", ["division", "id"])
    op.create_index("ix_enterprise_legal_representative_ref", "enterprise", ["legal_representative_ref"])
    op.create_index("ix_enterprise_registered_by_org", "enterprise", ["registered_by_org"])


def _create_tenancy() -> None:
    op.create_table(
        "tenancy",
        *_aggregate(),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("agreement_no", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("admitted_by", sa.Text(), nullable=False),
        sa.Column("admitted_on", sa.Date(), nullable=False),
        sa.Column("filing_due_on", sa.Date(), nullable=False),
        sa.Column("filed_on", sa.Date()),
        sa.Column("filed_late", sa.Boolean()),
        sa.Column("ended_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("graduation_criterion", sa.Text()),
        sa.Column("evidence", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("relocation_case_id", sa.Uuid()),
        postgresql.ExcludeConstraint(
            (sa.column("enterprise_id"), "="),
            (sa.text("daterange(admitted_on, ended_on, '[]')"), "&&"),
            using="gist",
            name="ex_tenancy_enterprise_period",
        ),
        sa.CheckConstraint(
            "(status IN ('graduated', 'exited')) = (ended_on IS NOT NULL)", name=op.f("ck_tenancy_ended_on_a_day")
        ),
        sa.CheckConstraint("status <> 'exited' OR reason_code IS NOT NULL", name=op.f("ck_tenancy_exited_with_reason")),
        sa.CheckConstraint(
            "status <> 'graduated' OR (graduation_criterion IS NOT NULL AND cardinality(evidence) > 0)",
            name=op.f("ck_tenancy_graduated_with_evidence"),
        ),
        sa.CheckConstraint(
            "status IN ('admitted', 'filed', 'graduated', 'exited')", name=op.f("ck_tenancy_status_known")
        ),
        sa.CheckConstraint("(filed_on IS NULL) = (filed_late IS NULL)", name=op.f("ck_tenancy_filed_in_time_or_late")),
        sa.CheckConstraint("ended_on >= admitted_on", name=op.f("ck_tenancy_period_forward")),
        sa.CheckConstraint("filed_on >= admitted_on", name=op.f("ck_tenancy_filed_after_admission")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_tenancy_centre_id")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_tenancy_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenancy")),
    )
    op.create_index("ix_tenancy_centre_id", "tenancy", ["centre_id", "id"])
    op.create_index("ix_tenancy_enterprise_id", "tenancy", ["enterprise_id", "admitted_on"])
    op.create_index(
        "ix_tenancy_relocation_case_id",
        "tenancy",
        ["relocation_case_id"],
        postgresql_where=sa.text("relocation_case_id IS NOT NULL"),
    )


def downgrade() -> None:
    raise NotImplementedError("the first migration is the beginning: restore a backup instead")
