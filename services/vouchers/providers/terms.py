"""How long an admission runs, and when it is looked at (4.3-2). All days are inclusive."""

from __future__ import annotations

from datetime import date, timedelta

from shared.calendar import add_months
from shared.policy.edition import Edition

_ONE_DAY = timedelta(days=1)


def term_from(edition: Edition, first_day: date) -> date:
    """4.3-2: the last day of an admission that begins on `first_day`."""
    return add_months(first_day, edition.vouchers.providers.admission_months.value) - _ONE_DAY


def next_review(edition: Edition, after: date) -> date:
    """4.3-2: the day by which the next review is due."""
    return add_months(after, edition.vouchers.providers.review_months.value)


def renewable_from(edition: Edition, admitted_until: date) -> date:
    """4.3-2: the first day on which a renewal may be asked for."""
    return admitted_until - timedelta(days=edition.vouchers.providers.renewal_days.value)


def barred_until(edition: Edition, penalty_on: date) -> date:
    """4.3-2: the last day on which a penalty bars: the corresponding day after the edition's months, the day of the
    penalty itself not counted."""
    return add_months(penalty_on, edition.vouchers.providers.penalty_free_months.value)


def term_after(edition: Edition, admitted_until: date, decided_on: date) -> date:
    """4.3-2: the last day of the term that follows the one that runs, or begins with the decision where that one is
    over."""
    return term_from(edition, max(admitted_until + _ONE_DAY, decided_on))


def reviewable_from(edition: Edition, due_on: date) -> date:
    """4.3-2: the first day on which a review may be entered that is due on `due_on`."""
    return due_on - timedelta(days=edition.vouchers.providers.warning_days.value)
