"""When somebody is a mentor, and what a session has to fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from shared.calendar import add_months
from shared.policy.decision import Decision, RuleInput
from shared.policy.edition import Edition

PROPOSED: Final = "proposed"
APPOINTED: Final = "appointed"
REFUSED: Final = "refused"
ENDED: Final = "ended"
STATUSES: Final = (PROPOSED, APPOINTED, REFUSED, ENDED)
OPEN: Final = (PROPOSED, APPOINTED)

TERM_STATUSES: Final = (PROPOSED, APPOINTED, REFUSED)

RECORDED: Final = "recorded"
CONFIRMED: Final = "confirmed"
CONTESTED: Final = "contested"
WITHDRAWN: Final = "withdrawn"
SESSION_STATUSES: Final = (RECORDED, CONFIRMED, CONTESTED, WITHDRAWN)
ANSWERABLE: Final = (RECORDED,)
WITHDRAWABLE: Final = (RECORDED, CONTESTED)

TERM_OVER: Final = "term_over"
RESIGNED: Final = "resigned"
CONSENT_WITHDRAWN: Final = "consent_withdrawn"
BY_ITSELF: Final = frozenset({TERM_OVER, CONSENT_WITHDRAWN})
"""Reasons that follow from something else; nobody gives them."""

PURPOSE: Final = "mentor"
PUBLIC_PAGE: Final = "mentor_public_page"

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Term:
    """Days of an appointment, both included."""

    first: date
    last: date

    def covers(self, day: date) -> bool:
        """Whether the day lies in it."""
        return self.first <= day <= self.last


def last_day(edition: Edition, first: date) -> date:
    """4.8-1: the last day of the longest appointment that begins on `first`."""
    return add_months(first, edition.mentors.term_months.value) - _DAY


def decide_term(edition: Edition, first: date, last: date) -> Decision:
    """4.8-1: an appointment ends, and no later than a whole term after its first day."""
    latest = last_day(edition, first)
    fits = first <= last <= latest
    return edition.decision(
        edition.result(
            "mentors.appointment",
            fits,
            {"from_on": first, "until_on": last},
            limit=latest,
            message="mentor-term-fits" if fits else "mentor-term-too-long",
        )
    )


def decide_session(
    edition: Edition,
    *,
    held_on: date,
    terms: Iterable[Term],
    linked: Iterable[Term],
    stays: Iterable[Term],
    hours: Decimal,
    hours_before: Decimal,
    recorded_on: date,
    own_field: bool,
) -> Decision:
    """4.8-1: a session counts on a day on which the mentor was appointed and worked with the centre, for one of its
    tenants of that day, in a field of the mentor's, entered soon, and as long as the day's sessions fit into a day."""
    limit = edition.mentors.hours_a_day.value
    latest = held_on + timedelta(days=edition.mentors.session_recording_days.value)
    limits: dict[str, RuleInput] = {"mentor-day-full": limit, "mentor-session-late": latest}
    found = (
        (any(term.covers(held_on) for term in terms), "mentor-not-appointed-then"),
        (any(link.covers(held_on) for link in linked), "mentor-not-at-the-centre"),
        (any(stay.covers(held_on) for stay in stays), "session-for-no-tenant"),
        (hours_before + hours <= limit, "mentor-day-full"),
        (recorded_on <= latest, "mentor-session-late"),
        (own_field, "mentor-field-other"),
    )
    inputs: dict[str, RuleInput] = {
        "held_on": held_on,
        "hours": hours,
        "hours_before": hours_before,
        "recorded_on": recorded_on,
    }
    return edition.decision(
        *(
            edition.result(
                "mentors.session",
                passed,
                inputs,
                limit=limits.get(message),
                message="mentor-session-fits" if passed else message,
            )
            for passed, message in found
        )
    )
