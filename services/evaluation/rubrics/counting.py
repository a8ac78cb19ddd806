"""Whose numbers an indicator counts: those of the quarterly form, or the registry's confirmed records."""

from __future__ import annotations

from typing import Final

from shared.policy.rubric import Indicator, Rubric

COUNTED_FROM: Final = "counted_from"
FORM: Final = "form"
RECORDS: Final = "records"
WAYS: Final = (FORM, RECORDS)


def from_records(indicator: Indicator) -> bool:
    """Rubrics that do not say count by the form: those drafted before the registry kept such records."""
    return indicator.params.get(COUNTED_FROM, FORM) == RECORDS


def by_form(rubric: Rubric) -> Rubric:
    """The same rubric with every indicator counted by the form."""
    return rubric.model_copy(
        update={
            "indicators": tuple(_by_form(indicator) for indicator in rubric.indicators),
            "bonus": tuple(_by_form(indicator) for indicator in rubric.bonus),
        }
    )


def _by_form(indicator: Indicator) -> Indicator:
    if COUNTED_FROM not in indicator.params:
        return indicator
    params = {name: value for name, value in indicator.params.items() if name != COUNTED_FROM}
    return indicator.model_copy(update={"params": params})
