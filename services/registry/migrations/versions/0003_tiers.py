"""Applications for tiers, designations by the State, and the tier of any day."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_KEPT_TIERS = """
INSERT INTO tier_period (id, centre_id, tier, from_on, until_on, basis, document_no)
SELECT uuidv7(), id, tier, listed_on, greatest(listed_on, delisted_on), 'listing', document_no
FROM centre WHERE listed_on IS NOT NULL AND delisted_on IS NOT NULL
UNION ALL
SELECT uuidv7(), id, tier, listed_on, NULL, 'listing', document_no
FROM centre WHERE listed_on IS NOT NULL AND delisted_on IS NULL
"""

_KEPT_DESIGNATIONS = """
INSERT INTO designation (id, version, no, centre_id, tier, status, edition, issuer, document_no, designated_on,
    recorded_by, recorded_on, decided_by, decided_on, effective_on)
SELECT uuidv7(), 1, 'DS-' || extract(year FROM listed_on) || '-' ||
        lpad((row_number() OVER (PARTITION BY extract(year FROM listed_on) ORDER BY listed_on, id))::text, 4, '0'),
    id, tier, 'confirmed', edition, designation->>'issuer', designation->>'document_no',
    (designation->>'designated_on')::date, coalesce(submitted_by, registered_by), coalesce(applied_on, listed_on),
    decided_by, listed_on, greatest(listed_on, (designation->>'designated_on')::date)
FROM centre
WHERE designation IS NOT NULL AND listed_on IS NOT NULL AND decided_by IS NOT NULL AND edition IS NOT NULL
"""

_COUNTED_DESIGNATIONS = """
INSERT INTO case_counter (prefix, year, last)
SELECT 'DS', extract(year FROM decided_on)::integer, count(*) FROM designation GROUP BY 2
"""


def upgrade() -> None:
    _create_tier_application()
    _create_designation()
    _create_tier_period()
    op.execute(_KEPT_TIERS)
    op.execute(_KEPT_DESIGNATIONS)
    op.execute(_COUNTED_DESIGNATIONS)


def _aggregate() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def _create_tier_application() -> None:
    op.create_table(
        "tier_application",
        *_aggregate(),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("operator_code", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("applied_by", sa.Text(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("reviewed_by", sa.Text()),
        sa.Column("reviewed_on", sa.Date()),
        sa.Column("announced_by", sa.Text()),
        sa.Column("announced_on", sa.Date()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_on", sa.Date()),
        sa.Column("document_no", sa.Text()),
        sa.Column("effective_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("case_id", sa.Uuid()),
        sa.CheckConstraint(
            "status <> 'approved' OR"
            " num_nulls(effective_on, document_no, reviewed_by, announced_on, decided_by, decided_on) = 0",
            name=op.f("ck_tier_application_approved_by_decision"),
        ),
        sa.CheckConstraint(
            "status IN ('applied', 'reviewed', 'announced', 'approved', 'refused', 'withdrawn')",
            name=op.f("ck_tier_application_status_known"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('refused', 'withdrawn') OR reason_code IS NOT NULL",
            name=op.f("ck_tier_application_ended_with_reason"),
        ),
        sa.CheckConstraint(
            "decided_by <> reviewed_by AND decided_by <> applied_by AND decided_by <> announced_by",
            name=op.f("ck_tier_application_four_eyes"),
        ),
        sa.CheckConstraint("decided_on >= applied_on", name=op.f("ck_tier_application_decided_after_application")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_tier_application_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier_application")),
        sa.UniqueConstraint("no", name="uq_tier_application_no"),
    )
    op.create_index(
        "ix_tier_application_case_id", "tier_application", ["case_id"], postgresql_where=sa.text("case_id IS NOT NULL")
    )
    op.create_index("ix_tier_application_centre_id", "tier_application", ["centre_id", "id"])
    op.create_index("ix_tier_application_operator_code", "tier_application", ["operator_code", "id"])
    op.create_index(
        "uq_tier_application_one_pending",
        "tier_application",
        ["centre_id", "tier"],
        unique=True,
        postgresql_where=sa.text("status IN ('applied', 'reviewed', 'announced')"),
    )


def _create_designation() -> None:
    op.create_table(
        "designation",
        *_aggregate(),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("designated_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        sa.Column("partner_ids", postgresql.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("joint_carrier_ids", postgresql.ARRAY(sa.Uuid()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_on", sa.Date()),
        sa.Column("effective_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.CheckConstraint(
            "status <> 'confirmed' OR num_nulls(effective_on, decided_by, decided_on) = 0",
            name=op.f("ck_designation_confirmed_by_somebody"),
        ),
        sa.CheckConstraint(
            "status <> 'rejected' OR reason_code IS NOT NULL", name=op.f("ck_designation_rejected_with_reason")
        ),
        sa.CheckConstraint("status IN ('recorded', 'confirmed', 'rejected')", name=op.f("ck_designation_status_known")),
        sa.CheckConstraint("decided_by <> recorded_by", name=op.f("ck_designation_four_eyes")),
        sa.CheckConstraint("effective_on >= designated_on", name=op.f("ck_designation_effective_after_designation")),
        sa.CheckConstraint("valid_until >= designated_on", name=op.f("ck_designation_validity_forward")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_designation_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_designation")),
        sa.UniqueConstraint("no", name="uq_designation_no"),
    )
    op.create_index("ix_designation_centre_id", "designation", ["centre_id", "id"])
    op.create_index(
        "uq_designation_one_recorded",
        "designation",
        ["centre_id"],
        unique=True,
        postgresql_where=sa.text("status = 'recorded'"),
    )


def _create_tier_period() -> None:
    op.create_table(
        "tier_period",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date()),
        sa.Column("follows_on", sa.Date()),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text()),
        sa.Column("source_id", sa.Uuid()),
        postgresql.ExcludeConstraint(
            (sa.column("centre_id"), "="),
            (sa.text("daterange(from_on, until_on, '[]')"), "&&"),
            using="gist",
            name="ex_tier_period_centre_period",
        ),
        sa.CheckConstraint("(basis = 'listing') = (follows_on IS NULL)", name=op.f("ck_tier_period_listing_begins")),
        sa.CheckConstraint("(basis = 'listing') = (source_id IS NULL)", name=op.f("ck_tier_period_basis_named")),
        sa.CheckConstraint(
            "basis IN ('listing', 'application', 'designation')", name=op.f("ck_tier_period_basis_known")
        ),
        sa.CheckConstraint("from_on = follows_on + 1", name=op.f("ck_tier_period_no_gap")),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_tier_period_period_forward")),
        sa.ForeignKeyConstraint(
            ["centre_id", "follows_on"],
            ["tier_period.centre_id", "tier_period.until_on"],
            name="fk_tier_period_follows_on",
        ),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_tier_period_centre_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tier_period")),
        sa.UniqueConstraint("centre_id", "until_on", name="uq_tier_period_until_on"),
    )


def downgrade() -> None:
    raise NotImplementedError("cases have been decided on these tables: restore a backup instead")
