"""The states of a grant, which steps start from which, and why the system itself changes one."""

from typing import Final

APPLIED: Final = "applied"
REVIEWED: Final = "reviewed"
APPROVED: Final = "approved"
COUNTERSIGNED: Final = "countersigned"
HELD: Final = "held"
PAID: Final = "paid"
IN_RECOVERY: Final = "in_recovery"
CLOSED: Final = "closed"
REFUSED: Final = "refused"
CANCELLED: Final = "cancelled"

STATES: Final = (
    APPLIED,
    REVIEWED,
    APPROVED,
    COUNTERSIGNED,
    HELD,
    PAID,
    IN_RECOVERY,
    CLOSED,
    REFUSED,
    CANCELLED,
)
PENDING: Final = (APPLIED, REVIEWED, APPROVED, COUNTERSIGNED)
"""On the way to payment; a failed evaluation holds these."""
UNPAID: Final = (*PENDING, HELD)
"""What a delisting cancels."""
PAID_OUT: Final = (PAID, IN_RECOVERY, CLOSED)
ENDED: Final = (CLOSED, REFUSED, CANCELLED)

EVALUATION_FAILED: Final = "evaluation_failed"
CENTRE_DELISTED: Final = "centre_delisted"
DELISTING_REVERSED: Final = "delisting_reversed"
CENTRE_WITHDRAWN: Final = "centre_withdrawn"
