"""What each formula of the catalogue can be told, and the highest value that it can answer.

An edition is checked against this before anybody approves it: a parameter that is missing, unknown or of another kind,
and a full mark that no centre can reach, are found on paper and not in the year's scoring.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Final, Literal

from services.evaluation.rubrics import formulas as f
from services.evaluation.rubrics.counting import COUNTED_FROM, WAYS
from shared.policy.edition import Edition
from shared.policy.rubric import Indicator

Kind = Literal["whole", "yuan", "flag", "word", "words"]
IP_KINDS: Final = ("patent", "copyright", "trademark", "intangible_heritage", "geographical_indication")
_LARGEST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter. `words` are those that a word or a list may have; `set_elsewhere` is a value of the policy edition
    that the parameter repeats for the reader: another value would change nothing."""

    kind: Kind
    required: bool = True
    lowest: int = 1
    highest: int = _LARGEST
    words: Callable[[Edition], tuple[str, ...]] | None = None
    set_elsewhere: Callable[[Edition], int] | None = None

    def fault(self, edition: Edition, value: object) -> str | None:
        """What the value should have been, or None where it will do."""
        if self.set_elsewhere is not None:
            given = self.set_elsewhere(edition)
            return None if value == given and not isinstance(value, bool) else str(given)
        if self.kind == "whole":
            whole = isinstance(value, int) and not isinstance(value, bool)
            return None if whole and self.lowest <= int(str(value)) <= self.highest else f"{self.lowest}–{self.highest}"
        if self.kind == "flag":
            return None if isinstance(value, bool) else "true, false"
        if self.kind == "yuan":
            return None if _is_amount(value) else '"300000.00"'
        known = () if self.words is None else self.words(edition)
        if self.kind == "word":
            return None if value in known else ", ".join(known)
        listed = isinstance(value, tuple) and bool(value) and set(value) <= set(known)
        return None if listed else ", ".join(known)


def _is_amount(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return False
    return amount.is_finite() and amount > 0


_WAYS: Final = {COUNTED_FROM: Parameter("word", required=False, words=lambda _: WAYS)}

PARAMETERS: Final[Mapping[str, Mapping[str, Parameter]]] = {
    "filing.filed_in_time_share": {"days": Parameter("whole", highest=366)},
    "services.confirmed_per_enterprise": {"counted_at_most": Parameter("whole", highest=1000)},
    "services.mentors_per_ten": _WAYS,
    "services.staff_per_ten": {"trained_percent": Parameter("whole", highest=100), **_WAYS},
    "services.ip_share": {"counts": Parameter("words", words=lambda _: IP_KINDS)},
    "quarterly.corrected_in_time_share": {
        "working_days": Parameter(
            "whole", set_elsewhere=lambda edition: edition.quarterly_reports.correction_working_days.value
        )
    },
    "enterprises.graduation_rate": {"rolling_years": Parameter("whole", highest=10)},
    "enterprises.survival_share": {"months": Parameter("whole", highest=60)},
    "financing.amount_per_enterprise": {
        "counted_at_most": Parameter("yuan"),
        "bank_loans_count": Parameter("flag", required=False),
    },
    "activities.events": _WAYS,
    "activities.attendance": _WAYS,
    "activities.events_at_levels": {
        "levels": Parameter("words", words=lambda edition: tuple(edition.activities.levels)),
        **_WAYS,
    },
}
"""By formula; one that is not here takes no parameter."""

_PERCENT: Final = frozenset(
    {
        "filing.filed_share",
        "filing.filed_in_time_share",
        "expert.mark",
        "services.area_share",
        "services.ip_share",
        "quarterly.on_time_share",
        "quarterly.complete_share",
        "quarterly.corrected_in_time_share",
        "enterprises.graduation_rate",
        "enterprises.exits_in_order_share",
        "enterprises.survival_share",
        "financing.financed_share",
    }
)


def highest_value(indicator: Indicator) -> Fraction | None:
    """The most that the formula can answer with the indicator's parameters, None where nothing limits it."""
    if indicator.formula in _PERCENT:
        return Fraction(100)
    if indicator.formula == "services.confirmed_per_enterprise":
        return Fraction(f.whole(indicator, "counted_at_most"))
    if indicator.formula == "financing.amount_per_enterprise":
        return f.amount(indicator, "counted_at_most")
    return None
