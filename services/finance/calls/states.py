"""The states of a call."""

from typing import Final

DRAFTED: Final = "drafted"
PUBLISHED: Final = "published"
REFUSED: Final = "refused"
STATES: Final = (DRAFTED, PUBLISHED, REFUSED)
