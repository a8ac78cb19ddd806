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
