"""Sections on loans after their contract: how they are served, and the guarantor's side."""

from collections.abc import Mapping
from datetime import date
from typing import Self

from pydantic import model_validator

from shared.policy.params import Codes, Number, Param, Section, Slug, Yuan, unknown_codes


class LoanServicing(Section):
    """`arrears_bounds` are the last days of the lower classes: ("30", "90") makes 1-30, 31-90 and more than 90 days."""

    arrears_bounds: Param[Codes]
    roll_holidays: Param[bool]
    instalment_months: Param[int]
    """From one instalment to the next, unless the bank reports another interval."""
    extensions: Param[int]
    """How often the bank may extend one loan."""
    extension_months: Param[int]
    """By how much all extensions of a loan together move its maturity, at most."""

    @model_validator(mode="after")
    def _bounds_rise(self) -> Self:
        bounds = [int(bound) for bound in self.arrears_bounds.value]
        if len(bounds) != 2 or bounds != sorted(set(bounds)) or bounds[0] < 1:
            raise ValueError("arrears_bounds are two rising numbers of days")
        return self


class ProductGuarantee(Section):
    """How loans of one product are guaranteed. `share_percent` of the outstanding principal is the guarantor's risk,
    the rest the bank's. `budget_percent` of what the guarantor pays is the public guarantee fund's money and needs an
    appropriation; the rest is the guarantor's own."""

    share_percent: Param[Number]
    fee_percent_a_year: Param[Number]
    counter_guarantee_free_up_to: Param[Yuan]
    budget_percent: Param[Number]


class Guarantees(Section):
    """Limits are multiples of the guarantor's net assets, in the sum of what it is liable for."""

    products: Mapping[Slug, ProductGuarantee]
    net_assets: Param[Yuan]
    borrower_percent_of_net_assets: Param[Number]
    related_percent_of_net_assets: Param[Number]
    """For a borrower and whoever is related to it together: by legal representative, or by a holding of
    `investing.reward.related_holding_percent`."""
    total_multiple_of_net_assets: Param[Number]
    fee_days_a_year: Param[int]
    claim_after_days_in_arrears: Param[int]
    counter_guarantee_kinds: Param[Codes]

    @model_validator(mode="after")
    def _shares_are_percentages(self) -> Self:
        for name, product in self.products.items():
            if max(product.share_percent.value, product.budget_percent.value) > 100:
                raise ValueError(f"products.{name}: a share is at most 100 percent")
        return self


class SubsidyTerms(Section):
    """Whose interest is subsidised, and how its days are counted; rates and years are in `subsidy`."""

    products: Mapping[Slug, Param[str]]
    """`firm` or `graduate`; a product that is not named gets none."""
    days_a_year: Param[int]
    capped_by_interest: Param[bool]
    """A firm's subsidised rate is at most the contract's own."""
    firm_years: Param[int]
    paid_after_delisting: Param[bool]
    monthly_rates_from: Param[date]
    """From this day on the prime rate is published every month; before, a rate holds until the next one."""
    monthly_rate_days: Param[int]
    """An older rate is not the one of the contract's day: the month's is missing."""

    @model_validator(mode="after")
    def _kinds_are_known(self) -> Self:
        if unknown := unknown_codes((kind.value for kind in self.products.values()), ("firm", "graduate")):
            raise ValueError(f"products: neither firm nor graduate: {', '.join(unknown)}")
        return self
