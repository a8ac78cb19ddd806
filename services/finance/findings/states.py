"""States of a finding, and the one reason for dropping it."""

from typing import Final

OPEN: Final = "open"
ANSWERED: Final = "answered"
CONFIRMED: Final = "confirmed"
DISMISSED: Final = "dismissed"
STATES: Final = (OPEN, ANSWERED, CONFIRMED, DISMISSED)

ON_PURPOSE: Final = "shown_on_purpose"
"""The reply shows that the money went to the grant's purpose: the payment was described wrongly."""
