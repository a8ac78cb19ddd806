"""Orders, part deliveries, disputes, reversals, and what is claimed on a document together."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)

# A voucher's uses had a document each to themselves; an invoice below the price was allowed as long as it carried the
# subsidy, and counts as one of the price.
_CLAIMS = """
INSERT INTO document_claim (kind, key, amount, stated, priced, claimed, percent)
SELECT 'invoice', invoice_key, greatest(invoice_amount, price), true, price, subsidy, 100
FROM redemption WHERE invoice_key IS NOT NULL AND status <> 'released'
UNION ALL
SELECT 'contract', contract_key, price, false, price, subsidy, 100
FROM redemption WHERE contract_key IS NOT NULL AND status <> 'released'
"""


def upgrade() -> None:
    _widen_redemption()
    _sum_claims()
    _create_dispute()
    _create_reversal()


def _aggregate() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def _checks(table: str, checks: dict[str, str]) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(sql, name=op.f(f"ck_{table}_{name}")) for name, sql in checks.items()]


def _widen_redemption() -> None:
    for name in ("offering_id", "split_from"):
        op.add_column("redemption", sa.Column(name, sa.Uuid()))
    for name in ("description", "ordered_by", "issuer_decision"):
        op.add_column("redemption", sa.Column(name, sa.Text()))
    for name in ("ordered_on", "expires_on", "confirm_by"):
        op.add_column("redemption", sa.Column(name, sa.Date()))
    op.add_column("redemption", sa.Column("category_left", MONEY))
    for name in ("reversed_amount", "restored_amount"):
        op.add_column("redemption", sa.Column(name, MONEY, server_default="0", nullable=False))
    op.add_column(
        "redemption",
        sa.Column("sampling_flags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("redemption", sa.Column("collected", sa.Boolean(), server_default="false", nullable=False))
    for name in ("held_by", "held_on"):
        op.execute(f"-- squawk-ignore ban-drop-not-null\nALTER TABLE redemption ALTER {name} DROP NOT NULL")
    # Every row was held and none reversed or ordered: it meets the new checks as it met the old ones, so nothing has to
    # be read again.
    dropped = ("status_known", "subsidy_within_price", "dates_of_status")
    for name in dropped:
        op.execute(f"-- squawk-ignore ban-drop-constraint\nALTER TABLE redemption DROP CONSTRAINT ck_redemption_{name}")
    checks = {
        "status_known": "status IN ('ordered', 'held', 'delivered', 'disputed', 'redeemed', 'released', 'reversed')",
        "subsidy_within_price": "price > 0 AND subsidy >= 0 AND subsidy <= price",
        "subsidy_of_hold": "(subsidy = 0) = (held_on IS NULL)",
        "dates_of_status": (
            "(status IN ('redeemed', 'reversed')) = (redeemed_on IS NOT NULL)"
            " AND (status = 'released') = (released_on IS NOT NULL)"
            " AND (status IN ('ordered', 'held', 'released') OR delivered_on IS NOT NULL)"
            " AND (status = 'released' OR (status = 'ordered') = (held_on IS NULL))"
            " AND (held_on IS NOT NULL OR ordered_on IS NOT NULL)"
        ),
        "reversed_within_subsidy": (
            "reversed_amount >= 0 AND reversed_amount <= subsidy"
            " AND (reversed_amount = 0 OR status IN ('redeemed', 'reversed'))"
            " AND (status = 'reversed') = (reversed_amount > 0 AND reversed_amount = subsidy)"
        ),
        "subsidy_within_category": "subsidy <= category_left",
        "restored_within_reversed": "restored_amount >= 0 AND restored_amount <= reversed_amount",
    }
    for name, condition in checks.items():
        op.execute(f"ALTER TABLE redemption ADD CONSTRAINT ck_redemption_{name} CHECK ({condition}) NOT VALID")
    op.execute(
        "ALTER TABLE redemption ADD CONSTRAINT fk_redemption_split_from FOREIGN KEY (split_from)"
        " REFERENCES redemption (id) NOT VALID"
    )
    # Days to deliver and to confirm as the only edition has them that holds were made under before.
    op.execute("UPDATE redemption SET expires_on = held_on + 90 WHERE status = 'held'")
    op.execute("UPDATE redemption SET confirm_by = delivered_on + 15 WHERE status = 'delivered'")
    _index_redemption()


def _index_redemption() -> None:
    indexes = {
        "ix_redemption_expires_on": "(expires_on, id) WHERE status IN ('ordered', 'held')",
        "ix_redemption_unconfirmed": "(issuer_division, confirm_by, id) WHERE status IN ('delivered', 'disputed')",
        "ix_redemption_provider_open": (
            "(provider_id, id) WHERE status IN ('ordered', 'held', 'delivered', 'disputed')"
        ),
        "ix_redemption_invoice_key": "(invoice_key) WHERE invoice_key IS NOT NULL",
        "ix_redemption_to_collect": "(issuer_division, redeemed_on, id) WHERE status = 'redeemed' AND NOT collected",
        "ix_redemption_split_from": "(split_from) WHERE split_from IS NOT NULL",
    }
    for name, columns in indexes.items():
        op.execute(f"-- squawk-ignore require-concurrent-index-creation\nCREATE INDEX {name} ON redemption {columns}")
    # What they guarded is guarded by the sums of claims from here on, in the same transaction.
    for column in ("invoice_key", "contract_key"):
        op.execute(f"-- squawk-ignore require-concurrent-index-deletion\nDROP INDEX uq_redemption_{column}")


def _sum_claims() -> None:
    checks = {
        "kind_known": "kind IN ('invoice', 'contract')",
        "amounts_not_negative": "amount > 0 AND priced >= 0 AND claimed >= 0 AND granted >= 0",
        "claimed_within_priced": "claimed <= priced",
        "within_amount": "priced <= amount",
        "within_claims": "claimed + granted <= least(amount, granted_amount) * percent / 100",
    }
    op.create_table(
        "document_claim",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("stated", sa.Boolean(), nullable=False),
        sa.Column("priced", MONEY, nullable=False),
        sa.Column("claimed", MONEY, nullable=False),
        sa.Column("granted", MONEY, server_default="0", nullable=False),
        sa.Column("granted_amount", MONEY),
        sa.Column("percent", sa.Numeric(9, 6), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_document_claim")),
        *_checks("document_claim", checks),
    )
    op.execute(_CLAIMS)


def _create_dispute() -> None:
    checks = {
        "outcome_known": "outcome IN ('redelivered', 'confirmed', 'released', 'captured')",
        "closed_by_somebody": "num_nulls(outcome, closed_by, closed_on) IN (0, 3)",
        "dates_forward": "closed_on >= raised_on",
    }
    op.create_table(
        "dispute",
        sa.Column("redemption_id", sa.Uuid(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("raised_by", sa.Text(), nullable=False),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("outcome", sa.Text()),
        sa.Column("answer", sa.Text()),
        sa.Column("closed_by", sa.Text()),
        sa.Column("closed_on", sa.Date()),
        *_aggregate(),
        sa.ForeignKeyConstraint(["redemption_id"], ["redemption.id"], name=op.f("fk_dispute_redemption_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        *_checks("dispute", checks),
    )
    op.create_index(
        "uq_dispute_open", "dispute", ["redemption_id"], unique=True, postgresql_where=sa.text("outcome IS NULL")
    )
    op.create_index("ix_dispute_redemption_id", "dispute", ["redemption_id", "id"])


def _create_reversal() -> None:
    checks = {
        "status_known": "status IN ('asked', 'proposed', 'approved', 'refused')",
        "amount_positive": "amount > 0",
        "begun_by_somebody": "num_nulls(asked_by, proposed_by) < 2",
        "proposed_by_somebody": "status <> 'proposed' OR num_nulls(proposed_by, proposed_on) = 0",
        "decided_by_somebody": "status NOT IN ('approved', 'refused') OR num_nulls(decided_by, decided_on) = 0",
        "four_eyes": (
            "status <> 'approved' OR (proposed_by IS NOT NULL AND decided_by <> proposed_by"
            " AND decided_by IS DISTINCT FROM asked_by)"
        ),
        "dates_forward": "decided_on >= coalesce(proposed_on, asked_on)",
        "approved_paid_or_not": "(status = 'approved') = (paid IS NOT NULL)",
    }
    op.create_table(
        "reversal",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("redemption_id", sa.Uuid(), nullable=False),
        sa.Column("issuer_division", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        *(
            column
            for step in ("asked", "proposed", "decided")
            for column in (sa.Column(f"{step}_by", sa.Text()), sa.Column(f"{step}_on", sa.Date()))
        ),
        sa.Column("answer", sa.Text()),
        sa.Column("paid", sa.Boolean()),
        *_aggregate(),
        sa.ForeignKeyConstraint(["redemption_id"], ["redemption.id"], name=op.f("fk_reversal_redemption_id")),
        sa.ForeignKeyConstraint(["provider_id"], ["provider.id"], name=op.f("fk_reversal_provider_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reversal")),
        sa.UniqueConstraint("no", name=op.f("uq_reversal_no")),
        *_checks("reversal", checks),
    )
    op.create_index(
        "uq_reversal_open",
        "reversal",
        ["redemption_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('asked', 'proposed')"),
    )
    op.create_index("ix_reversal_redemption_id", "reversal", ["redemption_id", "id"])
    op.create_index("ix_reversal_issuer_division", "reversal", ["issuer_division", "id"])


def downgrade() -> None:
    raise NotImplementedError("what was decided is not dropped: restore a backup instead")
