"""States of a quarter's statement, of its lines and of a prime rate."""

from typing import Final

PREPARED: Final = "prepared"
APPROVED: Final = "approved"
PAID: Final = "paid"
REFUSED: Final = "refused"
STATES: Final = (PREPARED, APPROVED, PAID, REFUSED)

RECOVERED: Final = "recovered"
"""A line that takes back what was paid too much, and did."""
LINE_STATES: Final = (PREPARED, APPROVED, PAID, RECOVERED, REFUSED)

REGULAR: Final = "regular"
CORRECTION: Final = "correction"
KINDS: Final = (REGULAR, CORRECTION)

RECORDED: Final = "recorded"
CONFIRMED: Final = "confirmed"
RATE_STATES: Final = (RECORDED, CONFIRMED, REFUSED)

FIRM: Final = "firm"
GRADUATE: Final = "graduate"
"""The two ways in which interest is subsidised."""
