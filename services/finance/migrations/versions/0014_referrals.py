"""Referrals to banks and the daily reconciliation with them."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import append_only

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)
RATE = sa.Numeric(7, 4)


def upgrade() -> None:
    _create_referral()
    _create_referral_step()
    _create_reconciliation_day()
    _create_reconciliation_line()
    _create_reconciliation_difference()
    append_only(op, "referral_step", role_may_update=("reversed_on",))
    append_only(op, "reconciliation_line")


def _create_referral() -> None:
    op.create_table(
        "referral",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_code", sa.Text(), nullable=False),
        sa.Column("centre_id", sa.Uuid()),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("product", sa.Text()),
        sa.Column("authorisation_id", sa.Uuid()),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("tenor_months", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("decision", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("prepared_by", sa.Text(), nullable=False),
        sa.Column("prepared_on", sa.Date(), nullable=False),
        sa.Column("sent_by", sa.Text()),
        sa.Column("sent_on", sa.Date()),
        sa.Column("answer_due_on", sa.Date()),
        sa.Column("expires_on", sa.Date()),
        sa.Column("accepted_on", sa.Date()),
        sa.Column("answered_on", sa.Date()),
        sa.Column("refused_on", sa.Date()),
        sa.Column("refusal_reason", sa.Text()),
        sa.Column("offered_on", sa.Date()),
        sa.Column("offered_amount", MONEY),
        sa.Column("offered_rate", RATE),
        sa.Column("offered_tenor_months", sa.Integer()),
        sa.Column("offer_until", sa.Date()),
        sa.Column("agreed_on", sa.Date()),
        sa.Column("disbursed_on", sa.Date()),
        sa.Column("disbursed", MONEY, nullable=False),
        sa.Column("repaid", MONEY, nullable=False),
        sa.Column("ended_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("livemode", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "(disbursed > 0) <= (status IN ('disbursed', 'repaying', 'closed'))", name=op.f("ck_referral_money_states")
        ),
        sa.CheckConstraint(
            "(status = 'refused') = (refused_on IS NOT NULL) AND (refused_on IS NULL) = (refusal_reason IS NULL)",
            name=op.f("ck_referral_refused_with_reason"),
        ),
        sa.CheckConstraint("status <> 'closed' OR repaid = disbursed", name=op.f("ck_referral_closed_in_balance")),
        sa.CheckConstraint(
            "status IN ('prepared', 'sent', 'accepted', 'offered', 'agreed', 'disbursed', 'repaying', 'closed',"
            " 'refused', 'declined', 'withdrawn', 'expired')",
            name=op.f("ck_referral_status_known"),
        ),
        sa.CheckConstraint(
            "status IN ('prepared', 'withdrawn', 'expired')"
            " OR num_nulls(sent_by, sent_on, answer_due_on, expires_on) = 0",
            name=op.f("ck_referral_sent_whole"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('disbursed', 'repaying') OR agreed_on IS NOT NULL", name=op.f("ck_referral_paid_as_agreed")
        ),
        sa.CheckConstraint("amount > 0 AND tenor_months > 0", name=op.f("ck_referral_wish_positive")),
        sa.CheckConstraint(
            "disbursed = 0 OR disbursed <= offered_amount", name=op.f("ck_referral_disbursed_within_offer")
        ),
        sa.CheckConstraint(
            "disbursed >= 0 AND repaid >= 0 AND repaid <= disbursed", name=op.f("ck_referral_repaid_within_disbursed")
        ),
        sa.CheckConstraint(
            "num_nulls(offered_on, offered_amount, offered_rate, offered_tenor_months, offer_until) IN (0, 5)",
            name=op.f("ck_referral_offer_whole"),
        ),
        sa.CheckConstraint(
            "offered_amount > 0 AND offered_rate >= 0 AND offered_tenor_months > 0",
            name=op.f("ck_referral_offer_positive"),
        ),
        sa.ForeignKeyConstraint(
            ["authorisation_id"], ["data_authorisation.id"], name=op.f("fk_referral_authorisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
        sa.UniqueConstraint("no", name="uq_referral_no"),
    )
    op.create_index("ix_referral_bank_status", "referral", ["bank", "status"], unique=False)
    op.create_index("ix_referral_centre_id", "referral", ["centre_id"], unique=False)
    op.create_index("ix_referral_enterprise_id", "referral", ["enterprise_id"], unique=False)
    op.create_index(
        "uq_referral_open",
        "referral",
        ["enterprise_id", "bank", "product", "livemode"],
        unique=True,
        postgresql_where=sa.text("status IN ('prepared', 'sent', 'accepted', 'offered')"),
        postgresql_nulls_not_distinct=True,
    )


def _create_referral_step() -> None:
    op.create_table(
        "referral_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("amount", MONEY),
        sa.Column("interest", MONEY),
        sa.Column("rate", RATE),
        sa.Column("tenor_months", sa.Integer()),
        sa.Column("until", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("reverses_id", sa.Uuid()),
        sa.Column("reversed_on", sa.Date()),
        sa.Column("status_after", sa.Text(), nullable=False),
        sa.Column("disbursed_after", MONEY, nullable=False),
        sa.Column("repaid_after", MONEY, nullable=False),
        sa.Column("version_after", sa.Integer(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("livemode", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "(kind = 'reverse') = (reverses_id IS NOT NULL)", name=op.f("ck_referral_step_reversal_names_its_step")
        ),
        sa.CheckConstraint(
            "(kind IN ('offer', 'disburse', 'repay', 'reverse')) = (amount IS NOT NULL) AND amount > 0",
            name=op.f("ck_referral_step_amount_where_money"),
        ),
        sa.CheckConstraint(
            "interest >= 0 AND (interest IS NULL OR kind IN ('repay', 'reverse'))",
            name=op.f("ck_referral_step_interest_of_repayment"),
        ),
        sa.CheckConstraint(
            "kind IN ('accept', 'refuse', 'offer', 'disburse', 'repay', 'reverse', 'close', 'cancel')",
            name=op.f("ck_referral_step_kind_known"),
        ),
        sa.CheckConstraint(
            "reversed_on IS NULL OR kind IN ('disburse', 'repay')", name=op.f("ck_referral_step_only_money_reversed")
        ),
        sa.CheckConstraint(
            "repaid_after >= 0 AND repaid_after <= disbursed_after", name=op.f("ck_referral_step_sums_after")
        ),
        sa.ForeignKeyConstraint(["referral_id"], ["referral.id"], name=op.f("fk_referral_step_referral_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["referral_step.id"], name=op.f("fk_referral_step_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_step")),
        sa.UniqueConstraint("bank", "livemode", "reference", name="uq_referral_step_reference"),
        sa.UniqueConstraint("referral_id", "step", name="uq_referral_step_referral_id_step"),
        sa.UniqueConstraint("reverses_id", name="uq_referral_step_reverses_id"),
    )
    op.create_index("ix_referral_step_bank_value_on", "referral_step", ["bank", "livemode", "value_on"], unique=False)


def _create_reconciliation_day() -> None:
    op.create_table(
        "reconciliation_day",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text()),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("disbursed", MONEY, nullable=False),
        sa.Column("repaid", MONEY, nullable=False),
        sa.Column("outstanding", MONEY, nullable=False),
        sa.Column("our_count", sa.Integer(), nullable=False),
        sa.Column("our_disbursed", MONEY, nullable=False),
        sa.Column("our_repaid", MONEY, nullable=False),
        sa.Column("our_outstanding", MONEY, nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column("open_differences", sa.Integer(), nullable=False),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("compared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("livemode", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("format IN ('csv', 'xlsx', 'json')", name=op.f("ck_reconciliation_day_format_known")),
        sa.CheckConstraint(
            "status = 'replaced' OR (status = 'differing') = (open_differences > 0)",
            name=op.f("ck_reconciliation_day_status_counts"),
        ),
        sa.CheckConstraint(
            "status IN ('agreed', 'differing', 'resolved', 'replaced')", name=op.f("ck_reconciliation_day_status_known")
        ),
        sa.CheckConstraint(
            "open_differences BETWEEN 0 AND differences", name=op.f("ck_reconciliation_day_open_within")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_day")),
        sa.UniqueConstraint("bank", "livemode", "day", "revision", name="uq_reconciliation_day_revision"),
        sa.UniqueConstraint("no", name="uq_reconciliation_day_no"),
    )
    op.create_index(
        "uq_reconciliation_day_current",
        "reconciliation_day",
        ["bank", "livemode", "day"],
        unique=True,
        postgresql_where=sa.text("status <> 'replaced'"),
    )


def _create_reconciliation_line() -> None:
    op.create_table(
        "reconciliation_line",
        sa.Column("day_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.CheckConstraint(
            "kind IN ('disbursement', 'repayment', 'disbursement_reversal', 'repayment_reversal')",
            name=op.f("ck_reconciliation_line_kind_known"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_reconciliation_line_amount_positive")),
        sa.ForeignKeyConstraint(["day_id"], ["reconciliation_day.id"], name=op.f("fk_reconciliation_line_day_id")),
        sa.PrimaryKeyConstraint("day_id", "line", name=op.f("pk_reconciliation_line")),
        sa.UniqueConstraint("day_id", "kind", "reference", "case_no", name="uq_reconciliation_line_reference"),
    )


def _create_reconciliation_difference() -> None:
    op.create_table(
        "reconciliation_difference",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("day_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text()),
        sa.Column("case_no", sa.Text()),
        sa.Column("our_kind", sa.Text()),
        sa.Column("their_kind", sa.Text()),
        sa.Column("ours", MONEY),
        sa.Column("theirs", MONEY),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("resolved_by", sa.Text()),
        sa.Column("resolved_on", sa.Date()),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('missing_here', 'missing_there', 'amount_differs', 'kind_differs', 'case_differs',"
            " 'outstanding_differs')",
            name=op.f("ck_reconciliation_difference_kind_known"),
        ),
        sa.CheckConstraint(
            "num_nulls(outcome, reason, resolved_by, resolved_on) = CASE status WHEN 'resolved' THEN 0 ELSE 4 END",
            name=op.f("ck_reconciliation_difference_resolved_whole"),
        ),
        sa.CheckConstraint(
            "status IN ('open', 'resolved', 'gone')", name=op.f("ck_reconciliation_difference_status_known")
        ),
        sa.ForeignKeyConstraint(
            ["day_id"], ["reconciliation_day.id"], name=op.f("fk_reconciliation_difference_day_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation_difference")),
        sa.UniqueConstraint("day_id", "number", name="uq_reconciliation_difference_number"),
    )
    op.create_index(
        "ix_reconciliation_difference_open",
        "reconciliation_difference",
        ["day_id"],
        unique=False,
        postgresql_where=sa.text("status = 'open'"),
    )


def downgrade() -> None:
    raise NotImplementedError("what banks have reported is not taken off record: restore a backup instead")
