"""When quarterly reports are due, late, complete and consistent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Final

from services.evaluation.reports.form import FIELDS, QuarterlyForm, missing_fields
from services.evaluation.terms import term_end
from shared.calendar import WorkingDay, add_months, add_working_days
from shared.policy.decision import Decision, RuleResult
from shared.policy.edition import Edition

STATUSES: Final = ("draft", "submitted", "returned", "accepted")
EDITABLE: Final = ("draft", "returned")
UNDER_REVIEW: Final = ("submitted",)


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


def decide_in_time(edition: Edition, due_on: date, submitted_on: date) -> Decision:
    """2.3-2: a report is late from the day after its due day. It is taken all the same; lateness costs points."""
    in_time = submitted_on <= due_on
    result = edition.result(
        "quarterly.due",
        in_time,
        {"submitted_on": submitted_on, "due_on": due_on},
        limit=due_on,
        message="report-in-time" if in_time else "report-late",
    )
    return edition.decision(result)


def decide_complete(edition: Edition, form: QuarterlyForm) -> Decision:
    """2.3-2: complete is a report without an empty field."""
    missing = missing_fields(form)
    result = edition.result(
        "quarterly.complete",
        not missing,
        {"filled": len(FIELDS) - len(missing), "fields": len(FIELDS), "missing": ", ".join(missing)},
        limit=len(FIELDS),
        message="report-complete" if not missing else "report-incomplete",
    )
    return edition.decision(result)


def decide_consistent(edition: Edition, form: QuarterlyForm, total_area_m2: Decimal | None) -> Decision:
    """2.3-2: numbers that cannot be true together are refused before anybody reviews them. Only fields that are filled
    are compared."""
    return edition.decision(*_checks(edition, form, total_area_m2))


def _checks(edition: Edition, form: QuarterlyForm, total_area_m2: Decimal | None) -> Iterator[RuleResult]:
    served = _sum(form.incubatees_opening, form.admitted)
    left = _sum(form.graduated, form.exited)
    if served is not None and left is not None and form.incubatees is not None:
        yield _check(edition, "incubatees_balance", form.incubatees, served - left, form.incubatees == served - left)
    for field, value, field_limit in (
        ("graduated", form.graduated, served),
        ("enterprises_served", form.enterprises_served, served),
        ("enterprises_financed", form.enterprises_financed, served),
        ("trained_staff", form.trained_staff, form.specialist_staff),
        ("enterprises_with_ip", form.enterprises_with_ip, form.incubatees),
        ("long_stay_enterprises", form.long_stay_enterprises, form.incubatees),
        ("area_used_m2", form.area_used_m2, total_area_m2),
    ):
        if value is not None and field_limit is not None:
            yield _check(edition, field, value, field_limit, value <= field_limit)
    if form.jobs is not None and form.incubatees == 0:
        yield _check(edition, "jobs", form.jobs, 0, form.jobs == 0)
    if form.attendance is not None and form.events_by_level is not None and not sum(form.events_by_level.values()):
        yield _check(edition, "attendance", form.attendance, 0, form.attendance == 0)


def _sum(*values: int | None) -> int | None:
    given = [value for value in values if value is not None]
    return sum(given) if len(given) == len(values) else None


def _check(edition: Edition, field: str, value: int, limit: int | Decimal, passed: bool) -> RuleResult:
    return edition.result(
        "quarterly.complete",
        passed,
        {"field": field, "value": value},
        limit=limit,
        message="report-consistent" if passed else "report-inconsistent",
    )
