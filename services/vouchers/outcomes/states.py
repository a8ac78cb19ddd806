"""States of surveys and of their forms."""

from __future__ import annotations

from typing import Final

OPEN: Final = "open"
CLOSED: Final = "closed"
STATUSES: Final = (OPEN, CLOSED)

ASKED: Final = "asked"
ANSWERED: Final = "answered"
FORM_STATUSES: Final = (ASKED, ANSWERED)
