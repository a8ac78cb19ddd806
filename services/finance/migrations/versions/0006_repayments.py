"""Repayments of recovered money, and who paid a recovery."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)

# Recoveries under delistings that were reversed before this: nobody wrote down who paid, so it is the centre's
# operator. The reversal is the centre's last order that was followed.
_OPEN = """
WITH recovery AS (
    SELECT entry.id AS entry_id, entry.effective_on, posting.amount, grantee.id AS grant_id, grantee.centre_id,
           grantee.fiscal_year, grantee.edition, grantee.delisting_case_id,
           coalesce(centre.operator_code, grantee.operator_code) AS payee_code,
           remedy.id AS remedy_id, coalesce(remedy.effective_on, grantee.updated_at::date) AS opened_on
    FROM journal_entry AS entry
    JOIN posting ON posting.entry_id = entry.id AND posting.line = 1
    JOIN centre_grant AS grantee ON grantee.id = entry.case_id
    LEFT JOIN known_centre AS centre ON centre.id = grantee.centre_id
    LEFT JOIN LATERAL (
        SELECT done.id, done.effective_on FROM delisting_carried_out AS done
        WHERE done.centre_id = grantee.centre_id AND done.id <> grantee.delisting_case_id
        ORDER BY done.effective_on DESC, done.created_at DESC LIMIT 1
    ) AS remedy ON true
    WHERE entry.kind = 'grant_recovered' AND grantee.reason_code = 'delisting_reversed'
      AND grantee.delisting_case_id IS NOT NULL
), numbered AS (
    SELECT *, extract(year FROM opened_on)::integer AS year,
           row_number() OVER (PARTITION BY extract(year FROM opened_on) ORDER BY entry_id) AS n
    FROM recovery
)
INSERT INTO repayment (id, no, grant_id, centre_id, fiscal_year, edition, delisting_case_id, remedy_id,
                       recovery_entry_id, recovered, recovered_on, amount, payee_code, decisions, status, opened_on)
SELECT gen_random_uuid(), 'RP-' || year || '-' || lpad(n::text, greatest(4, length(n::text)), '0'), grant_id,
       centre_id, fiscal_year, edition, delisting_case_id, remedy_id, entry_id, amount, effective_on, amount,
       payee_code, '[]'::jsonb, 'due', opened_on
FROM numbered
"""
_COUNT = """
INSERT INTO case_counter (prefix, year, last)
SELECT 'RP', split_part(no, '-', 2)::integer, count(*) FROM repayment GROUP BY 2
"""


def upgrade() -> None:
    op.add_column("journal_entry", sa.Column("counterparty", sa.Text()))
    op.add_column("centre_grant", sa.Column("repaid", MONEY, server_default=sa.text("0"), nullable=False))
    _check_grants()
    _create_repayment()
    op.execute(_OPEN)
    op.execute(_COUNT)


def _check_grants() -> None:
    # NOT VALID: nothing was repaid before, so what met the checks that these replace meets them.
    checks = {
        "amounts_not_negative": "least(spent, ineligible, refunded, recovery_due, recovered, repaid) >= 0",
        "recovered_within_due": "recovered - repaid <= recovery_due",
        "closed_in_balance": "status <> 'closed' OR spent + refunded + recovered - repaid = paid",
    }
    for name in checks:
        op.execute(
            f"-- squawk-ignore ban-drop-constraint\nALTER TABLE centre_grant DROP CONSTRAINT ck_centre_grant_{name}"
        )
    checks["repaid_within_recovered"] = "repaid <= recovered"
    for name, condition in checks.items():
        op.execute(f"ALTER TABLE centre_grant ADD CONSTRAINT ck_centre_grant_{name} CHECK ({condition}) NOT VALID")


_CHECKS = {
    "status_known": "status IN ('due', 'prepared', 'approved', 'countersigned', 'paid', 'cancelled')",
    "amount_within_recovered": "amount > 0 AND amount <= recovered",
    "preparation_whole": (
        "num_nulls(prepared_by, prepared_on)"
        " = CASE status WHEN 'due' THEN 2 WHEN 'cancelled' THEN num_nulls(prepared_by, prepared_on) ELSE 0 END"
        " AND num_nulls(prepared_by, prepared_on) IN (0, 2)"
    ),
    "approval_whole": (
        "num_nulls(approved_by, approved_on) IN (0, 2)"
        " AND (status NOT IN ('due', 'prepared') OR approved_by IS NULL)"
        " AND (status NOT IN ('approved', 'countersigned', 'paid') OR approved_by IS NOT NULL)"
    ),
    "countersignature_whole": (
        "num_nulls(countersigned_by, countersigned_on) IN (0, 2)"
        " AND (status NOT IN ('due', 'prepared', 'approved') OR countersigned_by IS NULL)"
        " AND (status NOT IN ('countersigned', 'paid') OR countersigned_by IS NOT NULL)"
    ),
    "payment_whole": (
        "num_nulls(paid_by, paid_on, document_no, journal_entry_id) = CASE status WHEN 'paid' THEN 0 ELSE 4 END"
    ),
    "cancellation_whole": (
        "num_nulls(ended_on, cancelled_by_case_id) = CASE status WHEN 'cancelled' THEN 0 ELSE 2 END"
    ),
    "approver_is_another": "approved_by <> prepared_by",
    "countersigner_is_another": "countersigned_by NOT IN (prepared_by, approved_by)",
    "payer_is_another": "paid_by NOT IN (prepared_by, approved_by, countersigned_by)",
}


def _create_repayment() -> None:
    op.create_table(
        "repayment",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("delisting_case_id", sa.Uuid(), nullable=False),
        sa.Column("remedy_id", sa.Uuid()),
        sa.Column("basis_document_no", sa.Text()),
        sa.Column("recovery_entry_id", sa.Uuid(), nullable=False),
        sa.Column("recovered", MONEY, nullable=False),
        sa.Column("recovered_on", sa.Date(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("payee_code", sa.Text(), nullable=False),
        sa.Column("decisions", postgresql.JSONB(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text()),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("prepared_on", sa.Date()),
        sa.Column("prepared_by", sa.Text()),
        sa.Column("approved_on", sa.Date()),
        sa.Column("approved_by", sa.Text()),
        sa.Column("countersigned_on", sa.Date()),
        sa.Column("countersigned_by", sa.Text()),
        sa.Column("paid_on", sa.Date()),
        sa.Column("paid_by", sa.Text()),
        sa.Column("document_no", sa.Text()),
        sa.Column("journal_entry_id", sa.Uuid()),
        sa.Column("ended_on", sa.Date()),
        sa.Column("cancelled_by_case_id", sa.Uuid()),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *(sa.CheckConstraint(condition, name=op.f(f"ck_repayment_{name}")) for name, condition in _CHECKS.items()),
        sa.ForeignKeyConstraint(["grant_id"], ["centre_grant.id"], name=op.f("fk_repayment_grant_id")),
        sa.ForeignKeyConstraint(
            ["recovery_entry_id"], ["journal_entry.id"], name=op.f("fk_repayment_recovery_entry_id")
        ),
        sa.ForeignKeyConstraint(["journal_entry_id"], ["journal_entry.id"], name=op.f("fk_repayment_journal_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repayment")),
        sa.UniqueConstraint("no", name="uq_repayment_no"),
        sa.UniqueConstraint("journal_entry_id", name="uq_repayment_journal_entry_id"),
    )
    op.create_index(
        "uq_repayment_live_recovery",
        "repayment",
        ["recovery_entry_id"],
        unique=True,
        postgresql_where=sa.text("status <> 'cancelled'"),
    )
    for column in ("grant_id", "centre_id", "payee_code", "remedy_id"):
        op.create_index(f"ix_repayment_{column}", "repayment", [column])


def downgrade() -> None:
    raise NotImplementedError("money on record is not taken off it: restore a backup instead")
