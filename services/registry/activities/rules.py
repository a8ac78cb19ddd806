"""What an activity may do when, what its report has to show, who verifies it, and which others it clashes with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from shared.policy.decision import Decision, RuleResult
from shared.policy.edition import Edition

PLANNED: Final = "planned"
HELD: Final = "held"
SUBMITTED: Final = "submitted"
VERIFIED: Final = "verified"
RETURNED: Final = "returned"
REJECTED: Final = "rejected"
CANCELLED: Final = "cancelled"
STATUSES: Final = (PLANNED, HELD, SUBMITTED, VERIFIED, RETURNED, REJECTED, CANCELLED)

AMENDABLE: Final = (PLANNED, HELD, RETURNED)
HOLDABLE: Final = (PLANNED,)
CANCELLABLE: Final = (PLANNED,)
SUBMITTABLE: Final = (HELD, RETURNED)
DECIDABLE: Final = (SUBMITTED,)
WITHDRAWABLE: Final = (VERIFIED,)
IN_CALENDAR: Final = (PLANNED, HELD, SUBMITTED, VERIFIED, RETURNED)
"""States of an activity that takes place or took place."""

COUNTING: Final = (SUBMITTED, VERIFIED)
"""States of a report that counts, or will once it is verified."""

TOOK_PLACE: Final = (HELD, SUBMITTED, RETURNED, VERIFIED)
"""States in which results can be entered."""

CENTRE: Final = "centre"
DIVISION: Final = "division"
ASSIST: Final = "assist"
"""The part of who holds an activity together with its host or organiser; an alliance's work is recorded once, by these.
"""
BUREAU: Final = "bureau"
ALLIANCE: Final = "alliance"
ORGANISERS: Final = (CENTRE, DIVISION, BUREAU, ALLIANCE)

PHOTOGRAPHS: Final = frozenset({"image/jpeg", "image/png"})

SAME_AUDIENCE: Final = "same_audience"
SAME_PLACE: Final = "same_place"
SAME_SERIES: Final = "same_series"


def is_over(ended_on: date, today: date) -> bool:
    """4.5-1: the last day itself is not over before midnight."""
    return today > ended_on


def last_reporting_day(edition: Edition, ended_on: date) -> date:
    """The last day on which its organiser reports it by itself."""
    return ended_on + timedelta(days=edition.activities.reporting_days.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A record as it would be reported. `organiser_listed` is None where no centre held it; `first_reported_on` is when
    it was reported before it was sent back. `photographs` shows nothing twice, `photographs_elsewhere` are those that
    another report rests on, and `recorded_as` is the number under which the same activity was reported already;
    `alliance_recorded_as` that under which somebody else reported it as held through the same alliance."""

    ended_on: date
    reported_on: date
    by_bureau: bool
    late_reason: str | None
    organiser_listed: bool | None
    heads: int | None
    spend: Decimal | None
    photographs: int
    papers: int
    series: str | None
    alliance: str | None
    first_reported_on: date | None = None
    photographs_elsewhere: int = 0
    recorded_as: str | None = None
    alliance_recorded_as: str | None = None


def decide_report(edition: Edition, report: Report) -> Decision:
    """4.5-1, 4.5-3: whether the record may be reported; each rule is told, also those that are met."""
    return edition.decision(*_results(edition, report))


def _results(edition: Edition, report: Report) -> Iterator[RuleResult]:
    yield _over(edition, report)
    yield _in_window(edition, report)
    if report.organiser_listed is not None:
        yield edition.result(
            "activities.organiser_listed",
            report.organiser_listed,
            {},
            message="activity-centre-listed" if report.organiser_listed else "activity-centre-not-listed",
        )
    once = report.recorded_as is None
    yield edition.result(
        "activities.counted_once",
        once,
        {"recorded_as": report.recorded_as},
        message="activity-recorded-once" if once else "activity-recorded-already",
    )
    if report.alliance is not None:
        alone = report.alliance_recorded_as is None
        yield edition.result(
            "activities.counted_once",
            alone,
            {"recorded_as": report.alliance_recorded_as, "alliance": report.alliance},
            message="activity-recorded-once" if alone else "activity-alliance-recorded",
        )
    attended = report.heads is not None and report.heads > 0
    yield edition.result(
        "activities.attendance",
        attended,
        {"heads": report.heads},
        limit=1,
        message="activity-attended" if attended else "activity-attendance-missing",
    )
    yield from _evidence(edition, report)


def _over(edition: Edition, report: Report) -> RuleResult:
    over = is_over(report.ended_on, report.reported_on)
    return edition.result(
        "activities.day_over",
        over,
        {"ended_on": report.ended_on, "reported_on": report.reported_on},
        message="activity-over" if over else "activity-day-not-over",
    )


def _in_window(edition: Edition, report: Report) -> RuleResult:
    last = last_reporting_day(edition, report.ended_on)
    reported_on = report.first_reported_on or report.reported_on
    in_time = reported_on <= last
    excused = report.by_bureau and report.late_reason is not None
    message = "activity-in-time" if in_time else "activity-late-by-bureau" if excused else "activity-late"
    inputs = {"reported_on": reported_on, "late_reason": report.late_reason}
    return edition.result("activities.reporting_window", in_time or excused, inputs, limit=last, message=message)


def _evidence(edition: Edition, report: Report) -> Iterator[RuleResult]:
    asked = edition.activities.evidence
    enough = report.photographs >= asked.photographs.value
    yield edition.result(
        "activities.photographs",
        enough,
        {"photographs": report.photographs, "elsewhere": report.photographs_elsewhere},
        limit=asked.photographs.value,
        message="activity-photographed" if enough else "activity-photographs-missing",
    )
    proven = report.spend is None or report.spend < asked.papers_from_spend.value or report.papers > 0
    yield edition.result(
        "activities.papers_of_spend",
        proven,
        {"spend": None if report.spend is None else str(report.spend), "papers": report.papers},
        limit=str(asked.papers_from_spend.value),
        message="activity-spend-shown" if proven else "activity-papers-missing",
    )
    if report.series is not None and asked.series_through_alliance.value:
        through = report.alliance is not None
        yield edition.result(
            "activities.series_alliance",
            through,
            {"series": report.series, "alliance": report.alliance},
            message="activity-through-alliance" if through else "activity-alliance-missing",
        )


def verifying_bodies(edition: Edition, level: str, lead: str | None) -> tuple[str, ...]:
    """4.5-1: departments, or a division, that verify. Municipal and above: the office, or who leads the series; below:
    the two bureaus of the centres, or the office."""
    coordinator = edition.activities.coordinator.value
    if level in edition.activities.municipal_and_above.value:
        return (coordinator,) if lead is None or lead == coordinator else (coordinator, lead)
    return (*edition.centres.approving_departments.value, coordinator)


@dataclass(frozen=True, slots=True)
class Slot:
    """When, where and for whom an activity is."""

    held_on: date
    ended_on: date
    audiences: Sequence[str]
    place: str
    series: str | None


def clash_reasons(one: Slot, other: Slot) -> tuple[str, ...]:
    """4.5-2: what two activities have in common on a day; empty where they share no day, or nothing on it."""
    if one.held_on > other.ended_on or other.held_on > one.ended_on:
        return ()
    shared = {
        SAME_AUDIENCE: not set(one.audiences).isdisjoint(other.audiences),
        SAME_PLACE: plain_place(one.place) == plain_place(other.place),
        SAME_SERIES: one.series is not None and one.series == other.series,
    }
    return tuple(reason for reason, met in shared.items() if met)


def plain_place(place: str) -> str:
    """A place without regard to spaces and case."""
    return "".join(place.split()).casefold()


def leads_of(series: Iterable[str], edition: Edition) -> dict[str, str]:
    """Who leads each of the series."""
    return {code: edition.activities.series[code].lead.value for code in series}
