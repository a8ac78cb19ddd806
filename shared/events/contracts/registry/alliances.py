"""The two alliances, their members, and the talent they brought in (4.6-1, 4.7-1, 4.7-3)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.events.types import Audience, EventData, EventType, Topic

ALLIANCE = Topic("registry.alliance", "Alliances (联盟)")
ALLIANCE_MEMBER = Topic("registry.alliance_member", "Members of alliances (联盟会员)")
TALENT_ARRIVAL = Topic("registry.talent_arrival", "Talent brought in (引进人才)")


class AllianceState(EventData):
    """An alliance by the word of the edition. `lead_body` runs it since `lead_since`, from the edition's first day
    where that is None; the `proposed_` fields are those of a change that nobody has decided yet."""

    id: UUID
    kind: str
    lead_body: str | None
    lead_code: str | None
    lead_since: date | None
    document_no: str | None
    proposed_body: str | None = None
    proposed_code: str | None = None
    proposed_from: date | None = None
    reason_code: str | None = None


class AllianceMemberState(EventData):
    """A membership; one of the three ids names the party, and none of them a natural person: everybody reads some of
    these events, so that its reference, papers and reasons stay in the registry. A member from `joined_on` through
    `left_on`.

    `kind` is the type of member, `province` the code of GB/T 2260 of where a school or firm from elsewhere is.
    """

    id: UUID
    no: str
    alliance: str
    kind: str
    centre_id: UUID | None
    enterprise_id: UUID | None
    partner_id: UUID | None
    province: str | None
    status: str
    initiative: str
    """Whether the `member` or the `lead` asked."""
    consented_on: date | None
    consent_document_no: str | None
    accepted_on: date | None
    joined_on: date | None
    left_on: date | None
    removal_proposed_on: date | None
    reason_code: str | None
    document_no: str | None
    remark_hash: str | None = None


class TalentArrivalState(EventData):
    """People whom an alliance's member brought to a centre or an enterprise, by heads and never by name."""

    id: UUID
    no: str
    alliance: str
    member_id: UUID
    centre_id: UUID | None
    enterprise_id: UUID | None
    kind: str
    industry: str | None
    province: str | None
    heads: int
    arrived_on: date
    stays_until: date | None
    document_no: str
    status: str
    verified_on: date | None
    reason_code: str | None


def _alliance(step: str, audience: Audience, summary: str) -> EventType[AllianceState]:
    return EventType(ALLIANCE, f"registry.alliance.{step}.v1", AllianceState, audience, summary)


def _member(step: str, audience: Audience, summary: str) -> EventType[AllianceMemberState]:
    return EventType(ALLIANCE_MEMBER, f"registry.alliance_member.{step}.v1", AllianceMemberState, audience, summary)


def _talent(step: str, summary: str) -> EventType[TalentArrivalState]:
    return EventType(TALENT_ARRIVAL, f"registry.talent_arrival.{step}.v1", TalentArrivalState, Audience.BUREAU, summary)


AllianceLeadProposed = _alliance("lead_proposed", Audience.BUREAU, "Another lead body was proposed.")
AllianceLeadNamed = _alliance("lead_named", Audience.PUBLIC, "Another body leads it from a day on.")
AllianceLeadRefused = _alliance("lead_refused", Audience.BUREAU, "The proposal was not followed.")

AllianceMemberApplied = _member("applied", Audience.INTERNAL, "Somebody asks to become a member, and consents.")
AllianceMemberInvited = _member("invited", Audience.INTERNAL, "The lead bureau asks somebody to become a member.")
AllianceMemberJoined = _member("joined", Audience.PUBLIC, "Consent and acceptance are both there: a member.")
AllianceMemberRefused = _member("refused", Audience.INTERNAL, "The lead bureau does not accept it.")
AllianceMemberDeclined = _member("declined", Audience.INTERNAL, "The invited party does not want to join.")
AllianceMemberWithdrawn = _member("withdrawn", Audience.INTERNAL, "Whoever asked took it back.")
AllianceMemberLeft = _member("left", Audience.PUBLIC, "The member left of its own accord.")
AllianceMemberRemovalProposed = _member("removal_proposed", Audience.BUREAU, "A removal waits for its decision.")
AllianceMemberRemovalDropped = _member("removal_dropped", Audience.BUREAU, "The member stays.")
AllianceMemberRemoved = _member("removed", Audience.PUBLIC, "The lead bureau removed it, with a reason.")
AllianceMemberEnded = _member("ended", Audience.PUBLIC, "What the membership rested on is over.")

TalentArrivalRecorded = _talent("recorded", "Talent was entered; it does not count yet.")
TalentArrivalVerified = _talent("verified", "The lead bureau has verified it.")
TalentArrivalRejected = _talent("rejected", "It does not count.")
TalentArrivalStruck = _talent("struck", "It was verified and counts no more.")
