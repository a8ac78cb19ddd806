"""Sums of use and of the journal by month, with what changed them since they were last added up."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)

_USE_KEY = ("month", "programme_id", "provider_id", "enterprise_id", "category")
_POSTING_KEY = ("issuer_division", "provider_id", "month", "account", "kind")

_NOTE_USE = """
CREATE FUNCTION note_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.redeemed_on IS NOT NULL THEN
        INSERT INTO use_change (month, programme_id, provider_id, enterprise_id, category, uses, price, captured,
            reversed)
        VALUES (date_trunc('month', OLD.redeemed_on::timestamp), OLD.programme_id, OLD.provider_id, OLD.enterprise_id,
            OLD.category, -1, -OLD.price, -OLD.subsidy, -OLD.reversed_amount);
    END IF;
    IF NEW.redeemed_on IS NOT NULL THEN
        INSERT INTO use_change (month, programme_id, provider_id, enterprise_id, category, uses, price, captured,
            reversed)
        VALUES (date_trunc('month', NEW.redeemed_on::timestamp), NEW.programme_id, NEW.provider_id, NEW.enterprise_id,
            NEW.category, 1, NEW.price, NEW.subsidy, NEW.reversed_amount);
    END IF;
    RETURN NULL;
END $$
"""
_COUNTED = "redeemed_on price subsidy reversed_amount programme_id provider_id enterprise_id category"
_ON_INSERT = (
    "CREATE TRIGGER use_captured AFTER INSERT ON redemption FOR EACH ROW"
    " WHEN (NEW.redeemed_on IS NOT NULL) EXECUTE FUNCTION note_use()"
)
_ON_UPDATE = (
    "CREATE TRIGGER use_changed AFTER UPDATE ON redemption FOR EACH ROW"
    " WHEN ((NEW.redeemed_on IS NOT NULL OR OLD.redeemed_on IS NOT NULL)"
    f" AND ({', '.join(f'NEW.{name}' for name in _COUNTED.split())})"
    f" IS DISTINCT FROM ({', '.join(f'OLD.{name}' for name in _COUNTED.split())})) EXECUTE FUNCTION note_use()"
)
_BY_MONTH = "date_trunc('month', {day}::timestamp)::date"
_NOTE_POSTINGS = f"""
CREATE FUNCTION note_postings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO posting_change (issuer_division, provider_id, month, account, kind, amount)
    SELECT redemption.issuer_division, redemption.provider_id, {_BY_MONTH.format(day="entry.effective_on")},
        made.account, entry.kind, sum(made.amount)
    FROM made
    JOIN journal_entry AS entry ON entry.id = made.entry_id
    JOIN redemption ON redemption.id = entry.redemption_id
    GROUP BY 1, 2, 3, 4, 5;
    RETURN NULL;
END $$
"""  # noqa: S608  # put together from constants
_POSTING_TRIGGER = (
    "CREATE TRIGGER postings_noted AFTER INSERT ON posting REFERENCING NEW TABLE AS made"
    " FOR EACH STATEMENT EXECUTE FUNCTION note_postings()"
)
_USES_SO_FAR = f"""
INSERT INTO monthly_use (month, programme_id, provider_id, enterprise_id, category, uses, price, captured, reversed)
SELECT {_BY_MONTH.format(day="redeemed_on")}, programme_id, provider_id, enterprise_id, category, count(*), sum(price),
    sum(subsidy), sum(reversed_amount)
FROM redemption WHERE redeemed_on IS NOT NULL
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""  # noqa: S608  # put together from constants
_POSTINGS_SO_FAR = f"""
INSERT INTO monthly_posting (issuer_division, provider_id, month, account, kind, amount)
SELECT issuer_division, provider_id, {_BY_MONTH.format(day="entry.effective_on")}, account, entry.kind, sum(amount)
FROM posting JOIN journal_entry AS entry ON entry.id = entry_id JOIN redemption ON redemption.id = redemption_id
GROUP BY 1, 2, 3, 4, 5
"""  # noqa: S608  # put together from constants


def upgrade() -> None:
    """The triggers come first: they keep writers out until the commit, so that nothing is missed or counted twice.

    At ten million redemptions this takes a minute or two, in which nothing is redeemed.
    """
    for table in ("monthly_use", "use_change"):
        op.create_table(table, *_use_columns(), *_key(table, _USE_KEY))
    for table in ("monthly_posting", "posting_change"):
        op.create_table(table, *_posting_columns(), *_key(table, _POSTING_KEY))
    op.execute(_NOTE_USE)
    op.execute(_NOTE_POSTINGS)
    for trigger in (_ON_INSERT, _ON_UPDATE, _POSTING_TRIGGER):
        op.execute(trigger)
    op.execute(_USES_SO_FAR)
    _second_persons()
    op.execute(_POSTINGS_SO_FAR)


def _second_persons() -> None:
    """Who noted another legal representative of a provider, and who took a line out of a batch: others confirm it, or
    let the line back."""
    op.add_column("provider", sa.Column("representative_noted", sa.Text(), nullable=True))
    op.add_column("provider", sa.Column("representative_noted_by", sa.Text(), nullable=True))
    op.execute(
        "-- squawk-ignore constraint-missing-not-valid\n"
        "ALTER TABLE provider ADD CONSTRAINT ck_provider_representative_noted_whole"
        " CHECK (num_nulls(representative_noted, representative_noted_by) IN (0, 2))"
    )
    op.add_column("settlement_line", sa.Column("left_by", sa.Text(), nullable=True))


def _key(table: str, columns: Sequence[str]) -> list[sa.PrimaryKeyConstraint]:
    """What is appended has none: it is only ever read and deleted as a whole."""
    return [] if table.endswith("_change") else [sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))]


def _columns(kind: sa.types.TypeEngine[Any], *names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, kind, nullable=False) for name in names]


def _use_columns() -> list[sa.Column[object]]:
    return [
        *_columns(sa.Date(), "month"),
        *_columns(sa.Uuid(), "programme_id", "provider_id", "enterprise_id"),
        *_columns(sa.Text(), "category"),
        *_columns(sa.Integer(), "uses"),
        *_columns(MONEY, "price", "captured", "reversed"),
    ]


def _posting_columns() -> list[sa.Column[object]]:
    return [
        *_columns(sa.Text(), "issuer_division"),
        *_columns(sa.Uuid(), "provider_id"),
        *_columns(sa.Date(), "month"),
        *_columns(sa.Text(), "account", "kind"),
        *_columns(MONEY, "amount"),
    ]


def downgrade() -> None:
    raise NotImplementedError("what was recorded since would be lost: restore a backup instead")
