"""What must hold between journal, ceilings, budget lines and cases: each query finds what does not."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from shared.db import Database
from tests.finance.proofs.books import OF_BUDGET, OF_CASES, RELEASED

BROKEN: Final = {
    **OF_CASES,
    **OF_BUDGET,
    "an entry that does not balance": "SELECT entry_id FROM posting GROUP BY entry_id HAVING sum(amount) <> 0",
    "an entry without a line": "SELECT id FROM journal_entry EXCEPT SELECT entry_id FROM posting",
    "a ceiling that is passed": "SELECT * FROM ceiling WHERE committed NOT BETWEEN 0 AND limit_amount",
    "a case paid twice": """
        SELECT case_id, kind FROM journal_entry
        WHERE kind IN ('grant_paid', 'reward_paid', 'alliance_paid', 'guarantee_claim_paid', 'subsidy_paid')
        GROUP BY case_id, kind HAVING count(*) > 1
    """,
    "a budget line whose ceiling is not the sum of its cases": """
        SELECT subject, period, ceiling.committed, sum(held.committed) FROM ceiling
        LEFT JOIN budget_commitment AS held ON programme = subject AND line_year::text = period
        WHERE kind = 'appropriations.programme_year' GROUP BY subject, period, ceiling.committed
        HAVING ceiling.committed <> coalesce(sum(held.committed), 0)
    """,
    "a budget line whose books are not those of its cases": """
        WITH cases AS (
          SELECT programme, line_year::text AS period, sum(committed - paid) AS committed, sum(paid - returned) AS paid,
            sum(returned) AS returned
          FROM budget_commitment GROUP BY programme, line_year
        ), books AS (
          SELECT subject AS programme, period, sum(amount) FILTER (WHERE account = 'budget.committed') AS committed,
            sum(amount) FILTER (WHERE account = 'budget.paid') AS paid,
            sum(amount) FILTER (WHERE account = 'budget.returned') AS returned
          FROM posting WHERE account LIKE 'budget.%' GROUP BY subject, period
        )
        SELECT * FROM cases FULL JOIN books USING (programme, period)
        WHERE (coalesce(cases.committed, 0), coalesce(cases.paid, 0), coalesce(cases.returned, 0))
          <> (coalesce(books.committed, 0), coalesce(books.paid, 0), coalesce(books.returned, 0))
    """,
    "a programme whose open cases are not what its line holds": f"""
        WITH {RELEASED}, open AS (
          SELECT 'grants' AS programme, sum(approved) AS amount FROM centre_grant
            WHERE status NOT IN ('refused', 'cancelled') AND id NOT IN (SELECT case_id FROM released)
          UNION ALL SELECT 'financing_reward', sum(approved) FROM financing_reward
            WHERE status NOT IN ('refused', 'cancelled') AND id NOT IN (SELECT case_id FROM released)
          UNION ALL SELECT 'alliance_support', sum(approved) FROM alliance_support
            WHERE status <> 'refused' AND id NOT IN (SELECT case_id FROM released)
        )
        SELECT programme, amount, sum(committed) FROM open LEFT JOIN budget_commitment USING (programme)
        GROUP BY programme, amount HAVING coalesce(amount, 0) <> coalesce(sum(committed), 0)
    """,
    "a centre whose grants are not what its ceiling and its books hold": """
        WITH cases AS (
          SELECT centre_id::text AS subject, fiscal_year::text AS period, sum(approved) AS amount FROM centre_grant
          WHERE status NOT IN ('refused', 'cancelled') GROUP BY 1, 2
        ), caps AS (SELECT subject, period, committed FROM ceiling WHERE kind = 'grants.centre_year'),
        books AS (
          SELECT subject, period, sum(amount) AS booked FROM posting WHERE account = 'grants.committed' GROUP BY 1, 2
        )
        SELECT * FROM cases FULL JOIN caps USING (subject, period) FULL JOIN books USING (subject, period)
        WHERE coalesce(amount, 0) <> coalesce(committed, 0) OR coalesce(amount, 0) <> coalesce(booked, 0)
    """,
    "an enterprise whose rewards are not what its cap and its books hold": """
        WITH cases AS (
          SELECT ceiling_code AS subject, sum(approved) AS amount FROM financing_reward
          WHERE status NOT IN ('refused', 'cancelled') AND approved IS NOT NULL GROUP BY 1
        ), caps AS (SELECT subject, committed FROM ceiling WHERE kind = 'rewards.enterprise_life')
        SELECT * FROM cases FULL JOIN caps USING (subject) WHERE coalesce(amount, 0) <> coalesce(committed, 0)
    """,
    "an alliance whose support is not what its year holds": """
        WITH cases AS (
          SELECT alliance AS subject, year::text AS period, sum(approved) AS amount FROM alliance_support
          WHERE status <> 'refused' AND approved IS NOT NULL GROUP BY 1, 2
        ), caps AS (SELECT subject, period, committed FROM ceiling WHERE kind = 'alliances.year')
        SELECT * FROM cases FULL JOIN caps USING (subject, period)
        WHERE coalesce(amount, 0) <> coalesce(committed, 0)
    """,
    "a borrower whose loans are not what its cap and its books hold": """
        WITH cases AS (
          SELECT 'loans.' || replace(product, '_startup', '') AS kind, borrower AS subject, sum(committed) AS amount
          FROM loan WHERE livemode AND product IN ('guaranteed', 'small_micro_startup', 'graduate') GROUP BY 1, 2
        ), caps AS (
          SELECT kind, subject, committed FROM ceiling
          WHERE kind IN ('loans.guaranteed', 'loans.small_micro', 'loans.graduate') AND period = 'all'
        )
        SELECT * FROM cases FULL JOIN caps USING (kind, subject) WHERE coalesce(amount, 0) <> coalesce(committed, 0)
    """,
    "a loan whose books are not its outstanding principal": """
        SELECT borrower, sum(outstanding) FROM loan WHERE livemode GROUP BY borrower
        HAVING sum(outstanding) <> coalesce((
          SELECT sum(amount) FROM posting WHERE account = 'loans.outstanding' AND subject = borrower), 0)
    """,
    "a matching fund whose books are not its payments": """
        SELECT id, spent FROM matching_fund AS fund WHERE spent <> coalesce((
          SELECT sum(amount) FROM posting JOIN journal_entry ON journal_entry.id = entry_id
          WHERE account = 'matching.expenditure' AND case_id = fund.id), 0)
    """,
}
"""By what is wrong."""

SNAPSHOT: Final = """
SELECT (SELECT count(*) FROM event_log), (SELECT count(*) FROM journal_entry), (SELECT count(*) FROM idempotency_key),
  (SELECT coalesce(sum(abs(amount)), 0) FROM posting), (SELECT coalesce(sum(committed), 0) FROM ceiling),
  (SELECT coalesce(sum(committed + paid + returned), 0) FROM budget_commitment)
"""


async def broken(db: Database) -> dict[str, list[str]]:
    """What does not hold, with the rows that show it."""
    found = {}
    async with db.transaction() as session:
        for what, query in BROKEN.items():
            if rows := (await session.execute(text(query))).all():
                found[what] = [str(row) for row in rows]
    return found


async def snapshot(db: Database) -> tuple[object, ...]:
    """Whatever a request can write, counted."""
    async with db.transaction() as session:
        return tuple((await session.execute(text(SNAPSHOT))).one())
