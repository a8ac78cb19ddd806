"""States of a provider's admission, and the reasons for refusing it."""

from __future__ import annotations

from typing import Final, Literal

APPLIED: Final = "applied"
REVIEWED: Final = "reviewed"
ADMITTED: Final = "admitted"
REFUSED: Final = "refused"
STATUSES: Final = (APPLIED, REVIEWED, ADMITTED, REFUSED)

RefusalReason = Literal["documents_incomplete", "not_qualified", "penalty_on_record", "outside_categories"]
