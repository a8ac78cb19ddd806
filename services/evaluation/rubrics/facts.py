"""Everything an indicator may look at: one centre's year in plain numbers, and where each group of them comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from services.evaluation.reports.form import YearForm

TENANCIES: Final = "registry.tenancy"
SERVICES: Final = "registry.service_record"
MENTORS: Final = "registry.mentor"
STAFF: Final = "registry.staff"
CERTIFICATES: Final = "registry.training_certificate"
ACTIVITIES: Final = "registry.activity"
CENTRE: Final = "registry.centre"
REPORTS: Final = "evaluation.report"
EXPERTS: Final = "evaluation.expert_score"

Reading = Literal["by_enterprise", "by_enterprise_and_total", "total", "records"]
"""How a limit for each enterprise was applied: to every enterprise's own records or lines, to those and to what totals
say beyond them, or to the report's total with the number of enterprises that it names. `records`: the registry's
confirmed records were counted, and not the form's number."""


@dataclass(frozen=True, slots=True)
class TenancyFacts:
    """Counts from the registry's tenancy events: agreements (`admitted`, `filed`, `exited`) by stay, enterprises once
    however many stays they had. `repeated` are the year's stays of enterprises that are counted already.

    `window_*` are sums over the rolling years of the graduation rate; `base` is opening plus new of each of them.
    """

    opening: int = 0
    admitted: int = 0
    filed: int = 0
    filed_in_time: int = 0
    at_year_end: int = 0
    graduated: int = 0
    exited: int = 0
    exited_without_reason: int = 0
    past_stay: int = 0
    past_long_stay: int = 0
    cohort: int = 0
    window_graduated: int = 0
    window_base: int = 0
    repeated: int = 0

    @property
    def in_year(self) -> int:
        """Enterprises that were incubated at any time of the year."""
        return self.opening + self.admitted - self.repeated


@dataclass(frozen=True, slots=True)
class ReportingFacts:
    """How the year's quarterly reports came in. `filled` and `fields` count form fields over all reports due."""

    due: int = 0
    submitted: int = 0
    on_time: int = 0
    accepted: int = 0
    filled: int = 0
    fields: int = 0
    returned: int = 0
    corrected_in_time: int = 0


@dataclass(frozen=True, slots=True)
class Money:
    """What came in over the year, in yuan."""

    equity: Fraction = Fraction(0)
    loans: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Financing:
    """The year's money by enterprise, from reports with a line for each; `rest` and `rest_financed` are the totals of
    reports that have none."""

    enterprises: tuple[Money, ...] = ()
    rest: Money = Money()
    rest_financed: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Unverified:
    """An activity of the year that took place and that no bureau has verified yet."""

    level: str
    heads: int


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """What the registry has on record and somebody other than the centre stood by: mentors appointed, certificates
    issued, activities verified. Mentors and staff on the year's last day, activities of the year."""

    mentors: int = 0
    specialist_staff: int = 0
    trained_staff: int = 0
    events_by_level: Mapping[str, int] = field(default_factory=dict)
    attendance: int = 0
    unverified: tuple[Unverified, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """One centre in one year. `marks` holds experts' marks by indicator; None where there was nothing to mark."""

    tier: str
    remote: bool
    hardship: bool
    total_area_m2: Decimal
    tenancies: TenancyFacts
    reporting: ReportingFacts
    form: YearForm
    marks: Mapping[str, Decimal | None]
    services: Mapping[int, int] = field(default_factory=dict)
    """From the registry's records: how many enterprises confirmed so many services in the year."""
    financing: Financing | None = None
    """None where no report of the year has lines by enterprise: there are the form's totals alone."""
    records: RecordFacts = field(default_factory=RecordFacts)

    @property
    def incubatees(self) -> int:
        """n: enterprises at the centre on the year's last day."""
        return self.tenancies.at_year_end


@dataclass(frozen=True, slots=True)
class Measured:
    """An indicator's value with what it was computed from; None where nothing was due."""

    value: Fraction | None
    inputs: Mapping[str, int | Fraction | Decimal | None]
    reading: Reading | None = None
    """Only where a limit for each enterprise applies."""
