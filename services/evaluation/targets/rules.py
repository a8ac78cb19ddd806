"""Whether a yearly target is met, how far it is, and where the year is heading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal, TypeAlias

from shared.policy.decision import Decision
from shared.policy.edition import Edition

ABOUT: Final = "about"
MORE_THAN: Final = "more_than"
FLOW: Final = "flow"
STOCK: Final = "stock"
COMPUTED: Final = "computed"
ENTERED: Final = "entered"
CONFIRMED: Final = "confirmed"
SUPERSEDED: Final = "superseded"
WITHDRAWN: Final = "withdrawn"
STATUSES: Final = (ENTERED, CONFIRMED, SUPERSEDED, WITHDRAWN)
QUARTERS: Final = 4
FORMULAS: Final = {FLOW: "value / quarters * 4", STOCK: "value"}
"""How a year's end is forecast: a flow goes on as it did so far, a stock stays as it stands."""

_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)

Outcome: TypeAlias = Literal["below", "met", "above"]


@dataclass(frozen=True, slots=True)
class Goal:
    """A target's figure with what it asks for. `tolerance_percent` matters for `about` alone."""

    item: str
    clause: str
    operator: str
    value: Decimal
    tolerance_percent: Decimal
    measure: str


def tidy(value: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent."""
    return Decimal(f"{value.normalize():f}")


def lowest(goal: Goal) -> Decimal:
    """1.2-3: the figure from which the target is met; for `more_than` it must be exceeded."""
    if goal.operator == ABOUT:
        return tidy(goal.value * (_HUNDRED - goal.tolerance_percent) / _HUNDRED)
    return tidy(goal.value)


def highest(goal: Goal) -> Decimal | None:
    """1.2-3: the figure up to which 左右 is met; None where there is no upper limit."""
    if goal.operator != ABOUT:
        return None
    return tidy(goal.value * (_HUNDRED + goal.tolerance_percent) / _HUNDRED)


def outcome_of(goal: Goal, actual: Decimal) -> Outcome:
    """1.2-3: 左右 within the tolerance, both ends included; 超过 strictly more; no operator at least."""
    low, high = lowest(goal), highest(goal)
    if actual < low or (goal.operator == MORE_THAN and actual == low):
        return "below"
    return "above" if high is not None and actual > high else "met"


def decide_target_met(edition: Edition, goal: Goal, actual: Decimal) -> Decision:
    """1.2-3, 1.2-4: the figure against the target, cited by the clause that the target stands in."""
    outcome = outcome_of(goal, actual)
    failing = "target-missed" if outcome == "below" else "target-above-band"
    high = highest(goal)
    result = edition.result(
        "targets.met",
        outcome == "met",
        {
            "item": goal.item,
            "actual": tidy(actual),
            "operator": goal.operator,
            "target": tidy(goal.value),
            "lowest": lowest(goal),
            "highest": high,
        },
        limit=tidy(goal.value),
        message="target-met" if outcome == "met" else failing,
        clause=goal.clause,
    )
    return edition.decision(result)


def progress_percent(goal: Goal, actual: Decimal) -> Decimal | None:
    """1.2-3: the figure as a percentage of the target, rounded half up; None for a target of nothing."""
    if not goal.value:
        return None
    return (actual / goal.value * _HUNDRED).quantize(_CENT, ROUND_HALF_UP)


def forecast(goal: Goal, actual: Decimal, quarters: int) -> Decimal:
    """1.2-3: the year's end if it goes on like this: flows linear by the quarters over, stocks as they stand."""
    if goal.measure == STOCK:
        return tidy(actual)
    return tidy((actual * QUARTERS / quarters).quantize(_CENT, ROUND_HALF_UP))


def quarter_end(year: int, quarter: int) -> date:
    """The last day of a quarter."""
    return date(year + quarter // QUARTERS, quarter * 3 % 12 + 1, 1) - timedelta(days=1)


def decide_quarter_over(edition: Edition, year: int, quarter: int, day: date) -> Decision:
    """1.2-3: a quarter's figure is entered once the quarter is over."""
    last = quarter_end(year, quarter)
    passed = day > last
    result = edition.result(
        "targets.actual",
        passed,
        {"day": day, "year": year, "quarter": quarter, "last_day": last},
        limit=last,
        message="target-quarter-over" if passed else "target-quarter-running",
    )
    return edition.decision(result)


def decide_flow_grows(
    edition: Edition, measure: str, quarter: int, value: Decimal, others: Mapping[int, Decimal]
) -> Decision:
    """1.2-3: a flow is counted from the year's beginning, so no later quarter has less than an earlier one."""
    before = [other for number, other in others.items() if number < quarter]
    after = [other for number, other in others.items() if number > quarter]
    low, high = max(before, default=None), min(after, default=None)
    passed = measure != FLOW or ((low is None or value >= low) and (high is None or value <= high))
    result = edition.result(
        "targets.actual",
        passed,
        {
            "quarter": quarter,
            "value": tidy(value),
            "at_least": None if low is None else tidy(low),
            "at_most": None if high is None else tidy(high),
        },
        message="target-flow-grows" if passed else "target-flow-falls",
    )
    return edition.decision(result)


def decide_breakdown(edition: Edition, value: Decimal, by_division: Mapping[str, Decimal]) -> Decision:
    """1.2-3: counties and districts together never have more than the city, which also counts what none of them does.

    A park lies in a district and has no line of its own.
    """
    units = edition.divisions.units
    unknown = sorted(code for code in by_division if code not in units or units[code].within)
    total = sum(by_division.values(), Decimal(0))
    passed = not unknown and total <= value
    failing = "target-breakdown-division" if unknown else "target-breakdown-exceeds"
    result = edition.result(
        "targets.actual",
        passed,
        {"value": tidy(value), "sum": tidy(total), "unknown": ", ".join(unknown)},
        limit=tidy(value),
        message="target-breakdown-fits" if passed else failing,
    )
    return edition.decision(result)


def decide_coverage(edition: Edition, division: str, centres: int) -> Decision:
    """1.2-5: every county and district has at least so many centres."""
    required = edition.divisions.centres_per_division.value
    passed = centres >= required
    result = edition.result(
        "targets.coverage",
        passed,
        {"division": division, "centres": centres},
        limit=required,
        message="division-covered" if passed else "division-not-covered",
    )
    return edition.decision(result)
