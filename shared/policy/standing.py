"""Sections on who stands where: validity, bureaus, divisions, centres, titles, tenancies, and losing a standing."""

from collections.abc import Mapping
from datetime import date
from typing import Self

from pydantic import model_validator

from shared.policy.params import Codes, Number, Param, Section, Slug, Text, Titled, Yuan, unknown_codes


class Validity(Section):
    """Days are inclusive. Benefits count from `benefits_from`, burdens and deadlines from `burdens_from`."""

    first_day: Param[date]
    last_day: Param[date]
    published_on: Param[date]
    benefits_from: Param[date]
    burdens_from: Param[date]
    earlier_admission_filing_days: Param[int]

    @model_validator(mode="after")
    def _first_before_last(self) -> Self:
        if self.first_day.value > self.last_day.value:
            raise ValueError("first_day is after last_day")
        return self


class DepartmentName(Titled):
    """A name as of a day; None means from the beginning."""

    used_from: date | None = None


class Department(Section):
    """`role_prefix` is the stem of the bureau's two roles (`science` → `science_officer`, `science_approver`)."""

    names: tuple[DepartmentName, ...]
    role_prefix: str = ""


class DivisionUnit(Titled):
    """A county, district or park that owns or hosts centres and issues vouchers. A park names the division it lies
    in, so that totals count its centres once."""

    kind: Slug
    within: str = ""


class Divisions(Section):
    units: Mapping[str, DivisionUnit]
    main_urban: Param[Codes]
    enclave_owners: Param[Codes]
    centres_per_division: Param[int]

    @model_validator(mode="after")
    def _codes_are_units(self) -> Self:
        hosts = [unit.within for unit in self.units.values() if unit.within]
        unknown = unknown_codes([*self.main_urban.value, *self.enclave_owners.value, *hosts], self.units)
        if unknown:
            raise ValueError(f"not among divisions.units: {', '.join(unknown)}")
        return self


class Centres(Section):
    """Words a centre's file uses (2.1, 1.1): code → title."""

    service_kinds: Mapping[Slug, Titled]
    service_types: Mapping[Slug, Titled]
    spaces: Mapping[Slug, Titled]
    carrier_kinds: Mapping[Slug, Titled]
    approving_departments: Param[Codes]


class Tier(Titled):
    """`rank` orders the tiers upwards. Where the city does not approve, it records the higher body's designation."""

    rank: Param[int]
    city_approves: Param[bool]


class TitleKind(Titled):
    falls_on_delisting: Param[bool]


class Titles(Section):
    kinds: Mapping[Slug, TitleKind]
    levels: Mapping[Slug, Titled]
    falling_levels: Param[Codes]
    falling_states: Param[Codes]
    one_active_per_kind: Param[bool]

    @model_validator(mode="after")
    def _levels_are_known(self) -> Self:
        if unknown := unknown_codes(self.falling_levels.value, self.levels):
            raise ValueError(f"not among titles.levels: {', '.join(unknown)}")
        return self

    @property
    def falling_kinds(self) -> Codes:
        return tuple(kind for kind, title in self.kinds.items() if title.falls_on_delisting.value)


class Tenancy(Section):
    """Admission, filing and exit. Months count from the registration of the enterprise or from admission."""

    filing_days: Param[int]
    age_at_entry_months: Param[int]
    stay_months: Param[int]
    long_stay_months: Param[int]
    long_stay_fields: Param[Codes]
    exit_reasons: Mapping[Slug, Titled]


class Graduation(Section):
    """For an enterprise of a technology carrier one technology route suffices; elsewhere all the others together."""

    technology_carriers: Param[Codes]
    venture_capital_over: Param[Yuan]
    two_year_income_over: Param[Yuan]
    accepts_high_tech_certificate: Param[bool]
    accepts_merger_or_listing: Param[bool]
    other_operating_months: Param[int]
    other_insured_jobs: Param[int]
    other_own_premises: Param[bool]


class Delisting(Section):
    consecutive_failures: Param[int]
    exemption_suspends_run: Param[bool]
    exemption_reasons: Mapping[Slug, Titled]
    exemption_departments: Param[Codes]
    exemption_after_failure_needs_minutes: Param[bool]
    operator_of_record_month_day: Param[str]


class Procedure(Section):
    """What a delisting has to go through before publication, in order; terms in working days unless named otherwise."""

    steps: Param[Codes]
    optional_steps: Param[Codes]
    deciding_departments: Param[Codes]
    statement_working_days: Param[int]
    hearing_request_working_days: Param[int]
    reconsideration_days: Param[int]
    litigation_months: Param[int]
    service_methods: Mapping[Slug, Titled]


class Ban(Section):
    """`bars` lists what may not be applied for. Years are counted by the Civil Code and do not roll over holidays."""

    years: Param[int]
    bars: Param[Codes]
    bars_operator: Param[bool]
    bars_takeover: Param[bool]
    warns_same_legal_representative: Param[bool]


class Rectification(Section):
    term_days: Param[int]
    extensions: Param[int]
    extension_days: Param[int]


class Notices(Section):
    public_notice_working_days: Param[int]
    objection_working_days: Param[int]
    terms_roll_over_holidays: Param[bool]
    anonymous_objections_are_leads: Param[bool]


class QuarterlyReports(Section):
    due_day_of_next_month: Param[int]
    correction_working_days: Param[int]
    reminder_days: Param[int]
    """How many days before the due day a report that is not in is called for."""
    in_time_filled_percent: Param[int]
    """How much of the required fields a version must have by the due day for the report to be in time."""


class Target(Titled):
    """A yearly figure (1.2-3, 1.2-4). `operator`: `about` within the tolerance, `more_than` strictly, `at_least`.
    `measure`: `stock` or `flow`; `source`: `entered` with its document, or `computed` by the suite."""

    operator: Slug
    value: Param[Number]
    unit: Text
    year: int
    measure: Slug
    source: Slug


class Targets(Section):
    tolerance_percent: Param[Number]
    operators: Param[Codes]
    items: Mapping[Slug, Target]

    @model_validator(mode="after")
    def _operators_are_known(self) -> Self:
        if unknown := unknown_codes((item.operator for item in self.items.values()), self.operators.value):
            raise ValueError(f"not among targets.operators: {', '.join(unknown)}")
        return self
