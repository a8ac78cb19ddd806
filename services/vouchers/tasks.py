"""What waits for people at the voucher service: programmes to open, providers to look at and to admit."""

from __future__ import annotations

from typing import Final

from services.vouchers.outcomes.tasks import SOURCES as OUTCOME_SOURCES
from services.vouchers.programmes.tasks import SOURCES as PROGRAMME_SOURCES
from services.vouchers.providers.tasks import SOURCES as PROVIDER_SOURCES
from services.vouchers.redemptions.tasks import SOURCES as REDEMPTION_SOURCES
from services.vouchers.settlements.tasks import SOURCES as SETTLEMENT_SOURCES
from services.vouchers.vouchers.tasks import SOURCES as VOUCHER_SOURCES

SOURCES: Final = (
    *PROGRAMME_SOURCES,
    *OUTCOME_SOURCES,
    *PROVIDER_SOURCES,
    *VOUCHER_SOURCES,
    *REDEMPTION_SOURCES,
    *SETTLEMENT_SOURCES,
)
