"""The journal, spending, findings, and delistings carried out."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import append_only

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)

_JOURNAL_BALANCES = """
CREATE FUNCTION journal_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
    lines bigint;
    total numeric;
BEGIN
    SELECT count(*), sum(amount) INTO lines, total FROM posting WHERE entry_id = entry;
    IF lines < 2 OR total <> 0 THEN
        RAISE EXCEPTION 'journal entry % has % postings with a sum of %', entry, lines, total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_balances';
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    _create_spending()
    _create_delisting()
    _create_journal()


def _create_spending() -> None:
    op.create_table(
        "spending_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("eligible", sa.Boolean(), nullable=False),
        sa.Column("voucher_no", sa.Text()),
        sa.Column("invoice_key", sa.Text()),
        sa.Column("spent_on", sa.Date()),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "num_nulls(voucher_no, invoice_key, spent_on) = CASE status WHEN 'made' THEN 0 ELSE 3 END",
            name=op.f("ck_spending_line_made_with_documents"),
        ),
        sa.CheckConstraint("status = 'made' OR eligible", name=op.f("ck_spending_line_planned_on_purpose")),
        sa.CheckConstraint("status IN ('planned', 'made')", name=op.f("ck_spending_line_status_known")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_spending_line_amount_positive")),
        sa.ForeignKeyConstraint(["grant_id"], ["centre_grant.id"], name=op.f("fk_spending_line_grant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spending_line")),
        sa.UniqueConstraint("grant_id", "line", name="uq_spending_line_grant_id_line"),
        sa.UniqueConstraint("invoice_key", name="uq_spending_line_invoice_key"),
    )
    op.create_table(
        "finding",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("spending_line_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("decision", postgresql.JSONB(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("status = 'open'", name=op.f("ck_finding_status_known")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_finding_amount_positive")),
        sa.ForeignKeyConstraint(["grant_id"], ["centre_grant.id"], name=op.f("fk_finding_grant_id")),
        sa.ForeignKeyConstraint(["spending_line_id"], ["spending_line.id"], name=op.f("fk_finding_spending_line_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("no", name="uq_finding_no"),
        sa.UniqueConstraint("spending_line_id", name="uq_finding_spending_line_id"),
    )
    op.create_index("ix_finding_centre_id", "finding", ["centre_id"])
    op.create_index("ix_finding_grant_id", "finding", ["grant_id"])


def _create_delisting() -> None:
    op.create_table(
        "delisting_carried_out",
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("cancelled_grant_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("recovery_grant_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("released", MONEY, nullable=False),
        sa.Column("recovery_due", MONEY, nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "released >= 0 AND recovery_due >= 0", name=op.f("ck_delisting_carried_out_amounts_not_negative")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delisting_carried_out")),
    )


def _create_journal() -> None:
    op.create_table(
        "journal_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("case_version", sa.Integer(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reverses_id", sa.Uuid()),
        sa.CheckConstraint("case_version > 0", name=op.f("ck_journal_entry_case_version_positive")),
        sa.ForeignKeyConstraint(["reverses_id"], ["journal_entry.id"], name=op.f("fk_journal_entry_reverses_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entry")),
        sa.UniqueConstraint("case_id", "case_version", "kind", name="uq_journal_entry_case_event"),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_journal_entry_reverses_id")),
    )
    op.create_table(
        "posting",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_posting_amount_moves")),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.id"], name=op.f("fk_posting_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", "line", name=op.f("pk_posting")),
    )
    op.create_index("ix_posting_account_subject_period", "posting", ["account", "subject", "period"])
    op.execute(_JOURNAL_BALANCES)
    for table, key in (("journal_entry", "id"), ("posting", "entry_id")):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {table}_balances AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED"
            f" FOR EACH ROW EXECUTE FUNCTION journal_balances('{key}')"
        )
        append_only(op, table)


def downgrade() -> None:
    raise NotImplementedError("money on record is not taken off it: restore a backup instead")
