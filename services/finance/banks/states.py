"""The states of a bank or product in the register, and of a recorded change."""

from typing import Final

PROPOSED: Final = "proposed"
ACTIVE: Final = "active"
SUSPENDED: Final = "suspended"
REFUSED: Final = "refused"
STATES: Final = (PROPOSED, ACTIVE, SUSPENDED, REFUSED)
"""Waiting for the first approval; taking referrals; known and taking none; refused before any approval."""
SHOWN: Final = (ACTIVE, SUSPENDED)

RECORDED: Final = "recorded"
APPROVED: Final = "approved"
CHANGES: Final = (RECORDED, APPROVED, REFUSED)
"""Of what was recorded for a bank or a product: waiting for the second person, approved, refused."""

ONLINE: Final = "online"
OFFLINE: Final = "offline"
CHANNELS: Final = (ONLINE, OFFLINE)
