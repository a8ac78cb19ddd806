"""Repayments: money recovered under a delisting that was reversed goes back to whom it came from (2.3-5)."""
