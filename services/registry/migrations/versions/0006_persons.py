"""Persons, their links and graduations."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _create_person()
    _create_person_link()
    _create_person_graduation()


def _create_person() -> None:
    op.create_table(
        "person",
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sealed_number", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("number_index", sa.LargeBinary(), nullable=True),
        sa.Column("place_known", sa.Boolean(), nullable=True),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("registered_by_org", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(number_index) = 32", name=op.f("ck_person_index_is_a_digest")),
        sa.CheckConstraint("length(sealed_number) = 46", name=op.f("ck_person_number_is_sealed")),
        sa.CheckConstraint(
            "num_nonnulls(sealed_number, key_id, number_index) IN (0, 3)",
            name=op.f("ck_person_number_sealed_and_indexed"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("number_index", name="uq_person_number_index"),
        sa.UniqueConstraint("ref", name="uq_person_ref"),
    )
    op.create_index(
        "ix_person_key_id", "person", ["key_id", "id"], unique=False, postgresql_where=sa.text("key_id IS NOT NULL")
    )


def _create_person_link() -> None:
    op.create_table(
        "person_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("enterprise_id", sa.Uuid(), nullable=True),
        sa.Column("project_id", sa.Uuid(), nullable=True),
        sa.Column("capacity", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("claimed_name", sa.Text(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "num_nonnulls(confirmed_by, confirmed_on) IN (0, 2)", name=op.f("ck_person_link_confirmed_on_a_day")
        ),
        sa.CheckConstraint(
            "status = 'confirmed' OR confirmed_by IS NULL", name=op.f("ck_person_link_confirmed_by_somebody")
        ),
        sa.CheckConstraint("status IN ('claimed', 'confirmed')", name=op.f("ck_person_link_status_known")),
        sa.CheckConstraint("num_nonnulls(enterprise_id, project_id) = 1", name=op.f("ck_person_link_one_subject")),
        sa.CheckConstraint("until >= since", name=op.f("ck_person_link_period_forward")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_person_link_enterprise_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_link_person_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_person_link_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_link")),
    )
    op.create_index("ix_person_link_person_id", "person_link", ["person_id"], unique=False)
    op.create_index(
        "uq_person_link_enterprise",
        "person_link",
        ["enterprise_id", "person_id", "capacity"],
        unique=True,
        postgresql_where=sa.text("until IS NULL AND enterprise_id IS NOT NULL"),
    )
    op.create_index(
        "uq_person_link_one_legal_representative",
        "person_link",
        ["enterprise_id"],
        unique=True,
        postgresql_where=sa.text("until IS NULL AND capacity = 'legal_representative' AND status = 'confirmed'"),
    )
    op.create_index(
        "uq_person_link_project",
        "person_link",
        ["project_id", "person_id", "capacity"],
        unique=True,
        postgresql_where=sa.text("until IS NULL AND project_id IS NOT NULL"),
    )


def _create_person_graduation() -> None:
    op.create_table(
        "person_graduation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("school", sa.Text(), nullable=False),
        sa.Column("graduated_on", sa.Date(), nullable=False),
        sa.Column("certificate_no", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "(confirmed_by IS NULL) = (confirmed_on IS NULL)", name=op.f("ck_person_graduation_confirmed_on_a_day")
        ),
        sa.CheckConstraint("cardinality(evidence) > 0", name=op.f("ck_person_graduation_with_evidence")),
        sa.CheckConstraint("confirmed_by <> recorded_by", name=op.f("ck_person_graduation_four_eyes")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_graduation_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_graduation")),
        sa.UniqueConstraint("person_id", "certificate_no", name="uq_person_graduation_certificate"),
    )


def downgrade() -> None:
    raise NotImplementedError("persons and projects have no place in the schema before: restore a backup instead")
