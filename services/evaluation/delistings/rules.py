"""When two failed years follow each other, what has to happen before the delisting, and by when."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from services.evaluation.terms import term_end
from shared.calendar import WorkingDay, add_months, add_working_days
from shared.policy.decision import Decision
from shared.policy.edition import Edition

NOTICE: Final = "notice_of_intent"
STATEMENT: Final = "statement"
HEARING_REQUEST: Final = "hearing_request"
HEARING: Final = "hearing"
LEGAL_REVIEW: Final = "legal_review"
DECISION: Final = "decision"
COUNTERSIGNATURE: Final = "countersignature"
SERVICE: Final = "service"
TAKEN_STEPS: Final = (
    NOTICE,
    STATEMENT,
    HEARING_REQUEST,
    HEARING,
    LEGAL_REVIEW,
    DECISION,
    COUNTERSIGNATURE,
    SERVICE,
)
OPENED: Final = "opened"
PUBLISHED: Final = "published"
COMPLETED: Final = "completed"
REVERSED: Final = "reversed"
DROPPED: Final = "dropped"
IN_FORCE: Final = (PUBLISHED, COMPLETED)
STATUSES: Final = (
    OPENED,
    NOTICE,
    STATEMENT,
    HEARING,
    LEGAL_REVIEW,
    DECISION,
    COUNTERSIGNATURE,
    PUBLISHED,
    COMPLETED,
    REVERSED,
    DROPPED,
)
PARTICIPANTS: Final = ("registry", "finance", "vouchers")

Outcome: TypeAlias = Literal["failed", "exempt", "ungraded", "other"]
"""`ungraded` is a year off the list, between a withdrawal and the registration that goes on from it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The case so far: steps recorded, whether a hearing was asked for, and the terms that the notice set."""

    steps: frozenset[str]
    hearing_requested: bool
    statement_due_on: date | None
    hearing_request_due_on: date | None


NOTHING_TAKEN: Final = Taken(frozenset(), False, None, None)


def failed_run(edition: Edition, year: int, outcomes: Mapping[int, Outcome]) -> tuple[int, ...]:
    """2.3-5: the failed years that follow each other and include `year`, oldest first; empty if `year` was not failed.

    Years count by the year evaluated, however late its results were published. An exempt year breaks the run, or, under
    the edition's switch, is passed over; a year without a final result breaks it too, unless there could be none
    because the centre had left the list and was to come back: leaving starts no new count.
    """
    if outcomes.get(year) != "failed":
        return ()
    suspends = edition.delisting.exemption_suspends_run.value
    return (*reversed(_walk(outcomes, year, -1, suspends)), year, *_walk(outcomes, year, 1, suspends))


def _walk(outcomes: Mapping[int, Outcome], start: int, step: int, suspends: bool) -> list[int]:
    found: list[int] = []
    year = start + step
    while (outcome := outcomes.get(year)) in ("failed", "ungraded") or (outcome == "exempt" and suspends):
        if outcome == "failed":
            found.append(year)
        year += step
    return found


def decide_consecutive_failure(edition: Edition, year: int, outcomes: Mapping[int, Outcome]) -> Decision:
    """2.3-5: not passed where `year` completes as many consecutive fails as the edition names; then `first_failed_year`
    and `last_failed_year` are those that count."""
    run = failed_run(edition, year, outcomes)
    limit = edition.delisting.consecutive_failures.value
    end = max(run.index(year) + 1, limit) if run else 0
    counted = run[end - limit : end] if len(run) >= limit else ()
    between = range(counted[0], counted[-1]) if counted else ()
    off_list = ", ".join(str(one) for one in between if outcomes.get(one) == "ungraded")
    result = edition.result(
        "delisting.consecutive_failures",
        not counted,
        {
            "year": year,
            "consecutive_fails": len(run),
            "first_failed_year": counted[0] if counted else None,
            "last_failed_year": counted[-1] if counted else None,
            **({"years_off_list": off_list} if off_list else {}),
        },
        limit=limit,
        message="consecutive-failures" if counted else "no-consecutive-failures",
    )
    return edition.decision(result)


def terms_of_notice(edition: Edition, served_on: date) -> tuple[WorkingDay, WorkingDay]:
    """2.3-5: the last days for a statement and for asking for a hearing, in working days from service."""
    procedure = edition.procedure
    return (
        add_working_days(served_on, procedure.statement_working_days.value),
        add_working_days(served_on, procedure.hearing_request_working_days.value),
    )


def missing_steps(edition: Edition, taken: Taken) -> tuple[str, ...]:
    """2.3-5: steps still to take; an optional one only if it was asked for."""
    skipped = edition.procedure.optional_steps.value if not taken.hearing_requested else ()
    return tuple(step for step in edition.procedure.steps.value if step not in taken.steps and step not in skipped)


def states_before(edition: Edition, step: str) -> tuple[str, ...]:
    """2.3-5: the states of a case from which the step may be taken, in the order of the edition's procedure."""
    steps = edition.procedure.steps.value
    optional = edition.procedure.optional_steps.value
    before = list(steps[: steps.index(step)])
    states: list[str] = []
    while before:
        states.append(before[-1])
        if before.pop() not in optional:
            return tuple(states)
    return (*states, OPENED)


def decide_prior_procedure(edition: Edition, taken: Taken) -> Decision:
    """2.3-5: no delisting is published before every step of the procedure has been taken."""
    missing = missing_steps(edition, taken)
    result = edition.result(
        "delisting.prior_procedure",
        not missing,
        {"missing": ", ".join(missing)},
        message="prior-procedure-incomplete" if missing else "prior-procedure-complete",
    )
    return edition.decision(result)


def decide_statement(edition: Edition, due_on: date, day: date, *, waived: bool) -> Decision:
    """2.3-5: a statement comes within its term; it counts as waived only once the term is over."""
    passed = day > due_on if waived else day <= due_on
    failing = "statement-term-running" if waived else "statement-term-over"
    result = edition.result(
        "delisting.statement_term",
        passed,
        {"day": day, "due_on": due_on, "waived": waived},
        limit=due_on,
        message="statement-in-order" if passed else failing,
    )
    return edition.decision(result)


def decide_hearing_request(edition: Edition, due_on: date, day: date) -> Decision:
    """2.3-5: a hearing is asked for within its term."""
    passed = day <= due_on
    result = edition.result(
        "delisting.hearing_term",
        passed,
        {"day": day, "due_on": due_on},
        limit=due_on,
        message="hearing-request-in-time" if passed else "hearing-term-over",
    )
    return edition.decision(result)


def decide_no_hearing(edition: Edition, taken: Taken, day: date) -> Decision:
    """2.3-5: the case goes on without a hearing only once nobody can ask for one any more; one asked for is held."""
    due_on = taken.hearing_request_due_on
    held = HEARING in taken.steps
    over = due_on is None or day > due_on
    passed = held or (over and not taken.hearing_requested)
    failing = "hearing-outstanding" if taken.hearing_requested else "hearing-term-running"
    result = edition.result(
        "delisting.hearing_term",
        passed,
        {"day": day, "due_on": due_on, "requested": taken.hearing_requested, "held": held},
        limit=due_on,
        message="hearing-in-order" if passed else failing,
    )
    return edition.decision(result)


def decide_countersignature(
    edition: Edition, approved_bureau: str | None, bureaus: Collection[str]
) -> tuple[str | None, Decision]:
    """2.3-5: what one bureau has decided the other one countersigns; answers the bureau that does."""
    deciding = edition.procedure.deciding_departments.value
    bureau = next((name for name in deciding if name in bureaus and name != approved_bureau), None)
    result = edition.result(
        "policy.countersigned",
        bureau is not None,
        {"approved_bureau": approved_bureau, "countersigning_bureau": bureau},
        limit=", ".join(deciding),
        message="countersigned" if bureau else "countersignature-by-other-bureau",
    )
    return bureau, edition.decision(result)


def remedies(edition: Edition, served_on: date) -> tuple[WorkingDay, WorkingDay]:
    """2.3-5: the last days for reconsideration and for litigation, from service; holidays roll forward."""
    procedure = edition.procedure
    reconsideration = served_on + timedelta(days=procedure.reconsideration_days.value)
    litigation = add_months(served_on, procedure.litigation_months.value)
    return term_end(edition, reconsideration), term_end(edition, litigation)


def operator_day(edition: Edition, last_failed_year: int) -> date:
    """2.3-6: the day whose operator is the operator of record."""
    month, day = edition.delisting.operator_of_record_month_day.value.split("-")
    return date(last_failed_year, int(month), int(day))
