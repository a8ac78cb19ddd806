"""The states of a period of the books."""

from typing import Final

PROPOSED: Final = "proposed"
CLOSED: Final = "closed"
REFUSED: Final = "refused"
REOPENING: Final = "reopening"
REOPENED: Final = "reopened"
STATES: Final = (PROPOSED, CLOSED, REFUSED, REOPENING, REOPENED)
SHUT: Final = (CLOSED, REOPENING)
"""No entry lies in these; one whose reopening is proposed stays shut until a second person opens it."""
