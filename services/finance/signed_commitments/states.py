"""The states of a signed commitment."""

from typing import Final

FILED: Final = "filed"
REVIEWED: Final = "reviewed"
HONOURED: Final = "honoured"
SETTLED: Final = "settled"
REFUSED: Final = "refused"
LAPSED: Final = "lapsed"
STATES: Final = (FILED, REVIEWED, HONOURED, SETTLED, REFUSED, LAPSED)
"""`settled` is paid in full; a part payment leaves it honoured. `lapsed` is no longer promised what was not paid."""
OPEN: Final = (FILED, REVIEWED, HONOURED)
