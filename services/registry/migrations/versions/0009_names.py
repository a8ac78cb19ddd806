"""Names as they are searched."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects import postgresql

from services.registry.names.models import search_columns

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES: Final = ("centre", "enterprise", "project", "partner")
COLUMNS: Final = ("name_key", "name_initials", "name_terms")
BATCH: Final = 2000


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("name_key", sa.Text(), server_default=sa.text("''"), nullable=False))
        op.add_column(table, sa.Column("name_initials", sa.Text(), server_default=sa.text("''"), nullable=False))
        terms: sa.Column[Sequence[str]] = sa.Column(
            "name_terms", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        )
        op.add_column(table, terms)
        if not context.is_offline_mode():
            _fill(table)
        op.create_index(
            f"ix_{table}_name_terms",
            table,
            ["name_terms"],
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        )


def downgrade() -> None:
    for table in TABLES:
        op.drop_index(f"ix_{table}_name_terms", table)
        for column in COLUMNS:
            op.drop_column(table, column)


def _terms() -> "sa.Column[Sequence[str]]":
    return sa.Column("name_terms", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False)


def _fill(name: str) -> None:
    """The pinyin of names that are there already; the database alone could not write it."""
    table = sa.table(
        name,
        sa.column("id", sa.Uuid()),
        sa.column("name", sa.Text()),
        sa.column("name_key", sa.Text()),
        sa.column("name_initials", sa.Text()),
        sa.column("name_terms", postgresql.ARRAY(sa.Text())),
    )
    connection = op.get_bind()
    page = sa.select(table.c.id, table.c.name).order_by(table.c.id).limit(BATCH)
    change = sa.update(table).where(table.c.id == sa.bindparam("row"))
    rows = connection.execute(page).all()
    while rows:
        connection.execute(change, [{"row": row.id, **search_columns(row.name)} for row in rows])
        rows = connection.execute(page.where(table.c.id > rows[-1].id)).all()
