"""Vouchers, redemptions, the journal, and delistings carried out."""

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
IDS = postgresql.ARRAY(sa.Uuid())

_JOURNAL_BALANCES = """
CREATE FUNCTION journal_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry uuid;
    lines bigint;
    last_line bigint;
    total numeric;
BEGIN
    IF TG_TABLE_NAME = 'posting' THEN
        entry := NEW.entry_id;
    ELSE
        entry := NEW.id;
    END IF;
    SELECT count(*), max(line), sum(amount) INTO lines, last_line, total FROM posting WHERE entry_id = entry;
    IF lines < 2 OR last_line <> lines OR total <> 0 THEN
        RAISE EXCEPTION 'journal entry %: % postings, the last at line %, sum %', entry, lines, last_line, total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_balances';
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    _create_voucher()
    _create_redemption()
    _create_journal()
    _create_delisting()


def _aggregate() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def _create_voucher() -> None:
    checks = {
        "status_known": "status IN ('active', 'stopped')",
        "face_value_positive": "face_value > 0",
        "parts_not_negative": "balance >= 0 AND held >= 0 AND spent >= 0",
        "parts_make_the_whole": "balance + held + spent = face_value",
        "subsidy_percent_is_share": "subsidy_percent > 0 AND subsidy_percent <= 100",
        "validity_forward": "valid_until >= issued_on",
        "category_of_the_programme": "category IS NULL OR category = ANY (categories)",
        "stopped_with_reason": (
            "(status = 'stopped') = (stopped_on IS NOT NULL) AND (status = 'stopped') = (reason_code IS NOT NULL)"
        ),
    }
    op.create_table(
        "voucher",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("issuer_division", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text()),
        sa.Column("categories", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("subsidy_percent", sa.Numeric(5, 2), nullable=False),
        sa.Column("delivered_honoured", sa.Boolean(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("face_value", MONEY, nullable=False),
        sa.Column("balance", MONEY, nullable=False),
        sa.Column("held", MONEY, nullable=False),
        sa.Column("spent", MONEY, nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("stopped_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("decision", postgresql.JSONB(), nullable=False),
        *_aggregate(),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_voucher_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher")),
        sa.UniqueConstraint("no", name=op.f("uq_voucher_no")),
        *(sa.CheckConstraint(sql, name=op.f(f"ck_voucher_{name}")) for name, sql in checks.items()),
    )
    op.create_index("ix_voucher_enterprise_id", "voucher", ["enterprise_id", "id"])
    op.create_index("ix_voucher_issuer_division", "voucher", ["issuer_division", "id"])
    op.create_index("ix_voucher_programme_id", "voucher", ["programme_id", "id"])
    op.create_index(
        "ix_voucher_centre_id_active", "voucher", ["centre_id"], postgresql_where=sa.text("status = 'active'")
    )
    op.create_table(
        "voucher_code",
        sa.Column("voucher_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.CheckConstraint("code ~ '^[0-9A-HJKMNP-TV-Z]{20}$'", name=op.f("ck_voucher_code_code_is_100_bits")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_voucher_code_voucher_id")),
        sa.PrimaryKeyConstraint("voucher_id", name=op.f("pk_voucher_code")),
        sa.UniqueConstraint("code", name=op.f("uq_voucher_code_code")),
    )


def _create_redemption() -> None:
    checks = {
        "status_known": "status IN ('held', 'delivered', 'redeemed', 'released')",
        "subsidy_within_price": "price > 0 AND subsidy > 0 AND subsidy <= price",
        "subsidy_within_balance": "subsidy <= balance_before",
        "subsidy_within_share": "subsidy <= round(price * subsidy_percent / 100, 2)",
        "dates_of_status": (
            "(status = 'redeemed') = (redeemed_on IS NOT NULL) AND (status = 'released') = (released_on IS NOT NULL)"
            " AND (status IN ('held', 'released') OR delivered_on IS NOT NULL)"
        ),
        "released_with_reason": "(status = 'released') = (reason_code IS NOT NULL)",
    }
    op.execute("CREATE SEQUENCE redemption_number")
    op.create_table(
        "redemption",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("voucher_id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("issuer_division", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("price", MONEY, nullable=False),
        sa.Column("subsidy_percent", sa.Numeric(5, 2), nullable=False),
        sa.Column("balance_before", MONEY, nullable=False),
        sa.Column("subsidy", MONEY, nullable=False),
        sa.Column("invoice_key", sa.Text()),
        sa.Column("contract_key", sa.Text()),
        sa.Column("held_by", sa.Text(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("delivered_by", sa.Text()),
        sa.Column("delivered_on", sa.Date()),
        sa.Column("redeemed_by", sa.Text()),
        sa.Column("redeemed_on", sa.Date()),
        sa.Column("released_by", sa.Text()),
        sa.Column("released_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        *_aggregate(),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_redemption_programme_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_redemption_provider_id")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_redemption_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemption")),
        sa.UniqueConstraint("no", name=op.f("uq_redemption_no")),
        *(sa.CheckConstraint(sql, name=op.f(f"ck_redemption_{name}")) for name, sql in checks.items()),
    )
    for column in ("voucher_id", "provider_id", "enterprise_id", "issuer_division"):
        op.create_index(f"ix_redemption_{column}", "redemption", [column, "id"])
    for column in ("invoice_key", "contract_key"):
        live = sa.text(f"{column} IS NOT NULL AND status <> 'released'")
        op.create_index(f"uq_redemption_{column}", "redemption", [column], unique=True, postgresql_where=live)


def _create_journal() -> None:
    op.create_table(
        "journal_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("redemption_id", sa.Uuid(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["redemption_id"], ["redemption.id"], name=op.f("fk_journal_entry_redemption_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entry")),
        sa.UniqueConstraint("redemption_id", "kind", name=op.f("uq_journal_entry_redemption_kind")),
    )
    op.create_table(
        "posting",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.SmallInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_posting_amount_moves")),
        sa.CheckConstraint("line > 0", name=op.f("ck_posting_line_positive")),
        sa.ForeignKeyConstraint(["entry_id"], ["journal_entry.id"], name=op.f("fk_posting_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", "line", name=op.f("pk_posting")),
    )
    op.create_index("ix_posting_account", "posting", ["account", "subject_id"])
    op.execute(_JOURNAL_BALANCES)
    # Lines are numbered without gaps, so 1 and 2 are taken once the entry is checked: the usual entry of two lines is
    # checked once, by its own trigger, and any line beyond them by the posting's.
    for table, condition in (("journal_entry", ""), ("posting", " WHEN (NEW.line > 2)")):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {table}_balances AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED"
            f" FOR EACH ROW{condition} EXECUTE FUNCTION journal_balances()"
        )
        append_only(op, table)


def _create_delisting() -> None:
    op.create_table(
        "delisting_carried_out",
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("stopped_voucher_ids", IDS, nullable=False),
        sa.Column("released_redemption_ids", IDS, nullable=False),
        sa.Column("honoured_redemption_ids", IDS, nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        *_aggregate(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delisting_carried_out")),
    )


def downgrade() -> None:
    raise NotImplementedError("money on record is not taken off it: restore a backup instead")
