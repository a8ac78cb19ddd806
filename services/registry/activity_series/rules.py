"""The steps of a brand's year."""

from __future__ import annotations

from typing import Final

OPEN: Final = "open"
CLOSED: Final = "closed"
CANCELLED: Final = "cancelled"
STATUSES: Final = (OPEN, CLOSED, CANCELLED)
CLOSABLE: Final = (OPEN,)
