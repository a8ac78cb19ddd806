"""Finance's caps: one row for each programme, subject and period."""

from typing import Final

from services.finance.base import Base
from shared.ceilings import ceiling_table

ceiling = ceiling_table(Base.metadata)

CENTRE_YEAR: Final = "grants.centre_year"
"""Sum approved for a centre (subject) in a fiscal year (period), whatever the purpose (3.1-4)."""
CENTRE_YEAR_PURPOSE: Final = "grants.centre_year_purpose"
"""The same for one purpose: after a change of tier the increment is earmarked for the new one."""
MATCHING_YEAR: Final = "matching.division_year"
"""Spent of a division's (subject) matching funds of a year (period), at most what was approved (5.1-2)."""
PROGRAMME_YEAR: Final = "appropriations.programme_year"
"""Committed of a programme's (subject) budget line of a year (period), paid or not, at most its budget (3.1-4)."""

LOAN_GUARANTEED: Final = "loans.guaranteed"
LOAN_SMALL_MICRO: Final = "loans.small_micro"
LOAN_GRADUATE: Final = "loans.graduate"
"""Approved, paid out and not repaid of a borrower's (subject: code or person reference) loans of one product (3.2-3 to
3.2-5); the period is `all`, that of loans in test mode `test`."""
LOAN_JOINT: Final = "loans.joint"
"""The same of a joint group (subject: its id), the partners' own graduates' loans included (3.2-5)."""

GUARANTEE_BORROWER: Final = "guarantees.borrower"
"""What the guarantor is liable for towards one borrower (subject), at most a part of its net assets (3.2-3); the period
is `all`, that of guarantees in test mode `test`."""
GUARANTEE_TOTAL: Final = "guarantees.total"
"""The same for everybody together (subject: `all`)."""

REWARD_LIFE: Final = "rewards.enterprise_life"
"""Rewarded to an enterprise (subject: the code that goes on) over its life, records merged into it included (3.3-2);
the period is `life`."""
ALLIANCE_YEAR: Final = "alliances.year"
"""Supported of an alliance (subject) in a year (period) (4.6-3, 4.7-3)."""
