"""Financing rewards and alliance support."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)


def upgrade() -> None:
    _create_known_holding()
    _create_known_alliance_record()
    _create_known_alliance_assessment()
    _create_financing_reward()
    _create_alliance_support()
    _create_alliance_citation()


def _create_known_holding() -> None:
    op.create_table(
        "known_holding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("holder_code", sa.Text(), nullable=False),
        sa.Column("held_code", sa.Text(), nullable=False),
        sa.Column("percent", sa.Numeric(precision=7, scale=4), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_holding")),
    )
    op.create_index("ix_known_holding_pair", "known_holding", ["held_code", "holder_code"], unique=False)


def _create_known_alliance_record() -> None:
    op.create_table(
        "known_alliance_record",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("alliance", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_alliance_record")),
    )
    op.create_index(
        "ix_known_alliance_record_alliance_year", "known_alliance_record", ["alliance", "year"], unique=False
    )


def _create_known_alliance_assessment() -> None:
    op.create_table(
        "known_alliance_assessment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("alliance", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("score", sa.Numeric(precision=7, scale=2), nullable=False),
        sa.Column("record_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("document_no", sa.Text()),
        sa.Column("published_on", sa.Date()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_alliance_assessment")),
    )
    op.create_index(
        "ix_known_alliance_assessment_alliance_year", "known_alliance_assessment", ["alliance", "year"], unique=False
    )


def _create_financing_reward() -> None:
    op.create_table(
        "financing_reward",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_code", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text()),
        sa.Column("investor_code", sa.Text(), nullable=False),
        sa.Column("investor_name", sa.Text(), nullable=False),
        sa.Column("investor_type", sa.Text(), nullable=False),
        sa.Column("investment_amount", MONEY, nullable=False),
        sa.Column("agreement_no", sa.Text(), nullable=False),
        sa.Column("bank_slip_no", sa.Text(), nullable=False),
        sa.Column("arrived_on", sa.Date(), nullable=False),
        sa.Column("capital_registered_on", sa.Date(), nullable=False),
        sa.Column("capital_document_no", sa.Text(), nullable=False),
        sa.Column("prior_holding_percent", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("requested", MONEY, nullable=False),
        sa.Column("approved", MONEY),
        sa.Column("paid", MONEY, nullable=False),
        sa.Column("recovery_due", MONEY, nullable=False),
        sa.Column("recovered", MONEY, nullable=False),
        sa.Column("exception_asked", sa.Text()),
        sa.Column("exception_reason", sa.Text()),
        sa.Column("exception_minutes_no", sa.Text()),
        sa.Column("cancel_on_delisting", sa.Boolean(), nullable=False),
        sa.Column("ceiling_code", sa.Text()),
        sa.Column("fiscal_year", sa.Integer()),
        sa.Column("document_no", sa.Text()),
        sa.Column("applied_by", sa.Text(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("reviewed_by", sa.Text()),
        sa.Column("reviewed_on", sa.Date()),
        sa.Column("relation_document_no", sa.Text()),
        sa.Column("approved_by", sa.Text()),
        sa.Column("approved_on", sa.Date()),
        sa.Column("second_approved_by", sa.Text()),
        sa.Column("second_approved_on", sa.Date()),
        sa.Column("countersigned_by", sa.Text()),
        sa.Column("countersigned_on", sa.Date()),
        sa.Column("paid_by", sa.Text()),
        sa.Column("paid_on", sa.Date()),
        sa.Column("payment_reference", sa.Text()),
        sa.Column("recheck_due_on", sa.Date()),
        sa.Column("recheck_outcome", sa.Text()),
        sa.Column("recheck_document_no", sa.Text()),
        sa.Column("rechecked_by", sa.Text()),
        sa.Column("rechecked_on", sa.Date()),
        sa.Column("recheck_confirmed_by", sa.Text()),
        sa.Column("earlier_recheck", postgresql.JSONB()),
        sa.Column("ended_on", sa.Date()),
        sa.Column("decisions", postgresql.JSONB(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(paid = 0) = (status IN ('applied', 'reviewed', 'approved', 'refused', 'cancelled'))",
            name=op.f("ck_financing_reward_paid_whole"),
        ),
        sa.CheckConstraint(
            "status IN ('applied', 'reviewed', 'approved', 'paid', 'rechecked', 'in_recovery', 'closed', "
            "'refused', 'cancelled')",
            name=op.f("ck_financing_reward_status_known"),
        ),
        sa.CheckConstraint(
            "approved > 0 AND approved <= requested", name=op.f("ck_financing_reward_approved_within_requested")
        ),
        sa.CheckConstraint(
            "approved_by NOT IN (applied_by, reviewed_by)", name=op.f("ck_financing_reward_approver_is_another")
        ),
        sa.CheckConstraint(
            "countersigned_by NOT IN (applied_by, reviewed_by, approved_by)",
            name=op.f("ck_financing_reward_signer_is_another"),
        ),
        sa.CheckConstraint(
            "num_nulls(approved, approved_by, approved_on, document_no, fiscal_year, ceiling_code) IN (0, 6)",
            name=op.f("ck_financing_reward_approval_whole"),
        ),
        sa.CheckConstraint(
            "num_nulls(exception_reason, exception_minutes_no) IN (0, 2)",
            name=op.f("ck_financing_reward_exception_whole"),
        ),
        sa.CheckConstraint("paid = 0 OR paid = approved", name=op.f("ck_financing_reward_paid_as_approved")),
        sa.CheckConstraint(
            "paid >= 0 AND recovered >= 0 AND recovered <= recovery_due AND recovery_due <= paid",
            name=op.f("ck_financing_reward_recovered_within_paid"),
        ),
        sa.CheckConstraint(
            "paid_by NOT IN (applied_by, reviewed_by, approved_by)", name=op.f("ck_financing_reward_payer_is_another")
        ),
        sa.CheckConstraint("recheck_confirmed_by <> rechecked_by", name=op.f("ck_financing_reward_recheck_by_two")),
        sa.CheckConstraint(
            "requested > 0 AND investment_amount > 0", name=op.f("ck_financing_reward_asked_for_something")
        ),
        sa.CheckConstraint("reviewed_by <> applied_by", name=op.f("ck_financing_reward_reviewer_is_another")),
        sa.CheckConstraint(
            "second_approved_by IS NULL OR exception_reason IS NOT NULL",
            name=op.f("ck_financing_reward_second_for_exceptions"),
        ),
        sa.CheckConstraint(
            "second_approved_by NOT IN (applied_by, reviewed_by, approved_by)",
            name=op.f("ck_financing_reward_second_approver_is_another"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_financing_reward")),
        sa.UniqueConstraint("no", name="uq_financing_reward_no"),
    )
    op.create_index("ix_financing_reward_centre_id", "financing_reward", ["centre_id"], unique=False)
    op.create_index("ix_financing_reward_enterprise_code", "financing_reward", ["enterprise_code"], unique=False)
    op.create_index(
        "ix_financing_reward_recheck",
        "financing_reward",
        ["recheck_due_on"],
        unique=False,
        postgresql_where="status = 'paid'",
    )
    op.create_index(
        "uq_financing_reward_payment_reference",
        "financing_reward",
        ["payment_reference"],
        unique=True,
        postgresql_where="payment_reference IS NOT NULL",
    )
    op.create_index(
        "uq_financing_reward_bank_slip",
        "financing_reward",
        ["investor_code", "bank_slip_no"],
        unique=True,
        postgresql_where="status NOT IN ('refused', 'cancelled')",
    )


def _create_alliance_support() -> None:
    op.create_table(
        "alliance_support",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("alliance", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text()),
        sa.Column("recipient_code", sa.Text(), nullable=False),
        sa.Column("recipient_name", sa.Text(), nullable=False),
        sa.Column("assessment_id", sa.Uuid(), nullable=False),
        sa.Column("record_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("requested", MONEY, nullable=False),
        sa.Column("approved", MONEY),
        sa.Column("paid", MONEY, nullable=False),
        sa.Column("spent", MONEY, nullable=False),
        sa.Column("refunded", MONEY, nullable=False),
        sa.Column("fiscal_year", sa.Integer()),
        sa.Column("document_no", sa.Text()),
        sa.Column("applied_by", sa.Text(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("reviewed_by", sa.Text()),
        sa.Column("reviewed_on", sa.Date()),
        sa.Column("approved_by", sa.Text()),
        sa.Column("approved_on", sa.Date()),
        sa.Column("paid_by", sa.Text()),
        sa.Column("paid_on", sa.Date()),
        sa.Column("payment_reference", sa.Text()),
        sa.Column("report_document_no", sa.Text()),
        sa.Column("report_lines", postgresql.JSONB(), nullable=False),
        sa.Column("reported_by", sa.Text()),
        sa.Column("reported_on", sa.Date()),
        sa.Column("report_accepted_by", sa.Text()),
        sa.Column("refund_reference", sa.Text()),
        sa.Column("refund_confirmed_by", sa.Text()),
        sa.Column("refund_confirmed_on", sa.Date()),
        sa.Column("ended_on", sa.Date()),
        sa.Column("decisions", postgresql.JSONB(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(paid > 0) = (status IN ('paid', 'reported', 'closed'))", name=op.f("ck_alliance_support_paid_whole")
        ),
        sa.CheckConstraint(
            "(status = 'refused') = (reason_code IS NOT NULL)", name=op.f("ck_alliance_support_refused_with_reason")
        ),
        sa.CheckConstraint(
            "status <> 'closed' OR spent + refunded = paid", name=op.f("ck_alliance_support_closed_in_balance")
        ),
        sa.CheckConstraint(
            "status IN ('applied', 'reviewed', 'approved', 'paid', 'reported', 'closed', 'refused')",
            name=op.f("ck_alliance_support_status_known"),
        ),
        sa.CheckConstraint(
            "approved > 0 AND approved <= requested", name=op.f("ck_alliance_support_approved_within_requested")
        ),
        sa.CheckConstraint(
            "approved_by NOT IN (applied_by, reviewed_by)", name=op.f("ck_alliance_support_approver_is_another")
        ),
        sa.CheckConstraint(
            "least(paid, spent, refunded) >= 0 AND spent + refunded <= paid",
            name=op.f("ck_alliance_support_used_within_paid"),
        ),
        sa.CheckConstraint(
            "num_nulls(approved, approved_by, approved_on, document_no, fiscal_year) IN (0, 5)",
            name=op.f("ck_alliance_support_approval_whole"),
        ),
        sa.CheckConstraint(
            "paid_by NOT IN (applied_by, reviewed_by, approved_by)", name=op.f("ck_alliance_support_payer_is_another")
        ),
        sa.CheckConstraint("report_accepted_by <> reported_by", name=op.f("ck_alliance_support_report_by_two")),
        sa.CheckConstraint(
            "refund_confirmed_by NOT IN (reported_by, report_accepted_by)",
            name=op.f("ck_alliance_support_refund_by_another"),
        ),
        sa.CheckConstraint(
            "num_nulls(refund_reference, refund_confirmed_by, refund_confirmed_on)"
            " = CASE WHEN refunded > 0 THEN 0 ELSE 3 END",
            name=op.f("ck_alliance_support_refund_whole"),
        ),
        sa.CheckConstraint("requested > 0", name=op.f("ck_alliance_support_asked_for_something")),
        sa.CheckConstraint("reviewed_by <> applied_by", name=op.f("ck_alliance_support_reviewer_is_another")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alliance_support")),
        sa.UniqueConstraint("no", name="uq_alliance_support_no"),
    )
    op.create_index("ix_alliance_support_alliance_year", "alliance_support", ["alliance", "year"], unique=False)
    op.create_index(
        "uq_alliance_support_payment_reference",
        "alliance_support",
        ["payment_reference"],
        unique=True,
        postgresql_where="payment_reference IS NOT NULL",
    )


def _create_alliance_citation() -> None:
    op.create_table(
        "alliance_citation",
        sa.Column("support_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["support_id"], ["alliance_support.id"], name=op.f("fk_alliance_citation_support_id")),
        sa.PrimaryKeyConstraint("support_id", "record_id", name=op.f("pk_alliance_citation")),
    )
    op.create_index(
        "uq_alliance_citation_live", "alliance_citation", ["record_id"], unique=True, postgresql_where="live"
    )


def downgrade() -> None:
    raise NotImplementedError("money on record is not taken off it: restore a backup instead")
