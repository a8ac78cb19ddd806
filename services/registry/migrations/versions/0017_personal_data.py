"""Contacts, consents and retention of persons."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import erasable

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_OPEN = "withdrawn_on IS NULL AND lapsed_on IS NULL"


def upgrade() -> None:
    op.add_column("person", sa.Column("erased_on", sa.Date()))
    # NOT VALID: the column is new, every row there is meets the check.
    op.execute(
        "ALTER TABLE person ADD CONSTRAINT ck_person_erased_whole CHECK"
        " (erased_on IS NULL OR (name = '' AND number_index IS NULL AND place_known IS NULL)) NOT VALID"
    )
    erasable(op, "operation_problem", ("value", "params"))
    _create_contact()
    _create_consent()
    _create_export()
    _create_known_loan()


def _create_contact() -> None:
    op.create_table(
        "person_contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sealed_contact", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("contact_index", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('mobile', 'email')", name=op.f("ck_person_contact_kind_known")),
        sa.CheckConstraint("length(contact_index) = 32", name=op.f("ck_person_contact_index_is_a_digest")),
        sa.CheckConstraint(
            "length(sealed_contact) BETWEEN 30 AND 400", name=op.f("ck_person_contact_contact_is_sealed")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_contact_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_contact")),
        sa.UniqueConstraint("person_id", "kind", name="uq_person_contact_kind"),
    )
    op.create_index("ix_person_contact_key_id", "person_contact", ["key_id", "id"])
    op.create_index("ix_person_contact_index", "person_contact", ["kind", "contact_index"])


def _create_consent() -> None:
    op.create_table(
        "person_consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text()),
        sa.Column("subject_id", sa.Uuid()),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text()),
        sa.Column("retain_until", sa.Date(), nullable=False),
        sa.Column("withdrawn_on", sa.Date()),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("withdrawal_channel", sa.Text()),
        sa.Column("lapsed_on", sa.Date()),
        sa.CheckConstraint(
            "num_nonnulls(subject_kind, subject_id) IN (0, 2)", name=op.f("ck_person_consent_subject_whole")
        ),
        sa.CheckConstraint("retain_until >= given_on", name=op.f("ck_person_consent_kept_forward")),
        sa.CheckConstraint("withdrawn_on >= given_on", name=op.f("ck_person_consent_withdrawn_after_it_was_given")),
        sa.CheckConstraint("lapsed_on > retain_until", name=op.f("ck_person_consent_lapsed_after_its_last_day")),
        sa.CheckConstraint("num_nonnulls(withdrawn_on, lapsed_on) < 2", name=op.f("ck_person_consent_ended_once")),
        sa.CheckConstraint(
            "num_nonnulls(withdrawn_on, withdrawn_by, withdrawal_channel) IN (0, 3)",
            name=op.f("ck_person_consent_withdrawn_by_somebody"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_consent_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_consent")),
    )
    op.create_index(
        "uq_person_consent_open",
        "person_consent",
        ["person_id", "purpose", "subject_id"],
        unique=True,
        postgresql_where=sa.text(_OPEN),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_person_consent_person_id", "person_consent", ["person_id", "id"])
    op.create_index(
        "ix_person_consent_retain_until", "person_consent", ["retain_until", "id"], postgresql_where=sa.text(_OPEN)
    )


def _create_export() -> None:
    op.create_table(
        "person_export",
        sa.Column("reason_code", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid()),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("exported_by", sa.Text(), nullable=False),
        sa.Column("exported_on", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("count >= 0", name=op.f("ck_person_export_counted")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_export")),
    )
    op.create_table(
        "person_export_entry",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["export_id"], ["person_export.id"], name=op.f("fk_person_export_entry_export_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_export_entry_person_id")),
        sa.PrimaryKeyConstraint("export_id", "person_id", name=op.f("pk_person_export_entry")),
    )
    op.create_index("ix_person_export_entry_person_id", "person_export_entry", ["person_id"])


def _create_known_loan() -> None:
    op.create_table(
        "known_loan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("refs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_loan")),
    )
    op.create_index("ix_known_loan_refs", "known_loan", ["refs"], postgresql_using="gin")


def downgrade() -> None:
    raise NotImplementedError("what was recorded since would be lost: restore a backup instead")
