"""The city's view: what use is made of vouchers, and what came of it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _create_survey()
    _create_form()
    _create_answer()
    # Uses are entered nearly in the order of their days, so ranges of blocks are told apart by them; a B-tree of days
    # would cost every sale at the counter.
    op.execute(
        "-- squawk-ignore require-concurrent-index-creation\n"
        "CREATE INDEX ix_redemption_redeemed_on ON redemption USING brin (redeemed_on) WITH (pages_per_range = 32)"
    )


def _aggregate() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def _checks(table: str, checks: dict[str, str]) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(sql, name=op.f(f"ck_{table}_{name}")) for name, sql in checks.items()]


def _create_survey() -> None:
    checks = {
        "status_known": "status IN ('open', 'closed')",
        "due_after_opening": "due_on > opened_on",
        "closed_by_somebody": "(status = 'closed') = (num_nulls(closed_by, closed_on) = 0)",
        "dates_forward": "closed_on >= opened_on",
        "respondents_within_asked": "asked >= 0 AND answered >= 0 AND answered <= asked",
        "least_positive": "least_respondents > 0",
    }
    op.create_table(
        "outcome_survey",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("issuer_division", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("least_respondents", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        *_aggregate(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome_survey")),
        sa.UniqueConstraint("no", name=op.f("uq_outcome_survey_no")),
        sa.UniqueConstraint("issuer_division", "year", name="uq_outcome_survey_issuer_year"),
        *_checks("outcome_survey", checks),
    )


def _create_form() -> None:
    checks = {
        "status_known": "status IN ('asked', 'answered')",
        "answered_once_at_least": "revision >= 0 AND (status = 'answered') = (revision > 0)",
        "use_positive": "uses > 0 AND captured >= 0",
    }
    op.create_table(
        "outcome_form",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("issuer_division", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("captured", sa.Numeric(18, 2), nullable=False),
        *_aggregate(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome_form")),
        sa.ForeignKeyConstraint(
            ["survey_id"], ["outcome_survey.id"], name=op.f("fk_outcome_form_survey_id_outcome_survey")
        ),
        sa.UniqueConstraint("survey_id", "enterprise_id", name="uq_outcome_form_enterprise"),
        *_checks("outcome_form", checks),
    )
    op.create_index("ix_outcome_form_enterprise_id", "outcome_form", ["enterprise_id", "id"])
    op.create_index("ix_outcome_form_survey_id", "outcome_form", ["survey_id", "id"])


def _create_answer() -> None:
    checks = {
        "counts_not_negative": "jobs_created >= 0 AND ip_applied >= 0 AND ip_granted >= 0 AND income >= 0",
        "satisfaction_known": "satisfaction BETWEEN 1 AND 5",
        "revision_positive": "revision > 0",
    }
    op.create_table(
        "outcome_answer",
        sa.Column("form_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("jobs_created", sa.Integer(), nullable=False),
        sa.Column("ip_applied", sa.Integer(), nullable=False),
        sa.Column("ip_granted", sa.Integer(), nullable=False),
        sa.Column("income", sa.Numeric(18, 2), nullable=False),
        sa.Column("satisfaction", sa.SmallInteger(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("form_id", "revision", name=op.f("pk_outcome_answer")),
        sa.ForeignKeyConstraint(["form_id"], ["outcome_form.id"], name=op.f("fk_outcome_answer_form_id_outcome_form")),
        *_checks("outcome_answer", checks),
    )


def downgrade() -> None:
    raise NotImplementedError("what was decided is not dropped: restore a backup instead")
