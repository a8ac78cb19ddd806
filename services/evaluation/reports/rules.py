"""When quarterly reports are due, late, complete and consistent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from services.evaluation.reports.form import Values, missing_fields
from services.evaluation.reports.wording import fields_told
from services.evaluation.terms import term_end
from shared.calendar import WorkingDay, add_months, add_working_days
from shared.policy.decision import Decision, RuleInput
from shared.policy.edition import Edition
from shared.refusals import refusal

STATUSES: Final = ("draft", "submitted", "returned", "accepted")
EDITABLE: Final = ("draft", "returned")
UNDER_REVIEW: Final = ("submitted",)
ACCEPTED: Final = ("accepted",)
OPEN: Final = ("open", "scoring", "scored")
"""States of a year's evaluation before its results are announced: until then reports come in and are corrected."""
SIGNED: Final = ("approved", "countersigned", "publishing")
"""States in which nothing of the year changes: its results are signed and not all public yet."""
CORRECTION_STATUSES: Final = ("requested", "approved", "refused")


def first_day(year: int, quarter: int) -> date:
    """The quarter's first day."""
    return date(year, 3 * quarter - 2, 1)


def last_day(year: int, quarter: int) -> date:
    """The quarter's last day: a report belongs to the edition in force on it."""
    return date.fromordinal(add_months(first_day(year, quarter), 3).toordinal() - 1)


def due_day(edition: Edition, year: int, quarter: int) -> WorkingDay:
    """2.3-2: day 15 of the month after the quarter; a holiday rolls forward to the next working day."""
    day = edition.quarterly_reports.due_day_of_next_month.value
    return term_end(edition, add_months(first_day(year, quarter), 3).replace(day=day))


def left_on(delisted_on: date | None, withdrawn_on: date | None) -> date | None:
    """2.3-2: the first day on which a centre is no longer listed, whichever way it left; a suspension is no leaving."""
    return min((day for day in (delisted_on, withdrawn_on) if day is not None), default=None)


def listed_at_end(year: int, quarter: int, listed_on: date | None, left: date | None) -> bool:
    """2.3-2: whether the centre was listed on the quarter's last day."""
    last = last_day(year, quarter)
    return listed_on is not None and listed_on <= last and (left is None or left > last)


def due_quarters(edition: Edition, year: int, listed_on: date | None, left: date | None) -> tuple[int, ...]:
    """2.3-2: the quarters on whose last day the centre was listed; none that fell due before the policy's burdens began
    (6-1). `left` is the first day on which it no longer was, see `left_on`."""
    burdens_from = edition.validity.burdens_from.value
    return tuple(
        quarter
        for quarter in (1, 2, 3, 4)
        if listed_at_end(year, quarter, listed_on, left) and due_day(edition, year, quarter).day >= burdens_from
    )


def correction_due_day(edition: Edition, returned_on: date) -> WorkingDay:
    """2.3-2: a returned report is corrected within five working days, the day of return not counted."""
    return add_working_days(returned_on, edition.quarterly_reports.correction_working_days.value)


def enough_filled(edition: Edition, filled: int, fields: int) -> bool:
    """2.3-2: whether so many required fields make a report that keeps the term."""
    return filled * 100 >= fields * edition.quarterly_reports.in_time_filled_percent.value


def decide_in_time(edition: Edition, due_on: date, submitted_on: date, enough_on: date | None) -> Decision:
    """2.3-2: a report is late from the day after its due day; it is taken all the same, and lateness costs points. One
    that came by then keeps the term only if it had enough of its fields filled by then (`enough_on`, None: not yet);
    what is filled in later counts for completeness alone."""
    too_little = submitted_on <= due_on and (enough_on is None or enough_on > due_on)
    in_time = submitted_on <= due_on and not too_little
    inputs: dict[str, RuleInput] = {"submitted_on": submitted_on, "due_on": due_on}
    if too_little:
        inputs["percent"] = edition.quarterly_reports.in_time_filled_percent.value
    message = "report-too-little-in-time" if too_little else "report-in-time" if in_time else "report-late"
    return edition.decision(edition.result("quarterly.due", in_time, inputs, limit=due_on, message=message))


def require_begun(edition: Edition, version: int, values: Values) -> None:
    """2.3-2: a report may be incomplete, which costs points, but one without any required field reports nothing and
    keeps no term. Raises 409 `report-empty` with the fields."""
    missing = missing_fields(edition.report_form, version, values)
    fields = len(edition.report_form.required_in(version))
    if len(missing) < fields:
        return
    told: dict[str, RuleInput] = {
        "fields": fields,
        "missing": ", ".join(missing),
        **fields_told(edition.report_form, missing),
    }
    raise refusal(edition.decision(edition.result("quarterly.complete", False, told, limit=1, message="report-empty")))


def decide_complete(
    edition: Edition, version: int, values: Values, due_on: date | None = None, completed_on: date | None = None
) -> Decision:
    """2.3-2: complete is a report without an empty required field; statistical ones do not count. `completed_on` is the
    day of the first version that was complete: after the due day it is told so, whenever the first version came."""
    missing = missing_fields(edition.report_form, version, values)
    fields = len(edition.report_form.required_in(version))
    inputs: dict[str, RuleInput] = {"filled": fields - len(missing), "fields": fields, "missing": ", ".join(missing)}
    message = "report-complete" if not missing else "report-incomplete"
    if not missing and due_on is not None and completed_on is not None and completed_on > due_on:
        inputs |= {"completed_on": completed_on, "due_on": due_on}
        message = "report-completed-late"
    return edition.decision(edition.result("quarterly.complete", not missing, inputs, limit=fields, message=message))


def quarter_before(year: int, quarter: int) -> tuple[int, int]:
    """Year and number of the quarter before."""
    return (year, quarter - 1) if quarter > 1 else (year - 1, 4)


def quarters_to_call(today: date) -> Iterator[tuple[int, int]]:
    """2.3-2: the quarters that are over and whose reports may still be missing: the last eight, newest first."""
    year, quarter = today.year, (today.month + 2) // 3
    for _ in range(8):
        year, quarter = quarter_before(year, quarter)
        yield year, quarter


def call_from(edition: Edition, due_on: date) -> date:
    """2.3-2: the day from which a report that is not in is called for."""
    return due_on - timedelta(days=edition.quarterly_reports.reminder_days.value)
