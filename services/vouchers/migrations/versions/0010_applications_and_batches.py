"""Applications for vouchers, batches, freezing and extension."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)

# What each delisting stopped, from what was kept of it; a voucher that was stopped gave back all of `returned`.
_KEPT_VOUCHERS = """
INSERT INTO delisting_effect (case_id, voucher_id, voucher_version, stopped_on, returned)
SELECT DISTINCT ON (voucher.id) done.id, voucher.id, voucher.version, voucher.stopped_on, voucher.returned
FROM delisting_carried_out AS done
JOIN voucher ON voucher.id = ANY (done.stopped_voucher_ids)
WHERE voucher.stopped_on IS NOT NULL
ORDER BY voucher.id, done.id
"""
_KEPT_HOLDS = """
INSERT INTO delisting_hold (case_id, redemption_id, voucher_id, outcome, subsidy)
SELECT done.id, redemption.id, redemption.voucher_id, kept.outcome, redemption.subsidy
FROM delisting_carried_out AS done
CROSS JOIN LATERAL (
    SELECT 'released' AS outcome, unnest(done.released_redemption_ids) AS id
    UNION ALL
    SELECT 'honoured', unnest(done.honoured_redemption_ids)
) AS kept
JOIN redemption ON redemption.id = kept.id
"""


def upgrade() -> None:
    _create_application()
    _create_batch()
    _widen_voucher()
    _create_request()
    _create_operation()
    _create_delisting_effects()


def _aggregate() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def _steps() -> list[sa.Column[object]]:
    """Who took a step, and when: submitted, reviewed, decided."""
    return [
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=False),
        sa.Column("reviewed_by", sa.Text()),
        sa.Column("reviewed_on", sa.Date()),
        sa.Column("opinion", sa.Text()),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_on", sa.Date()),
        sa.Column("answer", sa.Text()),
    ]


_STEPS = {
    "four_eyes": "status <> 'approved' OR (decided_by <> submitted_by AND decided_by <> reviewed_by)",
    "decided_by_somebody": (
        "(status IN ('approved', 'refused', 'withdrawn')) = (num_nulls(decided_by, decided_on) = 0)"
    ),
    "reviewed_by_somebody": "status NOT IN ('reviewed', 'approved') OR num_nulls(reviewed_by, reviewed_on) = 0",
    "dates_forward": "reviewed_on >= submitted_on AND decided_on >= coalesce(reviewed_on, submitted_on)",
    "status_known": "status IN ('submitted', 'reviewed', 'approved', 'refused', 'withdrawn')",
}


def _checks(table: str, checks: dict[str, str]) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(sql, name=op.f(f"ck_{table}_{name}")) for name, sql in checks.items()]


def _create_application() -> None:
    table = "voucher_application"
    own = {
        "amount_positive": "amount > 0",
        "granted_within_amount": "granted > 0 AND granted <= amount",
        "approved_with_voucher": "(status = 'approved') = (voucher_id IS NOT NULL)",
    }
    op.create_table(
        table,
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("issuer_division", sa.Text(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text()),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("granted", MONEY),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("decision", postgresql.JSONB(), nullable=False),
        *_steps(),
        sa.Column("voucher_id", sa.Uuid()),
        *_aggregate(),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f(f"fk_{table}_programme_id")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f(f"fk_{table}_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("no", name=op.f(f"uq_{table}_no")),
        sa.UniqueConstraint("voucher_id", name=op.f(f"uq_{table}_voucher_id")),
        *_checks(table, {**_STEPS, **own}),
    )
    op.create_index(f"ix_{table}_enterprise_id", table, ["enterprise_id", "id"])
    op.create_index(f"ix_{table}_issuer_division", table, ["issuer_division", "id"])
    op.create_index(
        f"uq_{table}_open",
        table,
        ["programme_id", "enterprise_id", sa.text("coalesce(category, '')")],
        unique=True,
        postgresql_where=sa.text("status IN ('submitted', 'reviewed')"),
    )


def _create_batch() -> None:
    checks = {
        "status_known": "status IN ('awaiting_approval', 'issuing', 'interrupted', 'issued', 'refused', 'withdrawn')",
        "rows_some": "row_count > 0 AND amount > 0",
        "four_eyes": "approved_by <> submitted_by",
        "approved_by_somebody": (
            "status NOT IN ('issuing', 'interrupted', 'issued') OR num_nulls(approved_by, approved_on) = 0"
        ),
        "ended_by_somebody": "(status IN ('refused', 'withdrawn')) = (num_nulls(ended_by, ended_on) = 0)",
        "dates_forward": "approved_on >= submitted_on AND ended_on >= submitted_on",
    }
    op.create_table(
        "voucher_batch",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("issuer_division", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text()),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("issued_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("issued_amount", MONEY, server_default=sa.text("0"), nullable=False),
        sa.Column("refused_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("submitted_on", sa.Date(), nullable=False),
        sa.Column("approved_by", sa.Text()),
        sa.Column("approved_on", sa.Date()),
        sa.Column("ended_by", sa.Text()),
        sa.Column("ended_on", sa.Date()),
        sa.Column("answer", sa.Text()),
        *_aggregate(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voucher_batch")),
        sa.UniqueConstraint("no", name=op.f("uq_voucher_batch_no")),
        *_checks("voucher_batch", checks),
    )
    op.create_index("ix_voucher_batch_issuer_division", "voucher_batch", ["issuer_division", "id"])
    op.create_index(
        "uq_voucher_batch_file",
        "voucher_batch",
        ["issuer_division", "file_sha256"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('refused', 'withdrawn')"),
    )
    rows = {
        "status_known": "status IN ('pending', 'issued', 'refused')",
        "face_value_positive": "face_value > 0",
        "issued_with_voucher": "(status = 'issued') = (voucher_id IS NOT NULL)",
        "refused_with_code": "(status = 'refused') = (code IS NOT NULL)",
    }
    op.create_table(
        "voucher_batch_row",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_code", sa.Text(), nullable=False),
        sa.Column("category", sa.Text()),
        sa.Column("face_value", MONEY, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("voucher_id", sa.Uuid()),
        sa.Column("code", sa.Text()),
        sa.Column("params", postgresql.JSONB()),
        sa.Column("decision", postgresql.JSONB()),
        sa.ForeignKeyConstraint(["batch_id"], ["voucher_batch.id"], name=op.f("fk_voucher_batch_row_batch_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name=op.f("fk_voucher_batch_row_programme_id")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_voucher_batch_row_voucher_id")),
        sa.PrimaryKeyConstraint("batch_id", "position", name=op.f("pk_voucher_batch_row")),
        sa.UniqueConstraint("voucher_id", name=op.f("uq_voucher_batch_row_voucher_id")),
        *_checks("voucher_batch_row", rows),
    )


def _widen_voucher() -> None:
    op.add_column(
        "voucher", sa.Column("category_terms", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False)
    )
    op.add_column("voucher", sa.Column("first_free", sa.Boolean(), server_default=sa.false(), nullable=False))
    for name in ("application_id", "batch_id"):
        op.add_column("voucher", sa.Column(name, sa.Uuid()))
    for name in ("frozen_on", "approved_on"):
        op.add_column("voucher", sa.Column(name, sa.Date()))
    for name in ("frozen_by", "frozen_reason", "approved_by", "refusal"):
        op.add_column("voucher", sa.Column(name, sa.Text()))
    op.add_column("voucher", sa.Column("extensions", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    # What every row met is widened, and the new checks are met by rows that were never frozen and gave nothing back
    # while they ran: nothing has to be read again.
    op.execute("-- squawk-ignore ban-drop-constraint\nALTER TABLE voucher DROP CONSTRAINT ck_voucher_status_known")
    checks = {
        "status_known": "status IN ('active', 'frozen', 'stopped')",
        "frozen_with_reason": "status <> 'frozen' OR num_nulls(frozen_on, frozen_by, frozen_reason) = 0",
        "running_returned_nothing": "status = 'stopped' OR returned = 0",
        "four_eyes": "approved_by <> issued_by",
        "approved_by_somebody": "num_nulls(approved_by, approved_on) IN (0, 2)",
        "extensions_counted": "extensions >= 0",
    }
    for name, condition in checks.items():
        op.execute(f"ALTER TABLE voucher ADD CONSTRAINT ck_voucher_{name} CHECK ({condition}) NOT VALID")
    for name, columns in {"centre_id": "centre_id", "valid_until": "valid_until, id"}.items():
        op.execute(
            "-- squawk-ignore require-concurrent-index-creation\n"
            f"CREATE INDEX ix_voucher_{name}_running ON voucher ({columns}) WHERE status <> 'stopped'"
        )
    op.execute(
        "-- squawk-ignore require-concurrent-index-creation\n"
        "CREATE INDEX ix_voucher_frozen ON voucher (issuer_division, id) WHERE status = 'frozen'"
    )
    op.execute("-- squawk-ignore require-concurrent-index-deletion\nDROP INDEX ix_voucher_centre_id_active")


def _create_request() -> None:
    table = "voucher_request"
    own = {
        "kind_known": "kind IN ('extension', 'void', 'reinstatement')",
        "extension_to_a_day": "(kind = 'extension') = (valid_until IS NOT NULL)",
        "void_with_reason": "(kind = 'void') = (num_nulls(reason_code, delivered) = 0)",
        "delivered_known": "delivered IN ('honoured', 'released')",
        "amount_not_negative": "amount >= 0",
    }
    op.create_table(
        table,
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("voucher_id", sa.Uuid(), nullable=False),
        sa.Column("issuer_division", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        sa.Column("delivered", sa.Text()),
        sa.Column("amount", MONEY),
        sa.Column("decision", postgresql.JSONB()),
        *_steps(),
        *_aggregate(),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f(f"fk_{table}_voucher_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("no", name=op.f(f"uq_{table}_no")),
        *_checks(table, {**_STEPS, **own}),
    )
    op.create_index(f"ix_{table}_voucher_id", table, ["voucher_id", "id"])
    op.create_index(f"ix_{table}_issuer_division", table, ["issuer_division", "id"])
    op.create_index(
        f"uq_{table}_open",
        table,
        ["voucher_id", "kind"],
        unique=True,
        postgresql_where=sa.text("status IN ('submitted', 'reviewed')"),
    )


def _create_operation() -> None:
    checks = {
        "kind_known": "kind IN ('issue_batch')",
        "status_known": "status IN ('running', 'done', 'failed')",
        "done_within_total": "done BETWEEN 0 AND total",
        "finished_with_time": "(status = 'running') = (finished_at IS NULL)",
    }
    op.create_table(
        "operation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("result", postgresql.JSONB()),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("correlation_id", sa.Text(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("traceparent", sa.Text()),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["voucher_batch.id"], name=op.f("fk_operation_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation")),
        *_checks("operation", checks),
    )
    op.create_index(
        "uq_operation_running", "operation", ["batch_id"], unique=True, postgresql_where=sa.text("status = 'running'")
    )


def _create_delisting_effects() -> None:
    op.create_table(
        "delisting_effect",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("voucher_id", sa.Uuid(), nullable=False),
        sa.Column("voucher_version", sa.Integer(), nullable=False),
        sa.Column("stopped_on", sa.Date(), nullable=False),
        sa.Column("returned", MONEY, nullable=False),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_delisting_effect_voucher_id")),
        sa.PrimaryKeyConstraint("case_id", "voucher_id", "voucher_version", name=op.f("pk_delisting_effect")),
    )
    op.create_index("ix_delisting_effect_voucher_id", "delisting_effect", ["voucher_id"])
    op.create_table(
        "delisting_hold",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("redemption_id", sa.Uuid(), nullable=False),
        sa.Column("voucher_id", sa.Uuid(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("subsidy", MONEY, nullable=False),
        sa.CheckConstraint("outcome IN ('honoured', 'released')", name=op.f("ck_delisting_hold_outcome_known")),
        sa.ForeignKeyConstraint(["redemption_id"], ["redemption.id"], name=op.f("fk_delisting_hold_redemption_id")),
        sa.ForeignKeyConstraint(["voucher_id"], ["voucher.id"], name=op.f("fk_delisting_hold_voucher_id")),
        sa.PrimaryKeyConstraint("case_id", "redemption_id", "outcome", name=op.f("pk_delisting_hold")),
    )
    op.create_index("ix_delisting_hold_voucher_id", "delisting_hold", ["voucher_id"])
    op.execute(_KEPT_VOUCHERS)
    op.execute(_KEPT_HOLDS)


def downgrade() -> None:
    raise NotImplementedError("what was decided is not dropped: restore a backup instead")
