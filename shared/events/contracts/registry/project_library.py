"""The library of graduate projects: what was offered, by which rounds it was published, who chose it and what became of
it (4.8-4)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

LIBRARY_ITEM = Topic("registry.library_item", "Project library (创业资源库)")
LIBRARY_CLAIM = Topic("registry.library_claim", "Choices of library projects (资源库项目选择)")
LIBRARY_ROUND = Topic("registry.library_round", "Publication rounds of the library (资源库定期发布)")


class LibraryItemState(EventData):
    """One project of the library. `owner_ref` is opaque; the texts are read over the API."""

    id: UUID
    no: str
    project_id: UUID | None
    """None: an idea that is no project on record yet."""
    owner_kind: str
    """`graduate`, or `school`: a school offers it with its owner's consent."""
    owner_ref: str
    centre_id: UUID | None
    """The centre that drafted it."""
    industry_code: str
    stage: str
    province: str
    status: str
    """`draft`, `submitted`, `checked`, `published`, `switched_off`, `claimed`, `succeeded`, `withdrawn`."""
    submitted_on: date | None
    checked_on: date | None
    first_published_on: date | None
    published_on: date | None
    """Since when it is public; None while the switch is off."""
    round_id: UUID | None
    claim_id: UUID | None
    """The current or the successful choice."""
    reason_code: str | None
    remark_hash: str | None = None


class LibraryClaimState(EventData):
    """A founder's choice of a project. It is current while `claimed`."""

    id: UUID
    no: str
    item_id: UUID
    person_ref: str
    """The founder's."""
    centre_id: UUID | None
    """Responsible for the follow-up."""
    mentor_ref: str | None
    status: str
    """`requested`, `claimed`, `refused`, `taken_back`, `lapsed`, `abandoned`, `succeeded`."""
    requested_on: date
    answered_on: date | None
    claimed_on: date | None
    last_follow_up_on: date | None
    next_due_on: date | None
    last_day: date | None
    """Without a follow-up by this day it lapses."""
    enterprise_id: UUID | None
    """That the project became."""
    ended_on: date | None
    reason_code: str | None
    remark_hash: str | None = None


class LibraryFollowUpData(LibraryClaimState):
    """The choice, and an entry of its follow-up log."""

    follow_up_id: UUID
    kind: str
    held_on: date
    by: str
    """`centre`, `mentor` or `bureau`."""


class LibraryRoundState(EventData):
    """A publication round; `items` is how many projects it put up."""

    id: UUID
    no: str
    title: str
    publishes_on: date
    status: str
    """`planned`, `published` or `cancelled`."""
    published_on: date | None
    items: int
    reason_code: str | None


def _item(name: str, summary: str, audience: Audience = Audience.INTERNAL) -> EventType[LibraryItemState]:
    return EventType(LIBRARY_ITEM, f"registry.library_item.{name}.v1", LibraryItemState, audience, summary)


def _claim(name: str, summary: str) -> EventType[LibraryClaimState]:
    return EventType(LIBRARY_CLAIM, f"registry.library_claim.{name}.v1", LibraryClaimState, summary=summary)


LibraryItemDrafted = _item("drafted", "A project was drafted with its owner's consent.")
LibraryItemAmended = _item("amended", "A draft was changed.")
LibraryItemSubmitted = _item("submitted", "Handed in.")
LibraryItemReturned = _item("returned", "Sent back as a draft.")
LibraryItemChecked = _item("checked", "A second person checked it; it waits for its publication.")
LibraryItemPublished = _item("published", "The publish switch was put on.", Audience.BUREAU)
LibraryItemSwitchedOff = _item("switched_off", "The publish switch was put off.", Audience.BUREAU)
LibraryItemClaimed = _item("claimed", "A founder has it now; it is no longer offered.", Audience.BUREAU)
LibraryItemReleased = _item("released", "The founder has it no more; it may be published again.", Audience.BUREAU)
LibraryItemSucceeded = _item("succeeded", "It became an enterprise.", Audience.BUREAU)
LibraryItemWithdrawn = _item("withdrawn", "Its owner withdrew it, or the consent.", Audience.BUREAU)

LibraryClaimRequested = _claim("requested", "A founder asks for the project.")
LibraryClaimRefused = _claim("refused", "The request was not granted.")
LibraryClaimTakenBack = _claim("taken_back", "The founder took the request back.")
LibraryClaimAccepted = _claim("accepted", "The owner, or an officer by its paper, gave it to the founder.")
LibraryClaimAssigned = _claim("assigned", "Another centre or mentor follows it up.")
LibraryClaimLapsed = _claim("lapsed", "The term ended without a follow-up.")
LibraryClaimAbandoned = _claim("abandoned", "The founder gave it up.")
LibraryClaimSucceeded = _claim("succeeded", "The founder registered an enterprise with it.")
LibraryClaimFollowedUp = EventType(
    LIBRARY_CLAIM,
    "registry.library_claim.followed_up.v1",
    LibraryFollowUpData,
    summary="Somebody looked after it and entered what was done.",
)

LibraryRoundPlanned = EventType(
    LIBRARY_ROUND, "registry.library_round.planned.v1", LibraryRoundState, summary="A publication was planned."
)
LibraryRoundPublished = EventType(
    LIBRARY_ROUND,
    "registry.library_round.published.v1",
    LibraryRoundState,
    Audience.PUBLIC,
    "The projects checked for the round were put up together.",
)
LibraryRoundCancelled = EventType(
    LIBRARY_ROUND, "registry.library_round.cancelled.v1", LibraryRoundState, summary="It does not take place."
)
