"""The project library: items, publication, choices and what became of them."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.kernel_schema import append_only

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BY_NAME: Final = sa.text('name COLLATE "C"')


def upgrade() -> None:
    _create_library_round()
    _create_library_item()
    _create_library_switch()
    _create_library_claim()
    _create_library_follow_up()
    append_only(op, "library_switch")
    append_only(op, "library_follow_up", role_may_update=("note",))


def downgrade() -> None:
    raise NotImplementedError("what was recorded since would be lost: restore a backup instead")


def _aggregate() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def _create_library_round() -> None:
    op.create_table(
        "library_round",
        *_aggregate(),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("publishes_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("planned_by", sa.Text(), nullable=False),
        sa.Column("published_by", sa.Text()),
        sa.Column("published_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.CheckConstraint(
            "(status = 'cancelled') = (reason_code IS NOT NULL)",
            name=op.f("ck_library_round_cancelled_with_reason"),
        ),
        sa.CheckConstraint("published_on >= publishes_on", name=op.f("ck_library_round_not_before_its_day")),
        sa.CheckConstraint(
            "(status = 'published') = (published_on IS NOT NULL) AND (published_on IS NULL) = (published_by IS NULL)",
            name=op.f("ck_library_round_published_by_somebody"),
        ),
        sa.CheckConstraint(
            "status IN ('planned', 'published', 'cancelled')",
            name=op.f("ck_library_round_status_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_round")),
        sa.UniqueConstraint("no", name="uq_library_round_no"),
    )
    op.create_index("ix_library_round_publishes_on", "library_round", ["publishes_on", "id"])


def _create_library_item() -> None:
    op.create_table(
        "library_item",
        *_aggregate(),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Uuid()),
        sa.Column("owner_kind", sa.Text(), nullable=False),
        sa.Column("owner_person_id", sa.Uuid(), nullable=False),
        sa.Column("school", sa.Text(), nullable=False),
        sa.Column("school_document_no", sa.Text()),
        sa.Column("centre_id", sa.Uuid()),
        sa.Column("industry_code", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("province", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("decision", postgresql.JSONB()),
        sa.Column("round_id", sa.Uuid()),
        sa.Column("claim_id", sa.Uuid()),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("submitted_by", sa.Text()),
        sa.Column("submitted_on", sa.Date()),
        sa.Column("checked_by", sa.Text()),
        sa.Column("checked_on", sa.Date()),
        sa.Column("published_by", sa.Text()),
        sa.Column("published_on", sa.Date()),
        sa.Column("first_published_on", sa.Date()),
        sa.Column("withdrawn_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("name_initials", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("name_terms", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.CheckConstraint(
            "checked_by <> drafted_by AND checked_by <> submitted_by",
            name=op.f("ck_library_item_checked_by_another"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('checked', 'published', 'switched_off', 'claimed', 'succeeded') OR"
            " num_nulls(checked_by, checked_on) = 0",
            name=op.f("ck_library_item_checked_by_somebody"),
        ),
        sa.CheckConstraint(
            "(status IN ('claimed', 'succeeded')) = (claim_id IS NOT NULL)",
            name=op.f("ck_library_item_given_to_somebody"),
        ),
        sa.CheckConstraint("industry_code ~ '^[A-T][0-9]{4}$'", name=op.f("ck_library_item_industry_code_form")),
        sa.CheckConstraint(
            "(owner_kind = 'school') = (school_document_no IS NOT NULL)",
            name=op.f("ck_library_item_offered_by_the_school"),
        ),
        sa.CheckConstraint("owner_kind IN ('graduate', 'school')", name=op.f("ck_library_item_owner_kind_known")),
        sa.CheckConstraint("province ~ '^[1-9][0-9]0000$'", name=op.f("ck_library_item_province_form")),
        sa.CheckConstraint(
            "published_by <> drafted_by AND published_by <> submitted_by",
            name=op.f("ck_library_item_published_by_another"),
        ),
        sa.CheckConstraint(
            "(status = 'published') = (published_on IS NOT NULL) AND (status <> 'published' OR"
            " num_nulls(published_by, first_published_on) = 0)",
            name=op.f("ck_library_item_published_by_somebody"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'submitted', 'checked', 'published', 'switched_off', 'claimed',"
            " 'succeeded', 'withdrawn')",
            name=op.f("ck_library_item_status_known"),
        ),
        sa.CheckConstraint(
            "checked_on >= submitted_on AND published_on >= checked_on",
            name=op.f("ck_library_item_steps_in_order"),
        ),
        sa.CheckConstraint(
            "status IN ('draft', 'withdrawn') OR num_nulls(submitted_by, submitted_on) = 0",
            name=op.f("ck_library_item_submitted_by_somebody"),
        ),
        sa.CheckConstraint("length(summary) BETWEEN 1 AND 2000", name=op.f("ck_library_item_summary_length")),
        sa.CheckConstraint(
            "(status = 'withdrawn') = (withdrawn_on IS NOT NULL)",
            name=op.f("ck_library_item_withdrawn_on_a_day"),
        ),
        sa.CheckConstraint(
            "status <> 'withdrawn' OR reason_code IS NOT NULL",
            name=op.f("ck_library_item_withdrawn_with_reason"),
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_library_item_project_id")),
        sa.ForeignKeyConstraint(["owner_person_id"], ["person.id"], name=op.f("fk_library_item_owner_person_id")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_library_item_centre_id")),
        sa.ForeignKeyConstraint(["round_id"], ["library_round.id"], name=op.f("fk_library_item_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_item")),
        sa.UniqueConstraint("no", name="uq_library_item_no"),
    )
    op.create_index("ix_library_item_centre_id", "library_item", ["centre_id", "id"])
    op.create_index("ix_library_item_name", "library_item", [_BY_NAME, "id"])
    op.create_index(
        "ix_library_item_name_terms",
        "library_item",
        ["name_terms"],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "off"},
    )
    op.create_index("ix_library_item_owner_person_id", "library_item", ["owner_person_id"])
    op.create_index("ix_library_item_round_id", "library_item", ["round_id"])
    op.create_index("ix_library_item_status", "library_item", ["status", "id"])
    op.create_index(
        "uq_library_item_project",
        "library_item",
        ["project_id"],
        unique=True,
        postgresql_where=sa.text("status NOT IN ('withdrawn', 'succeeded') AND project_id IS NOT NULL"),
    )


def _create_library_switch() -> None:
    op.create_table(
        "library_switch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("switched_on", sa.Date(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("round_id", sa.Uuid()),
        sa.Column("switched_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "cause IN ('round', 'officer', 'claim', 'withdrawal')",
            name=op.f("ck_library_switch_cause_known"),
        ),
        sa.CheckConstraint("(cause = 'round') = (round_id IS NOT NULL)", name=op.f("ck_library_switch_round_named")),
        sa.ForeignKeyConstraint(["item_id"], ["library_item.id"], name=op.f("fk_library_switch_item_id")),
        sa.ForeignKeyConstraint(["round_id"], ["library_round.id"], name=op.f("fk_library_switch_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_switch")),
    )
    op.create_index("ix_library_switch_item_id", "library_switch", ["item_id", "id"])
    op.create_index("ix_library_switch_switched_on", "library_switch", ["switched_on", "id"])


def _create_library_claim() -> None:
    op.create_table(
        "library_claim",
        *_aggregate(),
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("centre_id", sa.Uuid()),
        sa.Column("mentor_person_id", sa.Uuid()),
        sa.Column("plan", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("decision", postgresql.JSONB(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("answered_by", sa.Text()),
        sa.Column("answered_on", sa.Date()),
        sa.Column("document_no", sa.Text()),
        sa.Column("claimed_on", sa.Date()),
        sa.Column("last_follow_up_on", sa.Date()),
        sa.Column("next_due_on", sa.Date()),
        sa.Column("last_day", sa.Date()),
        sa.Column("enterprise_id", sa.Uuid()),
        sa.Column("ended_on", sa.Date()),
        sa.Column("reason_code", sa.Text()),
        sa.CheckConstraint("answered_by <> requested_by", name=op.f("ck_library_claim_answered_by_another")),
        sa.CheckConstraint(
            "claimed_on >= requested_on AND last_day >= next_due_on",
            name=op.f("ck_library_claim_days_in_order"),
        ),
        sa.CheckConstraint(
            "(status IN ('requested', 'claimed')) = (ended_on IS NULL) AND ended_on >= requested_on AND"
            " (claimed_on IS NULL OR ended_on >= claimed_on)",
            name=op.f("ck_library_claim_ended_on_a_day"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('refused', 'abandoned') OR reason_code IS NOT NULL",
            name=op.f("ck_library_claim_ended_with_reason"),
        ),
        sa.CheckConstraint(
            "status NOT IN ('claimed', 'lapsed', 'abandoned', 'succeeded') OR num_nulls(answered_by,"
            " answered_on, claimed_on, next_due_on, last_day) = 0",
            name=op.f("ck_library_claim_given_by_somebody"),
        ),
        sa.CheckConstraint("length(plan) BETWEEN 1 AND 2000", name=op.f("ck_library_claim_plan_length")),
        sa.CheckConstraint(
            "status IN ('requested', 'claimed', 'refused', 'taken_back', 'lapsed', 'abandoned', 'succeeded')",
            name=op.f("ck_library_claim_status_known"),
        ),
        sa.CheckConstraint(
            "(status = 'succeeded') = (enterprise_id IS NOT NULL)",
            name=op.f("ck_library_claim_succeeded_with_an_enterprise"),
        ),
        sa.ForeignKeyConstraint(["item_id"], ["library_item.id"], name=op.f("fk_library_claim_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_library_claim_person_id")),
        sa.ForeignKeyConstraint(["centre_id"], ["centre.id"], name=op.f("fk_library_claim_centre_id")),
        sa.ForeignKeyConstraint(["mentor_person_id"], ["person.id"], name=op.f("fk_library_claim_mentor_person_id")),
        sa.ForeignKeyConstraint(["enterprise_id"], ["enterprise.id"], name=op.f("fk_library_claim_enterprise_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_claim")),
        sa.UniqueConstraint("no", name="uq_library_claim_no"),
    )
    op.create_index("ix_library_claim_centre_id", "library_claim", ["centre_id", "id"])
    op.create_index("ix_library_claim_item_id", "library_claim", ["item_id", "id"])
    op.create_index(
        "ix_library_claim_last_day", "library_claim", ["last_day", "id"], postgresql_where=sa.text("status = 'claimed'")
    )
    op.create_index("ix_library_claim_person_id", "library_claim", ["person_id", "id"])
    op.create_index(
        "uq_library_claim_current",
        "library_claim",
        ["item_id"],
        unique=True,
        postgresql_where=sa.text("status = 'claimed'"),
    )
    op.create_index(
        "uq_library_claim_open",
        "library_claim",
        ["item_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('requested', 'claimed')"),
    )


def _create_library_follow_up() -> None:
    op.create_table(
        "library_follow_up",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("next_due_on", sa.Date(), nullable=False),
        sa.Column("followed_by", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "followed_by IN ('centre', 'mentor', 'bureau')",
            name=op.f("ck_library_follow_up_followed_by_known"),
        ),
        sa.CheckConstraint("next_due_on > held_on", name=op.f("ck_library_follow_up_next_one_later")),
        sa.CheckConstraint(
            "note IS NULL OR length(note) BETWEEN 1 AND 2000",
            name=op.f("ck_library_follow_up_note_length"),
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["library_claim.id"], name=op.f("fk_library_follow_up_claim_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_follow_up")),
    )
    op.create_index("ix_library_follow_up_claim_id", "library_follow_up", ["claim_id", "held_on", "id"])
