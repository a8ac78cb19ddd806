"""Sections on money: grants, loans, subsidies, angel funds, rewards, and the documents claimed on."""

from collections.abc import Mapping
from datetime import date
from typing import Self

from pydantic import model_validator

from shared.policy.params import Codes, Number, Param, Section, Slug, Titled, Yuan, unknown_codes


class GrantPurpose(Titled):
    """`evidence` names what an application for this purpose brings, such as `asset_list`; empty for nothing special."""

    evidence: Param[str]


class GrantTier(Section):
    """Ceiling of the sum approved for one centre in one fiscal year, and the only purpose it may serve."""

    cap: Param[Yuan]
    purpose: Param[str]


class PerformanceBand(Titled):
    """A band (等次) of a performance self-review, from `floor` points of a hundred on."""

    floor: Param[Number]


class Grants(Section):
    """`priority_grades` are the grades of the last published evaluation that go first, best first (2.3-3).

    The steps at which a document number (发文字号) or the minutes (会议纪要) must be named are words of the grant's
    events: `approved`, `countersigned`, `refused`, `disbursed`, `refunded`, `recovered`, `closed`. A use report is due
    on the day and month given, of the year after.
    """

    tiers: Mapping[Slug, GrantTier]
    purposes: Mapping[Slug, GrantPurpose]
    higher_cap_after_tier_change: Param[bool]
    increment_earmarked_for_new_purpose: Param[bool]
    held_until_rectified: Param[bool]
    approving_departments: Param[Codes]
    unpaid_on_delisting: Param[str]
    paid_on_delisting: Param[str]
    finding_reply_working_days: Param[int]
    call_required: Param[bool]
    notice_required: Param[bool]
    document_no_required_at: Param[Codes]
    minutes_required_at: Param[Codes]
    priority_grades: Param[Codes]
    use_report_due_month: Param[int]
    use_report_due_day: Param[int]
    unreported_refused: Param[bool]
    performance_bands: Mapping[Slug, PerformanceBand]

    @model_validator(mode="after")
    def _reports_have_a_day(self) -> Self:
        date(2019, self.use_report_due_month.value, self.use_report_due_day.value)
        return self

    @model_validator(mode="after")
    def _every_score_has_a_band(self) -> Self:
        if not any(band.floor.value == 0 for band in self.performance_bands.values()):
            raise ValueError("one of grants.performance_bands begins at 0")
        return self

    @model_validator(mode="after")
    def _purposes_are_known(self) -> Self:
        if unknown := unknown_codes((tier.purpose.value for tier in self.tiers.values()), self.purposes):
            raise ValueError(f"not among grants.purposes: {', '.join(unknown)}")
        return self


class LoanProduct(Titled):
    """`cap` bounds the borrower's outstanding principal at approval, approved but unpaid loans included."""

    cap: Param[Yuan]
    department: Param[str]


class Loans(Section):
    products: Mapping[Slug, LoanProduct]
    refusal_valid_months: Param[int]
    joint_minimum_partners: Param[int]
    joint_groups_per_person: Param[int]
    joint_partner_cap_applies: Param[bool]
    joint_partner_cap: Param[Yuan]


class HirePreset(Section):
    """A later national threshold, shipped for the office to switch on by a dated edition."""

    used_from: date
    percent_up_to_limit: int
    percent_above_limit: int
    staff_limit: int
    source: str


class HireRatio(Section):
    """Integer test 100 × eligible hires ≥ percent × staff, hires included in staff."""

    percent_up_to_limit: Param[int]
    percent_above_limit: Param[int]
    staff_limit: Param[int]
    window_months: Param[int]
    window_is_calendar_year: Param[bool]
    contract_months: Param[int]
    staff_difference_percent: Param[int]
    """By more than this of the registry's figure the declared staff differ from it worth a warning."""
    eligible_classes: Mapping[Slug, Titled]
    presets_apply: Param[bool]
    presets: tuple[HirePreset, ...]


class EnterpriseSize(Section):
    """`standard` names the table of size classes; amounts in it are 万元. A class counts for so many months after the
    end of the year of its figures."""

    standard: Param[str]
    small_classes: Param[Codes]
    figures_age_months: Param[int]


class Subsidy(Section):
    """Interest. Firms: a share of the loan prime rate; from `firm_margin_from` what exceeds it less the margin."""

    graduate_percent: Param[Number]
    graduate_years: Param[int]
    firm_percent_of_prime_rate: Param[Number]
    firm_margin_from: Param[date]
    firm_margin_basis_points: Param[int]
    excluded: Param[Codes]


class AngelFund(Section):
    share_percent: Param[Number]
    share_bases: Param[Codes]
    passive_breach_stops_payments: Param[bool]
    investee_in_centre_on_investment_day: Param[bool]


class Reward(Section):
    enterprise_cap: Param[Yuan]
    percent_of_investment: Param[Number]
    registered_division_prefix: Param[str]
    recheck_months: Param[int]
    exception_needs_second_approver: Param[bool]


class Documents(Section):
    """An invoice or contract backs claims, over vouchers and grants together, up to its own amount."""

    claims_percent_of_amount: Param[Number]
    invoice_required_at_redemption: Param[bool]
    recheck_before_payment: Param[bool]
