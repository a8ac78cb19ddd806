"""The states of an asset, and what a check may find."""

from typing import Final

KEPT: Final = "kept"
WRITTEN_OFF: Final = "written_off"
STATES: Final = (KEPT, WRITTEN_OFF)

GOOD: Final = "good"
DAMAGED: Final = "damaged"
MISSING: Final = "missing"
CONDITIONS: Final = (GOOD, DAMAGED, MISSING)
