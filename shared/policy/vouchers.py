"""Section on innovation and start-up vouchers (4.3)."""

from collections.abc import Mapping

from shared.policy.params import Number, Param, Section, Slug, Titled, Yuan


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
    enclave_issuers_per_year: Param[int]
    delivered_honoured_on_delisting: Param[bool]
    fraud_bar_applies: Param[bool]
    fraud_bar_months: Param[int]
