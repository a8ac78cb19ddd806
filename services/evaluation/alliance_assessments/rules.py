"""The score and grade of an alliance's year, and when its sheet may be drafted and confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from shared.policy.decision import Decision
from shared.policy.edition import Edition

ACTIVITY: Final = "activity"
"""The kind of records that verified activities become by themselves."""

RECORDED: Final = "recorded"
STRUCK: Final = "struck"
DRAFTED: Final = "drafted"
RETURNED: Final = "returned"
CONFIRMED: Final = "confirmed"
PUBLISHED: Final = "published"
STATUSES: Final = (DRAFTED, RETURNED, CONFIRMED, PUBLISHED)
EDITABLE: Final = (DRAFTED, RETURNED)


def decide_marks(edition: Edition, marks: Mapping[str, Decimal]) -> Decision:
    """4.6-2: a mark for every item of the sheet, none above its full mark; half marks and tenths are fine."""
    items = edition.alliance_assessment.items
    missing = sorted(set(items) - set(marks))
    unknown = sorted(set(marks) - set(items))
    above = sorted(name for name in set(items) & set(marks) if marks[name] > items[name].full_mark.value)
    passed = not (missing or unknown or above)
    result = edition.result(
        "alliances.assessment",
        passed,
        {"missing": ", ".join(missing), "unknown": ", ".join(unknown), "above": ", ".join(above)},
        limit=", ".join(f"{name} {item.full_mark.value:f}" for name, item in items.items()),
        message="alliance-marks-in-order" if passed else "alliance-marks-wrong",
    )
    return edition.decision(result)


def score_of(marks: Mapping[str, Decimal]) -> Decimal:
    """4.6-2: the sum of the marks, of 100."""
    return sum(marks.values(), Decimal(0))


def grade_of(edition: Edition, score: Decimal) -> str:
    """4.6-2: the grade with the highest beginning that the score reaches."""
    grades = edition.alliance_assessment.grades
    reached = {name: grade.from_score.value for name, grade in grades.items() if score >= grade.from_score.value}
    return max(reached, key=lambda name: reached[name])


def decide_year_begun(edition: Edition, year: int, current_year: int) -> Decision:
    """4.6-2: no sheet for a year that has not begun."""
    passed = year <= current_year
    result = edition.result(
        "alliances.assessment",
        passed,
        {"year": year},
        limit=current_year,
        message="alliance-year-begun" if passed else "alliance-year-not-begun",
    )
    return edition.decision(result)


def decide_by_activities(edition: Edition, score: Decimal, records: int) -> Decision:
    """4.6-2, 4.6-3: support follows what an alliance actually does, so no marks without a record of the year."""
    passed = records > 0 or not score
    result = edition.result(
        "alliances.assessment",
        passed,
        {"score": score, "records": records},
        message="alliance-work-on-record" if passed else "alliance-without-records",
    )
    return edition.decision(result)


def decide_each_once(edition: Edition, entered: Mapping[str, date], verified: Mapping[date, str]) -> Decision:
    """4.6-2, 4.6-3: support goes by the activities, so none counts twice: on the day of one that a bureau verified none
    stands that was `entered` by hand, by its number."""
    twice = sorted(no for no, day in entered.items() if day in verified)
    result = edition.result(
        "alliances.assessment",
        not twice,
        {"entered": ", ".join(twice), "verified": ", ".join(sorted({verified[entered[no]] for no in twice}))},
        message="alliance-records-twice" if twice else "alliance-records-once",
    )
    return edition.decision(result)
