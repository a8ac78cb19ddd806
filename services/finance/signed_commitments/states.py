"""The states of a signed commitment."""

from typing import Final

FILED: Final = "filed"
REVIEWED: Final = "reviewed"
HONOURED: Final = "honoured"
SETTLED: Final = "settled"
REFUSED: Final = "refused"
STATES: Final = (FILED, REVIEWED, HONOURED, SETTLED, REFUSED)
"""`settled` is paid in full; a part payment leaves it honoured."""
