"""The words of a recovery."""

from __future__ import annotations

from typing import Final

OPENED: Final = "opened"
"""The provider is told, and may make a statement."""
DECIDED: Final = "decided"
SETTLED: Final = "settled"
"""All of it came back."""
WRITTEN_OFF: Final = "written_off"
"""The rest was given up."""
DROPPED: Final = "dropped"
"""Nothing is claimed after all."""
STATES: Final = (OPENED, DECIDED, SETTLED, WRITTEN_OFF, DROPPED)

REVERSAL: Final = "reversal"
"""The redemption was reversed after it had been paid."""
INVOICE_CANCELLED: Final = "invoice_cancelled"
INVOICE_RED_LETTERED: Final = "invoice_red_lettered"
FRAUD: Final = "fraud"
OVERPAID: Final = "overpaid"
OTHER: Final = "other"
REASONS: Final = (REVERSAL, INVOICE_CANCELLED, INVOICE_RED_LETTERED, FRAUD, OVERPAID, OTHER)

REPAYMENT: Final = "repayment"
OFFSET: Final = "offset"
OFFSET_RETURNED: Final = "offset_returned"
"""The payment that it was kept back from came back from the provider's bank."""
WRITE_OFF: Final = "write_off"
MOVEMENTS: Final = (REPAYMENT, OFFSET, OFFSET_RETURNED, WRITE_OFF)
