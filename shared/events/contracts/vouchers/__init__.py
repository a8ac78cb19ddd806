"""What vouchers publishes, one module a kind of record."""

from __future__ import annotations

from shared.events.contracts.vouchers.delistings import (
    DELISTING as DELISTING,
    DelistingApplied as DelistingApplied,
    DelistingAppliedData as DelistingAppliedData,
    DelistingRemedyApplied as DelistingRemedyApplied,
    RemedyAppliedData as RemedyAppliedData,
)
from shared.events.contracts.vouchers.programmes import (
    PROGRAMME as PROGRAMME,
    ProgrammeClosed as ProgrammeClosed,
    ProgrammeDrafted as ProgrammeDrafted,
    ProgrammeOpened as ProgrammeOpened,
    ProgrammeState as ProgrammeState,
)
from shared.events.contracts.vouchers.providers import (
    HOLDING as HOLDING,
    PROVIDER as PROVIDER,
    HoldingEnded as HoldingEnded,
    HoldingRecorded as HoldingRecorded,
    HoldingState as HoldingState,
    ProviderAdmitted as ProviderAdmitted,
    ProviderApplied as ProviderApplied,
    ProviderRefused as ProviderRefused,
    ProviderRepresentativeRecorded as ProviderRepresentativeRecorded,
    ProviderReviewed as ProviderReviewed,
    ProviderState as ProviderState,
)
from shared.events.contracts.vouchers.redemptions import (
    REDEMPTION as REDEMPTION,
    RedemptionDelivered as RedemptionDelivered,
    RedemptionHeld as RedemptionHeld,
    RedemptionRedeemed as RedemptionRedeemed,
    RedemptionReleased as RedemptionReleased,
    RedemptionState as RedemptionState,
)
from shared.events.contracts.vouchers.vouchers import (
    VOUCHER as VOUCHER,
    VoucherCodeRenewed as VoucherCodeRenewed,
    VoucherIssued as VoucherIssued,
    VoucherReassigned as VoucherReassigned,
    VoucherState as VoucherState,
    VoucherStopped as VoucherStopped,
)
