"""What banks report on loans, plans of payment, and guarantees."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import append_only

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)
RATE = sa.Numeric(7, 4)


def upgrade() -> None:
    _create_lines()
    _create_schedules()
    _create_guarantees()


def _create_lines() -> None:
    op.create_table(
        "loan_drawdown",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("bank_reference", sa.Text(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("journal_entry_id", sa.Uuid(), nullable=True),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("livemode", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_loan_drawdown_amount_positive")),
        sa.CheckConstraint("livemode = (journal_entry_id IS NOT NULL)", name=op.f("ck_loan_drawdown_booked_if_live")),
        sa.ForeignKeyConstraint(
            ["journal_entry_id"], ["journal_entry.id"], name=op.f("fk_loan_drawdown_journal_entry_id")
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_loan_drawdown_loan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan_drawdown")),
        sa.UniqueConstraint("bank", "bank_reference", "livemode", name="uq_loan_drawdown_bank_reference"),
        sa.UniqueConstraint("journal_entry_id", name="uq_loan_drawdown_journal_entry_id"),
        sa.UniqueConstraint("loan_id", "line", name="uq_loan_drawdown_line"),
    )
    op.create_table(
        "loan_payment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("bank_reference", sa.Text(), nullable=False),
        sa.Column("principal", MONEY, nullable=False),
        sa.Column("interest", MONEY, nullable=False),
        sa.Column("penalty", MONEY, nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("reversed_on", sa.Date(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("over_cap", MONEY, nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("journal_entry_id", sa.Uuid(), nullable=True),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("livemode", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "(kind = 'reversal') = (num_nulls(reverses_id, reason_code) = 0)"
            " AND num_nulls(reverses_id, reason_code) IN (0, 2)",
            name=op.f("ck_loan_payment_reversal_names_its_payment"),
        ),
        sa.CheckConstraint(
            "kind = 'payment' OR reversed_on IS NULL", name=op.f("ck_loan_payment_only_payments_reversed")
        ),
        sa.CheckConstraint("kind IN ('payment', 'reversal', 'recovery')", name=op.f("ck_loan_payment_kind_known")),
        sa.CheckConstraint(
            "(livemode AND principal > 0) = (journal_entry_id IS NOT NULL)", name=op.f("ck_loan_payment_booked_if_live")
        ),
        sa.CheckConstraint("least(principal, interest, penalty) >= 0", name=op.f("ck_loan_payment_parts_not_negative")),
        sa.CheckConstraint("principal + interest + penalty > 0", name=op.f("ck_loan_payment_some_money")),
        sa.ForeignKeyConstraint(
            ["journal_entry_id"], ["journal_entry.id"], name=op.f("fk_loan_payment_journal_entry_id")
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_loan_payment_loan_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["loan_payment.id"], name=op.f("fk_loan_payment_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan_payment")),
        sa.UniqueConstraint("bank", "bank_reference", "livemode", name="uq_loan_payment_bank_reference"),
        sa.UniqueConstraint("journal_entry_id", name="uq_loan_payment_journal_entry_id"),
        sa.UniqueConstraint("loan_id", "line", name="uq_loan_payment_line"),
        sa.UniqueConstraint("reverses_id", name="uq_loan_payment_reverses_id"),
    )
    op.create_index("ix_loan_payment_paid_on", "loan_payment", ["loan_id", "paid_on"], unique=False)
    op.create_table(
        "loan_extension",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("bank_reference", sa.Text(), nullable=False),
        sa.Column("agreed_on", sa.Date(), nullable=False),
        sa.Column("matured_on", sa.Date(), nullable=False),
        sa.Column("matures_on", sa.Date(), nullable=False),
        sa.Column("rate", RATE, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("livemode", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("matures_on > matured_on", name=op.f("ck_loan_extension_forward")),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_loan_extension_loan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loan_extension")),
        sa.UniqueConstraint("bank", "bank_reference", "livemode", name="uq_loan_extension_bank_reference"),
        sa.UniqueConstraint("loan_id", "line", name="uq_loan_extension_line"),
    )
    append_only(op, "loan_drawdown")
    append_only(op, "loan_payment", role_may_update=("reversed_on",))
    append_only(op, "loan_extension")


def _create_schedules() -> None:
    op.create_table(
        "loan_schedule",
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("rate", RATE, nullable=False),
        sa.Column("every_months", sa.SmallInteger(), nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.Column("reported_on", sa.Date(), nullable=False),
        sa.Column("recalculates", sa.SmallInteger(), nullable=True),
        sa.Column("matures_on", sa.Date(), nullable=False),
        sa.Column("principal", MONEY, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "basis IN ('drawdown', 'bank_plan', 'early_payment', 'restructured', 'extension')",
            name=op.f("ck_loan_schedule_basis_known"),
        ),
        sa.CheckConstraint("matures_on > changed_on", name=op.f("ck_loan_schedule_forward")),
        sa.CheckConstraint("recalculates < revision", name=op.f("ck_loan_schedule_recalculates_earlier")),
        sa.CheckConstraint("rate >= 0", name=op.f("ck_loan_schedule_rate_not_negative")),
        sa.CheckConstraint("revision > 0 AND every_months > 0", name=op.f("ck_loan_schedule_counts_positive")),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_loan_schedule_loan_id")),
        sa.PrimaryKeyConstraint("loan_id", "revision", name=op.f("pk_loan_schedule")),
    )
    op.create_table(
        "loan_instalment",
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("no", sa.SmallInteger(), nullable=False),
        sa.Column("nominal_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("principal", MONEY, nullable=False),
        sa.Column("interest", MONEY, nullable=False),
        sa.CheckConstraint("due_on >= nominal_on", name=op.f("ck_loan_instalment_rolled_forward")),
        sa.CheckConstraint("least(principal, interest) >= 0", name=op.f("ck_loan_instalment_parts_not_negative")),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_loan_instalment_loan_id")),
        sa.PrimaryKeyConstraint("loan_id", "revision", "no", name=op.f("pk_loan_instalment")),
    )
    op.create_index("ix_loan_instalment_due_on", "loan_instalment", ["due_on"], unique=False)
    op.create_table(
        "loan_standing",
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("open_since", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_loan_standing_loan_id")),
        sa.PrimaryKeyConstraint("loan_id", name=op.f("pk_loan_standing")),
    )
    op.create_index(
        "ix_loan_standing_open_since",
        "loan_standing",
        ["open_since"],
        unique=False,
        postgresql_where=sa.text("open_since IS NOT NULL"),
    )
    append_only(op, "loan_schedule")
    append_only(op, "loan_instalment")


def _create_guarantees() -> None:
    op.create_table(
        "guarantee",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("borrower", sa.Text(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("share_percent", RATE, nullable=False),
        sa.Column("guaranteed", MONEY, nullable=False),
        sa.Column("liability", MONEY, nullable=False),
        sa.Column("budget_percent", RATE, nullable=False),
        sa.Column("counter_guarantees", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fee_percent", RATE, nullable=False),
        sa.Column("fee_from", sa.Date(), nullable=False),
        sa.Column("fee_to", sa.Date(), nullable=False),
        sa.Column("fee", MONEY, nullable=False),
        sa.Column("fee_paid_on", sa.Date(), nullable=True),
        sa.Column("fee_reference", sa.Text(), nullable=True),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("drafted_on", sa.Date(), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("contract_no", sa.Text(), nullable=True),
        sa.Column("cancelled_by", sa.Text(), nullable=True),
        sa.Column("cancelled_on", sa.Date(), nullable=True),
        sa.Column("released_on", sa.Date(), nullable=True),
        sa.Column("paid", MONEY, nullable=False),
        sa.Column("budget_paid", MONEY, nullable=False),
        sa.Column("recovered", MONEY, nullable=False),
        sa.Column("budget_returned", MONEY, nullable=False),
        sa.Column("written_off", MONEY, nullable=False),
        sa.Column("write_off_reason", sa.Text(), nullable=True),
        sa.Column("write_off_document_no", sa.Text(), nullable=True),
        sa.Column("write_off_proposed_by", sa.Text(), nullable=True),
        sa.Column("write_off_proposed_on", sa.Date(), nullable=True),
        sa.Column("write_off_approved_by", sa.Text(), nullable=True),
        sa.Column("write_off_approved_on", sa.Date(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("decisions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("livemode", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'written_off') = (write_off_approved_by IS NOT NULL)",
            name=op.f("ck_guarantee_written_off_by_approval"),
        ),
        sa.CheckConstraint(
            "num_nulls(issued_by, issued_on, contract_no)"
            " = CASE WHEN status = 'drafted' THEN 3 WHEN status = 'cancelled' THEN "
            "num_nulls(issued_by, issued_on, contract_no) ELSE 0 END",
            name=op.f("ck_guarantee_issue_whole"),
        ),
        sa.CheckConstraint(
            "status IN ('drafted', 'issued', 'called', 'released', 'written_off', 'cancelled')",
            name=op.f("ck_guarantee_status_known"),
        ),
        sa.CheckConstraint("budget_paid >= 0 AND budget_paid <= paid", name=op.f("ck_guarantee_budget_within_paid")),
        sa.CheckConstraint("guaranteed > 0 AND guaranteed <= amount", name=op.f("ck_guarantee_guaranteed_within_loan")),
        sa.CheckConstraint(
            "num_nulls(cancelled_by, cancelled_on) = CASE status WHEN 'cancelled' THEN 0 ELSE 2 END",
            name=op.f("ck_guarantee_cancellation_whole"),
        ),
        sa.CheckConstraint(
            "issued_by IS NULL OR cancelled_by NOT IN (drafted_by, issued_by)",
            name=op.f("ck_guarantee_issued_cancelled_by_third"),
        ),
        sa.CheckConstraint(
            "budget_returned >= 0 AND budget_returned <= budget_paid", name=op.f("ck_guarantee_returned_within_budget")
        ),
        sa.CheckConstraint("issued_by <> drafted_by", name=op.f("ck_guarantee_issuer_is_another")),
        sa.CheckConstraint(
            "liability >= 0 AND liability <= guaranteed", name=op.f("ck_guarantee_liability_within_guaranteed")
        ),
        sa.CheckConstraint(
            "num_nulls(fee_paid_on, fee_reference) IN (0, 2)", name=op.f("ck_guarantee_fee_payment_whole")
        ),
        sa.CheckConstraint("paid >= 0 AND paid <= guaranteed", name=op.f("ck_guarantee_paid_within_guaranteed")),
        sa.CheckConstraint("recovered >= 0 AND recovered <= paid", name=op.f("ck_guarantee_recovered_within_paid")),
        sa.CheckConstraint("share_percent > 0 AND share_percent <= 100", name=op.f("ck_guarantee_share_within_whole")),
        sa.CheckConstraint(
            "write_off_approved_by <> write_off_proposed_by", name=op.f("ck_guarantee_write_off_by_two")
        ),
        sa.CheckConstraint(
            "written_off >= 0 AND written_off <= paid", name=op.f("ck_guarantee_written_off_within_paid")
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_guarantee_loan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guarantee")),
        sa.UniqueConstraint("no", name="uq_guarantee_no"),
    )
    op.create_index("ix_guarantee_borrower", "guarantee", ["borrower"], unique=False)
    op.create_index(
        "uq_guarantee_loan_id", "guarantee", ["loan_id"], unique=True, postgresql_where=sa.text("status <> 'cancelled'")
    )


def downgrade() -> None:
    raise NotImplementedError("money on record is not taken off it: restore a backup instead")
