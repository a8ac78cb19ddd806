"""The states of a use report."""

from typing import Final

SUBMITTED: Final = "submitted"
RETURNED: Final = "returned"
ACCEPTED: Final = "accepted"
STATES: Final = (SUBMITTED, RETURNED, ACCEPTED)
HANDED_IN: Final = (SUBMITTED, ACCEPTED)
"""A returned report is none until it is handed in again."""
