"""The states of a support for an alliance."""

from typing import Final

APPLIED: Final = "applied"
REVIEWED: Final = "reviewed"
APPROVED: Final = "approved"
PAID: Final = "paid"
REPORTED: Final = "reported"
CLOSED: Final = "closed"
REFUSED: Final = "refused"
STATES: Final = (APPLIED, REVIEWED, APPROVED, PAID, REPORTED, CLOSED, REFUSED)
UNPAID: Final = (APPLIED, REVIEWED, APPROVED)
