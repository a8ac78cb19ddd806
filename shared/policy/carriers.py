"""What a tier is approved by, how titles run and end, and which of them a ban stands in the way of (2.1, 2.3)."""

from collections.abc import Mapping
from typing import Self

from pydantic import model_validator

from shared.policy.params import Codes, Param, Section, Slug, Titled


class TierCriteria(Section):
    """What the city tests before it approves a tier; 0 tests nothing.

    `service_system` names the parts that the service system has; `technology_transfers`, the services, the admissions
    and the exits count within the window, the share in percent of the enterprises at the centre on the day.
    `minimum_grade` is the lowest grade of the latest graded year, empty for any.
    """

    service_system: Param[Codes]
    services_of_each_type: Param[int]
    same_industry_percent: Param[int]
    technology_transfers: Param[int]
    admissions_filed_percent: Param[int]
    exits_documented_percent: Param[int]
    incubator_agreements: Param[int]
    minimum_grade: Param[str]


class TierApplications(Section):
    """`criteria` are the tiers that a listed centre applies for. A tier that the city approves without criteria is one
    that a centre is listed as; the others are designated from above.

    Two industries are the same where the first `industry_code_length` characters of GB/T 4754 agree. Partners of
    `incubator_kinds` are the incubators that a centre cooperates with. `rejection_reasons` are for a designation that
    is not confirmed, `end_reasons` for one that ends before its time, `decline_reasons` for such an end that is not
    confirmed.
    """

    window_months: Param[int]
    industry_code_length: Param[int]
    transfer_types: Param[Codes]
    incubator_kinds: Param[Codes]
    criteria: Mapping[Slug, TierCriteria]
    refusal_reasons: Mapping[Slug, Titled]
    withdrawal_reasons: Mapping[Slug, Titled]
    rejection_reasons: Mapping[Slug, Titled]
    end_reasons: Mapping[Slug, Titled]
    decline_reasons: Mapping[Slug, Titled]


class TitleLevel(Section):
    """Who grants titles of the level, how long they run (`validity_months` of 0 is without end), and the lowest grade
    of the latest graded year with which a centre applies for one (empty for any)."""

    city_grants: Param[bool]
    validity_months: Param[int]
    minimum_grade: Param[str]


class TitleTerms(Section):
    """A renewal may be asked for from `renewal_opens_days` before the last day of a title. A plaque goes back within
    working days of the end of its title; the ban stands in the way of titles of `barred_levels`."""

    levels: Mapping[Slug, TitleLevel]
    barred_levels: Param[Codes]
    renewal_opens_days: Param[int]
    plaque_return_working_days: Param[int]
    refusal_reasons: Mapping[Slug, Titled]
    withdrawal_reasons: Mapping[Slug, Titled]
    suspension_reasons: Mapping[Slug, Titled]
    resumption_reasons: Mapping[Slug, Titled]
    revocation_reasons: Mapping[Slug, Titled]
    decline_reasons: Mapping[Slug, Titled]

    @model_validator(mode="after")
    def _barred_levels_are_levels(self) -> Self:
        if unknown := sorted(set(self.barred_levels.value) - set(self.levels)):
            raise ValueError(f"barred_levels not among title_terms.levels: {', '.join(unknown)}")
        return self
