"""Grants, their ceilings, and what is known of other services."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import append_only, create_kernel

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)


def upgrade() -> None:
    create_kernel(op)
    _create_projections()
    _create_grants()


def _create_projections() -> None:
    op.create_table(
        "known_centre",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("no", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("operator_code", sa.Text()),
        sa.Column("status", sa.Text()),
        sa.Column("tier", sa.Text()),
        sa.Column("owner_division", sa.Text()),
        sa.Column("site_division", sa.Text()),
        sa.Column("listed_on", sa.Date()),
        sa.Column("delisted_on", sa.Date()),
        sa.Column("delisting_case_id", sa.Uuid()),
        sa.CheckConstraint(
            "(version = 0 AND delisting_case_id IS NOT NULL)"
            " OR num_nulls(no, name, operator_code, status, tier, owner_division, site_division) = 0",
            name=op.f("ck_known_centre_known_or_marked"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_centre")),
    )
    op.create_index("ix_known_centre_operator_code", "known_centre", ["operator_code"])
    op.create_table(
        "known_result",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_result")),
    )
    op.create_index("ix_known_result_centre_id_year", "known_result", ["centre_id", "year"])
    op.create_table(
        "known_rectification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("accepted_on", sa.Date()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_rectification")),
    )
    op.create_index("ix_known_rectification_centre_id_year", "known_rectification", ["centre_id", "year"])


def _create_grants() -> None:
    op.create_table(
        "ceiling",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("limit_amount", MONEY, nullable=False),
        sa.Column("committed", MONEY, nullable=False),
        sa.CheckConstraint(
            "committed >= 0 AND committed <= limit_amount", name=op.f("ck_ceiling_committed_within_limit")
        ),
        sa.PrimaryKeyConstraint("kind", "subject", "period", name=op.f("pk_ceiling")),
    )
    op.create_table("centre_grant", *_grant_columns(), *_grant_checks())
    op.create_index("ix_centre_grant_centre_id_fiscal_year", "centre_grant", ["centre_id", "fiscal_year"])
    op.create_index("ix_centre_grant_status", "centre_grant", ["status", "id"])
    op.create_table(
        "plan_line",
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_plan_line_amount_positive")),
        sa.ForeignKeyConstraint(["grant_id"], ["centre_grant.id"], name=op.f("fk_plan_line_grant_id")),
        sa.PrimaryKeyConstraint("grant_id", "line", name=op.f("pk_plan_line")),
    )
    append_only(op, "plan_line")


def _grant_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("operator_code", sa.Text(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("cap", MONEY, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("hold_on_failure", sa.Boolean(), nullable=False),
        sa.Column("cancel_on_delisting", sa.Boolean(), nullable=False),
        sa.Column("recover_on_delisting", sa.Boolean(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=False),
        sa.Column("decisions", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("held_from", sa.Text()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("delisting_case_id", sa.Uuid()),
        sa.Column("requested", MONEY, nullable=False),
        sa.Column("approved", MONEY),
        sa.Column("paid", MONEY, nullable=False),
        sa.Column("spent", MONEY, nullable=False),
        sa.Column("ineligible", MONEY, nullable=False),
        sa.Column("refunded", MONEY, nullable=False),
        sa.Column("recovery_due", MONEY, nullable=False),
        sa.Column("recovered", MONEY, nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("reviewed_on", sa.Date()),
        sa.Column("reviewed_by", sa.Text()),
        sa.Column("approved_on", sa.Date()),
        sa.Column("approved_by", sa.Text()),
        sa.Column("approved_bureau", sa.Text()),
        sa.Column("countersigned_on", sa.Date()),
        sa.Column("countersigned_by", sa.Text()),
        sa.Column("countersigned_bureau", sa.Text()),
        sa.Column("paid_on", sa.Date()),
        sa.Column("paid_by", sa.Text()),
        sa.Column("payment_reference", sa.Text()),
        sa.Column("ended_on", sa.Date()),
        sa.Column("ended_by", sa.Text()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def _grant_checks() -> list[sa.Constraint]:
    return [
        sa.CheckConstraint(
            "(paid > 0) = (status IN ('paid', 'in_recovery', 'closed'))", name=op.f("ck_centre_grant_paid_states")
        ),
        sa.CheckConstraint("(status = 'held') = (held_from IS NOT NULL)", name=op.f("ck_centre_grant_held_from")),
        sa.CheckConstraint(
            "(status = 'in_recovery') <= (recovery_due > 0)", name=op.f("ck_centre_grant_recovery_has_amount")
        ),
        sa.CheckConstraint(
            "held_from IN ('applied', 'reviewed', 'approved', 'countersigned')",
            name=op.f("ck_centre_grant_held_from_pending"),
        ),
        sa.CheckConstraint(
            "status <> 'closed' OR spent + refunded + recovered = paid", name=op.f("ck_centre_grant_closed_in_balance")
        ),
        sa.CheckConstraint(
            "status IN ('applied', 'reviewed', 'approved', 'countersigned', 'held', 'paid', 'in_recovery', 'closed',"
            " 'refused', 'cancelled')",
            name=op.f("ck_centre_grant_status_known"),
        ),
        sa.CheckConstraint(
            "approved > 0 AND approved <= requested", name=op.f("ck_centre_grant_approved_within_requested")
        ),
        sa.CheckConstraint(
            "approved_by IS NULL OR reviewed_by IS NOT NULL", name=op.f("ck_centre_grant_approved_after_review")
        ),
        sa.CheckConstraint(
            "approved_by NOT IN (submitted_by, reviewed_by)", name=op.f("ck_centre_grant_approver_is_another")
        ),
        sa.CheckConstraint(
            "countersigned_bureau <> approved_bureau", name=op.f("ck_centre_grant_countersigned_by_other_bureau")
        ),
        sa.CheckConstraint(
            "countersigned_by IS NULL OR approved_by IS NOT NULL",
            name=op.f("ck_centre_grant_countersigned_after_approval"),
        ),
        sa.CheckConstraint(
            "countersigned_by NOT IN (submitted_by, reviewed_by, approved_by)",
            name=op.f("ck_centre_grant_countersigner_is_another"),
        ),
        sa.CheckConstraint(
            "least(spent, ineligible, refunded, recovery_due, recovered) >= 0",
            name=op.f("ck_centre_grant_amounts_not_negative"),
        ),
        sa.CheckConstraint(
            "num_nulls(approved, approved_by, approved_bureau, approved_on) IN (0, 4)",
            name=op.f("ck_centre_grant_approval_whole"),
        ),
        sa.CheckConstraint(
            "num_nulls(countersigned_by, countersigned_bureau, countersigned_on) IN (0, 3)",
            name=op.f("ck_centre_grant_countersignature_whole"),
        ),
        sa.CheckConstraint(
            "paid = 0 OR num_nulls(countersigned_by, paid_by, paid_on) = 0",
            name=op.f("ck_centre_grant_paid_after_countersigning"),
        ),
        sa.CheckConstraint("paid = 0 OR paid = approved", name=op.f("ck_centre_grant_paid_as_approved")),
        sa.CheckConstraint(
            "paid_by NOT IN (submitted_by, reviewed_by, approved_by, countersigned_by)",
            name=op.f("ck_centre_grant_payer_is_another"),
        ),
        sa.CheckConstraint("recovered <= recovery_due", name=op.f("ck_centre_grant_recovered_within_due")),
        sa.CheckConstraint("requested > 0 AND requested <= cap", name=op.f("ck_centre_grant_requested_within_cap")),
        sa.CheckConstraint("reviewed_by <> submitted_by", name=op.f("ck_centre_grant_reviewer_is_another")),
        sa.CheckConstraint("spent + ineligible <= paid", name=op.f("ck_centre_grant_spending_within_paid")),
        sa.CheckConstraint(
            "spent + refunded + recovery_due <= paid", name=op.f("ck_centre_grant_accounted_within_paid")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_centre_grant")),
        sa.UniqueConstraint("no", name="uq_centre_grant_no"),
    ]


def downgrade() -> None:
    raise NotImplementedError("the first migration is the beginning: restore a backup instead")
