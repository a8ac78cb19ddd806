"""Formula ids of rubric editions: what each computes, from which form fields and which sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from services.evaluation.rubrics import formulas as f
from services.evaluation.rubrics.counting import from_records
from services.evaluation.rubrics.facts import (
    ACTIVITIES,
    CENTRE,
    CERTIFICATES,
    EXPERTS,
    MENTORS,
    REPORTS,
    SERVICES,
    STAFF,
    TENANCIES,
)
from shared.policy.edition import Edition
from shared.policy.rubric import Indicator


@dataclass(frozen=True, slots=True)
class Entry:
    """A formula with the form fields it reads and the other places its numbers come from; `per_enterprise` ones divide
    by the incubatees. `records` are the places of the numbers where an indicator counts from records: the form's fields
    stand beside them then, to compare."""

    formula: f.Formula
    sources: tuple[str, ...]
    fields: tuple[str, ...] = ()
    per_enterprise: bool = False
    records: tuple[str, ...] = ()

    @property
    def kind(self) -> Literal["automatic", "expert"]:
        """Whether the number is computed or entered by an expert."""
        return "expert" if EXPERTS in self.sources else "automatic"

    def sources_for(self, indicator: Indicator) -> tuple[str, ...]:
        """Where the indicator's numbers come from."""
        if not from_records(indicator):
            return self.sources
        return (*self.records, *(source for source in self.sources if source != REPORTS))


def _form(formula: f.Formula, *fields: str, also: tuple[str, ...] = (), records: tuple[str, ...] = ()) -> Entry:
    return Entry(formula, (REPORTS, *also), fields, records=records)


def _each(formula: f.Formula, *fields: str, also: tuple[str, ...] = (), records: tuple[str, ...] = ()) -> Entry:
    return Entry(formula, (REPORTS, TENANCIES, *also), fields, per_enterprise=True, records=records)


_STAYS = (TENANCIES,)

CATALOGUE: Final[Mapping[str, Entry]] = {
    "filing.filed_share": Entry(f.filed_share, _STAYS),
    "filing.filed_in_time_share": Entry(f.filed_in_time_share, _STAYS),
    "expert.mark": Entry(f.expert_mark, (EXPERTS,)),
    "services.confirmed_per_enterprise": _each(
        f.confirmed_per_enterprise, "confirmed_services", "enterprises_served", also=(SERVICES,)
    ),
    "services.mentors_per_ten": _each(f.mentors_per_ten, "mentors", records=(MENTORS,)),
    "services.staff_per_ten": _each(
        f.staff_per_ten, "specialist_staff", "trained_staff", records=(STAFF, CERTIFICATES)
    ),
    "services.area_share": _form(f.area_share, "area_used_m2", also=(CENTRE,)),
    "services.ip_share": _each(f.ip_share, "enterprises_with_ip"),
    "services.jobs_per_enterprise": _each(f.jobs_per_enterprise, "jobs"),
    "quarterly.on_time_share": Entry(f.on_time_share, (REPORTS,)),
    "quarterly.complete_share": Entry(f.complete_share, (REPORTS,)),
    "quarterly.corrected_in_time_share": Entry(f.corrected_in_time_share, (REPORTS,)),
    "enterprises.incubatees": Entry(f.incubatees, _STAYS),
    "enterprises.graduation_rate": Entry(f.graduation_rate, _STAYS),
    "enterprises.exits_in_order_share": _form(f.exits_in_order_share, "long_stay_enterprises", also=_STAYS),
    "enterprises.survival_share": _form(f.survival_share, "alive_after_12_months", also=_STAYS),
    "financing.financed_share": _each(f.financed_share, "enterprises_financed"),
    "financing.amount_per_enterprise": _each(
        f.amount_per_enterprise, "equity_financing", "bank_loans", "enterprises_financed"
    ),
    "financing.matches": _form(f.matches, "financing_matches"),
    "activities.events": _form(f.events, "events_by_level", records=(ACTIVITIES,)),
    "activities.attendance": _form(f.attendance, "attendance", records=(ACTIVITIES,)),
    "activities.events_at_levels": _form(f.events_at_levels, "events_by_level", records=(ACTIVITIES,)),
}


@dataclass(frozen=True, slots=True)
class Windows:
    """Periods over which the registry's tenancies are counted for an edition's indicators."""

    filing_days: int
    rolling_years: int
    survival_months: int
    stay_months: int
    long_stay_months: int


def windows(edition: Edition) -> Windows:
    """From the parameters of the edition's indicators; for formulas that it does not use, nothing is counted."""
    rubric = edition.rubric
    by_formula = {indicator.formula: indicator for indicator in reversed(rubric.with_bonus)}

    def parameter(formula: str, name: str, unused: int) -> int:
        indicator: Indicator | None = by_formula.get(formula)
        return unused if indicator is None else f.whole(indicator, name)

    return Windows(
        filing_days=parameter("filing.filed_in_time_share", "days", edition.tenancy.filing_days.value),
        rolling_years=parameter("enterprises.graduation_rate", "rolling_years", 1),
        survival_months=parameter("enterprises.survival_share", "months", 12),
        stay_months=edition.tenancy.stay_months.value,
        long_stay_months=edition.tenancy.long_stay_months.value,
    )
