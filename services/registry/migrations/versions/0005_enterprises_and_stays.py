"""Particulars of enterprises by year, their changes and merging; how long stays last."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COUNT_STAYS: Final = """
UPDATE tenancy SET stay_since = counted.since, stay_until = (counted.since + make_interval(months =>
    CASE WHEN enterprise.industry_code ~ '^(C27|M7340|M7512|A|M7330|M7511|C3973|I6520)' THEN 60 ELSE 48 END))::date
FROM enterprise, (
    SELECT stay.id, coalesce(min(left_behind.admitted_on), stay.admitted_on) AS since
    FROM tenancy stay LEFT JOIN tenancy left_behind ON left_behind.enterprise_id = stay.enterprise_id
        AND left_behind.relocation_case_id IS NOT NULL AND left_behind.status = 'exited'
        AND left_behind.admitted_on < stay.admitted_on
    GROUP BY stay.id
) counted
WHERE enterprise.id = tenancy.enterprise_id AND counted.id = tenancy.id
"""
"""As the edition lhasa-2019 has it: 60 months in the fields of long stays, 48 elsewhere; a stay goes on after a
relocation."""


def upgrade() -> None:
    _widen_enterprise()
    _create_enterprise_year()
    _create_technology_flag()
    _create_enterprise_permit()
    _create_enterprise_change()
    _create_project()
    _widen_tenancy()
    _count_stays()


def _widen_enterprise() -> None:
    for column in ("registered_address", "contact_phone", "contact_email", "size_class"):
        op.add_column("enterprise", sa.Column(column, sa.Text(), nullable=True))
    op.add_column("enterprise", sa.Column("address_in_city", sa.Boolean(), nullable=True))
    op.add_column("enterprise", sa.Column("size_year", sa.Integer(), nullable=True))
    texts = postgresql.ARRAY(sa.Text())
    op.add_column("enterprise", sa.Column("permits_outstanding", texts, server_default="{}", nullable=False))
    op.add_column("enterprise", sa.Column("merged_into_id", sa.Uuid(), nullable=True))
    op.add_column("enterprise", sa.Column("merged_on", sa.Date(), nullable=True))
    op.create_index(
        "ix_enterprise_merged_into_id",
        "enterprise",
        ["merged_into_id"],
        postgresql_where=sa.text("merged_into_id IS NOT NULL"),
    )
    _add_checks(
        "enterprise",
        fk_enterprise_merged_into_id="FOREIGN KEY (merged_into_id) REFERENCES enterprise (id)",
        ck_enterprise_size_class_known="CHECK (size_class IN ('large', 'medium', 'small', 'micro'))",
        ck_enterprise_merged_into_another="CHECK (merged_into_id <> id)",
        ck_enterprise_merged_on_a_day="CHECK ((merged_into_id IS NULL) = (merged_on IS NULL))",
    )


def _widen_tenancy() -> None:
    for column in ("project_id", "transferred_from_id", "transferred_to_id"):
        op.add_column("tenancy", sa.Column(column, sa.Uuid(), nullable=True))
    for column in ("stay_since", "stay_until"):
        op.add_column("tenancy", sa.Column(column, sa.Date(), nullable=True))
    op.add_column("tenancy", sa.Column("claim", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    # Safe for processes of the version before: they never write a tenancy without an enterprise, and read none.
    op.execute("-- squawk-ignore ban-drop-not-null\nALTER TABLE tenancy ALTER COLUMN enterprise_id DROP NOT NULL")
    op.create_index(
        "ix_tenancy_filing_due_on", "tenancy", ["filing_due_on", "id"], postgresql_where=sa.text("status = 'admitted'")
    )
    op.create_index(
        "ix_tenancy_stay_until", "tenancy", ["stay_until", "id"], postgresql_where=sa.text("ended_on IS NULL")
    )
    op.execute(
        "ALTER TABLE tenancy ADD CONSTRAINT ex_tenancy_project_period"
        " EXCLUDE USING gist (project_id WITH =, daterange(admitted_on, ended_on, '[]') WITH &&)"
    )


def _count_stays() -> None:
    op.execute(COUNT_STAYS)
    _add_checks(
        "tenancy",
        fk_tenancy_project_id="FOREIGN KEY (project_id) REFERENCES project (id)",
        fk_tenancy_transferred_from_id="FOREIGN KEY (transferred_from_id) REFERENCES tenancy (id)",
        fk_tenancy_transferred_to_id="FOREIGN KEY (transferred_to_id) REFERENCES tenancy (id)",
        ck_tenancy_somebody_stays="CHECK (num_nonnulls(enterprise_id, project_id) > 0)",
        ck_tenancy_stay_counted="CHECK (num_nulls(stay_since, stay_until) = 0)",
        ck_tenancy_stay_forward="CHECK (stay_since <= admitted_on AND stay_until >= stay_since)",
        ck_tenancy_transferred_by_exit=(
            "CHECK (transferred_to_id IS NULL OR (status = 'exited' AND reason_code = 'transferred'))"
        ),
    )


def _add_checks(table: str, **constraints: str) -> None:
    """Not valid: the rows from before satisfy them by construction, and the table is not read under a lock for it."""
    for name, definition in constraints.items():
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID")


def _create_enterprise_year() -> None:
    op.create_table(
        "enterprise_year",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("revenue", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("assets", sa.Numeric(precision=18, scale=2), nullable=True),
        sa.Column("tax_paid", sa.Numeric(precision=18, scale=2), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=False),
        sa.Column("insured_jobs", sa.Integer(), nullable=False),
        sa.Column("patents", sa.Integer(), nullable=False),
        sa.Column("software_copyrights", sa.Integer(), nullable=False),
        sa.Column("trademarks", sa.Integer(), nullable=False),
        sa.Column("other_ip", sa.Integer(), nullable=False),
        sa.Column("size_class", sa.Text(), nullable=True),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "size_class IN ('large', 'medium', 'small', 'micro')", name=op.f("ck_enterprise_year_size_class_known")
        ),
        sa.CheckConstraint("insured_jobs <= staff", name=op.f("ck_enterprise_year_insured_among_staff")),
        sa.CheckConstraint(
            "least(revenue, assets, tax_paid) >= 0", name=op.f("ck_enterprise_year_amounts_not_negative")
        ),
        sa.CheckConstraint(
            "least(staff, insured_jobs, patents, software_copyrights, trademarks, other_ip) >= 0",
            name=op.f("ck_enterprise_year_counts_not_negative"),
        ),
        sa.CheckConstraint("year BETWEEN 2000 AND 2100", name=op.f("ck_enterprise_year_year_possible")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_enterprise_year_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_year")),
        sa.UniqueConstraint("enterprise_id", "year", name="uq_enterprise_year_enterprise_id_year"),
    )


def _create_technology_flag() -> None:
    op.create_table(
        "technology_flag",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("certificate_no", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_through", sa.Date(), nullable=False),
        sa.Column("evidence", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("withdrawal_document_no", sa.Text(), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(withdrawn_on IS NULL) = (withdrawal_document_no IS NULL)",
            name=op.f("ck_technology_flag_withdrawn_with_document"),
        ),
        sa.CheckConstraint("valid_through >= issued_on", name=op.f("ck_technology_flag_period_forward")),
        sa.CheckConstraint("withdrawn_on >= issued_on", name=op.f("ck_technology_flag_withdrawn_after_issue")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_technology_flag_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_technology_flag")),
    )
    op.create_index("ix_technology_flag_enterprise_id", "technology_flag", ["enterprise_id"], unique=False)
    op.create_index(
        "uq_technology_flag_certificate",
        "technology_flag",
        ["kind", "certificate_no"],
        unique=True,
        postgresql_where=sa.text("withdrawn_on IS NULL"),
    )


def _create_enterprise_permit() -> None:
    op.create_table(
        "enterprise_permit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("required_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=True),
        sa.Column("seen_by", sa.Text(), nullable=True),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("valid_through", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(seen_on, seen_by, document_no) IN (0, 3)",
            name=op.f("ck_enterprise_permit_seen_with_document"),
        ),
        sa.CheckConstraint("valid_through >= seen_on", name=op.f("ck_enterprise_permit_valid_when_seen")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_enterprise_permit_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_permit")),
    )
    op.create_index("ix_enterprise_permit_enterprise_id", "enterprise_permit", ["enterprise_id"], unique=False)
    op.create_index(
        "uq_enterprise_permit_unseen",
        "enterprise_permit",
        ["enterprise_id", "name"],
        unique=True,
        postgresql_where=sa.text("seen_on IS NULL"),
    )


def _create_enterprise_change() -> None:
    op.create_table(
        "enterprise_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("evidence", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_by_org", sa.Text(), nullable=True),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(status = 'proposed') = (decided_by IS NULL)", name=op.f("ck_enterprise_change_decided_by_somebody")
        ),
        sa.CheckConstraint(
            "status <> 'refused' OR reason_code IS NOT NULL", name=op.f("ck_enterprise_change_refused_with_reason")
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'confirmed', 'refused')", name=op.f("ck_enterprise_change_status_known")
        ),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (decided_on IS NULL)", name=op.f("ck_enterprise_change_decided_on_a_day")
        ),
        sa.CheckConstraint("decided_by <> proposed_by", name=op.f("ck_enterprise_change_four_eyes")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_enterprise_change_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enterprise_change")),
    )
    op.create_index("ix_enterprise_change_enterprise_id", "enterprise_change", ["enterprise_id", "id"], unique=False)
    op.create_index(
        "uq_enterprise_change_one_open",
        "enterprise_change",
        ["enterprise_id"],
        unique=True,
        postgresql_where=sa.text("status = 'proposed'"),
    )


def _create_project() -> None:
    op.create_table(
        "project",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("industry_code", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("team_size", sa.Integer(), nullable=False),
        sa.Column("graduate_founder", sa.Boolean(), nullable=False),
        sa.Column("founder_ref", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_by_org", sa.Text(), nullable=True),
        sa.Column("enterprise_id", sa.Uuid(), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(status = 'closed') = (closed_on IS NOT NULL)", name=op.f("ck_project_closed_on_a_day")),
        sa.CheckConstraint(
            "(status = 'closed') = (reason_code IS NOT NULL)", name=op.f("ck_project_closed_with_reason")
        ),
        sa.CheckConstraint(
            "(status = 'registered') = (enterprise_id IS NOT NULL)"
            " AND (enterprise_id IS NULL) = (registered_on IS NULL)",
            name=op.f("ck_project_registered_under_an_enterprise"),
        ),
        sa.CheckConstraint("industry_code ~ '^[A-T][0-9]{4}$'", name=op.f("ck_project_industry_code_form")),
        sa.CheckConstraint("status IN ('open', 'registered', 'closed')", name=op.f("ck_project_status_known")),
        sa.CheckConstraint("team_size > 0", name=op.f("ck_project_team_of_somebody")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_project_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("no", name="uq_project_no"),
    )
    op.create_index("ix_project_created_by_org", "project", ["created_by_org"], unique=False)
    op.create_index("ix_project_division", "project", ["division", "id"], unique=False)
    op.create_index("ix_project_enterprise_id", "project", ["enterprise_id"], unique=False)
    op.create_index("ix_project_founder_ref", "project", ["founder_ref"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("persons and projects have no place in the schema before: restore a backup instead")
