"""Angel funds of centres and their investments."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)


def upgrade() -> None:
    _create_angel_fund()
    _create_angel_fund_seat()
    _create_angel_fund_investor()
    _create_angel_investment()
    _create_angel_fund_order()
    _create_angel_fund_breach()


def _create_angel_fund() -> None:
    op.create_table(
        "angel_fund",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("manager_code", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text()),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=False),
        sa.Column("approved_by", sa.Text()),
        sa.Column("approved_on", sa.Date()),
        sa.Column("subscribed", MONEY, nullable=False),
        sa.Column("municipal_subscribed", MONEY, nullable=False),
        sa.Column("paid_in", MONEY, nullable=False),
        sa.Column("municipal_paid_in", MONEY, nullable=False),
        sa.Column("cash", MONEY, nullable=False),
        sa.Column("invested", MONEY, nullable=False),
        sa.Column("gains", MONEY, nullable=False),
        sa.Column("losses", MONEY, nullable=False),
        sa.Column("proceeds", MONEY, nullable=False),
        sa.Column("municipal_proceeds", MONEY, nullable=False),
        sa.Column("borne", MONEY, nullable=False),
        sa.Column("breached_on", sa.Date()),
        sa.Column("stopped_on", sa.Date()),
        sa.Column("stop_cause", sa.Text()),
        sa.Column("stop_case_id", sa.Uuid()),
        sa.Column("decision", postgresql.JSONB()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'refused') = (reason_code IS NOT NULL)", name=op.f("ck_angel_fund_refused_with_reason")
        ),
        sa.CheckConstraint(
            "num_nulls(approved_by, approved_on) = CASE status WHEN 'active' THEN 0 ELSE 2 END",
            name=op.f("ck_angel_fund_approval_whole"),
        ),
        sa.CheckConstraint(
            "status = 'active' OR (subscribed = 0 AND paid_in = 0)", name=op.f("ck_angel_fund_money_when_active")
        ),
        sa.CheckConstraint("status IN ('registered', 'active', 'refused')", name=op.f("ck_angel_fund_status_known")),
        sa.CheckConstraint(
            "stop_cause IN ('centre_delisted', 'centre_withdrawn')", name=op.f("ck_angel_fund_stop_cause_known")
        ),
        sa.CheckConstraint("approved_by <> registered_by", name=op.f("ck_angel_fund_approver_is_another")),
        sa.CheckConstraint(
            "cash + invested = paid_in + borne + gains - losses - proceeds", name=op.f("ck_angel_fund_in_balance")
        ),
        sa.CheckConstraint(
            "least(subscribed, municipal_subscribed, paid_in, municipal_paid_in, cash, invested, gains, "
            "losses, proceeds, municipal_proceeds, borne) >= 0",
            name=op.f("ck_angel_fund_amounts_not_negative"),
        ),
        sa.CheckConstraint(
            "municipal_subscribed <= subscribed AND municipal_paid_in <= paid_in AND municipal_proceeds <= proceeds",
            name=op.f("ck_angel_fund_municipal_is_a_part"),
        ),
        sa.CheckConstraint("num_nulls(stopped_on, stop_cause) IN (0, 2)", name=op.f("ck_angel_fund_stop_whole")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_angel_fund")),
        sa.UniqueConstraint("no", name="uq_angel_fund_no"),
    )
    op.create_index(
        "uq_angel_fund_live_centre", "angel_fund", ["centre_id"], unique=True, postgresql_where="status <> 'refused'"
    )


def _create_angel_fund_seat() -> None:
    op.create_table(
        "angel_fund_seat",
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("seat", sa.SmallInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("organisation_code", sa.Text(), nullable=False),
        sa.CheckConstraint("seat > 0", name=op.f("ck_angel_fund_seat_seat_positive")),
        sa.ForeignKeyConstraint(["fund_id"], ["angel_fund.id"], name=op.f("fk_angel_fund_seat_fund_id")),
        sa.PrimaryKeyConstraint("fund_id", "seat", name=op.f("pk_angel_fund_seat")),
    )


def _create_angel_fund_investor() -> None:
    op.create_table(
        "angel_fund_investor",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("municipal", sa.Boolean(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date()),
        sa.Column("subscribed", MONEY, nullable=False),
        sa.Column("called", MONEY, nullable=False),
        sa.Column("paid_in", MONEY, nullable=False),
        sa.Column("proceeds", MONEY, nullable=False),
        sa.CheckConstraint(
            "paid_in >= 0 AND paid_in <= called AND called <= subscribed AND proceeds >= 0",
            name=op.f("ck_angel_fund_investor_paid_within_called"),
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["angel_fund.id"], name=op.f("fk_angel_fund_investor_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_angel_fund_investor")),
        sa.UniqueConstraint("fund_id", "code", name="uq_angel_fund_investor_code"),
        sa.UniqueConstraint("fund_id", "line", name="uq_angel_fund_investor_line"),
    )
    op.create_index(
        "uq_angel_fund_investor_municipal",
        "angel_fund_investor",
        ["fund_id"],
        unique=True,
        postgresql_where="municipal",
    )


def _create_angel_investment() -> None:
    op.create_table(
        "angel_investment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_code", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("paid", MONEY, nullable=False),
        sa.Column("cost", MONEY, nullable=False),
        sa.Column("proceeds", MONEY, nullable=False),
        sa.Column("lost", MONEY, nullable=False),
        sa.Column("value", MONEY),
        sa.Column("valued_on", sa.Date()),
        sa.Column("checklist", postgresql.JSONB(), nullable=False),
        sa.Column("votes", postgresql.JSONB(), nullable=False),
        sa.Column("minutes_no", sa.Text()),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        sa.Column("voted_by", sa.Text()),
        sa.Column("voted_on", sa.Date()),
        sa.Column("approved_by", sa.Text()),
        sa.Column("approved_on", sa.Date()),
        sa.Column("document_no", sa.Text()),
        sa.Column("ended_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("decisions", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "(status IN ('exited', 'written_off')) <= (cost = 0) AND (status <> 'invested' OR cost > 0)",
            name=op.f("ck_angel_investment_held_while_invested"),
        ),
        sa.CheckConstraint(
            "status IN ('proposed', 'voted', 'approved', 'invested', 'exited', 'written_off', 'refused', 'cancelled')",
            name=op.f("ck_angel_investment_status_known"),
        ),
        sa.CheckConstraint("amount > 0 AND paid <= amount", name=op.f("ck_angel_investment_paid_within_amount")),
        sa.CheckConstraint(
            "approved_by NOT IN (proposed_by, voted_by)", name=op.f("ck_angel_investment_approver_is_another")
        ),
        sa.CheckConstraint("voted_by <> proposed_by", name=op.f("ck_angel_investment_recorder_is_another")),
        sa.CheckConstraint(
            "least(paid, cost, proceeds, lost, value) >= 0 AND cost + lost <= paid",
            name=op.f("ck_angel_investment_cost_within_paid"),
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["angel_fund.id"], name=op.f("fk_angel_investment_fund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_angel_investment")),
        sa.UniqueConstraint("no", name="uq_angel_investment_no"),
    )
    op.create_index("ix_angel_investment_enterprise_code", "angel_investment", ["enterprise_code"], unique=False)
    op.create_index("ix_angel_investment_fund_id", "angel_investment", ["fund_id"], unique=False)


def _create_angel_fund_order() -> None:
    op.create_table(
        "angel_fund_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("investor_id", sa.Uuid()),
        sa.Column("investment_id", sa.Uuid()),
        sa.Column("municipal", sa.Boolean(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("document_no", sa.Text()),
        sa.Column("bank_slip_no", sa.Text()),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("fiscal_year", sa.Integer()),
        sa.Column("prepared_by", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text()),
        sa.Column("approved_on", sa.Date()),
        sa.Column("done_by", sa.Text()),
        sa.Column("done_on", sa.Date()),
        sa.Column("due", MONEY, nullable=False),
        sa.Column("returned", MONEY, nullable=False),
        sa.Column("receipt_slip_no", sa.Text()),
        sa.Column("received_by", sa.Text()),
        sa.Column("received_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("decision", postgresql.JSONB()),
        sa.CheckConstraint(
            "(status = 'done') = (num_nulls(done_by, done_on) = 0)", name=op.f("ck_angel_fund_order_done_whole")
        ),
        sa.CheckConstraint(
            "(status IN ('refused', 'cancelled')) = (reason_code IS NOT NULL)",
            name=op.f("ck_angel_fund_order_ended_with_reason"),
        ),
        sa.CheckConstraint(
            "kind IN ('closing', 'call', 'payment', 'default', 'withdrawal', 'municipal_sale', 'tranche', "
            "'valuation', 'exit', 'write_off')",
            name=op.f("ck_angel_fund_order_kind_known"),
        ),
        sa.CheckConstraint(
            "status IN ('prepared', 'approved', 'done', 'refused', 'cancelled')",
            name=op.f("ck_angel_fund_order_status_known"),
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_angel_fund_order_amount_not_negative")),
        sa.CheckConstraint("0 <= returned AND returned <= due", name=op.f("ck_angel_fund_order_returned_within_due")),
        sa.CheckConstraint("due = 0 OR status = 'done'", name=op.f("ck_angel_fund_order_due_when_done")),
        sa.CheckConstraint(
            "num_nulls(received_by, received_on, receipt_slip_no) IN (0, 3) AND (received_by IS NULL OR due > 0)"
            " AND (returned = 0 OR received_by IS NOT NULL)",
            name=op.f("ck_angel_fund_order_receipt_whole"),
        ),
        sa.CheckConstraint(
            "received_by NOT IN (prepared_by, done_by)", name=op.f("ck_angel_fund_order_receiver_is_another")
        ),
        sa.CheckConstraint("approved_by <> prepared_by", name=op.f("ck_angel_fund_order_approver_is_another")),
        sa.CheckConstraint(
            "done_by NOT IN (prepared_by, approved_by)", name=op.f("ck_angel_fund_order_doer_is_another")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["angel_fund.id"], name=op.f("fk_angel_fund_order_fund_id")),
        sa.ForeignKeyConstraint(
            ["investment_id"], ["angel_investment.id"], name=op.f("fk_angel_fund_order_investment_id")
        ),
        sa.ForeignKeyConstraint(
            ["investor_id"], ["angel_fund_investor.id"], name=op.f("fk_angel_fund_order_investor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_angel_fund_order")),
        sa.UniqueConstraint("fund_id", "line", name="uq_angel_fund_order_line"),
    )
    op.create_index("ix_angel_fund_order_investment_id", "angel_fund_order", ["investment_id"], unique=False)
    op.create_index(
        "uq_angel_fund_order_bank_slip",
        "angel_fund_order",
        ["fund_id", "bank_slip_no"],
        unique=True,
        postgresql_where="status NOT IN ('refused', 'cancelled')",
    )
    op.create_index("uq_angel_fund_order_receipt_slip", "angel_fund_order", ["fund_id", "receipt_slip_no"], unique=True)
    op.create_index(
        "uq_angel_fund_order_municipal_payment",
        "angel_fund_order",
        ["fund_id"],
        unique=True,
        postgresql_where="kind = 'payment' AND municipal AND status IN ('prepared', 'approved')",
    )


def _create_angel_fund_breach() -> None:
    op.create_table(
        "angel_fund_breach",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fund_id", sa.Uuid(), nullable=False),
        sa.Column("bases", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("opened_by_order_id", sa.Uuid(), nullable=False),
        sa.Column("cured_on", sa.Date()),
        sa.Column("cured_by_order_id", sa.Uuid()),
        sa.Column("decision", postgresql.JSONB(), nullable=False),
        sa.CheckConstraint(
            "num_nulls(cured_on, cured_by_order_id) IN (0, 2)", name=op.f("ck_angel_fund_breach_cure_whole")
        ),
        sa.ForeignKeyConstraint(
            ["cured_by_order_id"], ["angel_fund_order.id"], name=op.f("fk_angel_fund_breach_cured_by_order_id")
        ),
        sa.ForeignKeyConstraint(["fund_id"], ["angel_fund.id"], name=op.f("fk_angel_fund_breach_fund_id")),
        sa.ForeignKeyConstraint(
            ["opened_by_order_id"], ["angel_fund_order.id"], name=op.f("fk_angel_fund_breach_opened_by_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_angel_fund_breach")),
    )
    op.create_index(
        "uq_angel_fund_breach_open", "angel_fund_breach", ["fund_id"], unique=True, postgresql_where="cured_on IS NULL"
    )


def downgrade() -> None:
    raise NotImplementedError("money on record is not taken off it: restore a backup instead")
