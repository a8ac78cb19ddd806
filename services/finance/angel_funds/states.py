"""The states of a fund, of an order on its money, and of an investment."""

from typing import Final

REGISTERED: Final = "registered"
ACTIVE: Final = "active"
REFUSED: Final = "refused"
LIQUIDATING: Final = "liquidating"
TERMINATED: Final = "terminated"
STATES: Final = (REGISTERED, ACTIVE, REFUSED, LIQUIDATING, TERMINATED)
ENDED: Final = (REFUSED, TERMINATED)
"""Another fund may be set up for the centre."""
WORKING: Final = (ACTIVE, LIQUIDATING)
"""What is held can be valued, sold and written off."""

PAR: Final = "par"
NET_VALUE: Final = "net_value"
PRICINGS: Final = (PAR, NET_VALUE)
"""By the fund's contract: a unit always costs one yuan, or its part of the net value on the day of the payment."""

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
COMMITTEE: Final = "committee_change"
WINDING_UP: Final = "winding_up"
LIQUIDATION: Final = "final_distribution"
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
    COMMITTEE,
    WINDING_UP,
    LIQUIDATION,
)
REALISING: Final = (VALUATION, EXIT, WRITE_OFF)
"""What goes on while a fund is wound up."""

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
WOUND_UP: Final = "wound_up"
"""Why orders and proposals end when the investors resolve to wind the fund up."""
WINDING_UP_CAUSES: Final = ("term_ended", "investors_resolved", "centre_left", "purpose_failed", "other")

FOR: Final = "for"
AGAINST: Final = "against"
ABSTAINED: Final = "abstained"
RECUSED: Final = "recused"
VOTES: Final = (FOR, AGAINST, ABSTAINED, RECUSED)

MUNICIPAL: Final = "municipal"
SUBSCRIBED: Final = "subscribed"
PAID_IN: Final = "paid_in"
BASES: Final = (SUBSCRIBED, PAID_IN)
