"""How a year's evaluation runs (2.3-1, 2.3-2): terms of its phases, how experts mark, what keeps an expert away."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import model_validator

from shared.policy.params import Number, Param, Section, Slug, Titled


class EvaluationCycle(Section):
    """`marks` is how many experts mark one indicator without knowing of each other; 1 leaves it to a single entry.
    `spread_limit`, in points of a hundred, is the widest difference of two marks that needs no third."""

    self_report_working_days: Param[int]
    marking_working_days: Param[int]
    late_marking_working_days: Param[int]
    extension_working_days: Param[int]
    marks: Param[Literal[1, 2]]
    spread_limit: Param[Number]
    of_two: Param[Literal["mean", "lower", "higher"]]
    of_three: Param[Literal["median", "mean"]]
    conflict_kinds: Mapping[Slug, Titled]

    @model_validator(mode="after")
    def _terms_are_days_and_the_limit_a_percentage(self) -> Self:
        terms = (self.self_report_working_days, self.marking_working_days, self.late_marking_working_days)
        if any(not 1 <= term.value <= 250 for term in (*terms, self.extension_working_days)):
            raise ValueError("evaluation_cycle: terms are between 1 and 250 working days")
        if self.spread_limit.value > 100:
            raise ValueError("evaluation_cycle.spread_limit: at most 100 points")
        return self
