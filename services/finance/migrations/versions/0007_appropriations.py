"""Appropriations, their transfers, and periods of the journal."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

MONEY = sa.Numeric(18, 2)
PROPOSED = "status IN ('proposed', 'approved', 'refused')"
DECIDED = "num_nulls(decided_by, decided_on, decision) = CASE status WHEN 'proposed' THEN 3 ELSE 0 END"
REASON = "(status = 'refused') = (reason_code IS NOT NULL)"

# Grants approved before there were lines: each year gets one of exactly what is committed, with nothing free in it.
_COMMITMENTS = """
INSERT INTO budget_commitment (case_id, programme, year, line_year, case_no, committed, paid, returned, committed_at)
SELECT id, 'grants', fiscal_year, fiscal_year, no, approved, paid, refunded + recovered - repaid, updated_at
FROM centre_grant WHERE approved IS NOT NULL AND status NOT IN ('refused', 'cancelled')
"""
_LINES = """
INSERT INTO appropriation (id, version, no, programme, year, edition, status, revision, document_no, granted,
                           transferred, carried_in, carried_out, lapsed, approved_by, approved_on, first_approved_on)
SELECT gen_random_uuid(), 1, 'AP-' || held.year || '-0001', 'grants', held.year, held.edition, 'approved', 1,
       '期初', held.committed, 0, 0, 0, 0, 'service:finance', held.day, held.day
FROM (
    SELECT budget_commitment.line_year AS year, sum(committed) AS committed, min(centre_grant.edition) AS edition,
           greatest(make_date(budget_commitment.line_year, 1, 1), min(centre_grant.applied_on)) AS day
    FROM budget_commitment JOIN centre_grant ON centre_grant.id = budget_commitment.case_id
    GROUP BY budget_commitment.line_year
) AS held
"""
_REVISIONS = """
INSERT INTO appropriation_revision (appropriation_id, revision, status, document_no, amount, proposed_by, proposed_on,
                                    decided_by, decided_on, decision)
SELECT id, 1, 'approved', document_no, granted, 'migration', approved_on, approved_by, approved_on,
       jsonb_build_object('passed', true, 'edition', edition, 'results', '[]'::jsonb)
FROM appropriation
"""
_CEILINGS = """
INSERT INTO ceiling (kind, subject, period, limit_amount, committed)
SELECT 'appropriations.programme_year', programme, year::text, granted, granted FROM appropriation
"""
_COUNTERS = """
INSERT INTO case_counter (prefix, year, last) SELECT 'AP', year, 1 FROM appropriation
"""
_ENTRIES = """
WITH figures AS (
    SELECT line.id, line.no, line.programme, line.year, line.approved_on, sum(committed) AS committed,
           sum(paid) AS paid, sum(returned) AS returned
    FROM appropriation AS line
    JOIN budget_commitment AS held ON held.programme = line.programme AND held.line_year = line.year
    GROUP BY line.id
), booked AS (
    SELECT gen_random_uuid() AS entry_id, figures.*, kind, debit, credit, amount FROM figures, LATERAL (VALUES
        ('budget_opened', 'budget.free', 'budget.authority', committed),
        ('budget_committed', 'budget.committed', 'budget.free', committed),
        ('budget_paid', 'budget.paid', 'budget.committed', paid),
        ('budget_returned', 'budget.returned', 'budget.paid', returned)
    ) AS moved (kind, debit, credit, amount) WHERE amount > 0
), entries AS (
    INSERT INTO journal_entry (id, kind, case_id, case_no, case_version, effective_on, actor, recorded_at)
    SELECT entry_id, kind, id, no, 1, approved_on, 'service:finance', now() FROM booked
)
INSERT INTO posting (entry_id, line, account, subject, period, amount)
SELECT entry_id, line, account, programme, year::text, sign * amount
FROM booked, LATERAL (VALUES (1, debit, 1), (2, credit, -1)) AS side (line, account, sign)
"""


# An entry says how many lines it has: none is added to it later, not even a balanced pair.
_JOURNAL_BALANCES = """
CREATE OR REPLACE FUNCTION journal_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
    declared bigint;
    found bigint;
    total numeric;
BEGIN
    SELECT lines INTO declared FROM journal_entry WHERE id = entry;
    SELECT count(*), sum(amount) INTO found, total FROM posting WHERE entry_id = entry;
    IF found < 2 OR found <> declared OR total <> 0 THEN
        RAISE EXCEPTION 'journal entry % has % postings of % with a sum of %', entry, found, declared, total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_balances';
    END IF;
    RETURN NULL;
END $$
"""
# Whoever writes an entry holds the lock shared, whoever closes a period holds it alone: none slips past a closing.
_PERIOD_OPEN = """
CREATE FUNCTION journal_period_open() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtext('journal_period'));
    IF EXISTS (
        SELECT FROM journal_period
        WHERE status IN ('closed', 'reopening') AND NEW.effective_on BETWEEN starts_on AND ends_on
    ) THEN
        RAISE EXCEPTION 'journal entry % lies on %, in a closed period', NEW.id, NEW.effective_on
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_period_open';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    _create_periods()
    _guard_journal()
    _create_lines()
    _create_revisions()
    _create_closings()
    _create_transfers()
    _create_commitments()
    for statement in (_COMMITMENTS, _LINES, _REVISIONS, _CEILINGS, _COUNTERS, _ENTRIES):
        op.execute(statement)


def _create_periods() -> None:
    table = "journal_period"
    checks = {
        "status_known": "status IN ('proposed', 'closed', 'refused', 'reopening', 'reopened')",
        "days_forward": "starts_on <= ends_on",
        "closed_by_another": "closed_by <> proposed_by",
        "closed_whole": "num_nulls(closed_by, closed_on, entries, turnover)"
        " = CASE WHEN status IN ('proposed', 'refused') THEN 4 ELSE 0 END",
        "refused_with_reason": "(status = 'refused') = (reason_code IS NOT NULL)"
        " AND (status = 'refused') = (refused_by IS NOT NULL)",
        "reopened_by_another": "reopened_by <> reopening_by",
        "reopening_whole": "num_nulls(reopening_by, reopening_on, reopening_reason)"
        " = CASE WHEN status IN ('reopening', 'reopened') THEN 0 ELSE 3 END",
        "reopened_whole": "num_nulls(reopened_by, reopened_on) = CASE status WHEN 'reopened' THEN 0 ELSE 2 END",
    }
    op.create_table(
        table,
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Date()) for name in ("closed_on", "reopening_on", "reopened_on")),
        *(sa.Column(name, sa.Text()) for name in ("closed_by", "refused_by", "reason_code", "reopening_by")),
        *(sa.Column(name, sa.Text()) for name in ("reopening_reason", "reopened_by")),
        sa.Column("entries", sa.Integer()),
        sa.Column("turnover", MONEY),
        *_aggregate(),
        *(sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}")) for name, condition in checks.items()),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("no", name=f"uq_{table}_no"),
    )
    _unique_while(table, "live", ["label"], "status IN ('proposed', 'closed', 'reopening')")


def _guard_journal() -> None:
    op.add_column("journal_entry", sa.Column("lines", sa.SmallInteger(), server_default=sa.text("2"), nullable=False))
    op.add_column("journal_entry", sa.Column("occurred_on", sa.Date()))
    op.add_column("journal_entry", sa.Column("closed_period", sa.Text()))
    op.execute(
        "ALTER TABLE journal_entry ADD CONSTRAINT ck_journal_entry_booked_later CHECK ("
        "num_nulls(occurred_on, closed_period) IN (0, 2) AND occurred_on < effective_on) NOT VALID"
    )
    op.create_index("ix_journal_entry_effective_on", "journal_entry", ["effective_on"])
    op.create_index("ix_journal_entry_case_no", "journal_entry", ["case_no"])
    op.execute(_JOURNAL_BALANCES)
    op.execute(_PERIOD_OPEN)
    op.execute(
        "CREATE TRIGGER journal_entry_period_open BEFORE INSERT ON journal_entry"
        " FOR EACH ROW EXECUTE FUNCTION journal_period_open()"
    )


def _aggregate() -> list[sa.Column[object]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def _proposal() -> list[sa.Column[object]]:
    return [
        sa.Column("reason_code", sa.Text()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.Text()),
        sa.Column("decided_on", sa.Date()),
        sa.Column("decision", postgresql.JSONB()),
    ]


def _proposal_checks(table: str) -> list[sa.CheckConstraint]:
    checks = {
        "status_known": PROPOSED,
        "decider_is_another": "decided_by <> proposed_by",
        "decided_whole": DECIDED,
        "refused_with_reason": REASON,
        "dates_forward": "decided_on >= proposed_on",
    }
    return [sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}")) for name, condition in checks.items()]


def _create_lines() -> None:
    checks = {
        "status_known": "status IN ('recorded', 'approved', 'refused', 'closed')",
        "amounts_not_negative": "least(granted, carried_in, carried_out, lapsed) >= 0",
        "budget_not_negative": "granted + transferred + carried_in - carried_out - lapsed >= 0",
        "approved_whole": "num_nulls(document_no, approved_by, approved_on, first_approved_on)"
        " = CASE WHEN status IN ('approved', 'closed') THEN 0 ELSE 4 END",
        "money_approved": "status IN ('approved', 'closed') OR (granted = 0 AND transferred = 0 AND carried_in = 0)",
        "closed_whole": "(status = 'closed') = (closed_on IS NOT NULL)"
        " AND (status = 'closed' OR carried_out + lapsed = 0)",
    }
    op.create_table(
        "appropriation",
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("document_no", sa.Text()),
        *(
            sa.Column(name, MONEY, nullable=False)
            for name in ("granted", "transferred", "carried_in", "carried_out", "lapsed")
        ),
        *(sa.Column(name, sa.Text()) for name in ("approved_by", "reason_code")),
        *(sa.Column(name, sa.Date()) for name in ("approved_on", "first_approved_on", "closed_on")),
        *_aggregate(),
        *(sa.CheckConstraint(condition, name=op.f(f"ck_appropriation_{name}")) for name, condition in checks.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appropriation")),
        sa.UniqueConstraint("no", name="uq_appropriation_no"),
        sa.UniqueConstraint("programme", "year", name="uq_appropriation_programme_year"),
    )


def _create_revisions() -> None:
    table = "appropriation_revision"
    op.create_table(
        table,
        sa.Column("appropriation_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.SmallInteger(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        *_proposal(),
        sa.Column("journal_entry_id", sa.Uuid()),
        *_proposal_checks(table),
        sa.CheckConstraint("amount >= 0", name=op.f(f"ck_{table}_amount_not_negative")),
        sa.ForeignKeyConstraint(["appropriation_id"], ["appropriation.id"], name=op.f(f"fk_{table}_appropriation_id")),
        sa.ForeignKeyConstraint(["journal_entry_id"], ["journal_entry.id"], name=op.f(f"fk_{table}_journal_entry_id")),
        sa.PrimaryKeyConstraint("appropriation_id", "revision", name=op.f(f"pk_{table}")),
    )
    _unique_while(table, "open", ["appropriation_id"], "status = 'proposed'")
    _unique_while(table, "document", ["appropriation_id", "document_no"], "status <> 'refused'")


def _create_closings() -> None:
    table = "appropriation_closing"
    op.create_table(
        table,
        sa.Column("appropriation_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("carry_over", MONEY, nullable=False),
        sa.Column("unpaid", sa.Text(), nullable=False),
        sa.Column("release_cases", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("carried_unpaid", MONEY),
        sa.Column("lapsed", MONEY),
        *_proposal(),
        *_proposal_checks(table),
        sa.CheckConstraint("unpaid IN ('carry', 'release')", name=op.f(f"ck_{table}_unpaid_known")),
        sa.CheckConstraint("carry_over >= 0", name=op.f(f"ck_{table}_carry_over_not_negative")),
        sa.CheckConstraint(
            "num_nulls(carried_unpaid, lapsed) = CASE status WHEN 'approved' THEN 0 ELSE 2 END",
            name=op.f(f"ck_{table}_figures_whole"),
        ),
        sa.ForeignKeyConstraint(["appropriation_id"], ["appropriation.id"], name=op.f(f"fk_{table}_appropriation_id")),
        sa.PrimaryKeyConstraint("appropriation_id", "number", name=op.f(f"pk_{table}")),
    )
    _unique_while(table, "open", ["appropriation_id"], "status = 'proposed'")


def _create_transfers() -> None:
    table = "appropriation_transfer"
    op.create_table(
        table,
        sa.Column("no", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("from_id", sa.Uuid(), nullable=False),
        sa.Column("from_programme", sa.Text(), nullable=False),
        sa.Column("to_id", sa.Uuid(), nullable=False),
        sa.Column("to_programme", sa.Text(), nullable=False),
        sa.Column("amount", MONEY, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        *_proposal(),
        sa.Column("journal_entry_id", sa.Uuid()),
        *_aggregate(),
        *_proposal_checks(table),
        sa.CheckConstraint("amount > 0", name=op.f(f"ck_{table}_amount_positive")),
        sa.CheckConstraint("from_programme <> to_programme", name=op.f(f"ck_{table}_programmes_differ")),
        sa.CheckConstraint(
            "(status = 'approved') = (journal_entry_id IS NOT NULL)", name=op.f(f"ck_{table}_approved_is_booked")
        ),
        sa.ForeignKeyConstraint(["from_id"], ["appropriation.id"], name=op.f(f"fk_{table}_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["appropriation.id"], name=op.f(f"fk_{table}_to_id")),
        sa.ForeignKeyConstraint(["journal_entry_id"], ["journal_entry.id"], name=op.f(f"fk_{table}_journal_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("no", name=f"uq_{table}_no"),
        sa.UniqueConstraint("journal_entry_id", name=f"uq_{table}_journal_entry_id"),
    )
    _unique_while(table, "document", ["year", "from_programme", "to_programme", "document_no"], "status <> 'refused'")
    for column in ("from_id", "to_id"):
        op.create_index(f"ix_{table}_{column}", table, [column])


def _create_commitments() -> None:
    table = "budget_commitment"
    op.create_table(
        table,
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("line_year", sa.Integer(), nullable=False),
        sa.Column("case_no", sa.Text(), nullable=False),
        sa.Column("committed", MONEY, nullable=False),
        sa.Column("paid", MONEY, nullable=False),
        sa.Column("returned", MONEY, nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "returned >= 0 AND returned <= paid AND paid <= committed", name=op.f(f"ck_{table}_paid_within_committed")
        ),
        sa.PrimaryKeyConstraint("case_id", "programme", "year", "line_year", name=op.f(f"pk_{table}")),
    )
    op.create_index(f"ix_{table}_programme_line_year", table, ["programme", "line_year"])
    _unique_while(table, "unpaid", ["case_id", "programme", "year"], "paid < committed")


def _unique_while(table: str, name: str, columns: list[str], condition: str) -> None:
    op.create_index(f"uq_{table}_{name}", table, columns, unique=True, postgresql_where=sa.text(condition))


def downgrade() -> None:
    raise NotImplementedError("money on record is not taken off it: restore a backup instead")
