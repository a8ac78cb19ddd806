"""States of a repayment, and why one is cancelled."""

from typing import Final

DUE: Final = "due"
PREPARED: Final = "prepared"
APPROVED: Final = "approved"
COUNTERSIGNED: Final = "countersigned"
PAID: Final = "paid"
CANCELLED: Final = "cancelled"

STATES: Final = (DUE, PREPARED, APPROVED, COUNTERSIGNED, PAID, CANCELLED)
SIGNED: Final = (PREPARED, APPROVED, COUNTERSIGNED)
"""May be sent back to the one who prepares it."""
OPEN: Final = (DUE, *SIGNED)
"""What another delisting of the centre ends."""

CENTRE_DELISTED: Final = "centre_delisted"
