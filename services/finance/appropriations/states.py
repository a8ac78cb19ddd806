"""The states of a budget line, of what is proposed about it, and of transfers."""

from typing import Final

RECORDED: Final = "recorded"
APPROVED: Final = "approved"
REFUSED: Final = "refused"
CLOSED: Final = "closed"
STATES: Final = (RECORDED, APPROVED, REFUSED, CLOSED)
"""Of a line: waiting for its first approval, approved (whatever is proposed since), refused before any approval, closed
with its year."""

PROPOSED: Final = "proposed"
PROPOSAL_STATES: Final = (PROPOSED, APPROVED, REFUSED)
"""Of an amount, of a year's closing and of a transfer, each decided by a second person."""

CARRY: Final = "carry"
RELEASE: Final = "release"
UNPAID: Final = (CARRY, RELEASE)
"""What closing a year does with what is committed and not paid."""
