"""The states of a referral, and the kinds of what happens to it."""

from typing import Final

PREPARED: Final = "prepared"
SENT: Final = "sent"
ACCEPTED: Final = "accepted"
OFFERED: Final = "offered"
AGREED: Final = "agreed"
DISBURSED: Final = "disbursed"
REPAYING: Final = "repaying"
CLOSED: Final = "closed"
REFUSED: Final = "refused"
DECLINED: Final = "declined"
WITHDRAWN: Final = "withdrawn"
EXPIRED: Final = "expired"
STATES: Final = (
    PREPARED,
    SENT,
    ACCEPTED,
    OFFERED,
    AGREED,
    DISBURSED,
    REPAYING,
    CLOSED,
    REFUSED,
    DECLINED,
    WITHDRAWN,
    EXPIRED,
)
"""`prepared` waits for the enterprise's own confirmation; `refused` is the bank's word and evidence for a guaranteed
loan (3.2-3), `declined` the enterprise's on an offer; `expired` was not answered in time, by whichever of the two."""

OPEN: Final = (PREPARED, SENT, ACCEPTED, OFFERED)
"""Nothing is agreed yet; an enterprise has one such referral to a bank for a product."""
WITH_MONEY: Final = (DISBURSED, REPAYING, CLOSED)

ACCEPT: Final = "accept"
REFUSE: Final = "refuse"
OFFER: Final = "offer"
DISBURSE: Final = "disburse"
REPAY: Final = "repay"
REVERSE: Final = "reverse"
CLOSE: Final = "close"
CANCEL: Final = "cancel"
STEPS: Final = (ACCEPT, REFUSE, OFFER, DISBURSE, REPAY, REVERSE, CLOSE, CANCEL)
"""What a bank reports, each under a reference of its own."""
MONEY_STEPS: Final = (DISBURSE, REPAY, REVERSE)
