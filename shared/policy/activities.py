"""Section on activities and their brand series (4.5-1 to 4.5-3): words, evidence, terms, who leads and who verifies."""

from collections.abc import Mapping
from typing import Self

from pydantic import model_validator

from shared.policy.params import Codes, Param, Section, Slug, Titled, Yuan, unknown_codes


class Series(Titled):
    """4.5-3: a brand. `lead` is a department of the edition or the code of a division."""

    lead: Param[str]


class Evidence(Section):
    """What a record shows before the bureau looks at it."""

    photographs: Param[int]
    """How many at least; 0 asks for none."""
    papers_from_spend: Param[Yuan]
    """From this amount on, in yuan, a paper is named that shows what was spent."""
    series_through_alliance: Param[bool]
    """4.5-3: whether an activity of a brand names the alliance through which it was held."""


class FollowUp(Section):
    """How long, and how often, winners are asked what became of it."""

    first_after_months: Param[int]
    every_months: Param[int]
    ends_after_months: Param[int]


class Activities(Section):
    levels: Mapping[Slug, Titled]
    municipal_and_above: Param[Codes]
    """The levels that the office, or the department that leads the series, verifies."""
    coordinator: Param[str]
    """4.5-2: the department that keeps the shared calendar."""
    series: Mapping[Slug, Series]
    roles: Mapping[Slug, Titled]
    audiences: Mapping[Slug, Titled]
    reporting_days: Param[int]
    """Calendar days after an activity's last day in which its organiser reports it by itself."""
    longest_days: Param[int]
    evidence: Evidence
    follow_up: FollowUp
    late_reasons: Mapping[Slug, Titled]
    cancellation_reasons: Mapping[Slug, Titled]
    return_reasons: Mapping[Slug, Titled]
    rejection_reasons: Mapping[Slug, Titled]
    withdrawal_reasons: Mapping[Slug, Titled]
    """Why a verification is taken back."""
    follow_up_kinds: Mapping[Slug, Titled]
    removal_reasons: Mapping[Slug, Titled]
    """Why a result is taken out."""
    given_up_reasons: Mapping[Slug, Titled]

    @property
    def leads(self) -> tuple[str, ...]:
        """The departments and divisions that lead a series or keep the calendar."""
        return (*(series.lead.value for series in self.series.values()), self.coordinator.value)

    @model_validator(mode="after")
    def _levels_are_known(self) -> Self:
        if unknown := unknown_codes(self.municipal_and_above.value, self.levels):
            raise ValueError(f"activities.municipal_and_above: not in activities.levels: {', '.join(unknown)}")
        return self
