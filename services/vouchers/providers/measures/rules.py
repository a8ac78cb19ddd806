"""The terms of a measure, and from when it may be decided (4.3-4)."""

from __future__ import annotations

from datetime import date, timedelta

from shared.calendar import WorkingDay, add_months, add_working_days, roll_forward
from shared.policy.decision import Decision
from shared.policy.edition import Edition


def statement_term(edition: Edition, served_on: date) -> WorkingDay:
    """4.3-4: the last day for a statement, in working days from service, the day of service not counted."""
    return add_working_days(served_on, edition.procedure.statement_working_days.value)


def remedy_terms(edition: Edition, served_on: date) -> tuple[WorkingDay, WorkingDay]:
    """4.3-4: the last days for reconsideration and for litigation, from service; a term that would end on a holiday
    ends on the next working day."""
    procedure = edition.procedure
    reconsideration = served_on + timedelta(days=procedure.reconsideration_days.value)
    return roll_forward(reconsideration), roll_forward(add_months(served_on, procedure.litigation_months.value))


def decide_heard(edition: Edition, statement_until: date, stated_on: date | None, day: date) -> Decision:
    """4.3-4: nothing is proposed before the provider has stated its view, or let the term for it pass."""
    heard = stated_on is not None or day > statement_until
    result = edition.result(
        "vouchers.provider_measure",
        heard,
        {"day": day, "stated_on": stated_on},
        limit=statement_until,
        message="provider-heard" if heard else "statement-term-running",
    )
    return edition.decision(result)
