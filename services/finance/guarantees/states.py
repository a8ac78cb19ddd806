"""States of a guarantee and of a claim on it."""

from typing import Final

DRAFTED: Final = "drafted"
ISSUED: Final = "issued"
"""In force: the bank may pay out."""
CALLED: Final = "called"
"""The guarantor has paid the bank and recovers from the borrower."""
RELEASED: Final = "released"
"""Nothing is owed under it any more."""
WRITTEN_OFF: Final = "written_off"
CANCELLED: Final = "cancelled"
STATES: Final = (DRAFTED, ISSUED, CALLED, RELEASED, WRITTEN_OFF, CANCELLED)
LOAN_CLOSED: Final = "loan_closed"
"""Why a draft was cancelled that nobody issued in time."""
HELD: Final = (DRAFTED, ISSUED)
"""What the guarantor's limits hold."""
RECOVERABLE: Final = (CALLED, WRITTEN_OFF)
"""A debt that is written off is still owed."""

FILED: Final = "filed"
ACCEPTED: Final = "accepted"
APPROVED: Final = "approved"
PAID: Final = "paid"
REFUSED: Final = "refused"
WITHDRAWN: Final = "withdrawn"
CLAIM_STATES: Final = (FILED, ACCEPTED, APPROVED, PAID, REFUSED, WITHDRAWN)
CLAIM_OPEN: Final = (FILED, ACCEPTED, APPROVED)
