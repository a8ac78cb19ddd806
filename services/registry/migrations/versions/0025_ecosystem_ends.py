"""Natural persons as members of alliances, and what the rooms around the centres still lacked."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_PARTY: Final = "COALESCE(centre_id, enterprise_id, partner_id, person_id)"


def upgrade() -> None:
    _natural_persons()
    _sessions_once()
    _strikes_by_two()
    _withdrawals_by_two()


def downgrade() -> None:
    raise NotImplementedError("what was recorded since would be lost: restore a backup instead")


def _natural_persons() -> None:
    """A membership of a person; what no member is yet cannot break a new condition."""
    table = "alliance_member"
    op.add_column(table, sa.Column("person_id", sa.Uuid()))
    op.add_column(table, sa.Column("name_shown", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT fk_alliance_member_person_id"
        " FOREIGN KEY (person_id) REFERENCES person (id) NOT VALID"
    )
    op.execute(f"ALTER TABLE {table} ALTER COLUMN party_id SET EXPRESSION AS ({_PARTY})")
    _widened(table, "one_party", "num_nonnulls(centre_id, enterprise_id, partner_id, person_id) = 1")
    _checked(
        table,
        "person_consents_on_paper",
        "person_id IS NULL OR num_nulls(consented_on, consent_document_no) = 0",
    )
    _checked(table, "name_of_a_person", "person_id IS NOT NULL OR NOT name_shown")
    op.create_index(
        "ix_alliance_member_person_id", table, ["person_id"], postgresql_where=sa.text("person_id IS NOT NULL")
    )


def _sessions_once() -> None:
    """Records from before stay as they are, also where one advice was entered twice."""
    table = "mentor_session"
    op.add_column(table, sa.Column("once", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_index(
        "uq_mentor_session_once",
        table,
        ["mentor_id", sa.text("coalesce(enterprise_id, project_id)"), "held_on", "field"],
        unique=True,
        postgresql_where=sa.text("once AND status IN ('recorded', 'confirmed')"),
    )


def _strikes_by_two() -> None:
    table = "enrolment"
    op.add_column(table, sa.Column("strike_noted_by", sa.Text()))
    op.add_column(table, sa.Column("strike_meeting", sa.Integer()))
    op.add_column(table, sa.Column("strike_reason", sa.Text()))
    _checked(table, "strike_noted", "num_nulls(strike_noted_by, strike_meeting, strike_reason) IN (0, 3)")
    _widened(table, "notice_known", "notice IN ('promoted', 'moved', 'session_cancelled', 'attendance_struck')")
    _widened(table, "evaluated_by_who_attended", "NOT evaluated OR status IN ('attended', 'missed')")


def _withdrawals_by_two() -> None:
    table = "activity"
    op.add_column(table, sa.Column("withdrawal_noted_by", sa.Text()))
    op.add_column(table, sa.Column("withdrawal_reason", sa.Text()))
    _checked(
        table,
        "withdrawal_noted",
        "num_nulls(withdrawal_noted_by, withdrawal_reason) IN (0, 2)"
        " AND (withdrawal_reason IS NULL OR status = 'verified')",
    )


def _checked(table: str, name: str, condition: str) -> None:
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({condition}) NOT VALID")


def _widened(table: str, name: str, condition: str) -> None:
    op.execute(f"-- squawk-ignore ban-drop-constraint\nALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
    _checked(table, name, condition)
