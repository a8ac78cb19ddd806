"""How long a public notice (公示) runs, and when a decision may follow it: the same for every service.

`clause` is the clause under which the case is announced, where it is not the one that the edition names for the rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from shared.calendar import CalendarWarning, add_working_days
from shared.policy.decision import Decision
from shared.policy.edition import Edition

OUTCOMES: Final = ("upheld", "dismissed")


@dataclass(frozen=True, slots=True)
class NoticeTerm:
    """The days of a notice, all inclusive. `warnings`: what the calendar had no confirmed data for."""

    starts_on: date
    last_day: date
    objections_until: date
    first_decision_day: date
    warnings: tuple[CalendarWarning, ...] = ()


@dataclass(frozen=True, slots=True)
class NoticeState:
    """A notice as a decision meets it; only signed objections count."""

    starts_on: date
    last_day: date
    first_decision_day: date
    unanswered: int = 0
    upheld: int = 0


def notice_term(edition: Edition, starts_on: date) -> NoticeTerm:
    """2.1-1: so many working days, the first day not counted; the last one is a full day, so a decision is possible
    from the day after it, and after the last day for objections."""
    notices = edition.notices
    last = add_working_days(starts_on, notices.public_notice_working_days.value)
    objections = add_working_days(starts_on, notices.objection_working_days.value)
    longer = max(last, objections, key=lambda end: end.day)
    first_decision_day = longer.day + timedelta(days=1)
    return NoticeTerm(starts_on, last.day, objections.day, first_decision_day, longer.warnings)


def decide_notice_over(
    edition: Edition, notice: NoticeState | None, day: date, *, clause: str | None = None
) -> Decision:
    """2.1-1: no decision without a notice, before its end, with a signed objection unanswered, or against one that was
    upheld. Anonymous objections hold nothing up."""
    if notice is None:
        missing = edition.result("notice.given", False, {"day": day}, message="notice-missing", clause=clause)
        return edition.decision(missing)
    over = day >= notice.first_decision_day
    term = edition.result(
        "notice.term",
        over,
        {
            "day": day,
            "starts_on": notice.starts_on,
            "last_day": notice.last_day,
            "first_decision_day": notice.first_decision_day,
        },
        limit=notice.first_decision_day,
        message="notice-over" if over else "notice-running",
        clause=clause,
    )
    answered = edition.result(
        "notice.objections_answered",
        notice.unanswered == 0,
        {"unanswered": notice.unanswered},
        limit=0,
        message="objection-unanswered" if notice.unanswered else "objections-answered",
        clause=clause,
    )
    upheld = edition.result(
        "notice.objection_upheld",
        notice.upheld == 0,
        {"upheld": notice.upheld},
        limit=0,
        message="objection-upheld" if notice.upheld else "no-objection-upheld",
        clause=clause,
    )
    given = edition.result("notice.given", True, {"starts_on": notice.starts_on}, message="notice-given", clause=clause)
    return edition.decision(given, term, answered, upheld)


def decide_objection(
    edition: Edition,
    starts_on: date,
    objections_until: date,
    received_on: date,
    *,
    signed: bool,
    clause: str | None = None,
) -> Decision:
    """2.1-1: a signed objection has to come in while the notice runs; an anonymous one is kept as a lead, whenever it
    comes, unless the edition takes none."""
    if not signed:
        kept = edition.notices.anonymous_objections_are_leads.value
        message = "lead-kept" if kept else "leads-not-taken"
        lead = edition.result("notice.leads", kept, {}, message=message, clause=clause)
        return edition.decision(lead)
    in_time = starts_on <= received_on <= objections_until
    term = edition.result(
        "notice.objection_term",
        in_time,
        {"received_on": received_on, "starts_on": starts_on, "objections_until": objections_until},
        limit=objections_until,
        message="objection-in-time" if in_time else "objection-out-of-time",
        clause=clause,
    )
    return edition.decision(term)
