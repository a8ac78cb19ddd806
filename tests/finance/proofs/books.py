"""Each programme's accounts, ceilings and budget against its cases: every query finds what does not agree."""

from __future__ import annotations

from typing import Final

RELEASED: Final = """released AS (
          SELECT held.case_id FROM budget_commitment AS held
          JOIN appropriation AS line ON line.programme = held.programme AND line.year = line_year
          JOIN journal_entry AS entry ON entry.case_id = line.id AND entry.kind = 'budget_unpaid_released'
          GROUP BY held.case_id HAVING sum(held.committed) = 0
        )"""
"""Cases that hold nothing since their line's closing released what was unpaid."""

OF_CASES: Final = {
    "a grant whose books are not its money": """
        SELECT no, paid, spent, refunded, recovered FROM centre_grant AS own WHERE
          (coalesce((SELECT sum(amount) FROM posting JOIN journal_entry ON journal_entry.id = entry_id
            WHERE case_id = own.id AND account = 'grants.treasury'), 0),
           coalesce((SELECT sum(amount) FROM posting JOIN journal_entry ON journal_entry.id = entry_id
            WHERE case_id = own.id AND account = 'grants.expenditure'), 0),
           coalesce((SELECT sum(amount) FROM posting JOIN journal_entry ON journal_entry.id = entry_id
            WHERE case_id = own.id AND account = 'grants.receivable'), 0))
          <> (-(paid - refunded - recovered + repaid), spent, recovery_due - recovered + repaid)
    """,
    "a centre whose grants are not its accounts": """
        WITH cases AS (
          SELECT centre_id::text AS subject, sum(paid - refunded - recovered + repaid) AS gone,
            sum(paid - spent - refunded - recovery_due) AS advance, sum(spent) AS spent FROM centre_grant GROUP BY 1
        ), books AS (
          SELECT subject, -sum(amount) FILTER (WHERE account = 'grants.treasury') AS gone,
            sum(amount) FILTER (WHERE account = 'grants.advance') AS advance,
            sum(amount) FILTER (WHERE account = 'grants.expenditure') AS spent
          FROM posting WHERE account LIKE 'grants.%' GROUP BY 1
        )
        SELECT * FROM cases FULL JOIN books USING (subject)
        WHERE (coalesce(cases.gone, 0), coalesce(cases.advance, 0), coalesce(cases.spent, 0))
          <> (coalesce(books.gone, 0), coalesce(books.advance, 0), coalesce(books.spent, 0))
    """,
    "a reward whose books are not its money": """
        SELECT no, status, approved, paid, recovery_due, recovered FROM financing_reward AS own WHERE
          (coalesce((SELECT sum(amount) FROM posting JOIN journal_entry ON journal_entry.id = entry_id
            WHERE case_id = own.id AND account = 'reward.treasury'), 0),
           coalesce((SELECT sum(amount) FROM posting JOIN journal_entry ON journal_entry.id = entry_id
            WHERE case_id = own.id AND account = 'reward.receivable'), 0),
           coalesce((SELECT sum(amount) FROM posting JOIN journal_entry ON journal_entry.id = entry_id
            WHERE case_id = own.id AND account = 'reward.committed'), 0))
          <> (-(paid - recovered), recovery_due - recovered,
            CASE WHEN status IN ('refused', 'cancelled') THEN 0 ELSE coalesce(approved, 0) END)
    """,
    "a support whose books are not its money": """
        SELECT no, status, approved, paid, spent, refunded FROM alliance_support AS own WHERE
          (coalesce((SELECT sum(amount) FROM posting JOIN journal_entry ON journal_entry.id = entry_id
            WHERE case_id = own.id AND account = 'alliance.treasury'), 0),
           coalesce((SELECT sum(amount) FROM posting JOIN journal_entry ON journal_entry.id = entry_id
            WHERE case_id = own.id AND account = 'alliance.committed'), 0))
          <> (-(paid - refunded), CASE WHEN status = 'refused' THEN 0 ELSE coalesce(approved, 0) END)
    """,
    "a loan whose debt is not what was paid out and back": """
        SELECT no, disbursed, outstanding FROM loan WHERE
          (coalesce((SELECT sum(amount) FROM loan_drawdown WHERE loan_id = loan.id), 0),
           coalesce((SELECT sum(CASE kind WHEN 'reversal' THEN principal ELSE -principal END) FROM loan_payment
            WHERE loan_id = loan.id), 0))
          <> (disbursed, outstanding - disbursed)
    """,
    "a borrower whose accounts are not what its loans hold of the caps": """
        SELECT borrower, sum(committed) FROM loan WHERE livemode GROUP BY borrower HAVING sum(committed) <> coalesce((
          SELECT sum(amount) FROM posting WHERE account = 'loans.committed' AND subject = borrower), 0)
    """,
    "a joint group whose cap is not what its members hold": """
        WITH cases AS (
          SELECT cap.subject, cap.committed, (
            SELECT coalesce(sum(loan.committed), 0) FROM loan
            WHERE loan.livemode AND (loan.group_id::text = cap.subject OR loan.product = 'graduate'
              AND loan.borrower IN (SELECT person_ref FROM joint_member WHERE group_id::text = cap.subject))) AS held
          FROM ceiling AS cap WHERE kind = 'loans.joint' AND period = 'all'
        )
        SELECT * FROM cases WHERE committed <> held
    """,
    "a joint loan outside every group": """
        SELECT no FROM loan WHERE product = 'graduate_joint' AND committed > 0
        AND NOT EXISTS (SELECT FROM ceiling WHERE kind = 'loans.joint' AND subject = group_id::text)
    """,
    "a borrower whose guarantees are not what its limit holds": """
        WITH cases AS (SELECT borrower AS subject, sum(liability) AS held FROM guarantee WHERE livemode GROUP BY 1),
        caps AS (SELECT subject, committed FROM ceiling WHERE kind = 'guarantees.borrower' AND period = 'all')
        SELECT * FROM cases FULL JOIN caps USING (subject) WHERE coalesce(held, 0) <> coalesce(committed, 0)
    """,
    "guarantees that are not what the limit for all holds": """
        SELECT committed FROM ceiling WHERE kind = 'guarantees.total' AND period = 'all'
        AND committed <> (SELECT coalesce(sum(liability), 0) FROM guarantee WHERE livemode)
    """,
    "a borrower whose guarantees are not in the books": """
        WITH cases AS (
          SELECT borrower AS subject, sum(CASE WHEN issued_on IS NULL OR status = 'cancelled' THEN 0 ELSE liability END)
              AS liability, sum(paid - recovered) AS owed,
            sum(recovered - paid + CASE WHEN fee_paid_on IS NULL THEN 0 ELSE fee END) AS cash
          FROM guarantee WHERE livemode GROUP BY 1
        ), books AS (
          SELECT subject, -sum(amount) FILTER (WHERE account = 'guarantee.liability') AS liability,
            sum(amount) FILTER (WHERE account IN ('guarantee.receivable', 'guarantee.loss')) AS owed,
            sum(amount) FILTER (WHERE account = 'guarantee.cash') AS cash
          FROM posting WHERE account LIKE 'guarantee.%' GROUP BY 1
        )
        SELECT * FROM cases FULL JOIN books USING (subject)
        WHERE (coalesce(cases.liability, 0), coalesce(cases.owed, 0), coalesce(cases.cash, 0))
          <> (coalesce(books.liability, 0), coalesce(books.owed, 0), coalesce(books.cash, 0))
    """,
    "a guarantee that is not the sum of its claims and recoveries": """
        SELECT no, paid, recovered, budget_returned FROM guarantee WHERE
          (coalesce((SELECT sum(amount) FROM guarantee_claim
            WHERE guarantee_id = guarantee.id AND status = 'paid'), 0),
           coalesce((SELECT sum(guarantor_share) FROM guarantee_recovery
            WHERE guarantee_id = guarantee.id AND reversed_on IS NULL), 0),
           coalesce((SELECT sum(budget_share) FROM guarantee_recovery
            WHERE guarantee_id = guarantee.id AND reversed_on IS NULL AND returned_on IS NOT NULL), 0))
          <> (paid, recovered, budget_returned)
    """,
    "a borrower whose subsidies are not in the books": """
        WITH cases AS (
          SELECT borrower AS subject, sum(amount) AS given FROM subsidy_line
          WHERE status IN ('paid', 'recovered') GROUP BY 1
        ), books AS (
          SELECT subject, sum(amount) AS booked FROM posting WHERE account = 'subsidy.expenditure' GROUP BY 1
        )
        SELECT * FROM cases FULL JOIN books USING (subject) WHERE coalesce(given, 0) <> coalesce(booked, 0)
    """,
    "a statement that is not the sum of its lines": """
        SELECT no, total, to_recover, recovered FROM subsidy_statement AS own WHERE status <> 'refused' AND
          (coalesce((SELECT sum(amount) FROM subsidy_line WHERE statement_id = own.id AND amount > 0), 0),
           coalesce((SELECT -sum(amount) FROM subsidy_line WHERE statement_id = own.id AND amount < 0), 0),
           coalesce((SELECT sum(line.recovered) FROM subsidy_line AS line WHERE statement_id = own.id), 0))
          <> (total, to_recover, recovered)
    """,
    "a referral that is not the sum of its steps": """
        SELECT no, disbursed, repaid FROM referral WHERE
          (coalesce((SELECT sum(amount) FROM referral_step
            WHERE referral_id = referral.id AND kind = 'disburse' AND reversed_on IS NULL), 0),
           coalesce((SELECT sum(amount) FROM referral_step
            WHERE referral_id = referral.id AND kind = 'repay' AND reversed_on IS NULL), 0))
          <> (disbursed, repaid)
    """,
    "a fund that is not the sum of its investors and investments": """
        SELECT no FROM angel_fund WHERE (subscribed, paid_in, municipal_subscribed, municipal_paid_in, invested) <> (
          (SELECT coalesce(sum(one.subscribed), 0) FROM angel_fund_investor AS one WHERE fund_id = angel_fund.id),
          (SELECT coalesce(sum(one.paid_in), 0) FROM angel_fund_investor AS one WHERE fund_id = angel_fund.id),
          (SELECT coalesce(sum(one.subscribed), 0) FROM angel_fund_investor AS one
            WHERE fund_id = angel_fund.id AND municipal),
          (SELECT coalesce(sum(one.paid_in), 0) FROM angel_fund_investor AS one
            WHERE fund_id = angel_fund.id AND municipal),
          (SELECT coalesce(sum(one.cost), 0) FROM angel_investment AS one WHERE fund_id = angel_fund.id))
    """,
    "a fund whose books are not its own": """
        WITH books AS (
          SELECT subject, account, sum(amount) AS amount FROM posting WHERE account LIKE 'fund.%' GROUP BY 1, 2
        ), cases AS (
          SELECT id::text AS subject, account, amount FROM angel_fund, LATERAL (VALUES
            ('fund.cash', cash), ('fund.investments', invested), ('fund.gains', -gains), ('fund.losses', losses),
            ('fund.capital', municipal_paid_in - paid_in), ('fund.municipal_capital', -municipal_paid_in),
            ('fund.subscribed', subscribed - municipal_subscribed),
            ('fund.municipal_subscribed', municipal_subscribed), ('fund.subscribers', -subscribed),
            ('fund.distributed', proceeds - municipal_proceeds), ('fund.municipal_distributed', municipal_proceeds),
            ('fund.borne', -borne)) AS own (account, amount)
        ), dues AS (
          SELECT fund_id::text AS subject, 'fund.treasury_due' AS account,
            coalesce(sum(due) FILTER (WHERE received_on IS NULL), 0) AS amount FROM angel_fund_order GROUP BY 1
        )
        SELECT * FROM (SELECT * FROM cases UNION ALL SELECT * FROM dues) AS own LEFT JOIN books USING (subject, account)
        WHERE own.amount <> coalesce(books.amount, 0)
    """,
    "a fund that ended and holds something": """
        SELECT no, cash, invested, subscribed, paid_in FROM angel_fund
        WHERE status = 'terminated' AND (cash, invested, subscribed, paid_in) <> (0, 0, 0, 0)
    """,
    "a municipal share above 30 % that nobody wrote down": """
        SELECT no, subscribed, municipal_subscribed, paid_in, municipal_paid_in FROM angel_fund
        WHERE status = 'active' AND breached_on IS NULL
        AND (municipal_subscribed * 100 > 30 * subscribed OR municipal_paid_in * 100 > 30 * paid_in)
    """,
    "a division whose matching fund is not what its cap holds": """
        SELECT no, spent, waiting, committed FROM matching_fund
        LEFT JOIN ceiling ON kind = 'matching.division_year' AND subject = division AND period = year::text
        WHERE spent + waiting <> coalesce(committed, 0) OR budget <> coalesce(limit_amount, 0)
    """,
    "a matching fund that is not the sum of its lines": """
        SELECT no, spent, waiting FROM matching_fund WHERE (spent, waiting) <> (
          (SELECT coalesce(sum(amount), 0) FROM matching_fund_line
            WHERE fund_id = matching_fund.id AND kind = 'spending' AND status = 'confirmed' AND reversed_on IS NULL),
          (SELECT coalesce(sum(amount), 0) FROM matching_fund_line
            WHERE fund_id = matching_fund.id AND kind = 'spending' AND status = 'recorded'))
    """,
}

OF_BUDGET: Final = {
    "a case whose budget is not what it was paid and gave back": """
        WITH cases AS (
          SELECT id, 'grants' AS programme, paid, refunded + recovered - repaid AS back FROM centre_grant
          UNION ALL SELECT id, 'financing_reward', paid, recovered FROM financing_reward
          UNION ALL SELECT id, 'alliance_support', paid, refunded FROM alliance_support
          UNION ALL SELECT id, 'interest_subsidy', CASE status WHEN 'paid' THEN total ELSE 0 END, recovered
            FROM subsidy_statement
          UNION ALL SELECT claim.id, 'guarantee_compensation',
            CASE claim.status WHEN 'paid' THEN budget_amount ELSE 0 END,
            CASE claim.status WHEN 'paid' THEN budget_returned ELSE 0 END
            FROM guarantee_claim AS claim JOIN guarantee ON guarantee.id = guarantee_id WHERE claim.livemode
          UNION ALL SELECT fund_id, 'angel_fund', coalesce(sum(amount) FILTER
            (WHERE kind = 'payment' AND municipal AND status = 'done'), 0), sum(returned)
            FROM angel_fund_order GROUP BY fund_id
        ), lines AS (
          SELECT case_id AS id, sum(paid) AS line_paid, sum(returned) AS line_back FROM budget_commitment GROUP BY 1
        )
        SELECT * FROM cases LEFT JOIN lines USING (id)
        WHERE (paid, back) <> (coalesce(line_paid, 0), coalesce(line_back, 0))
    """,
    "a case that holds another budget than what was approved": f"""
        WITH cases AS (
          SELECT id, paid, CASE WHEN status IN ('refused', 'cancelled') THEN 0 ELSE coalesce(approved, 0) END AS held
            FROM centre_grant
          UNION ALL SELECT id, paid,
            CASE WHEN status IN ('refused', 'cancelled') THEN 0 ELSE coalesce(approved, 0) END FROM financing_reward
          UNION ALL SELECT id, paid, CASE status WHEN 'refused' THEN 0 ELSE coalesce(approved, 0) END
            FROM alliance_support
          UNION ALL SELECT id, CASE status WHEN 'paid' THEN total ELSE 0 END,
            CASE WHEN status IN ('approved', 'paid') THEN total ELSE 0 END FROM subsidy_statement
          UNION ALL SELECT id, CASE status WHEN 'paid' THEN budget_amount ELSE 0 END,
            CASE WHEN status IN ('approved', 'paid') THEN budget_amount ELSE 0 END FROM guarantee_claim WHERE livemode
        ), lines AS (
          SELECT case_id AS id, sum(committed) AS committed FROM budget_commitment GROUP BY 1
        ), {RELEASED}
        SELECT * FROM cases LEFT JOIN lines USING (id)
        WHERE held <> coalesce(committed, 0) AND (paid > 0 OR id NOT IN (SELECT case_id FROM released))
    """,
    "a budget line that is not what its ceiling allows": """
        SELECT programme, year, limit_amount FROM appropriation
        JOIN ceiling ON kind = 'appropriations.programme_year' AND subject = programme AND period = year::text
        WHERE limit_amount <> granted + transferred + carried_in - carried_out - lapsed
    """,
    "a budget line whose books are not its budget": """
        WITH lines AS (
          SELECT programme, year::text AS period, granted + transferred + carried_in - carried_out - lapsed AS budget,
            (SELECT coalesce(sum(committed), 0) FROM budget_commitment AS held
              WHERE held.programme = line.programme AND line_year = line.year) AS committed FROM appropriation AS line
        ), books AS (
          SELECT subject AS programme, period, sum(amount) FILTER (WHERE account = 'budget.free') AS free,
            -sum(amount) FILTER (WHERE account = 'budget.authority') AS authority
          FROM posting WHERE account LIKE 'budget.%' GROUP BY 1, 2
        )
        SELECT * FROM lines LEFT JOIN books USING (programme, period)
        WHERE budget - committed <> coalesce(free, 0) OR (
          SELECT sum(amount) FROM posting WHERE account LIKE 'budget.%' AND subject = lines.programme
        ) <> (SELECT sum(transferred) FROM appropriation AS own WHERE own.programme = lines.programme)
    """,
    "a slip of the treasury that paid two cases": """
        WITH paid AS (
          SELECT no, payment_reference AS slip FROM financing_reward
          UNION ALL SELECT no, payment_reference FROM alliance_support
          UNION ALL SELECT no, payment_reference FROM subsidy_statement
          UNION ALL SELECT no, payment_reference FROM centre_grant
          UNION ALL SELECT no, payment_reference FROM guarantee_claim WHERE livemode AND budget_amount > 0
        )
        SELECT slip, array_agg(no) FROM paid WHERE slip IS NOT NULL GROUP BY slip HAVING count(*) > 1
    """,
    "a closed month whose entries are not those it was closed with": """
        SELECT label, entries, turnover FROM journal_period AS month WHERE status IN ('closed', 'reopening')
        AND (entries, turnover) <> (
          (SELECT count(*) FROM journal_entry WHERE effective_on BETWEEN starts_on AND ends_on),
          (SELECT coalesce(sum(amount), 0) FROM posting JOIN journal_entry ON journal_entry.id = entry_id
            WHERE amount > 0 AND effective_on BETWEEN starts_on AND ends_on))
    """,
    "a reversal that is not the whole of what it reverses": """
        SELECT back.kind, back.case_no FROM journal_entry AS back
        JOIN journal_entry AS first ON first.id = back.reverses_id
        WHERE back.kind NOT LIKE 'grant_%' AND
          (SELECT sum(amount) FROM posting WHERE entry_id = back.id AND amount > 0)
          <> (SELECT sum(amount) FROM posting WHERE entry_id = first.id AND amount > 0)
    """,
}
