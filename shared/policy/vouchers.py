"""Section on innovation and start-up vouchers (4.3)."""

from collections.abc import Mapping

from shared.policy.params import Number, Param, Section, Slug, Titled, Yuan
from shared.policy.voucher_oversight import VoucherOversight
from shared.policy.voucher_providers import VoucherProviders
from shared.policy.voucher_settlements import VoucherSettlements


class VoucherLife(Section):
    """What happens to a voucher between issue and its last day."""

    extension_months: Param[int]
    """An extension reaches at most so many months beyond the last day that the voucher has."""
    extensions_per_voucher: Param[int]
    void_reasons: Mapping[Slug, Titled]
    freeze_reasons: Mapping[Slug, Titled]
    reinstated_after_relocation: Param[bool]
    """Whether what a delisting stopped may run again once its holder is in another listed centre."""


class VoucherUse(Section):
    """How long each step of a use may take, and why one is disputed or taken back. Days are calendar days."""

    order_days: Param[int]
    """For the provider to accept an order; the day of the order is not counted."""
    hold_days: Param[int]
    """For the provider to deliver on a hold."""
    confirm_days: Param[int]
    """For the holder to confirm or dispute a delivery; then the issuer decides."""
    offline_days: Param[int]
    """How far back a sale may lie that a counter made without a connection."""
    dispute_reasons: Mapping[Slug, Titled]
    reversal_reasons: Mapping[Slug, Titled]


class Vouchers(Section):
    """Starting values of a programme; the issuing division or park may set its own within the same meaning."""

    kinds: Mapping[Slug, Titled]
    categories: Mapping[Slug, Titled]
    issuer_may_add_categories: Param[bool]
    price_percent: Param[Number]
    enterprise_year_quota: Param[Yuan]
    validity_months: Param[int]
    startup_months: Param[int]
    related_holding_percent: Param[Number]
    city_year_quota: Param[Yuan]
    """Yuan an enterprise may be issued in a year by all issuers together; 0: no such limit."""
    enclave_issuers_per_year: Param[int]
    delivered_honoured_on_delisting: Param[bool]
    fraud_bar_applies: Param[bool]
    fraud_bar_months: Param[int]
    providers: VoucherProviders
    life: VoucherLife
    use: VoucherUse
    settlements: VoucherSettlements
    oversight: VoucherOversight
