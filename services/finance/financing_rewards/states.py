"""The states of a financing reward."""

from typing import Final

APPLIED: Final = "applied"
REVIEWED: Final = "reviewed"
APPROVED: Final = "approved"
PAID: Final = "paid"
RECHECKED: Final = "rechecked"
IN_RECOVERY: Final = "in_recovery"
CLOSED: Final = "closed"
REFUSED: Final = "refused"
CANCELLED: Final = "cancelled"
STATES: Final = (APPLIED, REVIEWED, APPROVED, PAID, RECHECKED, IN_RECOVERY, CLOSED, REFUSED, CANCELLED)
"""`approved` waits for signatures that are missing, then for the treasury; `rechecked` for a second person."""
UNPAID: Final = (APPLIED, REVIEWED, APPROVED)

KEPT: Final = "kept"
RETURNED: Final = "returned"
OUTCOMES: Final = (KEPT, RETURNED)
"""Whether the capital was still there at the re-check."""

DELISTED: Final = "centre_delisted"
WITHDRAWN: Final = "centre_withdrawn"
LIFE: Final = "life"
"""The period of the ceiling over an enterprise's life."""

KIND: Final = "financing-rewards"
"""Under which its notices and documents are kept."""
CLAUSE: Final = "3.3-2"
