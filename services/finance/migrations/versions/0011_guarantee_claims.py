"""Claims on guarantees with their recoveries, prime rates and interest subsidies."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)
RATE = sa.Numeric(7, 4)

# The one-year loan prime rate as the National Interbank Funding Center published it; before the reform of August 2019
# the loan prime rate of the ten quoting banks.
_SEED = """
INSERT INTO prime_rate (id, effective_on, rate, source, status, recorded_by, recorded_on, decided_by, decided_on)
SELECT gen_random_uuid(), effective_on, rate, CASE WHEN effective_on < DATE '2019-08-20'
       THEN '贷款基础利率(1年期),改革前由全国银行间同业拆借中心公布' ELSE '全国银行间同业拆借中心公布的1年期LPR' END,
       'confirmed', 'service:finance', effective_on, 'office', effective_on
FROM (VALUES
    (DATE '2019-01-01', 4.31),
    (DATE '2019-08-20', 4.25),
    (DATE '2019-09-20', 4.20),
    (DATE '2019-10-21', 4.20),
    (DATE '2019-11-20', 4.15),
    (DATE '2019-12-20', 4.15),
    (DATE '2020-01-20', 4.15),
    (DATE '2020-02-20', 4.05),
    (DATE '2020-03-20', 4.05),
    (DATE '2020-04-20', 3.85),
    (DATE '2020-05-20', 3.85),
    (DATE '2020-06-22', 3.85),
    (DATE '2020-07-20', 3.85),
    (DATE '2020-08-20', 3.85),
    (DATE '2020-09-21', 3.85),
    (DATE '2020-10-20', 3.85),
    (DATE '2020-11-20', 3.85),
    (DATE '2020-12-21', 3.85)
) AS published (effective_on, rate)
"""


def upgrade() -> None:
    _create_claims()
    _create_prime_rates()
    _create_subsidies()


def _create_claims() -> None:
    op.create_table(
        "guarantee_claim",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("guarantee_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("bank", sa.Text(), nullable=False),
        sa.Column("bank_reference", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("days_in_arrears", sa.Integer(), nullable=False),
        sa.Column("outstanding", MONEY, nullable=False),
        sa.Column("claimed", MONEY, nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("budget_amount", MONEY, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("accepted_by", sa.Text(), nullable=True),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.Column("paid_by", sa.Text(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("payment_reference", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("journal_entry_id", sa.Uuid(), nullable=True),
        sa.Column("decisions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("livemode", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(livemode AND status = 'paid') = (journal_entry_id IS NOT NULL)",
            name=op.f("ck_guarantee_claim_booked_if_live"),
        ),
        sa.CheckConstraint(
            "num_nulls(paid_by, paid_on, payment_reference) = CASE status WHEN 'paid' THEN 0 ELSE 3 END",
            name=op.f("ck_guarantee_claim_payment_whole"),
        ),
        sa.CheckConstraint(
            "status IN ('filed', 'accepted', 'approved', 'paid', 'refused', 'withdrawn')",
            name=op.f("ck_guarantee_claim_status_known"),
        ),
        sa.CheckConstraint("accepted_by <> filed_by", name=op.f("ck_guarantee_claim_accepter_is_another")),
        sa.CheckConstraint(
            "amount > 0 AND amount <= claimed AND claimed <= outstanding",
            name=op.f("ck_guarantee_claim_amount_within_debt"),
        ),
        sa.CheckConstraint(
            "approved_by NOT IN (filed_by, accepted_by)", name=op.f("ck_guarantee_claim_approver_is_another")
        ),
        sa.CheckConstraint(
            "budget_amount >= 0 AND budget_amount <= amount", name=op.f("ck_guarantee_claim_budget_within_amount")
        ),
        sa.CheckConstraint("paid_by NOT IN (filed_by, approved_by)", name=op.f("ck_guarantee_claim_payer_is_another")),
        sa.ForeignKeyConstraint(["guarantee_id"], ["guarantee.id"], name=op.f("fk_guarantee_claim_guarantee_id")),
        sa.ForeignKeyConstraint(
            ["journal_entry_id"], ["journal_entry.id"], name=op.f("fk_guarantee_claim_journal_entry_id")
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_guarantee_claim_loan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guarantee_claim")),
        sa.UniqueConstraint("bank", "bank_reference", "livemode", name="uq_guarantee_claim_bank_reference"),
        sa.UniqueConstraint("journal_entry_id", name="uq_guarantee_claim_journal_entry_id"),
        sa.UniqueConstraint("no", name="uq_guarantee_claim_no"),
    )
    op.create_index("ix_guarantee_claim_loan_id", "guarantee_claim", ["loan_id"], unique=False)
    op.create_index(
        "uq_guarantee_claim_live",
        "guarantee_claim",
        ["guarantee_id"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('refused', 'withdrawn')"),
    )
    op.create_table(
        "guarantee_recovery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("guarantee_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("guarantor_share", MONEY, nullable=False),
        sa.Column("bank_share", MONEY, nullable=False),
        sa.Column("budget_share", MONEY, nullable=False),
        sa.Column("returned_by", sa.Text(), nullable=True),
        sa.Column("returned_on", sa.Date(), nullable=True),
        sa.Column("return_reference", sa.Text(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("journal_entry_id", sa.Uuid(), nullable=True),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("livemode", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "amount > 0 AND amount = guarantor_share + bank_share", name=op.f("ck_guarantee_recovery_shared_whole")
        ),
        sa.CheckConstraint("budget_share <= guarantor_share", name=op.f("ck_guarantee_recovery_budget_within_share")),
        sa.CheckConstraint(
            "num_nulls(returned_by, returned_on, return_reference) IN (0, 3)",
            name=op.f("ck_guarantee_recovery_return_whole"),
        ),
        sa.CheckConstraint(
            "returned_by <> recorded_by", name=op.f("ck_guarantee_recovery_return_confirmed_by_another")
        ),
        sa.CheckConstraint(
            "least(guarantor_share, bank_share, budget_share) >= 0",
            name=op.f("ck_guarantee_recovery_shares_not_negative"),
        ),
        sa.ForeignKeyConstraint(["guarantee_id"], ["guarantee.id"], name=op.f("fk_guarantee_recovery_guarantee_id")),
        sa.ForeignKeyConstraint(
            ["journal_entry_id"], ["journal_entry.id"], name=op.f("fk_guarantee_recovery_journal_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guarantee_recovery")),
        sa.UniqueConstraint("guarantee_id", "line", name="uq_guarantee_recovery_line"),
        sa.UniqueConstraint("reference", "livemode", name="uq_guarantee_recovery_reference"),
    )


def _create_prime_rates() -> None:
    op.create_table(
        "prime_rate",
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("rate", RATE, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(status = 'recorded') = (decided_on IS NULL)", name=op.f("ck_prime_rate_decided_whole")),
        sa.CheckConstraint("status IN ('recorded', 'confirmed', 'refused')", name=op.f("ck_prime_rate_status_known")),
        sa.CheckConstraint("decided_by <> recorded_by", name=op.f("ck_prime_rate_decider_is_another")),
        sa.CheckConstraint("rate > 0 AND rate < 100", name=op.f("ck_prime_rate_rate_percent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prime_rate")),
    )
    op.create_index(
        "uq_prime_rate_effective_on",
        "prime_rate",
        ["effective_on"],
        unique=True,
        postgresql_where=sa.text("status <> 'refused'"),
    )
    op.execute(_SEED)


def _create_subsidies() -> None:
    op.create_table(
        "subsidy_statement",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.SmallInteger(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("total", MONEY, nullable=False),
        sa.Column("to_recover", MONEY, nullable=False),
        sa.Column("recovered", MONEY, nullable=False),
        sa.Column("budget_year", sa.Integer(), nullable=True),
        sa.Column("prepared_by", sa.Text(), nullable=False),
        sa.Column("prepared_on", sa.Date(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.Column("paid_by", sa.Text(), nullable=True),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("payment_reference", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("decisions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "(status = 'refused') = (reason_code IS NOT NULL)", name=op.f("ck_subsidy_statement_refused_with_reason")
        ),
        sa.CheckConstraint(
            "num_nulls(approved_by, approved_on, budget_year)"
            " = CASE status WHEN 'approved' THEN 0 WHEN 'paid' THEN 0 ELSE 3 END",
            name=op.f("ck_subsidy_statement_approval_whole"),
        ),
        sa.CheckConstraint(
            "num_nulls(paid_by, paid_on, payment_reference) = CASE status WHEN 'paid' THEN 0 ELSE 3 END",
            name=op.f("ck_subsidy_statement_payment_whole"),
        ),
        sa.CheckConstraint(
            "status IN ('prepared', 'approved', 'paid', 'refused')", name=op.f("ck_subsidy_statement_status_known")
        ),
        sa.CheckConstraint(
            "recovered >= 0 AND recovered <= total", name=op.f("ck_subsidy_statement_recovered_within_total")
        ),
        sa.CheckConstraint("approved_by <> prepared_by", name=op.f("ck_subsidy_statement_approver_is_another")),
        sa.CheckConstraint(
            "paid_by NOT IN (prepared_by, approved_by)", name=op.f("ck_subsidy_statement_payer_is_another")
        ),
        sa.CheckConstraint("quarter BETWEEN 1 AND 4", name=op.f("ck_subsidy_statement_quarter_known")),
        sa.CheckConstraint(
            "total >= 0 AND to_recover >= 0 AND lines > 0", name=op.f("ck_subsidy_statement_amounts_not_negative")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_statement")),
        sa.UniqueConstraint("no", name="uq_subsidy_statement_no"),
    )
    op.create_index(
        "uq_subsidy_statement_open",
        "subsidy_statement",
        ["year", "quarter", "department"],
        unique=True,
        postgresql_where=sa.text("status = 'prepared'"),
    )
    op.create_table(
        "subsidy_line",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("loan_id", sa.Uuid(), nullable=False),
        sa.Column("loan_no", sa.Text(), nullable=False),
        sa.Column("borrower", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.SmallInteger(), nullable=False),
        sa.Column("sequence", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("entitled", MONEY, nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("recovered", MONEY, nullable=False),
        sa.Column("calculation", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("journal_entry_id", sa.Uuid(), nullable=True),
        sa.Column("decision", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("(kind = 'regular') = (sequence = 0)", name=op.f("ck_subsidy_line_regular_comes_first")),
        sa.CheckConstraint("(status = 'paid') <= (amount > 0)", name=op.f("ck_subsidy_line_only_subsidy_paid")),
        sa.CheckConstraint(
            "(status = 'recovered') <= (amount < 0)", name=op.f("ck_subsidy_line_only_excess_recovered")
        ),
        sa.CheckConstraint(
            "(status IN ('paid', 'recovered')) = (journal_entry_id IS NOT NULL)",
            name=op.f("ck_subsidy_line_booked_when_moved"),
        ),
        sa.CheckConstraint(
            "entitled >= 0 AND (kind = 'correction' OR amount = entitled)", name=op.f("ck_subsidy_line_regular_whole")
        ),
        sa.CheckConstraint("kind IN ('regular', 'correction')", name=op.f("ck_subsidy_line_kind_known")),
        sa.CheckConstraint(
            "status IN ('prepared', 'approved', 'paid', 'recovered', 'refused')",
            name=op.f("ck_subsidy_line_status_known"),
        ),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_subsidy_line_some_money")),
        sa.CheckConstraint(
            "recovered >= 0 AND recovered <= greatest(amount, 0)", name=op.f("ck_subsidy_line_recovered_within_amount")
        ),
        sa.ForeignKeyConstraint(
            ["journal_entry_id"], ["journal_entry.id"], name=op.f("fk_subsidy_line_journal_entry_id")
        ),
        sa.ForeignKeyConstraint(["loan_id"], ["loan.id"], name=op.f("fk_subsidy_line_loan_id")),
        sa.ForeignKeyConstraint(["statement_id"], ["subsidy_statement.id"], name=op.f("fk_subsidy_line_statement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subsidy_line")),
        sa.UniqueConstraint("journal_entry_id", name="uq_subsidy_line_journal_entry_id"),
    )
    op.create_index("ix_subsidy_line_borrower", "subsidy_line", ["borrower"], unique=False)
    op.create_index("ix_subsidy_line_statement_id", "subsidy_line", ["statement_id"], unique=False)
    op.create_index(
        "uq_subsidy_line_once",
        "subsidy_line",
        ["loan_id", "year", "quarter", "sequence"],
        unique=True,
        postgresql_where=sa.text("status <> 'refused'"),
    )


def downgrade() -> None:
    raise NotImplementedError("money on record is not taken off it: restore a backup instead")
