"""Activities, the years of their brand series, and winners with what became of them (4.5)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

ACTIVITY = Topic("registry.activity", "Activities (双创活动)")
ACTIVITY_SERIES_YEAR = Topic("registry.activity_series_year", "Years of the brand series (品牌活动届次)")
ACTIVITY_WINNER = Topic("registry.activity_winner", "Winners of activities (获奖项目)")


class ActivityState(EventData):
    """An activity. Only `verified` ones count, for the year of `held_on`, its first day.

    `organiser_kind` is `centre` (`centre_id`), `division` (`division`, parks included), `bureau` (`department`) or
    `alliance`; `alliance` is also set where somebody else held it through one. `division` is where the organiser
    belongs, None for the city's. `lead` is the department or division that leads the series.
    """

    id: UUID
    no: str
    title: str
    series: str | None
    level: str
    organiser_kind: str
    organiser_role: str
    centre_id: UUID | None
    division: str | None
    department: str | None
    alliance: str | None
    lead: str | None
    audiences: tuple[str, ...]
    place: str
    starts_at: datetime
    ends_at: datetime
    held_on: date
    ended_on: date
    on_calendar: bool
    heads: int | None
    spend: Decimal | None
    """In yuan."""
    photo_ids: tuple[UUID, ...]
    paper_ids: tuple[UUID, ...]
    status: str
    late_reason: str | None
    submitted_on: date | None
    verified_on: date | None
    cancelled_on: date | None
    reason_code: str | None
    remark_hash: str | None = None


class ActivitySeriesYearState(EventData):
    """A brand in one year: who leads it and through which alliance it is run."""

    id: UUID
    no: str
    series: str
    year: int
    title: str
    lead: str
    alliance: str | None
    planned_from: date
    planned_until: date
    status: str
    closed_on: date | None
    document_no: str | None
    reason_code: str | None


class ActivityWinnerState(EventData):
    """Who won what: a project, an enterprise or a person, of whom others learn the reference alone.

    `next_due_on` is the day by which it is asked next what became of it; None when nobody asks any more.
    """

    id: UUID
    no: str
    activity_id: UUID
    rank: int
    award: str
    prize: Decimal | None
    project_id: UUID | None
    enterprise_id: UUID | None
    person_ref: str | None
    name_shown: bool
    status: str
    next_due_on: date | None
    ended_on: date | None
    reason_code: str | None
    remark_hash: str | None = None


class WinnerFollowUpData(ActivityWinnerState):
    """The winner, and what was found."""

    follow_up_id: UUID
    kind: str
    followed_on: date
    centre_id: UUID | None
    amount: Decimal | None
    document_no: str | None


def _activity(word: str, summary: str) -> EventType[ActivityState]:
    return EventType(ACTIVITY, f"registry.activity.{word}.v1", ActivityState, Audience.BUREAU, summary)


def _year(word: str, summary: str) -> EventType[ActivitySeriesYearState]:
    name = f"registry.activity_series_year.{word}.v1"
    return EventType(ACTIVITY_SERIES_YEAR, name, ActivitySeriesYearState, Audience.PUBLIC, summary)


def _winner(word: str, summary: str) -> EventType[ActivityWinnerState]:
    return EventType(
        ACTIVITY_WINNER, f"registry.activity_winner.{word}.v1", ActivityWinnerState, Audience.BUREAU, summary
    )


ActivityPlanned = _activity("planned", "An activity was entered.")
ActivityAmended = _activity("amended", "Its particulars, figures or evidence were changed.")
ActivityHeld = _activity("held", "It took place; attendance and spend were entered.")
ActivityCancelled = _activity("cancelled", "It does not take place.")
ActivitySubmitted = _activity("submitted", "Its organiser reported it with evidence.")
ActivityReturned = _activity("returned", "The report was sent back.")
ActivityRejected = _activity("rejected", "It does not count.")
ActivityVerified = _activity("verified", "The bureau verified it; it counts.")
ActivityWithdrawalNoted = _activity("withdrawal_noted", "Somebody wants it to count no more; another one decides.")
ActivityVerificationWithdrawn = _activity("verification_withdrawn", "It counts no more and is to be looked at anew.")

ActivitySeriesYearOpened = _year("opened", "A brand was announced for a year.")
ActivitySeriesYearClosed = _year("closed", "All its activities of the year are over and decided on.")
ActivitySeriesYearCancelled = _year("cancelled", "The brand is not held in that year.")

ActivityWinnerEntered = _winner("entered", "A result of an activity was entered.")
ActivityWinnerCorrected = _winner("corrected", "Rank, award or prize were corrected.")
ActivityWinnerRemoved = _winner("removed", "The result was entered by mistake.")
ActivityWinnerFollowedUp = EventType(
    ACTIVITY_WINNER,
    "registry.activity_winner.followed_up.v1",
    WinnerFollowUpData,
    Audience.BUREAU,
    "It was found what became of a winner.",
)
ActivityWinnerGivenUp = _winner("given_up", "The winner gave its project up.")
ActivityWinnerNameWithdrawn = _winner("name_withdrawn", "The person's name is shown no more.")
ActivityWinnerErased = _winner("erased", "Who the person was is no longer on record.")
