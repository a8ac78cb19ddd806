"""Loans after the contract: drawdowns, the schedule, payments, arrears, extension and closing (3.2-3 to 3.2-5)."""
