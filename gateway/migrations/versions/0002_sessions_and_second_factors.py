"""Sessions with refresh tokens, second factors, invitations, what waits for a second person, and the security role."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_ROLES = (
    *("admin", "auditor", "bank", "bureau", "centre_operator", "division_approver", "division_officer"),
    *("education_approver", "education_officer", "enterprise", "expert", "finance_approver", "finance_officer"),
    *("founder", "guarantor", "hr_approver", "hr_officer", "industry_approver", "industry_officer", "mentor"),
    *("office_approver", "office_officer", "provider", "science_approver", "science_officer", "security_admin"),
    *("treasury_approver", "treasury_officer"),
)
_OPEN = "accepted_at IS NULL AND revoked_at IS NULL"
_REASONS = "'signed_out', 'revoked', 'password_changed', 'account_disabled', 'refresh_reused', 'second_factor_reset'"


def upgrade() -> None:
    _refuse_audit_beside_other_roles()
    _widen_account()
    _create_account_request()
    _create_sessions()
    _create_second_factor()
    _create_invitation()
    _create_password_reset()
    op.create_table(
        "sign_in_pressure",
        sa.Column("username_digest", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("username_digest", name="pk_sign_in_pressure"),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_sign_in_pressure_failures_not_negative")),
    )
    op.create_index("ix_sign_in_pressure_since", "sign_in_pressure", ["since"])


def _refuse_audit_beside_other_roles() -> None:
    """Earlier an auditor could hold other roles too: which of them to give up is for people to say."""
    op.execute(
        """
        DO $$
        BEGIN
            IF EXISTS (SELECT FROM account WHERE 'auditor' = ANY (roles) AND cardinality(roles) > 1) THEN
                RAISE EXCEPTION 'audit is held alone from now on: take the other roles from each auditor first';
            END IF;
        END
        $$
        """
    )


def _widen_account() -> None:
    known = "ARRAY[" + ", ".join(f"'{role}'" for role in _ROLES) + "]::text[]"
    op.add_column(
        "account", sa.Column("must_change_password", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    for name in ("roles_some", "roles_known"):
        op.execute(f"-- squawk-ignore ban-drop-constraint\nALTER TABLE account DROP CONSTRAINT ck_account_{name}")
    checks = {"roles_known": f"roles <@ {known}"} | {
        f"{role}_alone": f"NOT ('{role}' = ANY (roles)) OR cardinality(roles) = 1"
        for role in ("auditor", "security_admin")
    }
    for name, condition in checks.items():
        op.execute(f"ALTER TABLE account ADD CONSTRAINT ck_account_{name} CHECK ({condition}) NOT VALID")
        # One transaction: accounts are some thousands at most.
        op.execute(
            f"-- squawk-ignore constraint-missing-not-valid\nALTER TABLE account VALIDATE CONSTRAINT ck_account_{name}"
        )


def _create_account_request() -> None:
    checks = {
        "kind_known": "kind IN ('rights', 'second_factor_reset', 'password_reset')",
        "outcome_known": "outcome IN ('confirmed', 'refused', 'superseded')",
        "decision_is_whole": "num_nonnulls(outcome, decided_by, decided_at) IN (0, 3)",
        "confirmed_by_another": "outcome <> 'confirmed' OR decided_by <> requested_by",
        "not_by_oneself": "outcome <> 'confirmed' OR decided_by <> account_id::text",
        "rights_named": "num_nonnulls(roles, scope) = CASE kind WHEN 'rights' THEN 2 ELSE 0 END",
    }
    op.create_table(
        "account_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text())),
        sa.Column("scope", postgresql.JSONB()),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_account_request"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_account_request_account_id"),
        *_checks("account_request", checks),
    )
    op.create_index(
        "uq_account_request_open",
        "account_request",
        ["account_id", "kind"],
        unique=True,
        postgresql_where=sa.text("outcome IS NULL"),
    )


def _create_sessions() -> None:
    op.create_table(
        "account_session",
        *_aggregate(),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("second_factor", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_account_session"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_account_session_account_id"),
        *_checks(
            "account_session",
            {
                "end_has_a_reason": "num_nonnulls(revoked_at, reason) IN (0, 2)",
                "reason_known": f"reason IN ({_REASONS})",
                "expires_later": "expires_at > opened_at",
            },
        ),
    )
    op.create_index("ix_account_session_account_id", "account_session", ["account_id", "opened_at"])
    op.create_index("ix_account_session_expires_at", "account_session", ["expires_at"])
    op.create_table(
        "refresh_token",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("parent", sa.LargeBinary()),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.Column("void", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_refresh_token"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["account_session.id"], name="fk_refresh_token_session_id", ondelete="CASCADE"
        ),
        *_checks("refresh_token", {"digest_is_sha256": "length(digest) = 32"}),
    )
    op.create_index("ix_refresh_token_session_id", "refresh_token", ["session_id"])
    op.create_index(
        "uq_refresh_token_live",
        "refresh_token",
        ["session_id"],
        unique=True,
        postgresql_where=sa.text("used_at IS NULL AND NOT void"),
    )


def _create_second_factor() -> None:
    op.create_table(
        "second_factor",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("last_step", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_second_factor"),
        sa.ForeignKeyConstraint(["id"], ["account.id"], name="fk_second_factor_id"),
        *_checks("second_factor", {"last_step_not_negative": "last_step >= 0"}),
    )
    op.create_index("ix_second_factor_key_id", "second_factor", ["key_id", "id"])
    op.create_table(
        "recovery_code",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("account_id", "digest", name="pk_recovery_code"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_recovery_code_account_id"),
        *_checks("recovery_code", {"digest_is_sha256": "length(digest) = 32"}),
    )


def _create_invitation() -> None:
    checks = {
        "digest_is_sha256": "length(digest) = 32",
        "confirmed_by_another": "confirmed_by <> invited_by",
        "confirmed": "confirmed_by IS NOT NULL OR NOT needs_confirmation OR accepted_at IS NULL",
        "acceptance_opens_an_account": "num_nonnulls(accepted_at, account_id) IN (0, 2)",
        "one_end": "num_nonnulls(accepted_at, revoked_at) < 2",
    }
    op.create_table(
        "invitation",
        *_aggregate(),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        *(sa.Column(name, sa.Text()) for name in ("org", "division", "provider", "bank", "person_ref")),
        sa.Column("invited_by", sa.Text(), nullable=False),
        sa.Column("needs_confirmation", sa.Boolean(), nullable=False),
        sa.Column("confirmed_by", sa.Text()),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True)),
        sa.Column("account_id", sa.Uuid()),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_invitation_account_id"),
        *_checks("invitation", checks),
    )
    op.create_index(
        "uq_invitation_open_username", "invitation", ["username"], unique=True, postgresql_where=sa.text(_OPEN)
    )
    op.create_index("uq_invitation_digest", "invitation", ["digest"], unique=True)
    op.create_index("ix_invitation_created_at_id", "invitation", ["created_at", "id"])


def _create_password_reset() -> None:
    op.create_table(
        "password_reset",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_password_reset"),
        sa.ForeignKeyConstraint(["id"], ["account.id"], name="fk_password_reset_id"),
        *_checks("password_reset", {"digest_is_sha256": "length(digest) = 32"}),
    )
    op.create_index("uq_password_reset_digest", "password_reset", ["digest"], unique=True)


def _aggregate() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def _checks(table: str, conditions: dict[str, str]) -> list[sa.CheckConstraint]:
    return [sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}")) for name, condition in conditions.items()]


def downgrade() -> None:
    raise NotImplementedError("forward only: restore a backup instead")
