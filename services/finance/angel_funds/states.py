"""The states of a fund, of an order on its money, and of an investment."""

from typing import Final

REGISTERED: Final = "registered"
ACTIVE: Final = "active"
REFUSED: Final = "refused"
STATES: Final = (REGISTERED, ACTIVE, REFUSED)

PREPARED: Final = "prepared"
APPROVED: Final = "approved"
DONE: Final = "done"
CANCELLED: Final = "cancelled"
ORDER_STATES: Final = (PREPARED, APPROVED, DONE, REFUSED, CANCELLED)
"""An order waits for its second person; one for a municipal payment then waits for the treasury as `approved`."""
OPEN_ORDERS: Final = (PREPARED, APPROVED)

CLOSING: Final = "closing"
CALL: Final = "call"
PAYMENT: Final = "payment"
DEFAULT: Final = "default"
WITHDRAWAL: Final = "withdrawal"
MUNICIPAL_SALE: Final = "municipal_sale"
TRANCHE: Final = "tranche"
VALUATION: Final = "valuation"
EXIT: Final = "exit"
WRITE_OFF: Final = "write_off"
KINDS: Final = (
    CLOSING,
    CALL,
    PAYMENT,
    DEFAULT,
    WITHDRAWAL,
    MUNICIPAL_SALE,
    TRANCHE,
    VALUATION,
    EXIT,
    WRITE_OFF,
)

PROPOSED: Final = "proposed"
VOTED: Final = "voted"
INVESTED: Final = "invested"
EXITED: Final = "exited"
WRITTEN_OFF: Final = "written_off"
INVESTMENT_STATES: Final = (PROPOSED, VOTED, APPROVED, INVESTED, EXITED, WRITTEN_OFF, REFUSED, CANCELLED)
NOT_INVESTED: Final = (PROPOSED, VOTED, APPROVED)
"""Nothing was paid yet: these end when the centre leaves the list."""

DELISTED: Final = "centre_delisted"
WITHDRAWN: Final = "centre_withdrawn"
STOP_CAUSES: Final = (DELISTED, WITHDRAWN)

FOR: Final = "for"
AGAINST: Final = "against"
ABSTAINED: Final = "abstained"
RECUSED: Final = "recused"
VOTES: Final = (FOR, AGAINST, ABSTAINED, RECUSED)

MUNICIPAL: Final = "municipal"
SUBSCRIBED: Final = "subscribed"
PAID_IN: Final = "paid_in"
BASES: Final = (SUBSCRIBED, PAID_IN)
