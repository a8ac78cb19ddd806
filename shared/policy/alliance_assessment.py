"""How an alliance's year is assessed (4.6-2): what its work is recorded as, the items of the sheet, the grades."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Self

from pydantic import model_validator

from shared.policy.params import Number, Param, Section, Slug, Titled


class AssessmentItem(Titled):
    """One item of the yearly sheet; `full_mark` is the most that it gives."""

    full_mark: Param[Number]


class AssessmentGrade(Titled):
    """A grade, from which score on."""

    from_score: Param[Number]


class AllianceAssessment(Section):
    """Full marks sum to 100; one of the grades begins at 0."""

    record_kinds: Mapping[Slug, Titled]
    items: Mapping[Slug, AssessmentItem]
    grades: Mapping[Slug, AssessmentGrade]

    @model_validator(mode="after")
    def _marks_and_grades_are_whole(self) -> Self:
        total = sum((item.full_mark.value for item in self.items.values()), Decimal(0))
        if total != 100:
            raise ValueError(f"alliance_assessment.items: full marks sum to {total}, not to 100")
        starts = [grade.from_score.value for grade in self.grades.values()]
        if Decimal(0) not in starts or len(set(starts)) < len(starts):
            raise ValueError("alliance_assessment.grades: each begins at another score, one of them at 0")
        return self
