"""Innovation communities around a centre, and their yearly self-reports (4.4-1)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

COMMUNITY = Topic("registry.community", "Communities (双创社区)")
COMMUNITY_REPORT = Topic("registry.community_report", "Self-reports of communities (双创社区自评)")


class CommunityState(EventData):
    """A community; `open_proposal` is the move or closing that waits for a decision."""

    id: UUID
    no: str
    name: str
    base_centre_id: UUID
    base_since: date | None
    sector: str
    division: str
    status: str
    proposed_on: date
    opened_on: date | None
    suspended_on: date | None
    closed_on: date | None
    document_no: str | None
    open_proposal: str | None
    proposed_centre_id: UUID | None
    reason_code: str | None
    remark_hash: str | None = None


class ElementState(EventData):
    """What a report says of one element: the edition says what `figure` counts. The text stays in the registry."""

    figure: Decimal | None
    evidence_ids: tuple[UUID, ...]


class CommunityReportState(EventData):
    """The report of a year, by element; `resident_jobs` are jobs of local residents."""

    id: UUID
    no: str
    community_id: UUID
    centre_id: UUID
    division: str
    year: int
    status: str
    elements: Mapping[str, ElementState]
    resident_jobs: int | None
    due_on: date
    submitted_on: date | None
    late: bool | None
    accepted_on: date | None
    seen_on: date | None
    reason_code: str | None
    remark_hash: str | None = None


def _community(step: str, audience: Audience, summary: str) -> EventType[CommunityState]:
    return EventType(COMMUNITY, f"registry.community.{step}.v1", CommunityState, audience, summary)


def _report(step: str, audience: Audience, summary: str) -> EventType[CommunityReportState]:
    return EventType(COMMUNITY_REPORT, f"registry.community_report.{step}.v1", CommunityReportState, audience, summary)


CommunityProposed = _community("proposed", Audience.BUREAU, "A division wants to open a community.")
CommunityRefused = _community("refused", Audience.BUREAU, "It is not opened.")
CommunityOpened = _community("opened", Audience.PUBLIC, "It is open.")
CommunitySuspended = _community("suspended", Audience.PUBLIC, "Its base is no longer on the list: it needs another.")
CommunityMoveProposed = _community("move_proposed", Audience.BUREAU, "A move waits for its decision.")
CommunityMoved = _community("moved", Audience.PUBLIC, "It is based at a centre from a day on.")
CommunityClosingProposed = _community("closing_proposed", Audience.BUREAU, "A closing waits for its decision.")
CommunityProposalDropped = _community("proposal_dropped", Audience.BUREAU, "The move or closing was not followed.")
CommunityClosed = _community("closed", Audience.PUBLIC, "It is closed, with a reason.")

CommunityReportDrafted = _report("drafted", Audience.INTERNAL, "The report of a year was begun.")
CommunityReportAmended = _report("amended", Audience.INTERNAL, "The draft was changed.")
CommunityReportSubmitted = _report("submitted", Audience.BUREAU, "It was handed in.")
CommunityReportReturned = _report("returned", Audience.BUREAU, "The division sent it back.")
CommunityReportAccepted = _report("accepted", Audience.BUREAU, "The division accepted it.")
CommunityReportSeen = _report("seen", Audience.BUREAU, "The city took note of it.")
