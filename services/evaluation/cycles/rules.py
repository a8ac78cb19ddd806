"""What a year's evaluation must have gone through before its results are published."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from shared.calendar import WorkingDay, add_working_days
from shared.policy.decision import Decision
from shared.policy.edition import Edition
from shared.policy.rules import decide_adverse_decision

STATUSES: Final = (
    "open",
    "scoring",
    "scored",
    "announced",
    "approved",
    "countersigned",
    "publishing",
    "published",
)
SCORABLE: Final = ("open", "scored")
PUBLISHABLE: Final = ("countersigned", "publishing")


def notice_end(edition: Edition, announced_on: date) -> WorkingDay:
    """2.3-4: results are on public notice for five working days, the first day not counted."""
    return add_working_days(announced_on, edition.notices.public_notice_working_days.value)


def objections_end(edition: Edition, announced_on: date) -> WorkingDay:
    """2.3-4: the last day for an objection."""
    return add_working_days(announced_on, edition.notices.objection_working_days.value)


def last_objection_day(edition: Edition, announced_on: date, extended: date | None) -> date:
    """2.3-4: the last day for an objection, the extended one where there is one."""
    last = objections_end(edition, announced_on).day
    return last if extended is None else max(last, extended)


def first_publication_day(notice_until: date) -> date:
    """2.3-4: the notice's last day is a full day, so results are published from the next one on."""
    return notice_until + timedelta(days=1)


def decide_notice_over(edition: Edition, notice_until: date, day: date) -> Decision:
    """2.3-4: nothing is approved or published before the public notice has ended; names the first possible day."""
    first = first_publication_day(notice_until)
    passed = day >= first
    result = edition.result(
        "evaluation.public_notice",
        passed,
        {"day": day, "notice_until": notice_until, "first_possible_day": first},
        limit=first,
        message="public-notice-over" if passed else "public-notice-running",
    )
    return edition.decision(result)


def decide_adverse_publication(edition: Edition, fails: int, day: date, basis: str | None) -> Decision:
    """6-1: the evaluation of the edition's last year may run after its end, but a fail published then names the
    document that it continues under."""
    return edition.decision() if fails == 0 else decide_adverse_decision(edition, day, basis)


def decide_all_evaluated(
    edition: Edition, *, unscored: int, unmarked: int, outdated: int, under_review: int
) -> Decision:
    """2.3-1: every centre is evaluated in full before results become preliminary: scored, each expert indicator marked,
    nothing accepted after the scores were computed, and no report that a centre sent left without an answer."""
    inputs = {"unscored": unscored, "unmarked": unmarked, "outdated": outdated, "under_review": under_review}
    passed = not any(inputs.values())
    result = edition.result(
        "evaluation.completeness",
        passed,
        inputs,
        limit=0,
        message="evaluation-complete" if passed else "evaluation-incomplete",
    )
    return edition.decision(result)
