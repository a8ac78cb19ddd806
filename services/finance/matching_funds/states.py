"""The states of a year's matching funds, of a recorded amount, and the kinds of lines."""

from typing import Final

RECORDED: Final = "recorded"
APPROVED: Final = "approved"
REFUSED: Final = "refused"
STATES: Final = (RECORDED, APPROVED, REFUSED)
"""Of the funds: waiting for the first approval, approved (whatever is proposed since), refused before any approval.
The same words for each recorded amount."""

CONFIRMED: Final = "confirmed"
LINE_STATES: Final = (RECORDED, CONFIRMED, REFUSED)
"""Of a payment: it waits for a second person, counts as spent, or was refused. A reversal is a second person's own."""

SPENDING: Final = "spending"
REVERSAL: Final = "reversal"
KINDS: Final = (SPENDING, REVERSAL)
